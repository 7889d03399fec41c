package pgo

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/goperf/goperf/profile"
)

// Left says what Minimal left out.
type Left struct {
	Stacks   int      // that the input told apart
	Kept     int      // stacks of the output
	Cut      int      // stacks, of those that the compiler tells apart, that went for their small weight
	CutShare float64  // of the total weight
	Calls    int      // calls that went with them
	Types    []string // columns that the compiler does not read
}

// Minimal makes a profile with the same calls as p and as little else as the
// format allows: of each stack the two locations that the compiler reads, one
// column, no labels, no lines of leaves. The lightest stacks without a hot call
// are left out as long as the share keep of the weight stays; with keep 1 the
// calls are exactly those of p.
func Minimal(p *profile.Profile, keep float64) (*profile.Profile, Left, error) {
	calls, err := Read(p)
	if err != nil {
		return nil, Left{}, err
	}
	column, err := weightColumn(p)
	if err != nil {
		return nil, Left{}, err
	}
	left := Left{Stacks: p.NumSamples()}
	for i, t := range p.SampleTypes {
		if i != column {
			left.Types = append(left.Types, t.Type+"/"+t.Unit)
		}
	}
	stacks := left.trim(newSites(p), shorten(p, column), calls, keep)
	left.Kept = len(stacks)
	out, err := write(p, calls.Type, stacks)
	if err != nil {
		return nil, left, err
	}
	after, err := Read(out)
	if err != nil {
		return nil, left, err
	}
	left.Calls = len(calls.All) - len(after.All)
	return out, left, nil
}

// short is what the compiler reads of a stack, in locations of the input.
type short struct {
	stack  []uint32 // leaf first, one or two
	weight int64
}

// Roles of a location in a short stack.
const (
	leaf = iota
	caller
)

// places gives equal numbers to locations that the compiler does not tell apart.
type places struct {
	p       *profile.Profile
	numbers map[string]int32
	first   []uint32       // a location for each number
	of      [read][]uint32 // by role and location: the number + 1, 0 is unknown
	key     []byte
}

func (x *places) number(location uint32, role int) int32 {
	if n := x.of[role][location]; n > 0 {
		return int32(n - 1)
	}
	l := &x.p.Locations[location]
	x.key = append(x.key[:0], byte(role))
	if len(l.Lines) == 0 {
		x.key = binary.AppendUvarint(x.key, l.Address)
	}
	for _, line := range lines(l, role) {
		if line.Function < 0 {
			continue
		}
		f := &x.p.Functions[line.Function]
		x.key = binary.AppendVarint(binary.AppendVarint(x.key, f.StartLine), line.Line)
		x.key = append(binary.AppendUvarint(x.key, uint64(len(f.Name))), f.Name...)
	}
	n, known := x.numbers[string(x.key)]
	if !known {
		n = int32(len(x.first))
		x.numbers[string(x.key)] = n
		x.first = append(x.first, location)
	}
	x.of[role][location] = uint32(n) + 1
	return n
}

// lines are the frames of a location, without the line of the function that was
// running: nothing is called from there. A function that was inlined into itself
// keeps it, which tells its frames apart.
func lines(l *profile.Location, role int) []profile.Line {
	all := l.Lines
	if role != leaf || len(all) == 0 {
		return all
	}
	same := func(o profile.Line) bool { return o.Function == all[0].Function }
	if slices.ContainsFunc(all[1:], same) {
		return all
	}
	all = slices.Clone(all)
	all[0].Line = 0
	return all
}

// shorten sums up the stacks by what the compiler reads of them, heaviest first.
func shorten(p *profile.Profile, column int) []short {
	x := &places{p: p, numbers: map[string]int32{}}
	for role := range x.of {
		x.of[role] = make([]uint32, len(p.Locations))
	}
	sums := map[[read]int32]int64{}
	for i := range p.NumSamples() {
		stack, w := p.Stack(i), p.Value(i, column)
		if len(stack) == 0 || w == 0 {
			continue
		}
		key := [read]int32{x.number(stack[0], leaf), -1}
		if len(stack) > 1 {
			key[caller] = x.number(stack[1], caller)
		}
		sums[key] += w
	}
	out := make([]short, 0, len(sums))
	for key, w := range sums {
		s := short{weight: w, stack: []uint32{x.first[key[leaf]]}}
		if n := key[caller]; n >= 0 {
			s.stack = append(s.stack, x.first[n])
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b short) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), slices.Compare(a.stack, b.stack))
	})
	return out
}

// trim leaves out the lightest stacks that hold no hot call.
func (left *Left) trim(s *sites, stacks []short, calls *Calls, keep float64) []short {
	hot := make(map[Call]bool, calls.Hot)
	for _, c := range calls.All[:calls.Hot] {
		hot[c.Call] = true
	}
	var total, cut int64
	for _, st := range stacks {
		total += st.weight
	}
	budget := (1 - keep) * float64(total)
	light := make([]bool, len(stacks))
	for i, st := range slices.Backward(stacks) {
		if float64(cut+st.weight) > budget {
			break
		}
		if !slices.ContainsFunc(s.calls(st.stack), func(c Call) bool { return hot[c] }) {
			cut += st.weight
			light[i] = true
			left.Cut++
		}
	}
	kept := make([]short, 0, len(stacks)-left.Cut)
	for i, st := range stacks {
		if !light[i] {
			kept = append(kept, st)
		}
	}
	if total > 0 {
		left.CutShare = float64(cut) / float64(total)
	}
	return kept
}

// write makes a profile of short stacks. Addresses are not those of the program:
// they keep the two functions of a recursive call apart, as the compiler's graph
// does, and are otherwise the same for all.
func write(p *profile.Profile, column profile.ValueType, stacks []short) (*profile.Profile, error) {
	b := profile.NewBuilder(false, column)
	header := *p
	header.SampleTypes, header.DefaultSampleType = nil, ""
	b.SetHeader(&header)
	w := &writer{p: p, b: b, functions: map[int32]int32{}, mapping: -1}
	if len(p.Mappings) > 0 {
		m := p.Mappings[0]
		m.HasFunctions, m.HasFilenames, m.HasLineNumbers, m.HasInlines = true, true, true, true
		w.mapping = b.Mapping(m)
	}
	for _, s := range stacks {
		var stack []uint32
		for role, l := range s.stack {
			stack = append(stack, w.location(l, role))
		}
		b.Sample(stack, []int64{s.weight})
	}
	return b.Finish()
}

type writer struct {
	p         *profile.Profile
	b         *profile.Builder
	functions map[int32]int32
	mapping   int32
}

func (w *writer) location(of uint32, role int) uint32 {
	l := profile.Location{Mapping: w.mapping, Address: uint64(role + 1)}
	if w.mapping >= 0 {
		l.Address += w.p.Mappings[0].Start
	}
	for _, line := range lines(&w.p.Locations[of], role) {
		line.Column = 0
		if line.Function >= 0 {
			line.Function = w.function(line.Function)
		}
		l.Lines = append(l.Lines, line)
	}
	return w.b.Location(l)
}

func (w *writer) function(of int32) int32 {
	n, known := w.functions[of]
	if !known {
		f := w.p.Functions[of]
		f.ID, f.SystemName = 0, f.Name
		n = w.b.Function(f)
		w.functions[of] = n
	}
	return n
}
