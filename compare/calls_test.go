package compare

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/goperf/goperf/evidence"
)

// TestCalls tells a function that is called more often from one that takes longer
// for each call, by what it allocates where it is called.
func TestCalls(t *testing.T) {
	const at = "main.main;net/http.(*conn).serve;main.handle;main.quote:41;encoding/json.Marshal"
	for name, c := range map[string]struct {
		objects int // 1 KiB each, by json.Marshal itself, after 10,000 before
		want    string
	}{
		"more often":    {80_000, "because main.quote calls json.Marshal 8 times as often (main.go:41): what json.Marshal allocates there by itself is 80 objects/request and was 10"},
		"longer":        {10_000, "because main.quote calls json.Marshal as often as before (main.go:41) and spends "},
		"does not tell": {13_500, "because main.quote spends "},
		"too few":       {20, "because main.quote spends "},
	} {
		rng := rand.New(rand.NewPCG(10, 3))
		base, next := side(t, rng, "a", program(), 6), side(t, rng, "b", append(program(), stack{at + ";encoding/json.(*encodeState).marshal", 200}), 6)
		for s, side := range []Side{base, next} {
			objects := []int{10_000, c.objects}[s]
			if name == "too few" {
				objects = c.objects * (1 + s)
			}
			for i := range side.Runs {
				side.Runs[i].Profiles[evidence.Allocs] = parse(t, fmt.Sprintf("%s %dKiB 0\n%s;reflect.New %dMiB 0\n", at, objects, at, 10*(1+5*s)), "allocs")
			}
		}
		r := mustCompare(t, base, next)
		text := ""
		for _, c := range r.Causes {
			if c.Row.Metric == "cpu" && c.Row.Name == "main.quote" {
				text = c.Text
			}
		}
		if !strings.Contains(text, c.want) {
			t.Errorf("%s: %q, want %q", name, text, c.want)
		}
	}
}

// TestNewOrNotSampled does not call a function new that another profile of the
// base has.
func TestNewOrNotSampled(t *testing.T) {
	for _, c := range []struct{ leaf, want string }{
		{"main.fresh", ": main.fresh (main.go:9) was in no sample before"},
		{"main.other", ": main.fresh (main.go:9) is new"},
	} {
		rng := rand.New(rand.NewPCG(4, 5))
		base, next := side(t, rng, "a", program(), 4), side(t, rng, "b", append(program(), stack{"main.main;main.handle;main.fresh:9", 200}), 4)
		for i := range base.Runs {
			base.Runs[i].Profiles[evidence.Allocs] = parse(t, "main.main;main.handle;"+c.leaf+" 1MiB 0\n", "allocs")
			next.Runs[i].Profiles[evidence.Allocs] = parse(t, "main.main;main.handle;main.other 1MiB 0\n", "allocs")
		}
		if r := mustCompare(t, base, next); len(r.Causes) == 0 || !strings.HasSuffix(r.Causes[0].Text, c.want) {
			t.Errorf("%+v, want %q", r.Causes, c.want)
		}
	}
}
