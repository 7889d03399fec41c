package flame

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// Options say how a tree is built.
type Options struct {
	By    profile.Granularity // "" is by function
	Type  string              // the sample type that decides the order, "" the profile's default
	Main  string              // path of the main module, "" when unknown
	Names bool                // boxes side by side in the order of their names, not the largest first
	Nodes int                 // keep this many, 0 for all
	Whole int64               // what percentages of Type are of, 0 for its total
}

// Build merges the stacks of p into a tree.
//
// A node is a range of samples that have the same callers so far; it is split by
// what they call. Nodes of a fair share are made depth first, while their samples
// are in the processor's cache, and the rest waits. Then the largest that wait are
// made until there are enough, or the smallest that were made are given up: the
// nodes that are kept are the largest ones either way.
func Build(p *profile.Profile, opts Options) (*Tree, error) {
	column := p.DefaultType()
	if opts.Type != "" {
		var ok bool
		if column, ok = p.SampleType(opts.Type); !ok {
			return nil, fmt.Errorf("flame: no sample type %q", opts.Type)
		}
	}
	if column < 0 {
		return nil, fmt.Errorf("flame: the profile has no sample types")
	}
	g, err := newGrower(p, cmp.Or(opts.By, profile.ByFunction))
	if err != nil {
		return nil, err
	}
	g.grow(opts.Nodes)
	t := g.tree(column, opts.Names, symbol.Classifier{Main: opts.Main})
	for i := range t.Columns {
		t.Columns[i].Whole = t.Columns[i].Width(0)
	}
	if opts.Whole != 0 {
		t.Columns[column].Whole = opts.Whole
	}
	return t, nil
}

// grower builds a tree node by node, the largest first.
type grower struct {
	p       *profile.Profile
	by      profile.Granularity
	frames  *profile.Numbered
	types   int
	scale   []float64 // one over the magnitude of each column
	nodes   []node
	sums    []sum // of each node, types of them
	waiting candidates
	given   []given // nodes that were given up
	pruned  Pruned

	samples []cursor    // ordered so that those of a node lie together
	stacks  []uint32    // frames of all samples, each from the root
	shares  []float64   // of each node
	next    []candidate // to be made first, the last one first
	scratch
}

// scratch is what step and split work with.
type scratch struct {
	groups []branch // of the node at hand
	part   []sum    // of one of them
	group  []uint32 // of each sample of the range
	slot   []uint32 // of each frame, where round says so
	round  []uint32
	now    uint32
	sorted []cursor
}

type node struct{ parent, frame int32 }

// sum is the values of a node in one column: what is above zero, and what below.
type sum struct{ self, cum, baseSelf, baseCum int64 }

// add takes one value of a sample.
func (s *sum) add(v int64) {
	if v >= 0 {
		s.cum = addSat(s.cum, v)
	} else {
		s.baseCum = addSat(s.baseCum, magnitude(v))
	}
}

// given is a node that was made and given up.
type given struct {
	parent int32
	share  float64
	sums   []sum
}

// merge adds the whole of a node as a value of its own.
func (s *sum) merge(o sum) {
	s.self, s.cum = addSat(s.self, o.cum), addSat(s.cum, o.cum)
	s.baseSelf, s.baseCum = addSat(s.baseSelf, o.baseCum), addSat(s.baseCum, o.baseCum)
}

// cursor is how far a sample has come from the root of its stack.
type cursor struct {
	sample   uint32
	at, ends uint32 // what is left of its stack, in grower.stacks
}

// branch is samples that go on to the same frame.
type branch struct{ frame, n, at uint32 }

