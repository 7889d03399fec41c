package tui

import (
	"fmt"
	"strings"

	"github.com/goperf/goperf/flame"
	"github.com/goperf/goperf/render"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// memory is where the resident memory is, what grows, and what other settings of
// the collector would cost and need.
type memory struct {
	desk
	app string // the command line of the target, for the setting that is copied
}

func (m *memory) set(d *Data) {
	m.d = d
	m.absence = needed[ofMemory].absent(d)
	m.app = "COMMAND"
	if d.Report != nil && d.Report.Target.Command != "" {
		m.app = report.Clean(d.Report.Target.Command)
	}
	parts := []*part{
		m.resident(),
		m.heap(),
		d.partOf("growth", "", column{of: "per hour", bar: true, style: m.grows}, column{of: "±", shed: 2, style: m.grows}, column{of: "now", shed: 3}, column{of: "site", kind: function, style: m.grows}),
		m.frontier(),
		m.chart(),
		m.words("recommendation", "recommended", "advice"),
		d.partOf("compare", "", column{of: "what", kind: word}, column{of: "before", kind: word, shed: 3}, column{of: "predicted", kind: word}, column{of: "actual", kind: word}, column{of: "off", kind: word, shed: 2}, column{of: "verdict", kind: passage}),
		m.words("observation", "what was observed", "seen"),
		m.top("top-heap", "live heap by function"),
		m.top("top-alloc", "allocated in the window by function"),
	}
	parts = append(parts, d.lacking(parts,
		lack{"memory", "where the memory is", []string{"heap-text"}, "it takes heap?debug=1 of a service"},
		lack{"growth", "growth", []string{"heap growth"}, "it takes two heap profiles or more, some time apart: a service, or a bundle of one"},
		lack{"frontier-data", "other settings of the collector", []string{"gc model"}, "it takes collections in the window: goperf gc says which evidence"}))
	needs(parts, map[string]int{"memory": 13, "growth": 8})
	beside(parts, "heap", "chart", "top-alloc")
	if m.put(m.vitals(), parts...); len(m.parts) > 0 {
		m.absence = nil
	}
}

// beside puts parts beside those before them, where both are there.
func beside(parts []*part, ids ...string) {
	for i, p := range parts {
		for _, id := range ids {
			if p != nil && p.id == id && i > 0 && parts[i-1] != nil {
				p.beside = true
			}
		}
	}
}

// needs says how many lines parts need to say something.
func needs(parts []*part, lines map[string]int) {
	for _, p := range parts {
		if p != nil && lines[p.id] > 0 {
			p.least = lines[p.id]
		}
	}
}

// grows marks what grows for sure; what may be chance is faint.
func (m *memory) grows(row []report.Cell) paint.Style {
	get := named(m.d.exhibit("growth"))
	switch rate, doubt := get(row, "per hour").Value, get(row, "±").Value; {
	case rate > doubt:
		return paint.Warning
	case rate > -doubt:
		return paint.Faint
	}
	return paint.Plain
}

// vitals are the numbers that the rest of the screen is about.
func (m *memory) vitals() (facts []fact) {
	if m.d.Report == nil {
		return nil
	}
	for _, v := range m.d.Report.Vitals {
		switch text := report.Clean(v.Text); text {
		case "RSS", "GC", "collections", "peak RSS":
			facts = append(facts, fact{text, render.Value(v), paint.Strong})
		default:
			if strings.HasPrefix(text, "live heap") {
				facts = append(facts, fact{text, render.Value(v), paint.Strong})
			}
			if strings.HasPrefix(text, "allocating") {
				facts = append(facts, fact{"allocating", render.Value(v), paint.Strong})
			}
		}
	}
	if age := m.d.reportAge(); age != "" {
		facts = append(facts, fact{"measured", age, paint.Faint})
	}
	return facts
}

// resident is the parts of the memory, with a bar of all of them on top.
func (m *memory) resident() *part {
	p := m.d.partOf("memory", "", column{of: "part", kind: word}, column{of: "size"}, column{of: "share", bar: true, shed: 1}, column{of: "meaning", kind: passage, shed: 2})
	if p != nil {
		p.show = &stacked{sheet: p.show.(*sheet), of: "share", label: "part"}
	}
	return p
}

// stacked is a table of shares with one bar of all of them above it.
type stacked struct {
	*sheet
	of, label string
}

func (s *stacked) lay(width int) (head []line, rows int) {
	head, rows = s.sheet.lay(width - swatch - 1)
	var bar line
	left := width - 1
	for i := range rows {
		part := s.cell(i, s.of).Value
		n := min(int(part*float64(width-1)+0.5), left)
		if n < 1 || part >= 1 {
			continue
		}
		left -= n
		letter := stackedLetter(i)
		label := " " + letter + " " + report.Clean(s.cell(i, s.label).Text)
		switch {
		case n <= 2:
			label = letter
		case n < paint.Width(label)+1:
			label = " " + letter
		}
		bar.pieces = append(bar.pieces, piece{style: paint.Box(stackedClass(i), 0), text: label, cells: n, box: true})
	}
	for i := range head {
		head[i].pieces = append([]piece{{text: "   "}}, head[i].pieces...)
	}
	return append([]line{bar}, head...), rows
}

// swatch is how wide the colour of a part is before its row, with its letter: there
// are more parts than colours that can be told apart.
const swatch = 2

// stackedLetter is what a part is called in the bar and before its row.
func stackedLetter(i int) string { return string(rune('A' + min(i, 25))) }

// stackedClass makes neighbours differ.
func stackedClass(i int) flame.Class {
	return []flame.Class{flame.Own, flame.GC, flame.Std, flame.Runtime, flame.ThirdParty}[i%5]
}

func (s *stacked) row(i int) line {
	l := s.sheet.row(i)
	for k := range l.pieces {
		if p := &l.pieces[k]; p.cells > 0 {
			if p.bar = s.cell(i, s.of).Value; p.bar >= 1 {
				p.bar = 0 // the whole
			}
		}
	}
	mark := piece{text: "  "}
	if v := s.cell(i, s.of).Value; v > 0 && v < 1 {
		mark = piece{style: paint.Box(stackedClass(i), 0), text: stackedLetter(i), cells: swatch, box: true}
	}
	l.pieces = append([]piece{{text: " "}, mark}, l.pieces...)
	return l
}

// frontier is what each setting costs and needs.
func (m *memory) frontier() *part {
	e := m.d.exhibit("frontier-data")
	if e == nil || e.Table == nil || len(e.Table.Rows) == 0 {
		return nil
	}
	f := &settings{app: m.app, get: named(e)}
	role := func(row []report.Cell) string { return f.get(row, "role").Text }
	style := func(row []report.Cell) paint.Style {
		switch role(row) {
		case "now":
			return paint.Strong
		case "recommended":
			return paint.Good
		}
		return paint.Plain
	}
	f.sheet = newSheet(e.Table,
		column{of: "gogc", name: "GOGC", style: style, text: func(row []report.Cell) string {
			return map[string]string{"now": "* ", "recommended": "→ "}[role(row)] + f.get(row, "gogc").Text
		}},
		column{of: "gomemlimit", name: "limit", style: style, text: func(row []report.Cell) string {
			if limit := f.get(row, "gomemlimit").Value; limit > 0 {
				return report.FormatValue(limit, "B")
			}
			return "none"
		}},
		column{of: "cycles", name: "GC/s", shed: 1, style: style, text: func(row []report.Cell) string { return f.figure(row, "cycles", "count") }},
		column{of: "gc", name: "GC cores", style: style, bar: true, text: func(row []report.Cell) string { return f.figure(row, "gc", "count") }},
		column{of: "gc_high", name: "90 %", shed: 4, style: style, text: func(row []report.Cell) string { return f.interval(row, "gc", "count") }},
		column{of: "rss", name: "peak RSS", style: style, bar: true, text: func(row []report.Cell) string { return f.figure(row, "rss", "B") }},
		column{of: "rss_high", name: "90 %", shed: 3, style: style, text: func(row []report.Cell) string { return f.interval(row, "rss", "B") }},
		column{of: "verdict", name: "note", kind: passage, shed: 2, style: style, text: f.note},
	)
	p := &part{id: e.ID, title: "the frontier: other settings", note: "* now, → recommended", show: f, weight: 3, least: 7}
	for i := range f.cells {
		if f.cell(i, "role").Text == "recommended" || p.list.at == 0 && f.cell(i, "role").Text == "now" {
			p.list.at = i
		}
	}
	return p
}

// settings is the table of the frontier; Y copies a row as it is put into effect.
type settings struct {
	*sheet
	app string
	get func(row []report.Cell, column string) report.Cell
}

func (s *settings) figure(row []report.Cell, column, unit string) string {
	if v := s.get(row, column); v.Text == "" && v.Value > 0 {
		return report.FormatValue(v.Value, unit)
	}
	return "–"
}

// interval is the ends of what a figure is in with 90 %, "" for one that was measured.
func (s *settings) interval(row []report.Cell, column, unit string) string {
	low, high := s.get(row, column+"_low"), s.get(row, column+"_high")
	if s.get(row, "figures").Text != "predicted" || high.Value <= 0 {
		return ""
	}
	return report.FormatRange(low.Value, high.Value, unit)
}

// note is what is to be said of a setting, in words.
func (s *settings) note(row []report.Cell) string {
	var said []string
	if r := s.get(row, "role").Text; r != "" {
		said = append(said, r)
	}
	if s.get(row, "figures").Text == "measured" {
		said = append(said, "measured")
	}
	switch verdict := s.get(row, "verdict").Text; verdict {
	case "", "ok":
	case "assists":
		said = append(said, "goroutines have to help the collector")
	case "throttled":
		said = append(said, "the CPU quota stops marking in its middle")
	case "tiny-heap":
		said = append(said, "heap too small to tell")
	case "thrash", "tight":
		word := map[string]string{"thrash": "thrashes", "tight": "tight"}[verdict]
		if g := s.get(row, "effective_gogc").Value; g > 0 {
			word += fmt.Sprintf(": as GOGC=%.0f", g)
		}
		said = append(said, word)
	case "over-budget":
		said = append(said, "more than the container has")
	case "unsteady":
		said = append(said, "heap not steady: cannot tell")
	default:
		said = append(said, strings.ReplaceAll(verdict, "-", " "))
	}
	if n := s.get(row, "limited").Value; n > 0.005 {
		said = append(said, fmt.Sprintf("the limit binds %.0f %% of the time", 100*n))
	}
	return strings.Join(said, ", ")
}

// environment is a setting as a process gets it, in the words of goperf gc --emit env.
func (s *settings) environment(i int) string {
	return "GOGC=" + report.Clean(s.cell(i, "gogc").Text) + " GOMEMLIMIT=" + limit(int64(s.cell(i, "gomemlimit").Value)) + " " + s.app
}

// limit is a memory limit as the runtime reads it.
func limit(n int64) string {
	switch {
	case n <= 0:
		return "off"
	case n%(1<<20) == 0:
		return fmt.Sprintf("%dMiB", n>>20)
	case n%(1<<10) == 0:
		return fmt.Sprintf("%dKiB", n>>10)
	}
	return fmt.Sprintf("%dB", n)
}

// chart is the settings as memory against CPU.
func (m *memory) chart() *part {
	e := m.d.exhibit("frontier-data")
	if e == nil || e.Table == nil || len(render.FrontierChart(e.Table, leastWidth)) == 0 {
		return nil
	}
	return &part{id: "chart", picture: true, weight: 2, least: 13, title: "GC cores by peak memory", note: "each as its GOGC; ' under a limit", shy: true, show: &made{make: func(width int) (lines []line) {
		for _, text := range render.FrontierChart(e.Table, width) {
			lines = append(lines, plainLine(paint.Accent, text))
		}
		return lines
	}}}
}

// words is a table of two columns as text.
func (m *memory) words(id, title, column string) *part {
	e := m.d.exhibit(id)
	if e == nil || e.Table == nil {
		return nil
	}
	t := newSheet(e.Table)
	var all []said
	for i := range e.Table.Rows {
		all = append(all, said{report.Clean(t.cell(i, "what").Text), report.Clean(t.cell(i, column).Text)})
	}
	if id != "recommendation" {
		return &part{id: id, title: title, show: texts(all), shy: true}
	}
	rest := texts(all)
	return &part{id: id, title: title, note: m.keys.note("", copyName, " on a setting copies it"), least: 6, show: &made{make: func(width int) []line {
		lines := rest.make(width)
		for _, p := range m.parts {
			if f, ok := p.show.(*settings); ok && p.list.at < len(f.cells) {
				chosen := line{pieces: []piece{{style: paint.Faint, text: " row at hand  "}, {style: paint.Key, text: f.environment(p.list.at)}}}
				return append([]line{chosen}, lines...)
			}
		}
		return lines
	}}}
}

func (m *memory) top(id, title string) *part {
	p := m.d.partOf(id, title, column{of: "flat", bar: true}, column{of: "flat %", shed: 2}, column{of: "cum", shed: 3}, column{of: "cum %", shed: 4}, column{of: "function", kind: function})
	if p != nil {
		p.shy = true
	}
	return p
}

func (m *memory) act(a action) effect {
	if a == copyName || a == in {
		if f, ok := m.part().show.(*settings); ok && m.part().list.at < len(f.cells) {
			return effect{copy: f.environment(m.part().list.at)}
		}
	}
	return m.desk.act(a)
}

func (m *memory) plain(p *prose) {
	m.tell(p)
	if h := m.plotted(); h != nil {
		p.heading("heap over time")
		h.tell(p)
	}
}

// facts are what is known of a setting, and how it is put into effect.
func (s *settings) facts(i int) []string {
	row := s.table.Rows[i]
	out := []string{s.environment(i)}
	for _, k := range s.columns {
		if k.of == "gogc" || k.of == "gomemlimit" {
			continue
		}
		if text := k.text(row); text != "" && text != "–" {
			out = append(out, k.name+" "+text)
		}
	}
	return out
}

// hidden is what there was no room for.
func (s *settings) hidden(i int) []string {
	shown := map[string]bool{}
	for _, k := range s.shown {
		c := &s.columns[k]
		shown[c.of] = c.kind == quantity || paint.Width(s.cells[i][k]) <= s.room(k)
	}
	var out []string
	for k, c := range s.columns {
		if text := s.cells[i][k]; !shown[c.of] && text != "" && text != "–" {
			label := map[string]string{"gc_high": "GC cores, 90 %: ", "rss_high": "peak RSS, 90 %: ", "cycles": "collections a second: "}[c.of]
			out = append(out, label+text)
		}
	}
	return out
}
