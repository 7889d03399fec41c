package probetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/kernel"
)

// Work is what a program does so that its cost can be measured: it prints the CPU
// time in ns that it took, as JSON.
type Work struct {
	Package string // of the program
	Line    string // what it is told
	Unit    string // what it does many times
	Times   int
}

// Switches is work that is little else than context switches.
func Switches() Work {
	const rounds = 20_000 // of two switches
	return Work{Package: "internal/truth/switches", Line: fmt.Sprintf("go %d", rounds), Unit: "switch", Times: 2 * rounds}
}

// Case is a probe whose cost is measured.
type Case struct {
	Name  string
	Probe probe.Probe
	Other bool // its target is another process than the one that works
}

// Costs measures what probes add to the work of a process, in its CPU time, in
// one run: the cases take turns in an order that chance gives, each between two
// rounds without a probe, and the median of the differences counts. Nothing else
// means something on a machine that others use. A case that attaches nothing
// tells the noise; half of the differences of a case lie within its spread.
func Costs(b *testing.B, w Work, cases ...Case) {
	b.Helper()
	cases = append(cases, Case{Name: "nothing", Probe: nothing()})
	for _, c := range cases {
		Need(b, c.Probe)
	}
	exe := Build(b, w.Package)
	works, idle := Run(b, exe), Run(b, exe)
	cost := func() float64 {
		works.Tell(w.Line)
		var ns float64
		works.Truth(&ns)
		return ns / float64(w.Times)
	}
	added := make([][]float64, len(cases))
	var plain []float64
	for b.Loop() {
		for _, i := range rand.Perm(len(cases)) {
			c := cases[i]
			t := probe.Target{PID: works.PID}
			if c.Other {
				t.PID = idle.PID
			}
			before := cost()
			s, err := c.Probe.Start(b.Context(), t)
			if err != nil {
				b.Fatal(err)
			}
			with := cost()
			if _, err := s.Finish(); err != nil {
				b.Fatal(err)
			}
			after := cost()
			added[i], plain = append(added[i], with-(before+after)/2), append(plain, before, after)
		}
	}
	for i, c := range cases {
		b.ReportMetric(quantile(added[i], 0.5), c.Name+"-ns/"+w.Unit)
		b.ReportMetric(quantile(added[i], 0.75)-quantile(added[i], 0.25), c.Name+"-spread-ns/"+w.Unit)
	}
	b.ReportMetric(quantile(plain, 0.5), "without-ns/"+w.Unit)
}

func quantile(of []float64, q float64) float64 {
	slices.Sort(of)
	return of[int(q*float64(len(of)-1)+0.5)]
}

// nothing is a probe that is none.
func nothing() probe.Probe {
	return probe.Probe{
		Name: "nothing", Supported: func() error { return nil },
		Start: func(context.Context, probe.Target) (probe.Session, error) { return Session(nil), nil },
	}
}

// Session is a session of something other than a probe, which ends as it says.
type Session func() error

// Seen implements [probe.Session].
func (Session) Seen() (events, lost uint64) { return 0, 0 }

// Finish implements [probe.Session].
func (end Session) Finish() (*kernel.Measurement, error) {
	if end == nil {
		return &kernel.Measurement{}, nil
	}
	return &kernel.Measurement{}, end()
}
