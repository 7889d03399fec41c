//go:build !linux

package sched

import "github.com/goperf/goperf/ebpf/probe"

// Probe is the probe.
func Probe(Options) probe.Probe { return probe.Elsewhere(Name, doc) }
