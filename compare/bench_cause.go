package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile/symbol"
)

// benchCauses says which function a changed benchmark spends its time in, where
// CPU profiles were taken of it: the shares of the samples below the benchmark's
// own function, times what an operation takes.
func benchCauses(all []benchRow, rows []Row, base, next Side, o Options) []Cause {
	var out []Cause
	for i := range rows {
		r := &rows[i]
		if r.Metric != "sec/op" || r.Verdict != Changed {
			continue
		}
		n := newNames(o.Module)
		root := all[i].function()
		var sums [2][]float64
		var whole [2]float64
		for s, side := range []Side{base, next} {
			for k := range side.Runs {
				p := side.Runs[k].Profiles[evidence.CPU]
				if p == nil {
					continue
				}
				if a, ok := n.attribute(&metrics[0], p, s); ok {
					sums[s] = a.under(root, sums[s], &whole[s])
				}
			}
		}
		if whole[0] > 0 && whole[1] > 0 {
			out = append(out, benchCause(r, root, n, sums, whole))
		}
	}
	return out
}

// under sums up by function (Fold) the samples below a function; without a
// package in its name that of any package.
func (a *attribution) under(root string, sums []float64, whole *float64) []float64 {
	sums = append(sums, make([]float64, len(a.n.all)-len(sums))...)
	is := make([]bool, len(a.n.all))
	for id := range a.n.all {
		key := symbol.Outer(a.n.all[id].key)
		is[id] = key == root || strings.HasSuffix(key, "."+root)
	}
	for i := range a.p.NumSamples() {
		v, _ := a.amount(i)
		below := false
		for _, loc := range a.p.Stack(i) {
			for _, f := range a.num.At(loc) {
				below = below || is[a.ids[f]]
			}
		}
		if below {
			sums[a.fold[i]] += v.value
			*whole += v.value
		}
	}
	return sums
}

// benchCause is the function that explains most of the change of a benchmark.
func benchCause(r *Row, root string, n *names, sums [2][]float64, whole [2]float64) Cause {
	type part struct {
		id    int32
		delta float64
	}
	var parts []part
	for id := range int32(len(n.all)) {
		var v [2]float64
		for s := range sums {
			if int(id) < len(sums[s]) {
				v[s] = sums[s][id] / whole[s]
			}
		}
		if d := v[1]*r.After - v[0]*r.Before; d != 0 {
			parts = append(parts, part{id, d})
		}
	}
	slices.SortFunc(parts, func(a, b part) int {
		return cmp.Or(cmp.Compare(b.delta/r.Delta, a.delta/r.Delta), cmp.Compare(n.all[a.id].key, n.all[b.id].key))
	})
	best := parts[0]
	f := &n.all[best.id]
	c := Cause{Row: *r, Culprit: cmp.Or(f.side[1].name, f.side[0].name, f.key), Share: math.Min(best.delta/r.Delta, 1)}
	c.Path = []string{root, c.Culprit}
	c.Call = Place{f.side[1].file, int(f.side[1].line)}
	c.Text = fmt.Sprintf("%s %+.1f %% per operation, of which %+.1f points are %s", r.Name, 100*r.Ratio(), 100*best.delta/r.Before, short(c.Culprit))
	return c
}
