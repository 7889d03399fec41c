package tui

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goperf/goperf/listing"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/render"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// overview is the findings, best first, and what each rests on.
type overview struct {
	keys    hand
	r       *report.Report
	waits   bool // for the report
	list    list
	text    scroll                   // the details
	reading bool                     // the keys are about the details
	full    bool                     // the part at hand has all the room
	placed  struct{ rows, text int } // lines where the findings and the details were drawn last
	details []detail
	wide    int // what details were laid out for
	of      int
	kinds   map[string]bool // of the profiles that there are
	d       *Data
	has     func(screenID) bool // something to show
	source  func(*profile.Profile, listing.Function) Listing
	impacts int            // columns of the widest
	quoted  map[int]string // the lines that findings are about
	search  rowSearch
}

// detail is a line of what is said of a finding.
type detail struct {
	label, text string
	style       paint.Style
}

func (o *overview) set(d *Data) {
	kept := o.chosen()
	if o.r != d.Report {
		o.quoted = nil
	}
	o.d, o.r, o.waits = d, d.Report, d.Report == nil && d.Err == nil
	o.list.at, o.of = 0, -1
	o.kinds = map[string]bool{}
	for _, p := range d.Profiles {
		o.kinds[p.Kind] = true
	}
	if o.r == nil {
		return
	}
	o.list.n = len(o.r.Findings)
	o.impacts = 0
	for i := range o.r.Findings {
		o.impacts = max(o.impacts, min(paint.Width(impact(o.r.Findings[i].Cost)), mostImpact))
	}
	at := o.text.top
	o.text.top = 0
	for i, f := range o.r.Findings {
		if kept != nil && f.Rule == kept.Rule && f.Place() == kept.Place() {
			o.list.at, o.text.top = i, at
		}
	}
	o.search.over(len(o.r.Findings), o.words)
}

func (o *overview) chosen() *report.Finding {
	if o.r == nil || o.list.at >= len(o.r.Findings) {
		return nil
	}
	return &o.r.Findings[o.list.at]
}

// words are what a search looks at.
func (o *overview) words(i int) string {
	f := &o.r.Findings[i]
	return f.Title + " " + f.Rule + " " + f.Place() + " " + f.Mechanism
}

func (o *overview) find(pattern string) (string, error) {
	n, err := o.search.find(pattern, len(o.r.Findings), o.words)
	if err != nil || pattern == "" {
		return "", err
	}
	at := o.list.at
	o.search.nearest(&o.list)
	o.from(at)
	return fmt.Sprintf("%d of %s", n, plural(len(o.r.Findings), "finding")), nil
}

func (o *overview) missing() *absence {
	if o.r == nil {
		if o.waits {
			return &absence{what: "No diagnosis yet.", why: []string{"The rules are run once the evidence is complete. What has come can be looked at meanwhile."}}
		}
		return &absence{what: "No diagnosis."}
	}
	return nil
}

const (
	detailIndent = 12
	mostImpact   = 22
	mostPlace    = 34
)

// vitals are what the target used as a whole, in at most so many lines.
func (o *overview) vitals(c *paint.Canvas, most int) {
	lines := 0
	for _, v := range o.r.Vitals {
		text, number := report.Clean(v.Text)+" ", render.Value(v)
		n := paint.Width(text) + paint.Width(number) + 3
		if c.Col() > 0 && c.Room() < n {
			c.End()
			if lines++; lines == most {
				return
			}
		}
		c.Put(paint.Faint, " "+text)
		c.Put(paint.Plain, number)
		if drawn := o.overTime(text); drawn != "" && c.Room() > paint.Width(drawn)+3 && c.W >= sideWidth {
			c.Put(paint.Accent, " "+ascii(c.Theme, drawn))
		}
		c.Put(paint.Plain, "  ")
	}
	if age := o.d.reportAge(); age != "" {
		age = " measured " + age
		if c.Room() < len(age) && lines+1 < most {
			c.End()
		}
		c.Put(paint.Faint, age)
	}
	c.End()
}

// overTime is a vital sign over the window as blocks, "" when it was looked at once.
func (o *overview) overTime(text string) string {
	for i := range o.d.Numbers {
		e := &o.d.Numbers[i]
		if name := report.Clean(e.Title) + " "; text == name || name == "allocating " && strings.HasPrefix(text, name) {
			if s := o.d.number(e.Title); s != nil {
				return courseOf(s)
			}
		}
	}
	return ""
}

