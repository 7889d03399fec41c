package compare

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/goperf/goperf/evidence"
)

// TestRenamedInAllMetrics expects that a name that the CPU profiles match is
// matched where functions allocate as well.
func TestRenamedInAllMetrics(t *testing.T) {
	const stacks = "main.main;net/http.(*conn).serve;main.handle;%s %dMiB 0\nmain.main;net/http.(*conn).serve;main.handle;main.quote 900MiB 0\n"
	rng := rand.New(rand.NewPCG(7, 3))
	base, next := side(t, rng, "a", program(), 6), side(t, rng, "b", renamed(program(), "main.step3", "main.stage3"), 6)
	for s, name := range []string{"main.step3", "main.stage3"} {
		for i, r := range [][]Run{base.Runs, next.Runs}[s] {
			r.Profiles[evidence.Allocs] = parse(t, fmt.Sprintf(stacks, name, 500+i), "allocs")
		}
	}
	row := find(t, mustCompare(t, base, next), "alloc_space", Fold, "main.stage3")
	if row.Was != "main.step3" || row.Verdict == Changed || row.Before == 0 || row.After == 0 {
		t.Errorf("%+v", row)
	}
}
