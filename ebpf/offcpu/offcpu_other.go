//go:build !linux

package offcpu

import "github.com/goperf/goperf/ebpf/probe"

// Probe is the probe with these options.
func Probe(Options) probe.Probe { return probe.Elsewhere(Name, doc) }
