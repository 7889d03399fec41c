package render

import (
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
	// maxNotes is how many doubts about the whole report are told unless all are asked for.
	maxNotes = 6
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
	s.verdict()
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
	s.reproduce()
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
func (s *sheet) clean(text string) string { return s.o.clean(text) }

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
	for i, n := range s.r.Notes {
		if i == maxNotes && !s.o.All {
			s.para([]span{{"! ", yellow}}, 2, span{count(len(s.r.Notes)-i, "more doubt"), faint})
			break
		}
		s.para([]span{{"! ", yellow}}, 2, span{s.clean(n), plain})
	}
	s.blank()
	if !s.r.Unjudged {
		s.para(nil, 0, span{headline(s.r), strong})
	}
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
	return valueText(f.Value, f.Unit)
}
