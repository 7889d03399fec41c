//go:build !linux

package tcp

import "github.com/goperf/goperf/ebpf/probe"

// Probe is the probe.
func Probe(Options) probe.Probe { return probe.Elsewhere(Name, doc) }
