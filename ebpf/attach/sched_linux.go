package attach

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
)

// OpenKernelSymbols reads the names that this process may see.
func OpenKernelSymbols() (*KernelSymbols, error) {
	f, err := os.Open("/proc/kallsyms")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parseKernelSymbols(f)
}

// Scheduler loads a probe on the scheduler's tracepoints by a rung and attaches
// it. events are the tracepoints by program, beside on_switch.
func Scheduler(rung Rung, spec *ebpf.CollectionSpec, constants map[string]any, events map[string]string) (*Collection, error) {
	onSwitch := "on_switch"
	if rung != Classic {
		var err error
		if onSwitch, err = switchProgram(spec); err != nil {
			return nil, err
		}
	}
	c, err := Load(spec, constants)
	if err != nil {
		return nil, err
	}
	// Waking first: what leaves is seen to be woken.
	for program, event := range events {
		if err := c.by(rung, event, program); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	if err := c.by(rung, "sched_switch", onSwitch); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// by attaches a program to a tracepoint of the scheduler.
func (c *Collection) by(rung Rung, event, program string) error {
	switch rung {
	case Classic:
		return c.Tracepoint("sched", event, program)
	case Raw:
		l, err := link.AttachRawTracepoint(link.RawTracepointOptions{Name: event, Program: c.programs[program]})
		if err != nil {
			return explain("attaching "+program, err)
		}
		c.attached = append(c.attached, l)
		return nil
	}
	return c.Tracing(program)
}

// switchProgram keeps the program for sched_switch that fits this kernel, of
// on_switch and on_switch_before_5_18, and names it.
func switchProgram(spec *ebpf.CollectionSpec) (string, error) {
	name, other := "on_switch", "on_switch_before_5_18"
	n, err := tracepointArguments("sched_switch")
	if err != nil {
		return "", explain("looking for sched_switch", err)
	}
	if n < 4 {
		name, other = other, name
	}
	delete(spec.Programs, other)
	return name, nil
}

// tracepointArguments is how many arguments a tracepoint has on this kernel.
func tracepointArguments(name string) (int, error) {
	types, err := btf.LoadKernelSpec()
	if err != nil {
		return 0, err
	}
	var def *btf.Typedef
	if err := types.TypeByName("btf_trace_"+name, &def); err != nil {
		return 0, err
	}
	if pointer, ok := def.Type.(*btf.Pointer); ok {
		if proto, ok := pointer.Target.(*btf.FuncProto); ok {
			return len(proto.Params) - 1, nil // the first one is for the tracer
		}
	}
	return 0, fmt.Errorf("btf_trace_%s: is no function", name)
}

// Queues says whether the kernel accounts to each thread what it waits for CPUs
// where programs of a rung can read it (QUEUES of ebpf/bpf/rung.h): they need not
// be told then of each thread that is woken.
func Queues(rung Rung) bool {
	types, err := btf.LoadKernelSpec()
	if rung == Classic || err != nil {
		return false
	}
	has := func(name, member string) bool {
		var s *btf.Struct
		return types.TypeByName(name, &s) == nil && slices.ContainsFunc(s.Members, func(m btf.Member) bool { return m.Name == member })
	}
	return has("sched_info", "run_delay") && has("sched_info", "last_queued") && has("cfs_rq", "rq")
}

// Options adds switches to the constants of a probe.
func Options(constants map[string]any, switches map[string]bool) map[string]any {
	all := maps.Clone(constants)
	if all == nil {
		all = map[string]any{}
	}
	for name, on := range switches {
		v := uint32(0)
		if on {
			v = 1
		}
		all[name] = v
	}
	return all
}
