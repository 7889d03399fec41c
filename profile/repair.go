package profile

import (
	"math"
	"slices"
)

// Repair is [Normalize] that also mends stacks which the runtime cut at its
// depth limit. Where the outermost frames of such a stack stand in whole stacks
// of the profile, and all of those lead on to the same callers, the callers are
// put on the cut stack. Nothing is guessed: with several ways on, the stack
// stays as it is.
//
// How often a recursion that was cut ran is not known; the shortest of the ways
// on is taken. With mark, samples that were changed get a label, "repair" with
// "folded" or "grafted".
func (p *Profile) Repair(mark bool) (*Profile, Repairs) {
	out, r := Normalize(p)
	if r.Truncated == 0 && (r.Folded == 0 || !mark) {
		return out, r
	}
	g := newGrafter(out)
	d := p.depths() // with the frames that were folded
	for i := range p.NumSamples() {
		if r.Truncated > 0 && d.isCut(i, r.DepthLimit) {
			g.cut = append(g.cut, i)
		}
	}
	g.ask()
	g.answer()
	marks := make([]string, out.NumSamples())
	if r.Folded > 0 {
		for i := range marks {
			if len(p.Stack(i)) != len(out.Stack(i)) {
				marks[i] = "folded"
			}
		}
	}
	out = g.graft(&r, marks)
	if mark {
		out = out.marked(marks)
	}
	return out, r
}

// contexts are how many of the outermost frames of a cut stack are looked for,
// one after the other while what is found is not unique: the more frames agree,
// the less other ways are in question.
var contexts = [...]int{2, 4, 8, 16}

// maxWay bounds the distinct functions in a way from a context to the root. Go
// profiles hold at most 128 frames; more are believed of other profilers only.
const maxWay = 128

// way is what is known of the callers above a context.
type way struct {
	frames []uint32 // the shortest: locations, leaf first
	sum    uint64   // of its functions, without those of the context
	many   bool     // there are several
	known  bool
	last   uint32 // the sample that was looked at last, plus one
}

// grafter finds callers for cut stacks.
type grafter struct {
	p    *Profile
	cut  []int            // samples that are cut
	ends []bool           // by location: whether a cut stack ends there
	ways []map[uint64]way // by context, by its hash
	seen []uint32         // by function: scratch of sum
	turn uint32
}

func newGrafter(p *Profile) *grafter {
	g := &grafter{p: p, ends: make([]bool, len(p.Locations)), seen: make([]uint32, len(p.Functions))}
	for range contexts {
		g.ways = append(g.ways, map[uint64]way{})
	}
	return g
}

// ask notes the contexts that ways are wanted for.
func (g *grafter) ask() {
	for _, i := range g.cut {
		stack := g.p.Stack(i)
		g.ends[stack[len(stack)-1]] = true
		for k, n := range contexts {
			if len(stack) >= n {
				g.ways[k][contextHash(stack[len(stack)-n:])] = way{}
			}
		}
	}
}

// contextHash numbers a row of locations. Two rows with one number would have
// to be made on purpose, and all they could do is to graft a wrong caller on
// the profile of who made them.
func contextHash(row []uint32) uint64 {
	h := uint64(len(row))
	for _, loc := range row {
		h = mix(h*0x9e3779b97f4a7c15 + uint64(loc) + 1)
	}
	return h
}

// answer looks at all stacks that are whole.
func (g *grafter) answer() {
	if len(g.cut) == 0 {
		return
	}
	cut := 0
	for i := range g.p.NumSamples() {
		if cut < len(g.cut) && g.cut[cut] == i {
			cut++
			continue
		}
		stack := g.p.Stack(i)
		from := 0
		if len(stack) > maxWay {
			from = len(stack) - maxWay
		}
		for at := len(stack) - 1; at >= from; at-- {
			if g.ends[stack[at]] && at < len(stack)-1 {
				g.passes(stack, at, uint32(i)+1)
			}
		}
	}
}

