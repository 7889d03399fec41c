package wall_test

import (
	"math"
	"strings"
	"testing"

	"github.com/goperf/goperf/ebpf/oncpu"
	"github.com/goperf/goperf/ebpf/probe/probetest"
	"github.com/goperf/goperf/ebpf/wall"
	"github.com/goperf/goperf/internal/goprog"
)

// busy has a goroutine that works in a function other than the one it began in,
// and says in which with a label.
const busy = `package main

import (
	"context"
	"fmt"
	"runtime/pprof"
)

var sum int

//go:noinline
func inner(n int) {
	for i := 0; i < n; i++ {
		sum += i * i
	}
}

func outer() {
	pprof.Do(context.Background(), pprof.Labels("role", "worker"), func(context.Context) {
		for {
			inner(1e6)
		}
	})
}

func main() {
	go outer()
	fmt.Println("ready")
	select {}
}
`

// What a running goroutine does is told by the clock of the kernel, and the time
// is the same with it.
func TestRunning(t *testing.T) {
	probetest.Need(t, oncpu.Probe(oncpu.Options{}))
	target := probetest.Run(t, goprog.Compile(t, busy, goprog.Build{Strip: true}))
	for _, o := range []wall.Options{{Hertz: 100}, {Hertz: 100, Labels: true}, {Hertz: 100, IDs: true, Labels: true}} {
		m := measure(t, o, target.PID, 160) // looks at two goroutines
		at := map[string]float64{}
		for _, row := range m.Tables[1].Rows {
			if row[2].Text == "running" {
				at[row[3].Text] += row[0].Value
			}
		}
		if at["main.inner"] < 10*at["main.outer"] || at["main.inner"] == 0 {
			t.Errorf("%+v: running at %v, want main.inner", o, at)
		}
		if !strings.Contains(strings.Join(m.Notes, "\n"), "on-CPU samples") {
			t.Errorf("the report does not say what was joined: %q", m.Notes)
		}
		column, _ := m.Profile.SampleType("wall")
		total, _ := m.Count("goroutine time")
		if got := float64(m.Profile.Total(column)) / 1e9; math.Abs(got-total) > 1e-6 {
			t.Errorf("%v s in the profile, %v s measured", got, total)
		}
		looks, _ := m.Count("looks at all goroutines")
		if got := m.Profile.Total(0); got != 2*int64(looks) {
			t.Errorf("%d goroutines seen in %v looks, want two in each", got, looks)
		}
	}
}
