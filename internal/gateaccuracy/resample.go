package main

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/goperf/goperf/compare"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/gate/policy"
)

// bench resamples the recorded runs: a gate run takes some of the rounds at
// random, in pairs, so that what varies together in the recording does so here.
type bench struct {
	a      *archive
	policy *policy.Policy
	made   map[string]compare.Run
}

func newBench(a *archive) *bench {
	return &bench{a: a, policy: policy.Default(), made: map[string]compare.Run{}}
}

// design is how a gate run measures.
type design struct {
	pairs  int
	triple bool // 30 s: three rounds in a row as one run
	apart  bool // the sides come from different times, and are not paired
}

func (d design) String() string {
	seconds := 10
	if d.triple {
		seconds = 30
	}
	s := fmt.Sprintf("%d x %d s", d.pairs, seconds)
	if d.apart {
		s += ", apart"
	}
	return s
}

// change is done to the runs of the new side.
type change func(a *archive, r *recorded, rng *rand.Rand) (*archive, *recorded)

// draw makes the two sides of one gate run. Where both arms are the same program
// chance says in each pair which is the base.
func (b *bench) draw(rng *rand.Rand, d design, base, next string, do change) (sides [2]compare.Side, err error) {
	groups := b.groups(rng, d, base, next)
	if d.apart {
		return sides, b.apart(rng, &sides, groups, d, base, next, do)
	}
	if len(groups) < d.pairs {
		return sides, fmt.Errorf("%s of %s and %s: %d rounds are too few", d, base, next, len(groups))
	}
	rng.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	for i, rounds := range groups[:d.pairs] {
		arms := [2]string{base, next}
		if same(base, next) && rng.IntN(2) == 1 {
			arms = [2]string{next, base}
		}
		for s := range sides {
			if err := b.put(rng, &sides[s], s, arms[s], rounds, i+1, do); err != nil {
				return sides, err
			}
		}
	}
	return sides, nil
}

// apart takes the base from one half of the recording and the new side from the
// other, as a gate does that keeps its baseline.
func (b *bench) apart(rng *rand.Rand, sides *[2]compare.Side, groups [][]int, d design, base, next string, do change) error {
	if len(groups) < 2*d.pairs {
		return fmt.Errorf("%s: %d rounds are too few", d, len(groups))
	}
	half := len(groups) / 2
	parts := [2][][]int{groups[:half], groups[half:]}
	if rng.IntN(2) == 1 {
		parts[0], parts[1] = parts[1], parts[0]
	}
	for s, arm := range []string{base, next} {
		rng.Shuffle(len(parts[s]), func(i, j int) { parts[s][i], parts[s][j] = parts[s][j], parts[s][i] })
		for _, rounds := range parts[s][:d.pairs] {
			if err := b.put(rng, &sides[s], s, arm, rounds, 0, do); err != nil {
				return err
			}
		}
	}
	return nil
}

func same(base, next string) bool { return base == "A" && next == "A2" }

func (b *bench) put(rng *rand.Rand, side *compare.Side, s int, arm string, rounds []int, pair int, do change) error {
	r, err := b.run(arm, rounds)
	if err == nil && s == 1 && do != nil {
		r, err = b.changed(r, rng, arm, rounds, do)
	}
	if err != nil {
		return err
	}
	r.Pair = pair
	side.Name = [2]string{"base", "new"}[s]
	side.Runs = append(side.Runs, r)
	return nil
}

// changed is a run with something done to it. What is not touched is not made again.
func (b *bench) changed(r compare.Run, rng *rand.Rand, arm string, rounds []int, do change) (compare.Run, error) {
	before := b.sum(arm, rounds)
	a, after := do(b.a, before, rng)
	if a != b.a {
		return a.run(after)
	}
	p, err := a.profile("cpu", after.kinds["cpu"], after.wall)
	if err != nil {
		return r, err
	}
	r.CPU = after.cpu
	r.Profiles = maps.Clone(r.Profiles)
	r.Profiles[evidence.CPU] = p
	return r, nil
}

// groups are the rounds that both arms have, one by one or three in a row.
func (b *bench) groups(rng *rand.Rand, d design, base, next string) [][]int {
	x, y := b.a.arm(base), b.a.arm(next)
	var both []int
	for _, round := range slices.Sorted(maps.Keys(x)) {
		if y[round] != nil {
			both = append(both, round)
		}
	}
	if !d.triple {
		var out [][]int
		for _, r := range both {
			out = append(out, []int{r})
		}
		return out
	}
	if spare := len(both) - 3*d.pairs; spare > 0 {
		both = both[rng.IntN(min(spare, 2)+1):]
	}
	var out [][]int
	for g := range slices.Chunk(both, 3) {
		if len(g) == 3 {
			out = append(out, g)
		}
	}
	return out
}

