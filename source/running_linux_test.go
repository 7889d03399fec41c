package source

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/goperf/goperf/ebpf/oncpu"
	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/ebpf/probe/probetest"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/internal/goprog"
)

// spinning is always at work, in a function that its goroutine did not begin in.
const spinning = `package main

import "fmt"

//go:noinline
func work(n int) (s int) {
	for i := 0; i < n; i++ {
		s += i & 7
	}
	return s
}

func worker() {
	for {
		work(1e6)
	}
}

func main() {
	go worker()
	fmt.Println("ready")
	select {}
}
`

// A goroutine that runs when the memory is read has the stack that the on-CPU
// probe saw of it, in the profile and in the text.
func TestStacksOfWhatRuns(t *testing.T) {
	clock := oncpu.Probe(oncpu.Options{Hertz: 997})
	probetest.Need(t, clock)
	target := probetest.Run(t, goprog.Compile(t, spinning, goprog.Build{Strip: true}))
	src, err := Parse("pid:"+strconv.Itoa(target.PID), Deps{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := src.Collect(t.Context(), Plan{Duration: time.Second, Probes: []probe.Probe{clock}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	set := evidence.Decode(c)
	want := []string{"main.work", "main.worker"}
	ran := 0
	for _, d := range set.Goroutines {
		for _, g := range d.Goroutines {
			var stack []string
			for _, f := range g.Frames {
				stack = append(stack, f.Function)
			}
			if g.State != "running" {
				continue
			}
			if ran++; !slices.Equal(stack, want) {
				t.Errorf("a running goroutine at %q, want %q", stack, want)
			}
		}
	}
	for _, p := range set.Profiles[evidence.Goroutine] {
		for i := range p.NumSamples() {
			for _, l := range p.Labels(i) {
				if l.Key != "state" || l.Str != "running" {
					continue
				}
				ran++
				if leaf := p.Functions[p.Locations[p.Stack(i)[0]].Lines[0].Function].Name; leaf != "main.work" {
					t.Errorf("a running goroutine of the profile at %s, want main.work", leaf)
				}
			}
		}
	}
	if ran < 2 {
		t.Errorf("a goroutine that always runs was running %d times of %d", ran, looks+2)
	}
}
