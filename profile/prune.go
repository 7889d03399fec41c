package profile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// plainName is a function's name without its argument list, as the patterns of
// drop_frames mean it. What follows the first parenthesis is cut off, so a
// method of a pointer keeps its package only: "sync.(*Mutex).Lock" is "sync.".
func plainName(name string) string {
	name = strings.TrimPrefix(name, ".")
	for i := 0; i < len(name); i++ {
		for _, whole := range []string{"(anonymous namespace)", "operator()"} {
			if strings.HasPrefix(name[i:], whole) {
				i += len(whole)
			}
		}
		if i < len(name) && name[i] == '(' {
			return name[:i]
		}
	}
	return name
}

// plainly is the functions whose plain name a pattern matches; nameless ones never do.
func (p *Profile) plainly(drop, keep *regexp.Regexp) (match []bool, found bool) {
	match = make([]bool, len(p.Functions))
	for i := range p.Functions {
		if p.Functions[i].Name == "" {
			continue
		}
		name := plainName(p.Functions[i].Name)
		match[i] = drop.MatchString(name) && (keep == nil || !keep.MatchString(name))
		found = found || match[i]
	}
	return match, found
}

// What Prune does with a location.
const (
	pruneNothing = iota
	pruneCallees // its matching lines are gone, and what they call goes too
	pruneWhole
)

// Prune cuts off what the profile itself asks to leave out (drop_frames but not
// keep_frames, as in the heap profiles of C++): the frames that match and all
// that they call. Patterns that are none are warned of and leave all as it is.
func (p *Profile) Prune() *Profile {
	if p.DropFrames == "" {
		return p
	}
	drop, err := wholly("drop_frames", p.DropFrames)
	if err != nil {
		return p.warned(err)
	}
	var keep *regexp.Regexp
	if p.KeepFrames != "" {
		if keep, err = wholly("keep_frames", p.KeepFrames); err != nil {
			return p.warned(err)
		}
	}
	match, found := p.plainly(drop, keep)
	if !found {
		return p
	}
	base := *p
	base.Locations = append([]Location(nil), p.Locations...)
	what := make([]uint8, len(p.Locations))
	for i := range base.Locations {
		l := &base.Locations[i]
		for k := len(l.Lines) - 1; k >= 0; k-- {
			if l.Lines[k].Function < 0 || !match[l.Lines[k].Function] {
				continue
			}
			what[i] = pruneWhole
			if k < len(l.Lines)-1 {
				what[i] = pruneCallees
				l.Lines = l.Lines[k+1:]
			}
			break
		}
	}
	return base.restack(func(dst, stack []uint32) ([]uint32, bool) {
		return append(dst, pruned(stack, what)...), true
	})
}

// wholly compiles a pattern of the profile, which has to match whole names.
func wholly(field, pattern string) (*regexp.Regexp, error) {
	re, err := regexp.Compile("^(" + pattern + ")$")
	if err != nil {
		return nil, fmt.Errorf("%s of the profile is no pattern, no frame is left out for it: %w", field, err)
	}
	return re, nil
}

func (p *Profile) warned(of error) *Profile {
	out := *p
	out.Warnings = append(slices.Clone(p.Warnings), of.Error())
	return &out
}

// pruned is what stays of a stack. Frames outside the first that stays are
// left alone: a stack is never pruned away whole.
func pruned(stack []uint32, what []uint8) []uint32 {
	inside := false
	for k := len(stack) - 1; k >= 0; k-- {
		switch {
		case what[stack[k]] == pruneNothing:
			inside = true
		case inside && what[stack[k]] == pruneWhole:
			return stack[k+1:]
		case inside:
			return stack[k:]
		}
	}
	return stack
}

// PruneFrom cuts off what the innermost matching frame calls. Stacks without
// one stay as they are.
func (p *Profile) PruneFrom(re *regexp.Regexp) *Profile {
	match, found := p.plainly(re, nil)
	if !found {
		return p
	}
	base := *p
	base.Locations = append([]Location(nil), p.Locations...)
	from := make([]bool, len(p.Locations))
	for i := range base.Locations {
		l := &base.Locations[i]
		for k, line := range l.Lines {
			if line.Function >= 0 && match[line.Function] {
				from[i], l.Lines = true, l.Lines[k:]
				break
			}
		}
	}
	return base.restack(func(dst, stack []uint32) ([]uint32, bool) {
		for k, loc := range stack {
			if from[loc] {
				return append(dst, stack[k:]...), true
			}
		}
		return append(dst, stack...), true
	})
}