// run is the sum of rounds as compare takes it. It is made once.
func (b *bench) run(arm string, rounds []int) (compare.Run, error) {
	key := fmt.Sprint(arm, rounds)
	if r, ok := b.made[key]; ok {
		return r, nil
	}
	r, err := b.a.run(b.sum(arm, rounds))
	b.made[key] = r
	return r, err
}

// sum is some rounds of an arm as one run.
func (b *bench) sum(arm string, rounds []int) *recorded {
	runs := b.a.arm(arm)
	if len(rounds) == 1 {
		return runs[rounds[0]]
	}
	out := &recorded{arm: arm, round: rounds[0], kinds: map[string][]sample{}}
	all := map[string][]sample{}
	for _, round := range rounds {
		r := runs[round]
		out.ops, out.cpu, out.wall = out.ops+r.ops, out.cpu+r.cpu, out.wall+r.wall
		out.alloc, out.mallocs = out.alloc+r.alloc, out.mallocs+r.mallocs
		for kind, samples := range r.kinds {
			all[kind] = append(all[kind], samples...)
		}
	}
	for kind, samples := range all {
		out.kinds[kind] = joined(kind, samples)
	}
	return out
}

// inject makes a function cost more: samples are added to its stacks as chance
// would, share of the run's CPU in all. The stacks are those that it has in any
// run, so that a function that one run missed costs more in it too.
func inject(function string, share float64) change {
	return func(a *archive, r *recorded, rng *rand.Rand) (*archive, *recorded) {
		out := *r
		out.kinds = maps.Clone(r.kinds)
		var total float64
		counts := map[int]int64{}
		for _, s := range r.kinds["cpu"] {
			total += float64(s.values[0])
			counts[s.node] = s.values[0]
		}
		nodes, ends := a.stacksOf(function)
		for range poisson(rng, share*total) {
			i, _ := slices.BinarySearch(ends, rng.Int64N(ends[len(ends)-1])+1)
			counts[nodes[i]]++
		}
		var samples []sample
		for _, n := range slices.Sorted(maps.Keys(counts)) {
			samples = append(samples, sample{node: n, values: [2]int64{counts[n]}})
		}
		out.kinds["cpu"] = samples
		out.cpu *= 1 + share
		return a, &out
	}
}

// stacksOf are the stacks that end in a function in arms A and A2, and the
// running sum of their samples.
func (a *archive) stacksOf(function string) (nodes []int, ends []int64) {
	counts := map[int]int64{}
	for _, r := range a.runs {
		for _, s := range r.kinds["cpu"] {
			if (r.arm == "A" || r.arm == "A2") && a.endsIn(s.node, function) {
				counts[s.node] += s.values[0]
			}
		}
	}
	var sum int64
	for _, n := range slices.Sorted(maps.Keys(counts)) {
		sum += counts[n]
		nodes, ends = append(nodes, n), append(ends, sum)
	}
	return nodes, ends
}

// endsIn says that a stack ends in a function.
func (a *archive) endsIn(n int, function string) bool {
	return n >= 0 && a.functions[a.nodes[n].function].name == function
}

// poisson draws a number of events by counting exponential waits.
func poisson(rng *rand.Rand, mean float64) int64 {
	n := int64(0)
	for t := rng.ExpFloat64(); t < mean; t += rng.ExpFloat64() {
		n++
	}
	return n
}

// rename gives functions other names, as a change of their package would.
func rename(from, to string) change {
	return func(a *archive, r *recorded, _ *rand.Rand) (*archive, *recorded) {
		out := *a
		out.functions = slices.Clone(a.functions)
		for i, f := range out.functions {
			if f.name == from {
				out.functions[i].name = to
			}
		}
		return &out, r
	}
}

// inline takes a function's frame out of all stacks: its cost is its callers' now.
func inline(function string) change {
	return func(a *archive, r *recorded, _ *rand.Rand) (*archive, *recorded) {
		out := *a
		out.nodes = slices.Clone(a.nodes)
		for i, n := range out.nodes {
			for n.parent >= 0 && a.functions[a.nodes[n.parent].function].name == function {
				n.parent = a.nodes[n.parent].parent
			}
			out.nodes[i] = n
		}
		for i, n := range a.nodes {
			if a.functions[n.function].name == function && n.parent >= 0 {
				out.nodes[i] = out.nodes[n.parent]
			}
		}
		return &out, r
	}
}

// quantile of sorted values.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	return sorted[int(q*float64(len(sorted)-1)+0.5)]
}
