package profile

import "slices"

// Inlining says of a frame whether its callers called it, or had it inlined.
type Inlining uint8

// The kinds of inlining: no caller has it inlined, all have, some have.
const (
	Called Inlining = iota
	Inlined
	PartlyInlined
)

// Inlining says it of rows of the table. A caller that has a frame inlined in one
// place and calls it in another counts as one that calls it, as in google/pprof.
func (t *Table) Inlining(rows []Row) []Inlining {
	out := make([]Inlining, len(rows))
	if t.frames == nil {
		return out
	}
	w := newInliner(t.frames, rows)
	p := t.frames.p
	for i := range p.NumSamples() {
		if p.Value(i, t.col) != 0 {
			w.sample(p.Stack(i))
		}
	}
	inlined, called := make([]bool, len(rows)+1), make([]bool, len(rows)+1)
	for c, inline := range w.calls {
		at := w.row[c.callee]
		inlined[at], called[at] = inlined[at] || inline, called[at] || !inline
	}
	for i := range rows {
		switch {
		case inlined[i+1] && called[i+1]:
			out[i] = PartlyInlined
		case inlined[i+1]:
			out[i] = Inlined
		}
	}
	return out
}

// call is an edge of the call graph, by the numbers of its frames.
type call struct{ caller, callee uint32 }

// inliner collects how the frames of some rows are called.
type inliner struct {
	frames *frameTable
	row    []int32       // of each frame, from 1; 0 for those that nobody asks for
	has    []bool        // of each location: one of its frames is asked for
	calls  map[call]bool // inlined wherever it was seen
	seen   []call        // of this sample
	last   [256]struct { // calls that were looked at before, by a part of their numbers
		call
		inline bool
	}
}

func newInliner(frames *frameTable, rows []Row) *inliner {
	type place struct {
		function, mapping int32
		line              int64
		address           uint64
	}
	wanted := map[place]int32{}
	for i, r := range rows {
		wanted[place{r.Function, r.Mapping, r.Line, r.Address}] = int32(i + 1)
	}
	w := &inliner{frames: frames, row: make([]int32, len(frames.keys)), has: make([]bool, len(frames.p.Locations)), calls: map[call]bool{}}
	for i, k := range frames.keys {
		at := place{k.function, k.mapping, k.line, 0}
		if frames.by == ByAddress {
			at.address = k.address
		}
		w.row[i] = wanted[at]
	}
	for loc := range w.has {
		for _, f := range frames.at(uint32(loc)) {
			w.has[loc] = w.has[loc] || w.row[f] > 0
		}
	}
	return w
}

// sample goes down one stack. Of the same call in one stack the outermost counts.
func (w *inliner) sample(stack []uint32) {
	w.seen = w.seen[:0]
	for i := len(stack) - 1; i >= 0; i-- {
		if !w.has[stack[i]] {
			continue
		}
		frames := w.frames.at(stack[i])
		last := len(frames) - 1
		if i+1 < len(stack) {
			w.called(call{w.frames.at(stack[i+1])[0], frames[last]}, false)
		}
		for k := last - 1; k >= 0; k-- {
			w.called(call{frames[k+1], frames[k]}, true)
		}
	}
}

func (w *inliner) called(c call, inline bool) {
	if w.row[c.callee] == 0 || c.caller == c.callee {
		return
	}
	if slices.Contains(w.seen, c) {
		return
	}
	w.seen = append(w.seen, c)
	before := &w.last[(c.caller*31+c.callee)%uint32(len(w.last))]
	if before.call == c && before.inline == inline {
		return
	}
	was, known := w.calls[c]
	w.calls[c] = inline && (was || !known)
	before.call, before.inline = c, inline
}