func newGrower(p *profile.Profile, by profile.Granularity) (*grower, error) {
	g := &grower{p: p, by: by, frames: p.Number(by), types: len(p.SampleTypes)}
	n, entries := p.NumSamples(), 0
	for i := range n {
		for _, loc := range p.Stack(i) {
			entries += len(g.frames.At(loc))
		}
	}
	if entries > math.MaxUint32 {
		return nil, fmt.Errorf("flame: the stacks hold %d frames, at most %d can be drawn", entries, uint32(math.MaxUint32))
	}
	g.stacks = make([]uint32, 0, entries)
	g.part = make([]sum, g.types)
	g.group, g.sorted = make([]uint32, n), make([]cursor, n)
	g.slot, g.round = make([]uint32, len(g.frames.Frames)), make([]uint32, len(g.frames.Frames))
	g.samples = make([]cursor, 0, n)
	totals := make([]int64, g.types)
	for i := range n {
		zero := true
		for t, v := range p.Values(i) {
			totals[t] = addSat(totals[t], magnitude(v))
			zero = zero && v == 0
		}
		if !zero {
			at := uint32(len(g.stacks))
			for _, loc := range slices.Backward(p.Stack(i)) {
				for _, f := range slices.Backward(g.frames.At(loc)) {
					g.stacks = append(g.stacks, f)
				}
			}
			g.samples = append(g.samples, cursor{uint32(i), at, uint32(len(g.stacks))})
		}
	}
	for _, t := range totals {
		g.scale = append(g.scale, 1/max(float64(t), 1))
	}
	return g, nil
}

func magnitude(v int64) int64 {
	if v == math.MinInt64 {
		return math.MaxInt64
	}
	return max(v, -v)
}

// grow makes the limit largest nodes, and one more for the rest below each.
func (g *grower) grow(limit int) {
	if limit <= 0 {
		limit = math.MaxInt
	}
	fair := 2 / float64(limit)
	g.next = append(g.next, candidate{share: 1, parent: -1, to: uint32(len(g.samples))})
	for len(g.next) > 0 {
		last := len(g.next) - 1
		c := g.next[last]
		g.next = g.next[:last]
		g.take(c, fair)
	}
	for len(g.waiting) > 0 && len(g.nodes) < limit {
		g.take(g.waiting.pop(), math.Inf(1))
	}
	if len(g.nodes) > limit {
		g.giveUp(limit)
	}
	g.sumUp()
}

// giveUp keeps the largest nodes. Those below one that goes are smaller and go
// with it.
func (g *grower) giveUp(limit int) {
	order := make([]int32, len(g.nodes))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(g.shares[b], g.shares[a]), cmp.Compare(a, b))
	})
	to := make([]int32, len(g.nodes)) // number of a node that stays, plus one
	for _, n := range order[:limit] {
		to[n] = 1
	}
	kept := int32(0)
	for n := range g.nodes {
		from := g.nodes[n]
		switch {
		case to[n] != 0:
			kept++
			to[n] = kept
			if from.parent >= 0 {
				from.parent = to[from.parent] - 1
			}
			g.nodes[kept-1], g.shares[kept-1] = from, g.shares[n]
			copy(g.sums[int(kept-1)*g.types:int(kept)*g.types], g.sums[n*g.types:])
		case to[from.parent] != 0:
			g.given = append(g.given, given{parent: to[from.parent] - 1, share: g.shares[n], sums: slices.Clone(g.sums[n*g.types:][:g.types])})
		}
	}
	waiting := g.waiting[:0]
	for _, c := range g.waiting {
		if to[c.parent] != 0 {
			c.parent = to[c.parent] - 1
			waiting = append(waiting, c)
		}
	}
	g.waiting, g.nodes, g.shares, g.sums = waiting, g.nodes[:kept], g.shares[:kept], g.sums[:int(kept)*g.types]
}

// sumUp adds what has no node of its own to a child of its parent.
func (g *grower) sumUp() {
	small := make([]int32, len(g.nodes))
	child := func(parent int32, share float64) int32 {
		g.pruned.Subtrees++
		g.pruned.Below = max(g.pruned.Below, share)
		if small[parent] == 0 {
			small[parent] = g.add(node{parent, -1}, 0)
		}
		return small[parent]
	}
	for _, v := range g.given {
		to := g.sums[int(child(v.parent, v.share))*g.types:]
		for t, s := range v.sums {
			to[t].merge(s)
		}
	}
	for _, c := range g.waiting {
		clear(g.part)
		g.total(g.part, g.samples[c.from:c.to])
		to := g.sums[int(child(c.parent, c.share))*g.types:]
		for t, s := range g.part {
			to[t].merge(s)
		}
	}
	g.given, g.waiting = nil, nil
}

