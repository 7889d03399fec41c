package tui

import (
	"slices"

	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// verdictPart is the part with the findings that point at the function.
const verdictPart = "finding"

// pointing are the numbers of the findings that have the function among their
// frames: those that accuse it first, each kind best first.
func (s *sourceScreen) pointing() (all []int) {
	if s.d == nil || s.d.Report == nil {
		return nil
	}
	accused := 0
	for i := range s.d.Report.Findings {
		where := s.d.Report.Findings[i].Where
		switch slices.IndexFunc(where, func(f report.Frame) bool { return report.Clean(f.Function) == s.at.name }) {
		case -1:
		case 0:
			all = slices.Insert(all, accused, i)
			accused++
		default:
			all = append(all, i)
		}
	}
	return all
}

// finding is the best one that points at a line of the function, nil for none.
func (s *sourceScreen) finding(line int) *report.Finding {
	for _, i := range s.pointing() {
		f := &s.d.Report.Findings[i]
		if line > 0 && slices.ContainsFunc(f.Where, func(w report.Frame) bool { return w.Line == line && report.Clean(w.Function) == s.at.name }) {
			return f
		}
	}
	return nil
}

// verdicts is the part with the findings, nil without any.
func (s *sourceScreen) verdicts() *part {
	all := s.pointing()
	if len(all) == 0 {
		return nil
	}
	note := s.keys.note("", in, " opens it, ") + s.keys.note("", why, " explains it")
	return &part{id: verdictPart, title: plural(len(all), "finding"), note: note, shy: true, least: 3, show: &verdictRows{of: s.d.Report, all: all}}
}

// verdictRows are findings in words: the title of each, and what to change.
type verdictRows struct {
	of    *report.Report
	all   []int
	width int
	lines []line
	index []int // finding of each line
}

func (v *verdictRows) lay(width int) (head []line, rows int) {
	if v.lines != nil && v.width == width {
		return nil, len(v.lines)
	}
	v.width, v.lines, v.index = width, nil, nil
	for _, n := range v.all {
		f := &v.of.Findings[n]
		v.add(n, severityStyle(f.Severity), f.Severity.String()+": ", f.Title)
		for _, text := range f.Advice[:min(len(f.Advice), 1)] {
			v.add(n, paint.Plain, "change: ", text)
		}
	}
	return nil, len(v.lines)
}

// add adds text behind its label, wrapped.
func (v *verdictRows) add(finding int, style paint.Style, label, text string) {
	room := max(v.width-len(label)-2, 20)
	if v.width < toldWidth {
		room = min(room, mostProse)
	}
	for i, words := range paint.Wrap(report.Clean(text), room) {
		lead := piece{style: paint.Faint, text: label}
		if i > 0 {
			lead.text = "        "[:min(len(label), 8)]
		}
		v.lines, v.index = append(v.lines, line{pieces: []piece{lead, {style: style, text: words}}}), append(v.index, finding)
	}
}

func (v *verdictRows) row(i int) line    { return v.lines[i] }
func (v *verdictRows) text(i int) string { return v.lines[i].words() }

// verdict opens the finding at hand in the overview, by default the best.
func (s *sourceScreen) verdict() effect {
	all := s.pointing()
	if len(all) == 0 {
		return told("no finding points at this function")
	}
	n := all[0]
	if p := s.part(); p.id == verdictPart {
		if v := p.show.(*verdictRows); p.list.at < len(v.index) {
			n = v.index[p.list.at]
		}
	}
	return effect{open: overviewScreen, goes: true, finding: n + 1}
}
