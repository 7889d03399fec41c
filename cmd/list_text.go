package cmd

import (
	"fmt"
	"strings"

	"github.com/clipperhouse/displaywidth"

	"github.com/goperf/goperf/listing"
	"github.com/goperf/goperf/report"
)

// listPage writes listings for a terminal of a width, or, with width 0, as they are.
type listPage struct {
	color bool
	width int
	view  *view
	from  string // unit of the values
	b     []byte
}

// format writes a value in the unit that suits it, as pprof does here, unless
// the user has chosen one.
func (p *listPage) format(v int64) string { return p.view.scaleOf(v, p.from).format(v) }

// The looks of a line, in the sixteen colours whose shades are the user's.
const (
	plainLine = ""
	faintLine = "2"
	warmLine  = "33"
	hotLine   = "1;91"
	titleLine = "1"
)

func (p *listPage) text(l *listed) []byte {
	p.view, p.from = l.view, report.Clean(l.table.Type.Unit)
	p.b = profileHeader(nil, l.view, l.table, l.view.scaleOf(l.table.Magnitude, p.from))
	p.b = fmt.Appendf(p.b, "Total: %s\n", p.format(l.table.Magnitude))
	for i := range l.functions {
		p.function(&l.functions[i], l.table.Magnitude)
	}
	for _, d := range l.doubts {
		p.line("note: "+report.Clean(d), warmLine)
	}
	if l.more > 0 {
		p.line(fmt.Sprintf("%d more functions match; --nodecount 0 shows all", l.more), faintLine)
	}
	return p.b
}

func (p *listPage) function(f *sourced, total int64) {
	if f.File == "" {
		p.line("ROUTINE ======================== "+report.Clean(f.Name), titleLine)
	} else {
		p.line("ROUTINE ======================== "+report.Clean(f.Name)+" in "+report.Clean(f.File), titleLine)
	}
	p.line(fmt.Sprintf("%10s %10s (flat, cum) %s of Total", p.format(f.Flat), p.format(f.Cum), percentOf(f.Cum, total)), plainLine)
	if f.Once != f.Cum {
		p.line(fmt.Sprintf("%10s %10s with each sample once: it calls itself, %s of Total", "", p.format(f.Once), percentOf(f.Once, total)), faintLine)
	}
	if f.why != "" {
		p.line(" no source: "+report.Clean(f.why), warmLine)
		if f.hint != "" {
			p.line(" hint: "+report.Clean(f.hint), warmLine)
		}
	} else if f.path != f.File {
		p.line(" source: "+report.Clean(f.path), faintLine)
	}
	for i, row := range f.rows {
		if row.Gap && i > 0 {
			p.line(fmt.Sprintf("%10s %10s %6s", "", "", "⋮"), faintLine)
		}
		p.row(f, row)
	}
}

func (p *listPage) row(f *sourced, row listing.Row) {
	number := "?"
	if row.N > 0 {
		number = fmt.Sprint(row.N)
	}
	look := faintLine
	switch {
	case heavy(row.Flat, f.Cum, 4) || heavy(row.Cum, f.Cum, 2):
		look = hotLine
	case heavy(row.Flat, f.Cum, 20) || heavy(row.Cum, f.Cum, 10):
		look = warmLine
	case row.Flat != 0 || row.Cum != 0:
		look = plainLine
	}
	p.line(p.cut(fmt.Sprintf("%10s %10s %6s:%s", p.dot(row.Flat), p.dot(row.Cum), number, p.code(row.Text))), look)
	for _, c := range row.Calls {
		p.line(fmt.Sprintf("%10s %10s %6s   ↳ inlined %s", "", p.dot(c.Cum), "", report.Clean(c.Name)), faintLine)
	}
}

// heavy reports whether v is at least one part in so many of a whole.
func heavy(v, whole, parts int64) bool {
	return v != 0 && magnitude(v) >= magnitude(whole)/parts
}

// dot writes nothing as pprof does.
func (p *listPage) dot(v int64) string {
	if v == 0 {
		return "."
	}
	return p.format(v)
}

// code makes a line of source harmless. Tabs stay, except where the width counts.
func (p *listPage) code(text string) string {
	parts := strings.Split(text, "\t")
	for i, part := range parts {
		parts[i] = report.Clean(part)
	}
	if p.width > 0 {
		return strings.Join(parts, "    ")
	}
	return strings.Join(parts, "\t")
}

// cut keeps a line of source on one line of the terminal.
func (p *listPage) cut(text string) string {
	if p.width > 0 && displaywidth.String(text) > p.width {
		return displaywidth.TruncateString(text, p.width, "…")
	}
	return text
}

func (p *listPage) line(text, look string) {
	if p.color && look != plainLine {
		text = "\x1b[" + look + "m" + text + "\x1b[0m"
	}
	p.b = append(append(p.b, text...), '\n')
}

// listJSON is a listing as programs read it.
type listJSON struct {
	Type      string         `json:"type"`
	Unit      string         `json:"unit"`
	Total     int64          `json:"total"`
	Matches   int            `json:"matches"` // before --nodecount
	Functions []functionJSON `json:"functions"`
	Notes     []string       `json:"notes,omitempty"`
	Repairs   *repairsJSON   `json:"repairs,omitempty"`
}

type functionJSON struct {
	Name   string     `json:"name"`
	File   string     `json:"file,omitempty"`
	Source string     `json:"source,omitempty"` // the file that was read
	Why    string     `json:"why,omitempty"`    // there is no source
	Hint   string     `json:"hint,omitempty"`
	Flat   int64      `json:"flat"`
	Cum    int64      `json:"cum"`
	Once   int64      `json:"cum_once"` // cum with each sample once
	Lines  []lineJSON `json:"lines"`
}

type lineJSON struct {
	Line    int64      `json:"line"`
	Flat    int64      `json:"flat"`
	Cum     int64      `json:"cum"`
	Text    string     `json:"text,omitempty"`
	Inlined []callJSON `json:"inlined,omitempty"`
}

type callJSON struct {
	Name string `json:"name"`
	Cum  int64  `json:"cum"`
}

func (l *listed) json() listJSON {
	s := valueScale{ratio: 1 / l.view.divide}
	out := listJSON{
		Type: report.Clean(l.table.Type.Type), Unit: report.Clean(l.table.Type.Unit),
		Total: s.divide(l.table.Magnitude), Matches: len(l.functions) + l.more, Repairs: l.view.repairsJSON(),
	}
	for _, d := range l.doubts {
		out.Notes = append(out.Notes, report.Clean(d))
	}
	page := listPage{}
	for i := range l.functions {
		f := &l.functions[i]
		j := functionJSON{
			Name: report.Clean(f.Name), File: report.Clean(f.File), Source: report.Clean(f.path), Why: report.Clean(f.why), Hint: report.Clean(f.hint),
			Flat: s.divide(f.Flat), Cum: s.divide(f.Cum), Once: s.divide(f.Once), Lines: []lineJSON{},
		}
		for _, row := range f.rows {
			line := lineJSON{Line: row.N, Flat: s.divide(row.Flat), Cum: s.divide(row.Cum), Text: page.code(row.Text)}
			for _, c := range row.Calls {
				line.Inlined = append(line.Inlined, callJSON{report.Clean(c.Name), s.divide(c.Cum)})
			}
			j.Lines = append(j.Lines, line)
		}
		out.Functions = append(out.Functions, j)
	}
	return out
}
