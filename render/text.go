package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/goperf/goperf/report"
)

const (
	minWidth = 40
	// measure is the longest line of prose: beyond it the eye loses the next line. Tables may be wider.
	measure = 110
	// inFull is how many findings are told in full unless all are asked for.
	inFull = 10
	// clipAt bounds what a name from the target may take, unless all is asked for.
	clipAt = 400
	// maxValue is the widest number that gets a column.
	maxValue = 14
)

// sheet is the text form of one report in the making.
type sheet struct {
	page
	r      *report.Report
	o      Options
	indent int // of a finding's rows
	label  int // columns of a row's label, with the space after it
	n      int // findings told so far
	full   int // findings that may still be told in full
}

// text writes the report for a terminal: what was looked at, the findings, what
// could not be told, where to read more.
func text(w io.Writer, r *report.Report, o Options) error {
	s := newSheet(r, o)
	s.header()
	sure, unsure := bySureness(r)
	for _, f := range sure {
		s.finding(f)
	}
	if len(unsure) > 0 {
		s.heading("Worth a look")
		for _, f := range unsure {
			s.finding(f)
		}
	}
	s.exhibits()
	s.untold()
	s.asked()
	s.inShort(append(sure, unsure...))
	s.more()
	_, err := io.WriteString(w, s.b.String())
	return err
}

func newSheet(r *report.Report, o Options) *sheet {
	width := o.Width
	if width <= 0 {
		width = 80
	}
	s := &sheet{r: r, o: o, page: page{width: min(max(width, minWidth), measure), color: o.Color}, indent: 4, label: 9, full: inFull}
	if s.width < 60 {
		s.indent, s.label = 3, 8
	}
	if o.All {
		s.full = len(r.Findings)
	}
	return s
}

// clean is a string of the report made harmless and not longer than reasonable.
func (s *sheet) clean(text string) string {
	text = report.Clean(text)
	if s.o.All {
		return text
	}
	return clip(text, clipAt)
}

func (s *sheet) heading(title string) {
	s.blank()
	s.para(nil, 0, span{title, strong})
}

// row is a labelled paragraph of a finding; an empty label continues the one above.
func (s *sheet) row(label string, body ...span) {
	s.item(label, nil, 0, body...)
}

// item is a row whose text hangs behind a lead such as "2. ".
func (s *sheet) item(label string, lead []span, hang int, body ...span) {
	head := []span{{strings.Repeat(" ", s.indent), plain}, {label, faint}, {strings.Repeat(" ", max(s.label-columns(label), 0)), plain}}
	s.para(append(head, lead...), s.indent+s.label+hang, body...)
}

var separator = span{" · ", dot}

// list is phrases with a dot between them; a line breaks between phrases first.
func list(phrases []string, st style) []span {
	var out []span
	for i, p := range phrases {
		if i > 0 {
			out = append(out, separator)
		}
		out = append(out, span{p, st})
	}
	return out
}

func kept(phrases []string) []string {
	out := make([]string, len(phrases))
	for i, p := range phrases {
		out[i] = keep(p)
	}
	return out
}

func (s *sheet) header() {
	s.para(nil, 0, span{s.clean(s.r.Target.Name), strong})
	if facts := about(s.r); len(facts) > 0 {
		s.para(nil, 0, list(kept(facts), plain)...)
	}
	if len(s.r.Vitals) > 0 {
		var vitals []string
		for _, v := range s.r.Vitals {
			vitals = append(vitals, keep(s.clean(v.Text)+" "+value(v)))
		}
		s.para(nil, 0, list(vitals, plain)...)
	}
	for _, n := range s.r.Notes {
		s.para([]span{{"! ", yellow}}, 2, span{s.clean(n), plain})
	}
	s.blank()
	s.para(nil, 0, span{headline(s.r), strong})
	if len(s.r.Findings) == 0 {
		s.seen()
	}
}

// seen says what the statements of the report rest on.
func (s *sheet) seen() {
	var seen []string
	for _, e := range s.r.Evidence {
		seen = append(seen, keep(seenText(e)))
	}
	if len(seen) > 0 {
		s.para([]span{{"  looked at ", faint}}, 12, list(seen, plain)...)
	}
}

func value(f report.Fact) string {
	if f.Unit == "" {
		return ""
	}
	return report.FormatValue(f.Value, report.Clean(f.Unit))
}

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

// untold says what could not be judged, grouped by the reason.
func (s *sheet) untold() {
	gaps, skips := gapGroups(s.r.Gaps), skipGroups(s.r.Skipped)
	if len(gaps)+len(skips) == 0 {
		return
	}
	s.heading("Could not be judged")
	for _, g := range gaps {
		body := []span{{strings.Join(g.names, ", "), strong}, {": " + s.clean(g.text), plain}}
		if g.hint != "" {
			body = append(body, span{" → " + s.clean(g.hint), cyan})
		}
		s.para([]span{{"  ", plain}}, 4, body...)
	}
	for _, g := range skips {
		names := count(len(g.names), "rule")
		if s.o.All || len(g.names) < 3 {
			names = strings.Join(g.names, ", ")
		}
		s.para([]span{{"  ", plain}}, 4, span{names, faint}, span{": " + s.clean(g.text), faint})
	}
}

// asked says what the run cost the target.
func (s *sheet) asked() {
	if len(s.r.Asked) == 0 {
		return
	}
	sum, effects := askedText(s.r.Asked)
	s.heading("Asked of the target")
	s.para([]span{{"  ", plain}}, 2, list(kept(sum), plain)...)
	for _, e := range effects {
		s.para([]span{{"  ", plain}}, 2, span{e, plain})
	}
	if !s.o.All {
		return
	}
	t := askedTable(s.r.Asked)
	s.table(&t, 2, max(s.o.Width, s.width))
}

// more ends with where to read on.
func (s *sheet) more() {
	findings, rest := len(s.r.Findings) > 0, !s.o.All && len(s.r.Asked)+len(s.r.Skipped)+len(s.r.Exhibits) > 0
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
		return report.FormatValue(c.Amount, report.Clean(c.Unit))
	}
	return ""
}
