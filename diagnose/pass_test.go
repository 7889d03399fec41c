package diagnose_test

import (
	"math"
	"testing"
	"time"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// look runs f as a rule does.
func look(t *testing.T, s *evidence.Set, f func(*diagnose.Pass)) {
	t.Helper()
	asked := false
	diagnose.Run([]diagnose.Rule{{ID: "look", Check: func(p *diagnose.Pass) []report.Finding {
		asked = true
		f(p)
		return nil
	}}}, s, diagnose.Limits{})
	if !asked {
		t.Fatal("the rule was not asked")
	}
}

// TestMissing: a table of evidence that is not there is nil, of every kind.
func TestMissing(t *testing.T) {
	look(t, &evidence.Set{}, func(p *diagnose.Pass) {
		if p.CPU() != nil || p.Delta(evidence.Heap, "inuse_space") != nil || p.Last(evidence.Heap, "inuse_space") != nil || len(p.Each(evidence.Heap, "inuse_space")) > 0 {
			t.Error("a table of nothing")
		}
		if _, ok := p.Cores(); ok {
			t.Error("utilisation of nothing")
		}
		if c := p.CPUCost(5, 5); c.Share != 0 || math.IsNaN(c.High) {
			t.Errorf("cost of nothing: %+v", c)
		}
		if _, ok := p.Syntax("main.f"); ok || p.Does("main.f", 3, "make-map") || p.Loop("main.f", 3) != nil {
			t.Error("source of nothing")
		}
		if p.Window() != time.Second {
			t.Errorf("window %s", p.Window())
		}
	})
}

func TestDelta(t *testing.T) {
	look(t, set(t, "heap", "main.f 1MiB 1MiB"), func(p *diagnose.Pass) {
		if p.Delta(evidence.Heap, "inuse_space") != nil {
			t.Error("growth of one snapshot")
		}
		if last := p.Last(evidence.Heap, "inuse_space"); last == nil || last.Total != 1<<20 {
			t.Errorf("last: %+v", last)
		}
	})
	look(t, set(t, "heap", "main.f 1MiB 1MiB\nmain.g 1MiB 3MiB", "heap", "main.f 2MiB 1MiB", "heap", "main.f 9MiB 6MiB\nmain.g 1MiB 1MiB"), func(p *diagnose.Pass) {
		d := p.Delta(evidence.Heap, "inuse_space")
		if d == nil || d.Total != 3<<20 || d.Seconds != 20 {
			t.Fatalf("growth: %+v", d)
		}
		g, _ := d.Lookup("main.g")
		if v := d.Funcs[g].Near; v != -2<<20 {
			t.Errorf("what was freed: %d", v)
		}
		if d != p.Delta(evidence.Heap, "inuse_space") {
			t.Error("made twice")
		}
		if p.Delta(evidence.Heap, "delay") != nil || p.Delta(evidence.Mutex, "delay") != nil {
			t.Error("growth of a column that is not there")
		}
		if each := p.Each(evidence.Heap, "alloc_space"); len(each) != 3 || each[1].Total != 2<<20 {
			t.Errorf("each: %v", each)
		}
	})
}

func TestCPU(t *testing.T) {
	look(t, set(t, "cpu", "main.f;strings.Split 300\nmain.g 100", "cpu", "main.g 600"), func(p *diagnose.Pass) {
		tab := p.CPU()
		if tab == nil || tab.Total != 1000*int64(10*time.Millisecond) || tab.N != 1000 {
			t.Fatalf("both slices: %+v", tab)
		}
		cores, ok := p.Cores()
		if !ok || math.Abs(cores-0.5) > 1e-9 {
			t.Errorf("%g cores, want 10 s of CPU in 20 s", cores)
		}
		c := p.CPUCost(tab.Total*3/10, 300)
		if c.Share != 0.3 || c.Low >= 0.3 || c.High <= 0.3 || math.Abs(c.Amount-0.15) > 1e-9 || c.Unit != "cores" {
			t.Errorf("cost: %+v", c)
		}
	})
	look(t, set(t, "cpu", "main.f 10\nmain.g -40"), func(p *diagnose.Pass) {
		if p.CPU() != nil {
			t.Error("shares of a total below zero")
		}
	})
}

func TestSource(t *testing.T) {
	s := set(t, "cpu", "main.f 1")
	s.Build.Main = "example.com/shop"
	s.Syntax = evidence.SyntaxFacts{"main.f": {
		Loops: []evidence.LoopSyntax{{Start: 10, End: 20, Depth: 1}, {Start: 12, End: 15, Depth: 2}},
		Lines: map[int]evidence.LineSyntax{13: {Does: []string{"make-map"}}},
	}}
	look(t, s, func(p *diagnose.Pass) {
		for line, depth := range map[int32]int{9: 0, 10: 1, 13: 2, 16: 1, 21: 0} {
			got := 0
			if l := p.Loop("main.f", line); l != nil {
				got = l.Depth
			}
			if got != depth {
				t.Errorf("line %d is in loop %d, want %d", line, got, depth)
			}
		}
		if !p.Does("main.f", 13, "make-map") || p.Does("main.f", 14, "make-map") || p.Does("main.g", 13, "make-map") {
			t.Error("what lines do")
		}
		if p.Class("example.com/shop/cart.Add") != symbol.Own || p.Class("example.com/x.F") != symbol.ThirdParty {
			t.Error("the main module is not known")
		}
		if p.Heap() != evidence.Heap {
			t.Error("heap under another name")
		}
	})
	look(t, set(t, "allocs", "main.f 1MiB 1MiB"), func(p *diagnose.Pass) {
		if p.Heap() != evidence.Allocs {
			t.Error("allocs do not stand for heap")
		}
	})
}
