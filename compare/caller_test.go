package compare

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
)

// TestCaller expects the line of the module below which a function of the
// standard library is new, where the module's function as a whole is too noisy.
func TestCaller(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 7))
	before := append(program(), stack{"main.main;net/http.(*conn).serve;main.handle;main.normal:8", 2500})
	after := append(append([]stack(nil), before...), stack{"main.main;net/http.(*conn).serve;main.handle;main.normal:9;strings.Fields", 60})
	r := mustCompare(t, side(t, rng, "a", before, 6), side(t, rng, "b", after, 6))
	if len(r.Causes) != 1 || r.Causes[0].Row.Name != "strings.Fields" {
		t.Fatalf("causes: %+v", r.Causes)
	}
	c := r.Causes[0]
	if c.Caller != "main.normal" || c.Call.File != "main/main.go" || c.Call.Line != 9 {
		t.Errorf("called by %s at %+v", c.Caller, c.Call)
	}
	if !strings.HasSuffix(c.Text, "strings.Fields is new; it is called by main.normal (main.go:9)") {
		t.Errorf("%s", c.Text)
	}
}

// TestLeak finds goroutines that stand in a channel, and says it in words that fit.
func TestLeak(t *testing.T) {
	const text = "main.main 1\nmain.serve;runtime.netpollblock 4\nmain.worker:17;runtime.chanrecv1;runtime.gopark %d\n"
	var sides [2]Side
	for s, n := range []int{20, 520} {
		p := parse(t, fmt.Sprintf(text, n), "goroutine")
		sides[s] = Side{Name: "s", Runs: []Run{{Profiles: map[evidence.Kind]*profile.Profile{evidence.Goroutine: p}}}}
	}
	r := mustCompare(t, sides[0], sides[1])
	if len(r.Causes) != 1 || !strings.HasSuffix(r.Causes[0].Text, "more of main.worker (main.go:17) are in runtime.chanrecv1") {
		t.Errorf("%+v", r.Causes)
	}
}
