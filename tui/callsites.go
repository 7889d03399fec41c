package tui

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// CallSite is a line that calls a function, and what was spent below that call.
type CallSite struct {
	Frame report.Frame
	Value int64
}

// callSites are the lines that call a function, those with most first; of a
// recursion the outermost call.
func callSites(p *profile.Profile, column, function string) (sites []CallSite) {
	col, ok := p.SampleType(column)
	if !ok {
		return nil
	}
	by := map[report.Frame]int64{}
	for i := range p.NumSamples() {
		v := p.Value(i, col)
		if v == 0 {
			continue
		}
		if f, ok := outermostCall(p, i, function); ok {
			by[f] += v
		}
	}
	for f, v := range by {
		if v != 0 {
			sites = append(sites, CallSite{Frame: report.Frame{Function: report.Clean(f.Function), File: report.Clean(f.File), Line: f.Line}, Value: v})
		}
	}
	slices.SortFunc(sites, func(a, b CallSite) int {
		return cmp.Or(cmp.Compare(abs(b.Value), abs(a.Value)), cmp.Compare(a.Frame.Function, b.Frame.Function), cmp.Compare(a.Frame.Line, b.Frame.Line))
	})
	return sites
}

// outermostCall is the frame that calls a function in a sample; false when the
// function is not in it, or is the outermost frame itself.
func outermostCall(p *profile.Profile, sample int, function string) (caller report.Frame, ok bool) {
	inside := false
	for _, loc := range p.Stack(sample) {
		for _, l := range p.Locations[loc].Lines {
			if l.Function < 0 {
				continue
			}
			f := &p.Functions[l.Function]
			switch {
			case f.Name == function:
				inside, ok = true, false
			case inside:
				caller, ok, inside = report.Frame{Function: f.Name, File: f.File, Line: int(l.Line)}, true, false
			}
		}
	}
	return caller, ok
}

// The lines that call sites get on a screen that has room for them.
const (
	mostSites  = 6
	sitesFloor = 18 // lines of a screen below which the source has them all
)

// siteLines is how many lines of so many are for call sites, with their heading.
func (s *sourceScreen) siteLines(height int) int {
	n := len(s.got.Sites)
	if n == 0 || height < sitesFloor {
		return 0
	}
	return 1 + min(n, max(mostSites, height-s.first-len(s.got.Rows)-1))
}

// drawSites draws the lines that call the function.
func (s *sourceScreen) drawSites(c *paint.Canvas, lines int) {
	if lines == 0 {
		return
	}
	head := &part{title: "called from", note: plural(len(s.got.Sites), "line") + "; " + s.keys.key(sandwich) + " shows all callers", place: region{right: c.W}}
	head.heading(c, false)
	c.End()
	for _, site := range s.got.Sites[:min(lines-1, len(s.got.Sites))] {
		c.Put(paint.Plain, fmt.Sprintf(" %9s %6s  ", value(site.Value, s.type_()), share(site.Value, s.got.Function.Once)))
		c.Bar(paint.Accent, float64(abs(site.Value))/float64(max(abs(s.got.Function.Once), 1)), leastBar+2)
		c.Put(paint.Plain, "  "+symbol.Short(site.Frame.Function))
		if site.Frame.Line > 0 {
			c.Put(paint.Faint, fmt.Sprintf("  %s:%d", filepath.Base(site.Frame.File), site.Frame.Line))
		}
		c.End()
	}
}