// passes adds what lies above a location of a whole stack to the contexts that
// end there. The outermost place of a recursion is the one that counts.
func (g *grafter) passes(stack []uint32, at int, sample uint32) {
	for k, n := range contexts {
		if at+1 < n {
			return
		}
		context := stack[at+1-n : at+1]
		hash := contextHash(context)
		w, asked := g.ways[k][hash]
		if !asked || w.last == sample || w.many {
			continue
		}
		w.last = sample
		frames := stack[at+1:]
		sum := g.sum(frames, context)
		switch {
		case !w.known:
			w.frames, w.sum, w.known = frames, sum, true
		case w.sum != sum:
			w.many = true
		case len(frames) < len(w.frames):
			w.frames = frames
		}
		g.ways[k][hash] = w
	}
}

// sum numbers the functions of a way in the order in which they first appear
// from the root, without those of the context: how often a recursion went round
// makes no other way.
func (g *grafter) sum(frames, context []uint32) uint64 {
	g.turn++
	h := uint64(0)
	for _, loc := range context {
		for _, line := range g.p.Locations[loc].Lines {
			if line.Function >= 0 {
				g.seen[line.Function] = g.turn
			}
		}
	}
	for _, loc := range slices.Backward(frames) {
		lines := g.p.Locations[loc].Lines
		if len(lines) == 0 {
			h = mix(h*31 + uint64(loc))
		}
		for _, line := range slices.Backward(lines) {
			if line.Function >= 0 && g.seen[line.Function] != g.turn {
				g.seen[line.Function] = g.turn
				h = mix(h*0x9e3779b97f4a7c15 + uint64(line.Function) + 1)
			}
		}
	}
	return h
}

// way is the callers above a cut stack, nil when there is not exactly one way.
func (g *grafter) way(stack []uint32) []uint32 {
	for k, n := range contexts {
		if len(stack) < n {
			return nil
		}
		w := g.ways[k][contextHash(stack[len(stack)-n:])]
		if !w.known {
			return nil
		}
		if !w.many {
			return w.frames
		}
	}
	return nil
}

// graft puts the callers on and counts.
func (g *grafter) graft(r *Repairs, marks []string) *Profile {
	p := g.p
	if len(g.cut) == 0 {
		return p
	}
	var all, grafted int64
	col := p.DefaultType()
	out := *p
	out.stacks, out.offs = make([]uint32, 0, len(p.stacks)), make([]uint32, 1, len(p.offs))
	cut := 0
	for i := range p.NumSamples() {
		stack := p.Stack(i)
		v := absSat(p.Value(i, col))
		all = addSat(all, v)
		out.stacks = append(out.stacks, stack...)
		if cut < len(g.cut) && g.cut[cut] == i {
			cut++
			if w := g.way(stack); w != nil && len(out.stacks)+len(w) < math.MaxUint32 {
				out.stacks = append(out.stacks, w...)
				marks[i] = "grafted"
				r.Grafted++
				grafted = addSat(grafted, v)
			}
		}
		out.offs = append(out.offs, uint32(len(out.stacks)))
	}
	r.GraftedShare = share(grafted, all)
	return &out
}

// marked is p with a label "repair" on the samples that have a mark.
func (p *Profile) marked(marks []string) *Profile {
	out := *p
	old := p.labels
	out.labels = labelStore{strs: slices.Clip(slices.Clone(old.strs))}
	if len(out.labels.strs) == 0 {
		out.labels.strs = []string{""}
	}
	number := map[string]uint32{"": 0}
	for _, s := range []string{"repair", "folded", "grafted"} {
		number[s] = uint32(len(out.labels.strs))
		out.labels.strs = append(out.labels.strs, s)
	}
	for i, mark := range marks {
		out.labels.recs = append(out.labels.recs, old.of(i)...)
		if mark != "" {
			out.labels.recs = append(out.labels.recs, labelRec{key: number["repair"], str: number[mark]})
		}
		out.labels.endSample()
	}
	return &out
}
