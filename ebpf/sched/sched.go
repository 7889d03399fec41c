// Package sched measures how the kernel's scheduler treats a process: how long
// its threads wait for a CPU once they could run (run-queue latency), who had the
// CPU meanwhile, how often they are preempted and moved to another CPU, and how
// long the quota of its cgroup held it back.
package sched

import "github.com/goperf/goperf/ebpf/attach"

// Name is how the probe is called.
const Name = "sched"

const doc = "how the scheduler treats the process: run-queue latency, who had the CPU meanwhile, preemptions, migrations, throttling by its cgroup; costs half a microsecond for each switch of the process"

// Options are what can be chosen.
type Options struct {
	Rung attach.Rung // "": the first that works
}
