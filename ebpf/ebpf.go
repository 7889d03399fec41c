// Package ebpf is the list of probes, and how one is run: [Measure] attaches a
// probe to a process, waits, and brings home what it measured; [Launch] starts a
// command so that it is measured from its first instructions on.
package ebpf

import (
	"github.com/goperf/goperf/ebpf/audit"
	"github.com/goperf/goperf/ebpf/offcpu"
	"github.com/goperf/goperf/ebpf/oncpu"
	"github.com/goperf/goperf/ebpf/park"
	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/ebpf/sched"
	"github.com/goperf/goperf/ebpf/tcp"
	"github.com/goperf/goperf/ebpf/wall"
)

// All lists the probes with their default options.
func All() []probe.Probe {
	return []probe.Probe{
		oncpu.Probe(oncpu.Options{}),
		offcpu.Probe(offcpu.Options{}),
		sched.Probe(sched.Options{}),
		tcp.Probe(tcp.Options{}),
		wall.Probe(wall.Options{}),
		park.Probe(),
		audit.Probe(audit.Options{}),
	}
}
