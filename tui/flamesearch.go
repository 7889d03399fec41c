package tui

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goperf/goperf/flame"
	"github.com/goperf/goperf/report"
)

// flameSearch is what a pattern matches of a tree. The zero value searches for nothing.
type flameSearch struct {
	pattern string
	re      *regexp.Regexp
	hits    []bool  // of each frame
	within  []bool  // of each node: it or one above it matches
	frames  int     // that match
	files   int     // of those by the name of the file alone
	largest []int32 // box of each frame that matches
	value   int64   // of the outermost matches: of what is below a match, nothing counts twice
	best    []int32 // outermost matches, and of functions that have none the largest box
	at      int     // of best
}

// leastMatch is the part of the whole that a match must have to be gone to with
// n: there are no more such than this number, because they do not overlap.
const leastMatch = 4096

// find searches the names of functions and files. Nothing typed means no search,
// and small letters match large ones.
func (f *flameScreen) find(pattern string) (string, error) {
	if pattern == "" {
		f.search = flameSearch{}
		return "", nil
	}
	re, err := compile(pattern)
	if err != nil {
		return "", err
	}
	f.search.pattern, f.search.re = pattern, re
	if f.s == nil {
		return "", nil
	}
	f.search.over(f.s)
	return f.found(), nil
}

// compile reads a pattern in which small letters match large ones, unless there
// is a large one.
func compile(pattern string) (*regexp.Regexp, error) {
	if strings.ToLower(pattern) == pattern {
		pattern = "(?i)" + pattern
	}
	return regexp.Compile(pattern)
}

func (f *flameScreen) found() string {
	s := &f.search
	if s.frames == 0 {
		return "nothing matches"
	}
	c := f.s.layout.Column
	noun := "functions"
	if s.frames == 1 {
		noun = "function"
	}
	if s.files > 0 && s.files == s.frames {
		noun += " by the file"
	} else if s.files > 0 {
		noun += fmt.Sprintf(" (%d by the file)", s.files)
	}
	if n := len(s.best); n != s.frames { // what n goes over
		noun += " in " + report.FormatValue(float64(n), "count") + " boxes"
	}
	return fmt.Sprintf("%s %s, %s, %s of all", report.FormatValue(float64(s.frames), "count"), noun, value(s.value, c.Type), share(s.value, c.Whole))
}

// over searches a tree. It goes over all names once and over all nodes once, in
// the order in which they lie in memory.
func (s *flameSearch) over(in *subject) {
	if s.re == nil {
		return
	}
	t, c := in.tree, in.layout.Column
	s.hits = slices.Grow(s.hits[:0], len(t.Frames))[:len(t.Frames)]
	s.largest = slices.Grow(s.largest[:0], len(t.Frames))[:len(t.Frames)]
	s.frames, s.files, s.value, s.best, s.at = 0, 0, 0, s.best[:0], -1
	for i := range t.Frames {
		named := s.re.MatchString(t.Frames[i].Name)
		s.hits[i], s.largest[i] = i > 0 && (named || s.re.MatchString(t.Frames[i].File)), -1
		if s.hits[i] {
			s.frames++
			if !named {
				s.files++
			}
		}
	}
	s.within = slices.Grow(s.within[:0], t.Size())[:t.Size()]
	s.within[0] = false
	least := c.Width(0) / leastMatch
	for n := int32(1); int(n) < len(t.Frame); n++ {
		s.within[n] = s.within[t.Parent[n]]
		frame := t.Frame[n]
		if !s.hits[frame] {
			continue
		}
		w := c.Width(n)
		if most := s.largest[frame]; most < 0 || w > c.Width(most) {
			s.largest[frame] = n
		}
		if s.within[n] {
			continue
		}
		s.within[n] = true
		s.value += w
		if w > least {
			s.best = append(s.best, n)
		}
	}
	s.inner(t)
	slices.SortStableFunc(s.best, func(a, b int32) int { return cmp.Compare(c.Width(b), c.Width(a)) })
}

// inner adds the functions all of whose boxes are below other matches, or small.
func (s *flameSearch) inner(t *flame.Tree) {
	for _, n := range s.best {
		s.largest[t.Frame[n]] = -1
	}
	for _, n := range s.largest {
		if n >= 0 {
			s.best = append(s.best, n)
		}
	}
}

// step goes to the next match, the largest first.
func (f *flameScreen) step(a action) effect {
	s := &f.search
	if len(s.best) == 0 {
		if s.pattern == "" {
			return told(f.keys.key(search) + " searches")
		}
		return told("nothing matches " + report.Clean(s.pattern))
	}
	by := 1
	if a == previous {
		by = len(s.best) - 1
		if s.at < 0 {
			s.at = 0
		}
	}
	s.at = (s.at + by) % len(s.best)
	n := s.best[s.at]
	if !f.sees(n) {
		f.zoomInto(0)
	}
	f.pick(n)
	return told(fmt.Sprintf("match %d of %d", s.at+1, len(s.best)))
}
