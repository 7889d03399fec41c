package render

import (
	"fmt"
	"strings"

	"github.com/goperf/goperf/report"
)

// finding tells one finding: what it is, how sure, where, what it costs, why we
// say so and what to do; those after the first ones in brief.
func (s *sheet) finding(f report.Finding) {
	s.n++
	s.blank()
	number := fmt.Sprintf("%*d", s.indent-2, s.n)
	s.para([]span{{fmt.Sprintf("%-*s", s.indent, number), strong}}, s.indent, span{s.clean(f.Title), strong})
	hue := severityStyle(f.Severity)
	s.para([]span{{strings.Repeat(" ", s.indent), plain}, {mark(f.Severity) + " ", hue}}, s.indent+2,
		span{f.Severity.String(), hue}, separator,
		span{keep(fmt.Sprintf("%s (%s)", certainty(f.Confidence), report.FormatValue(f.Confidence, "ratio"))), plain}, separator,
		span{s.clean(f.Rule), faint})
	if s.full == 0 {
		s.brief(f)
		return
	}
	s.full--
	s.where(f)
	if c := costText(f.Cost); len(c) > 0 {
		s.row("cost", list(kept(c), plain)...)
	}
	if c := savingText(f); len(c) > 0 {
		body := list(kept(c), gain)
		if f.Saving.Basis != "" {
			body = append(body, span{" (" + s.clean(f.Saving.Basis) + ")", faint})
		}
		s.row("saving", body...)
	}
	s.because(f)
	for i, a := range f.Advice {
		label := ""
		if i == 0 {
			label = "advice"
		}
		lead, hang := s.number(i, len(f.Advice))
		s.item(label, lead, hang, span{s.clean(a), plain})
	}
	if len(f.Related) > 0 {
		s.row("also", span{s.clean(strings.Join(f.Related, "; ")), faint})
	}
}

// brief is the place and cost of a finding, for those after the first ones.
func (s *sheet) brief(f report.Finding) {
	s.where(report.Finding{Where: f.Where[:min(1, len(f.Where))]})
	if c := costText(f.Cost); len(c) > 0 {
		s.row("cost", list(kept(c), plain)...)
	}
}

// number is the lead of item i of n; one item alone has none.
func (s *sheet) number(i, n int) ([]span, int) {
	if n < 2 {
		return nil, 0
	}
	width := len(fmt.Sprint(n)) + 2
	return []span{{fmt.Sprintf("%-*s", width, fmt.Sprintf("%d.", i+1)), faint}}, width
}

func severityStyle(sev report.Severity) style {
	switch sev {
	case report.Critical:
		return red
	case report.Warning:
		return yellow
	case report.Notice:
		return cyan
	}
	return faint
}

// where names the culprit in full with its position, then the way to the cost in short.
func (s *sheet) where(f report.Finding) {
	if len(f.Where) == 0 {
		return
	}
	culprit := f.Where[0]
	name := s.clean(culprit.Function)
	if columns(name) > s.width-s.indent-s.label {
		name = withoutTypeArgs(name)
	}
	body := []span{{name, place}}
	if p := position(culprit); p != "" {
		body = append(body, span{"  " + p, plain})
	}
	s.row("where", body...)
	var way []span
	arrow := "via "
	for _, w := range f.Where[1:] {
		way = append(way, span{arrow, faint}, span{s.clean(shortName(w.Function)), plain})
		arrow = nbsp + "→ "
	}
	if len(way) > 0 {
		s.row("", way...)
	}
}

// because numbers the facts; their values are one column, flush right.
func (s *sheet) because(f report.Finding) {
	wide := 0
	for _, b := range f.Because {
		if v := columns(value(b)); v <= maxValue && s.width >= 60 {
			wide = max(wide, v)
		}
	}
	for i, b := range f.Because {
		label := ""
		if i == 0 {
			label = "because"
		}
		lead, hang := s.number(i, len(f.Because))
		body := []span{{s.clean(b.Text), plain}}
		switch v := value(b); {
		case v != "" && columns(v) <= wide:
			lead = append(lead, span{strings.Repeat(" ", wide-columns(v)) + v + " ", plain})
			hang += wide + 1
		case v != "":
			body = append([]span{{keep(v) + " ", plain}}, body...)
		}
		if b.Source != "" {
			body = append(body, span{" [" + s.clean(b.Source) + "]", faint})
		}
		if b.Doubt != "" {
			body = append(body, span{" (doubtful: " + s.clean(b.Doubt) + ")", yellow})
		}
		s.item(label, lead, hang, body...)
	}
}
