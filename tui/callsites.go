package tui

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/render"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// CallSite is a line that calls a function, and what was spent below that call.
type CallSite struct {
	Frame report.Frame
	Value int64
}

// callsOf are the lines that call a function, those with most first, of a recursion
// the outermost call; and what each of its own lines calls most.
func callsOf(p *profile.Profile, column, function string) (sites []CallSite, callees map[int64]functionAt) {
	col, ok := p.SampleType(column)
	if !ok {
		return nil, nil
	}
	by := map[report.Frame]int64{}
	below := map[int64]map[functionAt]int64{}
	for i := range p.NumSamples() {
		v := p.Value(i, col)
		if v == 0 {
			continue
		}
		if f, ok := outermostCall(p, i, function); ok {
			by[f] += v
		}
		addCallees(below, p, i, function, v)
	}
	for f, v := range by {
		if v != 0 {
			sites = append(sites, CallSite{Frame: report.Frame{Function: report.Clean(f.Function), File: report.Clean(f.File), Line: f.Line}, Value: v})
		}
	}
	slices.SortFunc(sites, func(a, b CallSite) int {
		return cmp.Or(cmp.Compare(abs(b.Value), abs(a.Value)), cmp.Compare(a.Frame.Function, b.Frame.Function), cmp.Compare(a.Frame.Line, b.Frame.Line))
	})
	return sites, heaviestOf(below)
}

// addCallees adds a sample to what the lines of a function call.
func addCallees(to map[int64]map[functionAt]int64, p *profile.Profile, sample int, function string, v int64) {
	var callee *profile.Function
	for _, loc := range p.Stack(sample) {
		for _, l := range p.Locations[loc].Lines {
			if l.Function < 0 {
				continue
			}
			f := &p.Functions[l.Function]
			if f.Name == function && callee != nil && callee.Name != function {
				if to[l.Line] == nil {
					to[l.Line] = map[functionAt]int64{}
				}
				to[l.Line][functionAt{callee.Name, callee.File}] += v
			}
			callee = f
		}
	}
}

// heaviestOf is what is called most, by line.
func heaviestOf(below map[int64]map[functionAt]int64) map[int64]functionAt {
	out := make(map[int64]functionAt, len(below))
	for n, all := range below {
		var best functionAt
		for at, v := range all {
			if c := cmp.Compare(abs(v), abs(all[best])); c > 0 || c == 0 && at.name < best.name {
				best = at
			}
		}
		out[n] = functionAt{report.Clean(best.name), report.Clean(best.file)}
	}
	return out
}

// heaviestCall is what a line calls most, nothing when no sample says.
func (l *Listing) heaviestCall(line int64) functionAt { return l.callees[line] }

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

// callsPart is the part with the lines that call the function.
const callsPart = "called from"

// calls is that part, nil when nothing is known to call it.
func (s *sourceScreen) calls() *part {
	if len(s.got.Sites) == 0 {
		return nil
	}
	note := plural(len(s.got.Sites), "line") + s.keys.note("; ", sandwich, " shows all callers")
	p := &part{id: callsPart, title: callsPart, note: note, show: &siteRows{of: s}, shy: true, least: 2, beside: s.verdicts() != nil}
	return p
}

// siteRows are the lines that call the function.
type siteRows struct{ of *sourceScreen }

func (r *siteRows) lay(int) (head []line, rows int) { return nil, len(r.of.got.Sites) }

func (r *siteRows) row(i int) line {
	site, once := &r.of.got.Sites[i], r.of.got.Function.Once
	l := line{name: site.Frame.Function, pieces: []piece{
		{text: fmt.Sprintf("%9s %6s  ", r.of.amount(site.Value), share(site.Value, once))},
		{style: paint.Accent, bar: float64(abs(site.Value)) / float64(max(abs(once), 1)), cells: leastBar + 2},
		{text: "  " + symbol.Short(site.Frame.Function)},
	}}
	if site.Frame.Line > 0 {
		l.pieces = append(l.pieces, piece{style: paint.Faint, text: fmt.Sprintf("  %s:%d", filepath.Base(site.Frame.File), site.Frame.Line)})
	}
	return l
}

func (r *siteRows) text(i int) string {
	f := r.of.got.Sites[i].Frame
	return f.Function + "  " + render.Position(f)
}

func (r *siteRows) facts(i int) []string { return []string{r.text(i)} }
func (r *siteRows) hidden(int) []string  { return nil }
