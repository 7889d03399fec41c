package compare

import (
	"math/rand/v2"
	"strings"
	"testing"
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
