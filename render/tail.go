package render

import (
	"fmt"
	"strings"

	"github.com/goperf/goperf/report"
)

// maxReasons is how many reasons for gaps, and for skipped rules, are told unless all are asked for.
const maxReasons = 12

// untold says what could not be judged, grouped by the reason.
func (s *sheet) untold() {
	gaps, skips := gapGroups(s.r.Gaps), skipGroups(s.r.Skipped)
	if len(gaps)+len(skips) == 0 {
		return
	}
	s.heading("Could not be judged")
	left := maxReasons
	if s.o.All {
		left = len(gaps) + len(skips)
	}
	shown := min(len(gaps), left)
	more := len(gaps) - shown
	for _, g := range gaps[:shown] {
		body := []span{{strings.Join(g.names, ", "), strong}, {": " + s.clean(g.text), plain}}
		if g.hint != "" {
			body = append(body, span{" → " + s.clean(g.hint), cyan})
		}
		s.para([]span{{"  ", plain}}, 4, body...)
	}
	shown = min(len(skips), left)
	more += len(skips) - shown
	for _, g := range skips[:shown] {
		names := count(len(g.names), "rule")
		if s.o.All || len(g.names) < 3 {
			names = strings.Join(g.names, ", ")
		}
		s.para([]span{{"  ", plain}}, 4, span{names, faint}, span{": " + s.clean(g.text), faint})
	}
	if more > 0 {
		s.para([]span{{"  ", plain}}, 4, span{count(more, "more reason"), faint})
	}
}

// asked says what the run cost the target.
func (s *sheet) asked() {
	if len(s.r.Asked) == 0 {
		return
	}
	s.heading("Asked of the target")
	s.para([]span{{"  ", plain}}, 2, list(kept(askedText(s.r.Asked)), plain)...)
	if !s.o.All {
		return
	}
	t := askedTable(s.r.Asked)
	s.table(&t, 2, max(s.o.Width, s.width))
}

// more ends with where to read on.
func (s *sheet) more() {
	findings, rest := len(s.r.Findings) > 0, !s.o.All && !s.r.Unjudged && len(s.r.Asked)+len(s.r.Skipped)+len(s.r.Exhibits) > 0
	if findings || rest {
		s.blank()
	}
	if findings {
		s.para(nil, 0, span{"More on a finding: ", faint}, span{keep("goperf explain " + s.clean(s.r.Findings[0].Rule)), plain})
	}
	if rest {
		s.para(nil, 0, span{"Everything in full: ", faint}, span{"--all", plain})
	}
}

// inShort repeats the ranking in a line each: after a long report it is what is still on the screen.
func (s *sheet) inShort(fs []report.Finding) {
	if len(fs) < 3 {
		return
	}
	s.heading("In short, best first")
	wide, resource := 0, 0
	for _, f := range fs {
		wide = max(wide, columns(size(f)))
		resource = max(resource, columns(report.Clean(f.Cost.Resource)))
	}
	for i, f := range fs {
		lead := []span{
			{fmt.Sprintf("  %*d ", len(fmt.Sprint(len(fs))), i+1), strong},
			{mark(f.Severity) + " ", severityStyle(f.Severity)},
			{flushRight(size(f), wide) + " ", plain},
		}
		if r := report.Clean(f.Cost.Resource); s.width >= 60 && resource <= maxValue {
			lead = append(lead, span{r + strings.Repeat(" ", resource-columns(r)) + " ", faint})
		}
		used := word(lead).columns() + 1
		s.para(append(lead, span{" ", plain}), used, span{keep(clipEnd(s.clean(f.Title), s.width-used)), plain})
	}
}

// size is the measured cost in one number.
func size(f report.Finding) string {
	switch c := f.Cost; {
	case c.Share > 0:
		return report.FormatValue(c.Share, "ratio")
	case c.Amount != 0:
		return valueText(c.Amount, c.Unit)
	}
	return ""
}
