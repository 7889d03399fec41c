package tui

import (
	"fmt"
	"math"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/render"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// differences is a comparison: the totals, why they changed, and the functions,
// each with the interval of its change and where it is called from.
type differences struct {
	desk
	s      *subject // that is looked at elsewhere
	args   []string
	view   diffView
	full   map[string]string    // names of functions by their short forms
	stacks map[string]*heaviest // by metric, made when they are needed
}

func (f *differences) set(d *Data) {
	f.d = d
	f.absence = &absence{
		what: "Nothing is known of a comparison.",
		why:  []string{"There is one side only. BASE is a bundle, a profile, a directory of runs or a service: what was there before."},
		hint: "goperf tui " + quoted(f.args) + " --base BASE",
	}
	if d.Report == nil || len(d.exhibits("diff")) == 0 {
		f.parts = nil
		return
	}
	f.stacks = map[string]*heaviest{}
	f.names()
	parts := []*part{f.rows("diff-totals", "what"), f.causes()}
	for _, e := range d.exhibits("diff-functions-") {
		p := f.rows(e.ID, "function")
		if parts = append(parts, p); len(parts) == 3 {
			parts = append(parts, f.path(e.ID), f.others(), f.graph())
			needs(parts, map[string]int{e.ID: 8, "path": 9, "diff-totals": 4})
		} else if p != nil {
			p.shy, p.least = true, 6
		}
	}
	parts = append(parts, d.partOf("diff-open", "", column{of: "change", text: f.change("diff-open")}, column{of: "of", kind: word, shed: 1}, column{of: "what would settle it", kind: passage}),
		d.partOf("diff-names", "", column{of: "function", kind: function}, column{of: "was", kind: function}, column{of: "why", kind: passage, shed: 1}), f.gate(), f.noise())
	if len(d.Report.Notes) > 0 {
		var all []said
		for _, n := range d.Report.Notes {
			all = append(all, said{"-", report.Clean(n)})
		}
		parts = append(parts, &part{id: "notes", title: "doubts about the whole", show: texts(all), shy: true})
	}
	if f.put(f.vitals(), parts...); len(f.parts) > 0 {
		f.absence = nil
	}
}

// show takes what is looked at on other screens: slices that are compared there.
func (f *differences) show(s *subject) tea.Cmd { //nolint:unparam // other screens need time for it
	if f.s = s; f.d != nil && f.absence == nil {
		f.set(f.d) // its flame graph is a part
	}
	return nil
}

// missing says why there is no comparison, and where there is another kind of one.
func (f *differences) missing() *absence {
	a := f.desk.missing()
	if a == nil || f.s == nil || f.s.lens.base == nil {
		return a
	}
	more := *a
	more.what = "Slices of one collection are compared on Flame and Top."
	more.why = []string{f.s.text + ".", "What is sure of a change takes two sides with runs of their own: BASE is a bundle, a profile, a directory of runs or a service."}
	return &more
}

// names finds out what the short names in tables stand for.
func (f *differences) names() {
	f.full = map[string]string{}
	for _, p := range f.d.Profiles {
		for i := range p.Functions {
			name := report.Clean(p.Functions[i].Name)
			f.full[symbol.Short(name)] = name
		}
	}
}

func (f *differences) vitals() (facts []fact) {
	if e := f.d.exhibit("diff-verdict"); e != nil && e.Table != nil && len(e.Table.Rows) > 0 {
		get := named(e)
		row := e.Table.Rows[0]
		outcome := report.Clean(get(row, "verdict").Text)
		facts = append(facts, fact{"verdict", fmt.Sprintf("%s, exit status %.0f of goperf gate", outcome, get(row, "exit status").Value), outcomeStyle(outcome)})
	}
	for _, v := range f.d.Report.Vitals {
		facts = append(facts, fact{report.Clean(v.Text), render.Value(v), paint.Strong})
	}
	return facts
}

func outcomeStyle(outcome string) paint.Style {
	switch outcome {
	case string(report.Regression):
		return paint.Critical
	case string(report.Pass):
		return paint.Good
	}
	return paint.Warning
}

// others is how the sides differ beside what they cost; what differs comes first.
func (f *differences) others() *part {
	style := func(row []report.Cell) paint.Style {
		if row[len(row)-1].Text == "another" {
			return paint.Strong
		}
		return paint.Faint
	}
	p := f.d.partOf("diff-others", "", column{of: "what", kind: word}, column{of: "before", kind: word, style: style}, column{of: "after", kind: word, style: style}, column{of: "is", kind: word, style: style, shed: 1})
	if p != nil {
		p.beside, p.least = true, 9
	}
	return p
}

// gate is why goperf gate would say what it would.
func (f *differences) gate() *part {
	return f.d.partOf("diff-verdict", "", column{of: "why", kind: passage})
}

// rows are totals or functions, each with the interval of its change as a bar.
func (f *differences) rows(id, what string) *part {
	e := f.d.exhibit(id)
	if e == nil || e.Table == nil || len(e.Table.Rows) == 0 {
		return nil
	}
	table, left := e.Table, ""
	if what == "function" {
		table, left = f.view.narrowed(e)
	}
	probe := newSheet(table)
	far := 0.0
	for i := range table.Rows {
		for _, c := range []string{"change", "low", "high"} {
			if v := probe.cell(i, c); v.Text == "" {
				far = max(far, math.Abs(v.Value))
			}
		}
	}
	get := named(e)
	lean := func(row []report.Cell) paint.Style { return verdictStyle(get(row, "verdict").Text) }
	kind := function
	if what != "function" {
		kind = word
	}
	columns := []column{{of: what, kind: kind}}
	if what == "function" {
		columns = f.named(table, get)
	}
	s := newSheet(table, append(columns,
		column{of: "before", kind: quantity, shed: 1}, column{of: "after", kind: quantity, shed: 1},
		column{of: "change", style: lean, text: func(row []report.Cell) string { return signedShare(get(row, "change")) }},
		column{of: "interval", name: "interval", drawn: true, kind: word, shed: 2, style: lean, text: func(row []report.Cell) string {
			return interval(get(row, "low"), get(row, "change"), get(row, "high"), far)
		}},
		column{of: "low", name: "from", shed: 3, text: func(row []report.Cell) string { return signedShare(get(row, "low")) }},
		column{of: "high", name: "to", shed: 3, text: func(row []report.Cell) string { return signedShare(get(row, "high")) }},
		column{of: "verdict", kind: word, style: lean}, column{of: "would find", shed: 4})...)
	for i := range s.names {
		s.names[i] = f.full[shortName(probe.cell(i, what).Text)]
	}
	title, note, _ := strings.Cut(lower(report.Clean(e.Title)), ", ")
	note, _, _ = strings.Cut(note, " (-n 0") // which is for another command
	if words := f.view.words(left, f.keys); words != "" && what == "function" {
		note = words + "; " + note
	}
	return &part{id: id, title: title, note: note, show: s}
}

// named are the columns of functions: their names, and where there is such a thing
// what is odd about them, which is not to be lost when a name is cut.
func (f *differences) named(t *report.Table, get func(row []report.Cell, column string) report.Cell) []column {
	mark := func(row []report.Cell) string {
		cell := report.Clean(get(row, "function").Text)
		return strings.TrimSpace(strings.TrimPrefix(cell, shortName(cell)))
	}
	name := column{of: "function", kind: function, text: func(row []report.Cell) string { return shortName(get(row, "function").Text) }}
	if !slices.ContainsFunc(t.Rows, func(row []report.Cell) bool { return mark(row) != "" }) {
		return []column{name}
	}
	return []column{name, {of: "is", name: " ", drawn: true, kind: word, text: mark}}
}

// shortName is the name in a cell without what is said of it.
func shortName(cell string) string {
	for _, end := range []string{" NEW", " GONE", " (renamed?)"} {
		cell = strings.TrimSuffix(cell, end)
	}
	return report.Clean(cell)
}

func verdictStyle(verdict string) paint.Style {
	switch {
	case strings.Contains(verdict, "worse"):
		return paint.Warning
	case strings.Contains(verdict, "better"):
		return paint.Notice
	case strings.Contains(verdict, "moved"):
		return paint.Strong
	}
	return paint.Faint
}

func signedShare(c report.Cell) string {
	if c.Text != "" {
		return c.Text
	}
	text := report.FormatValue(c.Value, "ratio")
	if c.Value > 0 {
		text = "+" + text
	}
	return text
}

// change writes the change of a row of an exhibit.
func (f *differences) change(id string) func(row []report.Cell) string {
	get := named(f.d.exhibit(id))
	return func(row []report.Cell) string { return signedShare(get(row, "change")) }
}

// intervalColumns is odd: no change is in the middle.
const intervalColumns = 15

// interval is a range of changes as a line through a point, with no change in the
// middle and far at both ends.
func interval(low, mid, high report.Cell, far float64) string {
	if far <= 0 || low.Text != "" || high.Text != "" {
		return strings.Repeat(" ", intervalColumns)
	}
	at := func(v float64) int {
		return int(math.Round((min(max(v/far, -1), 1) + 1) / 2 * (intervalColumns - 1)))
	}
	out := []rune(strings.Repeat(" ", intervalColumns))
	for i := at(low.Value); i <= at(high.Value); i++ {
		out[i] = '─'
	}
	out[intervalColumns/2] = '│'
	if mid.Text == "" {
		out[at(mid.Value)] = '●'
	}
	return string(out)
}

// causes is what changed surely and why, a sentence each.
func (f *differences) causes() *part {
	e := f.d.exhibit("diff-changes")
	if e == nil || e.Table == nil {
		return nil
	}
	if len(e.Table.Columns) < 5 { // nothing changed: a count of what was compared
		return &part{id: e.ID, title: lower(report.Clean(e.Title)), show: plainSheet(e.Table)}
	}
	get := named(e)
	style := func(row []report.Cell) paint.Style {
		if get(row, "change").Value > 0 {
			return paint.Warning
		}
		return paint.Notice
	}
	s := newSheet(e.Table, column{of: "change", style: style, text: f.change(e.ID)}, column{of: "of", kind: word}, column{of: "why", kind: passage})
	for i := range s.names {
		s.names[i] = f.mentioned(s.cell(i, "why").Text)
	}
	return &part{id: e.ID, title: lower(report.Clean(e.Title)), show: s}
}

// mentioned is the function that a sentence begins with, or else the first in it.
func (f *differences) mentioned(text string) string {
	for word := range strings.FieldsSeq(report.Clean(text)) {
		if full := f.full[strings.Trim(word, ",;:.")]; full != "" {
			return full
		}
	}
	return ""
}

// path is what is said of the function that is chosen, and the stack on which it
// changed most.
func (f *differences) path(of string) *part {
	return &part{id: "path", title: "the row at hand", note: "why it changed, and where it changed most", show: &made{make: func(width int) (lines []line) {
		id := of
		if p := f.part(); strings.HasPrefix(p.id, "diff-functions-") || p.id == "diff-changes" {
			id = p.id
		}
		s, row := f.chosen(id)
		if s == nil || s.names[row] == "" {
			return fixed{plainLine(paint.Faint, " Choose a function: its cause and its call path stand here.")}
		}
		for _, why := range f.sentences(s.names[row]) {
			for _, text := range paint.Wrap(why, max(width-2, 20)) {
				lines = append(lines, plainLine(paint.Strong, " "+text))
			}
		}
		return append(lines, stackLines(f.steepest(strings.TrimPrefix(id, "diff-functions-"), s.names[row]), symbol.Classifier{Main: f.d.Main})...)
	}}}
}

// sentences are the causes that speak of a function.
func (f *differences) sentences(name string) (out []string) {
	e := f.d.exhibit("diff-changes")
	if e == nil || e.Table == nil || len(e.Table.Columns) < 5 {
		return nil
	}
	get := named(e)
	for _, row := range e.Table.Rows {
		if why := report.Clean(get(row, "why").Text); strings.Contains(why, symbol.Short(name)) {
			out = append(out, why)
		}
	}
	return out
}

// steepest is the stack with a function that changed most, leaf first.
func (f *differences) steepest(metric, function string) []report.Frame {
	kinds := map[string]string{"alloc_space": "allocs", "alloc_objects": "allocs", "inuse_space": "heap", "mutex_delay": "mutex", "block_delay": "block", "goroutines": "goroutine"}
	p, ok := f.d.profile(kinds[metric])
	if kinds[metric] == "" {
		p, ok = f.d.profile(metric)
	}
	if !ok {
		p, ok = f.d.profile("")
	}
	if !ok {
		return nil
	}
	col, ok := p.SampleType(metric)
	if !ok {
		col = len(p.SampleTypes) - 1
	}
	h := f.stacks[metric]
	if h == nil {
		h = newHeaviest(p.Profile, func(i int) int64 { return p.Value(i, col) })
		f.stacks[metric] = h
	}
	return h.stack(function, "", func(int) bool { return true })
}

// noise is how sure the comparison is.
func (f *differences) noise() *part {
	e := f.d.exhibit("diff-noise")
	if e == nil || e.Table == nil || len(e.Table.Rows) == 0 {
		return nil
	}
	return &part{id: e.ID, title: "how sure", shy: true, show: newSheet(e.Table,
		column{of: "metric", kind: word}, column{of: "samples before", name: "samples"}, column{of: "after"}, column{of: "functions", shed: 2}, column{of: "noise", shed: 3}, column{of: "would find", shed: 1}, column{of: "machine and load", kind: passage, shed: 4})}
}

func (f *differences) act(a action) effect {
	if f.view.act(a) {
		f.set(f.d)
		return told(f.listed())
	}
	return f.desk.act(a)
}

// listed is how many functions are listed by now, and how.
func (f *differences) listed() string {
	if f.d == nil {
		return ""
	}
	for _, e := range f.d.exhibits("diff-functions-") {
		if e.Table != nil {
			t, left := f.view.narrowed(e)
			return strings.TrimSuffix(plural(len(t.Rows), "function")+" listed: "+f.view.words(left, f.keys), ": ")
		}
	}
	return ""
}

func (f *differences) plain(p *prose) {
	f.tell(p)
	if g := f.graph(); g != nil {
		p.heading("%s", g.title)
		p.line("%s", g.note)
		left := mostBoxesOfChange
		(&flameScreen{s: f.s}).tell(p, 0, 0, &left)
	}
}
