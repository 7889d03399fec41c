package offcpu

import (
	"context"
	"errors"
	"io"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"

	"github.com/goperf/goperf/ebpf/attach"
	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/ebpf/probe/probetest"
)

// BenchmarkSwitch is what the probe adds to a context switch, on each rung, and
// what offcputime of libbpf-tools adds where it is installed.
func BenchmarkSwitch(b *testing.B) {
	cases := []probetest.Case{
		{Name: "target", Probe: Probe(Options{})},
		{Name: "target-raw_tp", Probe: Probe(Options{Rung: attach.Raw})},
		{Name: "target-tracepoint", Probe: Probe(Options{Rung: attach.Classic})},
		{Name: "target-waker", Probe: Probe(Options{Wakers: true})},
		{Name: "target-kernel-stacks", Probe: Probe(Options{KernelStacks: true})},
		{Name: "other", Probe: Probe(Options{}), Other: true},
		{Name: "empty", Probe: empty("sched_switch")},
		{Name: "empty-twice", Probe: empty("sched_switch", "sched_wakeup")},
	}
	if _, err := exec.LookPath("offcputime"); err == nil {
		cases = append(cases, probetest.Case{Name: "target-offcputime", Probe: offcputime()})
	}
	probetest.Costs(b, probetest.Switches(), cases...)
}

// empty is programs on tracepoints that do nothing: what the way to a program
// costs.
func empty(tracepoints ...string) probe.Probe {
	return probe.Probe{
		Name: "empty", Supported: func() error { return nil },
		Start: func(context.Context, probe.Target) (probe.Session, error) {
			var attached []io.Closer
			for _, name := range tracepoints {
				p, err := ebpf.NewProgram(&ebpf.ProgramSpec{
					Type: ebpf.Tracing, AttachType: ebpf.AttachTraceRawTp, AttachTo: name, License: "GPL",
					Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()},
				})
				if err != nil {
					return nil, err
				}
				l, err := link.AttachTracing(link.TracingOptions{Program: p})
				if err != nil {
					return nil, err
				}
				attached = append(attached, l, p)
			}
			return probetest.Session(func() error {
				var errs []error
				for _, c := range attached {
					errs = append(errs, c.Close())
				}
				return errors.Join(errs...)
			}), nil
		},
	}
}

// offcputime is the tool of that name as a probe.
func offcputime() probe.Probe {
	return probe.Probe{
		Name: "offcputime", Supported: func() error { return nil },
		Start: func(_ context.Context, t probe.Target) (probe.Session, error) {
			// It has no way to say that it is attached.
			cmd := exec.Command("offcputime", "-p", strconv.Itoa(t.PID), "3600")
			if err := cmd.Start(); err != nil {
				return nil, err
			}
			time.Sleep(2 * time.Second)
			return probetest.Session(func() error {
				err := cmd.Process.Kill()
				_ = cmd.Wait()
				return err
			}), nil
		},
	}
}
