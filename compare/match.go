package compare

import (
	"cmp"
	"fmt"
	"math"
	"path"
	"slices"

	"github.com/goperf/goperf/profile/symbol"
)

// likeness is how much alike two functions have to be for one to be thought the
// other under a new name; 1 is one in all that profiles show.
const likeness = 0.7

// match joins functions that only one side has with those of the other side that
// they are under another name: moved to another package, renamed, closures with
// another number. It is a guess, and the rows say so.
func (t *trial) match() {
	gone, came := t.only(0), t.only(1)
	if len(gone) == 0 || len(came) == 0 {
		return
	}
	t.cumulate()
	gone, came = t.fair(0, gone), t.fair(1, came)
	near := t.neighbours(gone, came)
	type candidate struct {
		from, to int32
		score    float64
	}
	var all []candidate
	for _, from := range gone {
		for _, to := range came {
			if s := t.alike(from, to, near); s >= likeness {
				all = append(all, candidate{from, to, s})
			}
		}
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(t.n.all[a.from].key, t.n.all[b.from].key), cmp.Compare(t.n.all[a.to].key, t.n.all[b.to].key))
	})
	taken := map[int32]bool{}
	for _, c := range all {
		if taken[c.from] || taken[c.to] {
			continue
		}
		taken[c.from], taken[c.to] = true, true
		t.join(c.from, c.to)
	}
}

// only are the functions that only one side has.
func (t *trial) only(s int) []int32 {
	var out []int32
	for id := range int32(len(t.n.all)) {
		n := &t.n.all[id]
		if n.side[s].name != "" && n.side[1-s].name == "" && n.class != symbol.Runtime {
			out = append(out, id)
		}
	}
	return out
}

// maxStrangers bounds how many functions are looked for on the other side: two
// programs that have nothing in common are not matched function by function.
const maxStrangers = 150

// fair are those of them that have a fair share of a side, the largest first.
func (t *trial) fair(s int, ids []int32) []int32 {
	sum := map[int32]float64{}
	for _, id := range ids {
		for _, y := range t.sides[s] {
			sum[id] += y.of(Cum, id).value
		}
	}
	ids = slices.DeleteFunc(ids, func(id int32) bool { return sum[id] < t.opts.MinShare/2*t.sum[s].total.value })
	slices.SortFunc(ids, func(a, b int32) int {
		return cmp.Or(cmp.Compare(sum[b], sum[a]), cmp.Compare(t.n.all[a].key, t.n.all[b].key))
	})
	return ids[:min(len(ids), maxStrangers)]
}

// cumulate makes the family Cum known.
func (t *trial) cumulate() {
	for s := range t.sides {
		for i, y := range t.sides[s] {
			if y.cum == nil {
				y.cum = t.source[s][i].cumulate()
			}
		}
	}
}

// around is what stands next to a function in stacks, and how much.
type around struct{ callers, callees map[int32]float64 }

// neighbours looks at the stacks of some functions.
func (t *trial) neighbours(sets ...[]int32) map[int32]*around {
	near := map[int32]*around{}
	for _, set := range sets {
		for _, id := range set {
			near[id] = &around{map[int32]float64{}, map[int32]float64{}}
		}
	}
	for s := range t.source {
		for _, a := range t.source[s] {
			for i := range a.p.NumSamples() {
				if v, _ := a.amount(i); v.value != 0 {
					a.look(i, v.value, near)
				}
			}
		}
	}
	return near
}

// What stands next to a function that is the leaf or the root.
const (
	itself  = -1
	outside = -2
)

// look adds what stands next to functions in one sample.
func (a *attribution) look(i int, v float64, near map[int32]*around) {
	below := int32(itself)
	var open *around
	for _, loc := range a.p.Stack(i) {
		for _, f := range a.num.At(loc) {
			id := a.ids[f]
			if open != nil {
				open.callers[id] += v
			}
			if open = near[id]; open != nil {
				open.callees[below] += v
			}
			below = id
		}
	}
	if open != nil {
		open.callers[outside] += v
	}
}

// alike is how much two functions of the two sides have in common.
func (t *trial) alike(from, to int32, near map[int32]*around) float64 {
	a, b := &t.n.all[from], &t.n.all[to]
	if a.class != b.class && a.class != symbol.Own && b.class != symbol.Own {
		return 0
	}
	pkgA, nameA := symbol.Split(a.key)
	pkgB, nameB := symbol.Split(b.key)
	score := 0.4*cosine(near[from].callees, near[to].callees) + 0.3*cosine(near[from].callers, near[to].callers)
	if pkgA == pkgB {
		score += 0.15
	}
	if nameA == nameB {
		score += 0.6
	}
	if path.Base(a.side[0].file) == path.Base(b.side[1].file) {
		score += 0.1
	}
	x, y := t.mean(0, Cum, from), t.common*t.mean(1, Cum, to)
	if over(math.Max(x, y), math.Min(x, y)) > 3 {
		score -= 0.2
	}
	return score
}

// cosine is that of the angle between two sets of weights: 1 for the same
// proportions, 0 for nothing in common.
func cosine(a, b map[int32]float64) float64 {
	var ab float64
	for _, id := range sortedKeys(a) {
		if other, ok := b[id]; ok {
			ab += a[id] * other
		}
	}
	if ab == 0 {
		return 0
	}
	return ab / math.Sqrt(norm(a)*norm(b))
}

func norm(a map[int32]float64) float64 {
	var sum float64
	for _, id := range sortedKeys(a) {
		sum += a[id] * a[id]
	}
	return sum
}

// sortedKeys makes sums over a map come out the same each time, to the last bit.
func sortedKeys(m map[int32]float64) []int32 {
	keys := make([]int32, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// join makes the function to, of the new side, one with from.
func (t *trial) join(from, to int32) {
	a, b := &t.n.all[from], &t.n.all[to]
	a.side[1], b.side[1] = b.side[1], spelling{}
	a.guess = guess(a.key, b.key)
	for _, y := range t.n.next {
		for _, f := range []Family{Fold, Own, Cum} {
			all := y.amounts(f)
			if int(max(from, to)) >= len(all) {
				continue // nobody asked for what functions call
			}
			all[from].add(all[to])
			all[to] = amount{}
		}
	}
	for _, key := range t.n.order {
		if key.side == 0 {
			continue
		}
		read := t.n.read[key]
		for _, ids := range [][]int32{read.ids, read.fold, read.own} {
			for i, id := range ids {
				if id == to {
					ids[i] = from
				}
			}
		}
	}
}

// guess says in words why two names are thought to mean one function.
func guess(from, to string) string {
	pkgA, nameA := symbol.Split(from)
	pkgB, nameB := symbol.Split(to)
	switch {
	case nameA == nameB:
		return fmt.Sprintf("moved from %s: a guess, by its name and what it calls", pkgA)
	case symbol.Outer(from) == symbol.Outer(to):
		return fmt.Sprintf("was closure %s: a guess, by what it calls", nameA)
	case pkgA == pkgB:
		return fmt.Sprintf("was %s: a guess, by who calls it and what it calls", nameA)
	}
	return fmt.Sprintf("was %s in %s: a guess, by who calls it and what it calls", nameA, pkgA)
}