// headings are those of the columns, and what the signs in them mean.
func (o *overview) headings(c *paint.Canvas) {
	g := c.Theme.Glyphs
	c.Put(paint.Faint, "    #  costs")
	c.Pad(paint.Plain, 7+o.impacts+1)
	c.Put(paint.Faint, "sure  what")
	var signs []string
	for s := report.Critical; s > report.Info; s-- {
		signs = append(signs, severityMark(g, s)+" "+s.String())
	}
	legend := "  " + strings.Join(signs, "  ") + "    " + dots(g, 1) + " very likely  " + dots(g, 0.5) + " likely  " + dots(g, 0) + " perhaps"
	if c.Room() > paint.Width(legend)+4 {
		c.Right(paint.Faint, legend, c.W-1)
	}
	c.End()
}

func (o *overview) row(c *paint.Canvas, i int) {
	f, g := &o.r.Findings[i], c.Theme.Glyphs
	mark, style := " ", paint.Plain
	if i == o.list.at {
		mark, style = g.Picked, paint.Strong
	}
	if o.search.pattern != "" && !o.search.hits[i] {
		style = paint.Faint
	}
	c.Put(paint.Accent, mark)
	c.Put(severityStyle(f.Severity), severityMark(g, f.Severity))
	c.Put(style, fmt.Sprintf("%3d  ", i+1))
	end := c.Col() + o.impacts
	c.Until(end)
	c.Put(style, impact(f.Cost))
	c.Until(c.W)
	c.Pad(paint.Plain, end+1)
	c.Put(paint.Plain, dots(g, f.Confidence)+"  ")
	place := placeOf(f, mostPlace)
	if c.W >= sideWidth && place != "" {
		c.Until(c.W - paint.Width(place) - 2)
		c.Put(style, report.Clean(f.Title))
		c.Until(c.W)
		c.Pad(paint.Plain, c.W-paint.Width(place)-1)
		c.Put(paint.Faint, place)
	} else {
		c.Put(style, report.Clean(f.Title))
	}
	c.End()
}

// dots are a probability as three dots; the words stand in the details.
func dots(g *paint.Glyphs, p float64) string {
	n := 1
	switch {
	case p >= 0.8:
		n = 3
	case p >= 0.5:
		n = 2
	}
	return strings.Repeat(g.Dot, n) + strings.Repeat(g.Circle, 3-n)
}

func severityStyle(s report.Severity) paint.Style {
	switch s {
	case report.Critical:
		return paint.Critical
	case report.Warning:
		return paint.Warning
	case report.Notice:
		return paint.Notice
	}
	return paint.Faint
}

func severityMark(g *paint.Glyphs, s report.Severity) string {
	return g.Severity[min(max(int(s), 0), len(g.Severity)-1)]
}

// changes is what a comparison has found, in words.
func (o *overview) changes() (all []string) {
	e := o.d.exhibit("diff-changes")
	if e == nil || e.Table == nil {
		return nil
	}
	get := named(e)
	for _, row := range e.Table.Rows {
		all = append(all, report.Clean(get(row, "why").Text))
	}
	return all
}

// expect takes a pattern that is searched when there are findings.
func (o *overview) expect(pattern string) error { return o.search.seek(pattern) }

// searched is the pattern that is searched, "" for none.
func (o *overview) searched() string { return o.search.pattern }

// rowSearch is a search in the rows of a list.
type rowSearch struct {
	pattern string
	re      *regexp.Regexp
	hits    []bool
	n       int
}

func (s *rowSearch) find(pattern string, rows int, text func(int) string) (int, error) {
	if err := s.seek(pattern); err != nil || pattern == "" {
		return 0, err
	}
	s.over(rows, text)
	return s.n, nil
}

// seek takes a pattern, for when there are rows; "" ends the search.
func (s *rowSearch) seek(pattern string) error {
	if pattern == "" {
		*s = rowSearch{}
		return nil
	}
	re, err := compile(pattern)
	if err == nil {
		s.pattern, s.re = pattern, re
	}
	return err
}

func (s *rowSearch) over(rows int, text func(int) string) {
	if s.re == nil {
		return
	}
	s.hits, s.n = make([]bool, rows), 0
	for i := range rows {
		if s.hits[i] = s.re.MatchString(text(i)); s.hits[i] {
			s.n++
		}
	}
}

// nearest moves the cursor to the first match from it on.
func (s *rowSearch) nearest(l *list) {
	for i := range s.hits {
		if at := (l.at + i) % len(s.hits); s.hits[at] {
			l.at = at
			return
		}
	}
}

// step moves the cursor to the next or previous match.
func (s *rowSearch) step(a action, l *list) string {
	if !slices.Contains(s.hits, true) {
		return "nothing matches"
	}
	by, n := 1, len(s.hits)
	if a == previous {
		by = n - 1
	}
	for at := (l.at + by) % n; ; at = (at + by) % n {
		if s.hits[at] {
			l.at = at
			return ""
		}
	}
}
