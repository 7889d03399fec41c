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
	"github.com/goperf/goperf/kernel"
)

// BenchmarkSwitch is what the probe adds to a context switch, on each rung, and
// what offcputime of libbpf-tools adds where it is installed.
func BenchmarkSwitch(b *testing.B) {
	b.Run("target", func(b *testing.B) { probetest.Cost(b, Probe(Options{}), true) })
	b.Run("other", func(b *testing.B) { probetest.Cost(b, Probe(Options{}), false) })
	b.Run("other-empty", func(b *testing.B) { probetest.Cost(b, empty("sched_switch", "sched_wakeup"), false) })
	b.Run("other-empty-switch", func(b *testing.B) { probetest.Cost(b, empty("sched_switch"), false) })
	b.Run("target-raw_tp", func(b *testing.B) { probetest.Cost(b, Probe(Options{Rung: attach.Raw}), true) })
	b.Run("target-tracepoint", func(b *testing.B) { probetest.Cost(b, Probe(Options{Rung: attach.Classic}), true) })
	b.Run("target-waker", func(b *testing.B) { probetest.Cost(b, Probe(Options{Wakers: true}), true) })
	b.Run("target-kernel-stacks", func(b *testing.B) { probetest.Cost(b, Probe(Options{KernelStacks: true}), true) })
	b.Run("target-offcputime", func(b *testing.B) {
		if _, err := exec.LookPath("offcputime"); err != nil {
			b.Skip("libbpf-tools are not installed")
		}
		probetest.Cost(b, offcputime(), true)
	})
}

// empty is programs on tracepoints that do nothing: what the way to a program
// costs.
func empty(tracepoints ...string) probe.Probe {
	return probe.Probe{
		Name: "empty", Supported: func() error { return nil },
		Start: func(context.Context, probe.Target) (probe.Session, error) {
			var s attached
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
				s = append(s, l, p)
			}
			return s, nil
		},
	}
}

// attached is links and programs.
type attached []io.Closer

func (a attached) Seen() (events, lost uint64) { return 0, 0 }

func (a attached) Finish() (*kernel.Measurement, error) {
	var errs []error
	for _, c := range a {
		errs = append(errs, c.Close())
	}
	return &kernel.Measurement{}, errors.Join(errs...)
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
			return tool{cmd}, nil
		},
	}
}

type tool struct{ cmd *exec.Cmd }

func (t tool) Seen() (events, lost uint64) { return 0, 0 }

func (t tool) Finish() (*kernel.Measurement, error) {
	err := t.cmd.Process.Kill()
	_ = t.cmd.Wait()
	return &kernel.Measurement{}, err
}
