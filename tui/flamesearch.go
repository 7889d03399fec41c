package tui

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goperf/goperf/report"
)

// flameSearch is what a pattern matches of a tree. The zero value searches for nothing.
type flameSearch struct {
	pattern string
	re      *regexp.Regexp
	hits    []bool // of each frame
	within  []bool // of each node: it or one above it matches
	frames  int    // that match
	value   int64  // of the outermost matches: of what is below a match, nothing counts twice
	best    []int32
	at      int // of best
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
	s.frames, s.value, s.best, s.at = 0, 0, s.best[:0], -1
	for i := range t.Frames {
		s.hits[i] = i > 0 && (s.re.MatchString(t.Frames[i].Name) || s.re.MatchString(t.Frames[i].File))
		if s.hits[i] {
			s.frames++
		}
	}
	s.within = slices.Grow(s.within[:0], t.Size())[:t.Size()]
	s.within[0] = false
	least, largest := c.Width(0)/leastMatch, int32(-1)
	for n := int32(1); int(n) < len(t.Frame); n++ {
		s.within[n] = s.within[t.Parent[n]]
		if s.within[n] || !s.hits[t.Frame[n]] {
			continue
		}
		s.within[n] = true
		w := c.Width(n)
		s.value += w
		if w > least {
			s.best = append(s.best, n)
		}
		if largest < 0 || w > c.Width(largest) {
			largest = n
		}
	}
	if len(s.best) == 0 && largest >= 0 {
		s.best = append(s.best, largest)
	}
	slices.SortStableFunc(s.best, func(a, b int32) int { return cmp.Compare(c.Width(b), c.Width(a)) })
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
