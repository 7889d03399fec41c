package profile

import (
	"regexp"
	"slices"
)

// FrameFilter chooses samples and frames by the names of functions, files and
// binaries. A nil pattern asks for nothing.
type FrameFilter struct {
	Focus    *regexp.Regexp // keep the samples with such a frame
	Ignore   *regexp.Regexp // drop the samples with such a frame
	Hide     *regexp.Regexp // take these frames out of the stacks
	Show     *regexp.Regexp // take all other frames out
	ShowFrom *regexp.Regexp // cut off the callers of the outermost such frame
}

// named is what a pattern matches, found once for each function and binary.
type named struct {
	p         *Profile
	functions []bool
	mappings  []bool
}

func (p *Profile) named(re *regexp.Regexp) *named {
	if re == nil {
		return nil
	}
	n := &named{p: p, functions: make([]bool, len(p.Functions)), mappings: make([]bool, len(p.Mappings))}
	for i := range p.Functions {
		f := &p.Functions[i]
		n.functions[i] = re.MatchString(f.Name) || re.MatchString(f.File)
	}
	for i := range p.Mappings {
		n.mappings[i] = re.MatchString(p.Mappings[i].File)
	}
	return n
}

func (n *named) binary(l *Location) bool { return l.Mapping >= 0 && n.mappings[l.Mapping] }

func (n *named) line(l Line) bool { return l.Function >= 0 && n.functions[l.Function] }

func (n *named) location(l *Location) bool {
	return slices.ContainsFunc(l.Lines, n.line) || n.binary(l)
}

// without is the lines of l that do not match.
func (n *named) without(l *Location) []Line {
	if n.binary(l) {
		return nil
	}
	var lines []Line
	for _, line := range l.Lines {
		if !n.line(line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// only is the lines of l that match, and those that have no name to match.
func (n *named) only(l *Location) []Line {
	if n.binary(l) {
		return l.Lines
	}
	var lines []Line
	for _, line := range l.Lines {
		if line.Function < 0 || n.line(line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// What a frame says about the samples it is in.
const (
	indifferent = iota
	focused
	ignored
)

// FilterFrames is p as f shows it, by the rules of google/pprof. It also names
// the patterns that matched nothing: "focus", "hide".
func (p *Profile) FilterFrames(f FrameFilter) (*Profile, []string) {
	out, missed := p, []string(nil)
	if f.Focus != nil || f.Ignore != nil || f.Hide != nil || f.Show != nil {
		out, missed = p.filterNames(f)
	}
	if f.ShowFrom != nil {
		var found bool
		if out, found = out.showFrom(out.named(f.ShowFrom)); !found {
			missed = append(missed, "show-from")
		}
	}
	return out, missed
}

func (p *Profile) filterNames(f FrameFilter) (*Profile, []string) {
	focus, ignore, hide, show := p.named(f.Focus), p.named(f.Ignore), p.named(f.Hide), p.named(f.Show)
	var found struct{ focus, ignore, hide, show bool }
	verdict, hidden := make([]uint8, len(p.Locations)), make([]bool, len(p.Locations))
	base := *p
	base.Locations = append([]Location(nil), p.Locations...)
	for i := range base.Locations {
		l := &base.Locations[i]
		if ignore != nil && ignore.location(l) {
			verdict[i], found.ignore = ignored, true
		} else if focus == nil || focus.location(l) {
			verdict[i], found.focus = focused, true
		}
		if hide != nil && hide.location(l) {
			found.hide = true
			l.Lines = hide.without(l)
			hidden[i] = len(l.Lines) == 0
		}
		if show != nil {
			l.Lines = show.only(l)
			hidden[i] = len(l.Lines) == 0
			found.show = found.show || !hidden[i]
		}
	}
	out := base.restack(func(dst, stack []uint32) ([]uint32, bool) {
		if !wanted(stack, verdict) {
			return dst, false
		}
		n := len(dst)
		for _, loc := range stack {
			if !hidden[loc] {
				dst = append(dst, loc)
			}
		}
		return dst, len(dst) > n
	})
	return out, unmet([]asked{
		{"focus", focus != nil, found.focus},
		{"ignore", ignore != nil, found.ignore},
		{"hide", hide != nil, found.hide},
		{"show", show != nil, found.show},
	})
}

// asked is a filter, whether it was asked for, and whether it matched anything.
type asked struct {
	name         string
	is, answered bool
}

// unmet names those that were asked for in vain.
func unmet(filters []asked) []string {
	var names []string
	for _, f := range filters {
		if f.is && !f.answered {
			names = append(names, f.name)
		}
	}
	return names
}

// wanted reports whether a stack has a focused frame and no ignored one.
func wanted(stack []uint32, verdict []uint8) bool {
	found := false
	for _, loc := range stack {
		switch verdict[loc] {
		case ignored:
			return false
		case focused:
			found = true
		}
	}
	return found
}

// showFrom cuts off what calls the outermost matching frame. Samples without
// one are dropped.
func (p *Profile) showFrom(n *named) (out *Profile, found bool) {
	base := *p
	base.Locations = append([]Location(nil), p.Locations...)
	from := make([]bool, len(p.Locations))
	for i := range base.Locations {
		l := &base.Locations[i]
		if n.binary(l) {
			from[i], found = true, true
			continue
		}
		for k := len(l.Lines) - 1; k >= 0; k-- {
			if n.line(l.Lines[k]) {
				l.Lines, from[i], found = l.Lines[:k+1], true, true
				break
			}
		}
	}
	return base.restack(func(dst, stack []uint32) ([]uint32, bool) {
		for k := len(stack) - 1; k >= 0; k-- {
			if from[stack[k]] {
				return append(dst, stack[:k+1]...), true
			}
		}
		return dst, false
	}), found
}

// restack is p with the stacks that change appends to dst, without the samples
// that it does not keep. Tables are shared with p.
func (p *Profile) restack(change func(dst, stack []uint32) (changed []uint32, keep bool)) *Profile {
	out := *p
	nt := len(p.SampleTypes)
	out.stacks = make([]uint32, 0, len(p.stacks))
	out.offs = append(make([]uint32, 0, len(p.offs)), 0)
	out.values = make([]int64, 0, len(p.values))
	out.labels = labelStore{strs: p.labels.strs}
	for i := range p.NumSamples() {
		stack, keep := change(out.stacks, p.Stack(i))
		if !keep {
			continue
		}
		out.stacks = stack
		out.offs = append(out.offs, uint32(len(stack)))
		out.values = append(out.values, p.values[i*nt:(i+1)*nt]...)
		if len(p.labels.ends) > 0 {
			out.labels.recs = append(out.labels.recs, p.labels.of(i)...)
			out.labels.endSample()
		}
	}
	return &out
}

// WithoutInlined is p with inlined calls counted as part of the function that
// they were inlined into.
func (p *Profile) WithoutInlined() *Profile {
	out := *p
	out.Locations = append([]Location(nil), p.Locations...)
	for i := range out.Locations {
		if n := len(out.Locations[i].Lines); n > 1 {
			out.Locations[i].Lines = out.Locations[i].Lines[n-1:]
		}
	}
	return &out
}