func (g *grower) add(n node, share float64) int32 {
	g.nodes, g.shares = append(g.nodes, n), append(g.shares, share)
	for range g.types {
		g.sums = append(g.sums, sum{})
	}
	return int32(len(g.nodes) - 1)
}

// take makes a node of a candidate and candidates of what it calls. Those of a
// fair share are next.
func (g *grower) take(c candidate, fair float64) {
	n := g.add(node{c.parent, int32(c.frame)}, c.share)
	sums, samples := g.sums[int(n)*g.types:], g.samples[c.from:c.to]
	ended := g.step(samples)
	g.split(samples, c.from, ended)
	g.total(sums, samples[:ended])
	for t := range g.types {
		sums[t].self, sums[t].baseSelf = sums[t].cum, sums[t].baseCum
	}
	for _, gr := range g.groups {
		clear(g.part)
		g.total(g.part, g.samples[gr.at-gr.n:gr.at])
		share := 0.0
		for t, s := range g.part {
			sums[t].cum, sums[t].baseCum = addSat(sums[t].cum, s.cum), addSat(sums[t].baseCum, s.baseCum)
			share = max(share, float64(addSat(s.cum, s.baseCum))*g.scale[t])
		}
		child := candidate{share: share, parent: n, frame: gr.frame, from: gr.at - gr.n, to: gr.at, born: uint32(n)}
		if share >= fair {
			g.next = append(g.next, child)
		} else {
			g.waiting.push(child)
		}
	}
}

// total adds the values of samples to the sums of a node.
func (g *grower) total(sums []sum, samples []cursor) {
	for _, s := range samples {
		for t, v := range g.p.Values(int(s.sample)) {
			sums[t].add(v)
		}
	}
}

const none = math.MaxUint32

// step moves samples on by a frame and groups them by it. It says how many have
// no further frame.
func (g *grower) step(samples []cursor) (ended uint32) {
	// Stacks lie apart in memory: a loop that does nothing else waits for many of
	// them at once.
	group := g.group[:len(samples)]
	for i := range samples {
		s := &samples[i]
		group[i] = none
		if s.at != s.ends {
			group[i] = g.stacks[s.at]
			s.at++
		}
	}
	g.groups = g.groups[:0]
	g.now++
	for i, frame := range group {
		if frame == none {
			ended++
			continue
		}
		if g.round[frame] != g.now {
			g.round[frame], g.slot[frame] = g.now, uint32(len(g.groups))
			g.groups = append(g.groups, branch{frame: frame})
		}
		group[i] = g.slot[frame]
		g.groups[group[i]].n++
	}
	return ended
}

// split orders samples by their group, those that ended first. Groups learn
// where they end.
func (g *grower) split(samples []cursor, from, ended uint32) {
	at := ended
	for i := range g.groups {
		g.groups[i].at = at
		at += g.groups[i].n
	}
	if len(g.groups) > 1 || len(g.groups) == 1 && ended > 0 {
		done := uint32(0)
		sorted := g.sorted[:len(samples)]
		for i, s := range samples {
			if k := g.group[i]; k == none {
				sorted[done] = s
				done++
			} else {
				sorted[g.groups[k].at] = s
				g.groups[k].at++
			}
		}
		copy(samples, sorted)
	} else if len(g.groups) == 1 {
		g.groups[0].at = at
	}
	for i := range g.groups {
		g.groups[i].at += from
	}
}

// frame is a frame of the profile with its strings made harmless.
func (g *grower) frame(f uint32, cl symbol.Classifier) Frame {
	from := g.frames.Frames[f]
	out := Frame{Name: report.Clean(from.Name), File: report.Clean(from.File), Line: from.Line, Class: Native}
	if g.by != profile.ByLine && g.by != profile.ByAddress {
		out.Line = 0
	}
	if from.Function >= 0 {
		fn := &g.p.Functions[from.Function]
		if g.by == profile.ByFunction {
			out.Line = fn.StartLine
		}
		out.Class = ClassOf(fn.Name, fn.File, cl)
	}
	return out
}
