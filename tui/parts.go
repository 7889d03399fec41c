package tui

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// fixed is lines that do not depend on the width.
type fixed []line

func (f fixed) lay(int) (head []line, rows int) { return nil, len(f) }
func (f fixed) row(i int) line                  { return f[i] }
func (f fixed) text(i int) string               { return f[i].words() }

func (l line) words() string {
	var b strings.Builder
	for _, p := range l.pieces {
		b.WriteString(p.text)
	}
	return b.String()
}

// made is lines that are made for a width when they are looked at, from what is
// chosen then.
type made struct {
	make  func(width int) []line
	lines []line
}

func (m *made) lay(width int) (head []line, rows int) {
	m.lines = m.make(width)
	return nil, len(m.lines)
}
func (m *made) row(i int) line    { return m.lines[i] }
func (m *made) text(i int) string { return m.lines[i].words() }

const (
	mostProse = 110     // columns of text on a screen: longer lines read badly
	toldWidth = 1 << 10 // and where lines are told, not drawn, and end where they end
)

// said is text under a label.
type said struct{ label, text string }

// texts is what is said, wrapped, each beside its label.
func texts(all []said) *made {
	return &made{make: func(width int) (lines []line) {
		indent := 0
		for _, s := range all {
			indent = max(indent, paint.Width(s.label)+3)
		}
		for _, s := range all {
			label := s.label
			room := max(width-indent-1, 20)
			if width < toldWidth {
				room = min(room, mostProse)
			}
			for _, text := range paint.Wrap(s.text, room) {
				lines = append(lines, line{pieces: []piece{{style: paint.Faint, text: " " + label + strings.Repeat(" ", max(indent-1-paint.Width(label), 0))}, {text: text}}})
				label = ""
			}
		}
		return lines
	}}
}

// exhibit is that of an ID, nil when the report has none.
func (d *Data) exhibit(id string) *report.Exhibit {
	if d.Report == nil {
		return nil
	}
	for i := range d.Report.Exhibits {
		if d.Report.Exhibits[i].ID == id {
			return &d.Report.Exhibits[i]
		}
	}
	return nil
}

// exhibits are those whose ID begins so and that are in none of the parts.
func (d *Data) exhibits(prefix string, but ...string) (all []*report.Exhibit) {
	if d.Report == nil {
		return nil
	}
	for i := range d.Report.Exhibits {
		if e := &d.Report.Exhibits[i]; strings.HasPrefix(e.ID, prefix) && !slices.Contains(but, e.ID) {
			all = append(all, e)
		}
	}
	return all
}

// partOf is a part with a table, nil without one.
func (d *Data) partOf(id, title string, columns ...column) *part {
	e := d.exhibit(id)
	if e == nil || e.Table == nil || len(e.Table.Rows) == 0 || len(e.Table.Columns) == 0 {
		return nil
	}
	if title == "" {
		title = lower(report.Clean(e.Title))
	}
	return &part{id: id, title: title, show: newSheet(e.Table, columns...)}
}

// other is a part with an exhibit as it is.
func other(e *report.Exhibit) *part {
	p := &part{id: e.ID, title: lower(report.Clean(e.Title)), shy: true}
	switch {
	case e.Table != nil && len(e.Table.Rows) > 0:
		p.show = plainSheet(e.Table)
	case e.Histogram != nil:
		return histogramPart(e)
	case e.Series != nil:
		p.show = &made{make: func(width int) []line { return seriesLines(e.Series, width) }}
	default:
		return nil
	}
	return p
}

// named finds cells of rows by the names of their columns; none where there is no such.
func named(e *report.Exhibit) func(row []report.Cell, column string) report.Cell {
	at := map[string]int{}
	if e != nil && e.Table != nil {
		for i, c := range e.Table.Columns {
			at[c.Name] = i
		}
	}
	return func(row []report.Cell, column string) report.Cell {
		if i, ok := at[column]; ok && i < len(row) {
			return row[i]
		}
		return report.Cell{}
	}
}

// ids are those of the exhibits that parts show.
func ids(parts []*part) (all []string) {
	for _, p := range parts {
		if p != nil {
			all = append(all, p.id)
		}
	}
	return all
}

// others are parts with exhibits that no screen knows better.
func others(all []*report.Exhibit) (parts []*part) {
	for _, e := range all {
		if strings.HasSuffix(e.ID, "-losses") && e.Table != nil {
			e = lost(e)
		}
		parts = append(parts, other(e))
	}
	return parts
}

// lost is the rows of what a probe has lost: what it has not goes without saying.
func lost(e *report.Exhibit) *report.Exhibit {
	only := *e
	only.Table = &report.Table{Columns: e.Table.Columns}
	for _, row := range e.Table.Rows {
		if len(row) > 0 && row[0].Value > 0 {
			only.Table.Rows = append(only.Table.Rows, row)
		}
	}
	return &only
}

// histogramPart is a row for each bucket that is not at an empty end, and the
// quantiles in the heading.
func histogramPart(e *report.Exhibit) *part {
	if e == nil || e.Histogram == nil {
		return nil
	}
	h := e.Histogram
	return &part{id: e.ID, title: lower(report.Clean(e.Title)), note: quantiles(h), show: &made{make: func(width int) []line { return histogramLines(h, width) }}, shy: true}
}

// condensed is a histogram whose lowest buckets, up to a hundredth of all that was
// counted, are one: what is rare and short would take the place of the rest.
func condensed(h *report.Histogram) *report.Histogram {
	total, sum, first := 0.0, 0.0, 0
	for _, n := range h.Counts {
		total += n
	}
	for first < len(h.Counts) && h.Counts[first] == 0 {
		first++
	}
	at := first
	for at < len(h.Counts) && sum+h.Counts[at] <= total/100 {
		sum += h.Counts[at]
		at++
	}
	if at-first < 2 || at == len(h.Counts) {
		return h
	}
	return &report.Histogram{Unit: h.Unit, Bounds: append([]float64{h.Bounds[first]}, h.Bounds[at:]...), Counts: append([]float64{sum}, h.Counts[at:]...)}
}

// histogramLines are the buckets, as wide as there is room: shares go first, then
// the bars.
func histogramLines(h *report.Histogram, width int) (lines []line) {
	const bounds, count, part = 20, 12, 6
	h = condensed(h)
	most, total := 0.0, 0.0
	first, last := len(h.Counts), -1
	for i, n := range h.Counts {
		most, total = max(most, n), total+n
		if n > 0 {
			first, last = min(first, i), i
		}
	}
	bars := min(width-bounds-count-part, goodBars)
	for i := first; i <= last; i++ {
		l := line{pieces: []piece{{text: fmt.Sprintf(" %16s  ", report.FormatRange(h.Bounds[i], h.Bounds[i+1], h.Unit))}}}
		if cells := min(width-bounds-count, goodBars); cells >= leastBar {
			l.pieces = append(l.pieces, piece{style: paint.Accent, bar: h.Counts[i] / most, cells: cells})
		}
		l.pieces = append(l.pieces, piece{text: fmt.Sprintf(" %9s", report.FormatValue(h.Counts[i], "count"))})
		if bars >= leastBar {
			l.pieces = append(l.pieces, piece{style: paint.Faint, text: fmt.Sprintf("  %6s", report.FormatValue(h.Counts[i]/total, "ratio"))})
		}
		lines = append(lines, l)
	}
	if last < 0 {
		return []line{plainLine(paint.Faint, " nothing was counted")}
	}
	return lines
}

// quantiles are bounds that half and nearly all of what was counted lies below.
func quantiles(h *report.Histogram) string {
	var out []string
	for _, q := range []float64{0.5, 0.99} {
		if below, ok := quantile(h, q); ok {
			out = append(out, fmt.Sprintf("p%g below %s", 100*q, report.FormatValue(below, h.Unit)))
		}
	}
	return strings.Join(out, ", ")
}

// quantile is a bound that a share of what was counted lies below; false when
// nothing was counted.
func quantile(h *report.Histogram, q float64) (below float64, ok bool) {
	total, sum := 0.0, 0.0
	for _, n := range h.Counts {
		total += n
	}
	for i, n := range h.Counts {
		if sum += n; sum >= q*total && total > 0 {
			return h.Bounds[i+1], true
		}
	}
	return 0, false
}

const sparks = "▁▂▃▄▅▆▇█"

// seriesLines draws each line as a row of blocks between its least and greatest value.
func seriesLines(s *report.Series, width int) (lines []line) {
	label := 0
	for _, l := range s.Lines {
		label = max(label, paint.Width(report.Clean(l.Name)))
	}
	label = min(label, 32)
	for _, l := range s.Lines {
		if len(l.Values) == 0 {
			continue
		}
		text, _ := paint.Cut(report.Clean(l.Name), label, "…")
		low, high := slices.Min(l.Values), slices.Max(l.Values)
		lines = append(lines, line{pieces: []piece{
			{text: " " + text + strings.Repeat(" ", label-paint.Width(text)) + "  "},
			{style: paint.Accent, text: spark(l.Values, low, high, max(width-label-32, 8))},
			{style: paint.Faint, text: "  " + report.FormatRange(low, high, s.Unit)},
		}})
	}
	return lines
}

// spark is values as blocks, as many as there is room for; each is the mean of
// those that fall into it.
func spark(values []float64, low, high float64, columns int) string {
	blocks := []rune(sparks)
	n := min(columns, len(values))
	out := make([]rune, n)
	for i := range out {
		from, to := i*len(values)/n, (i+1)*len(values)/n
		sum := 0.0
		for _, v := range values[from:to] {
			sum += v
		}
		out[i] = blocks[0]
		if high > low {
			at := (sum/float64(to-from) - low) / (high - low) * float64(len(blocks)-1)
			out[i] = blocks[int(math.Round(min(max(at, 0), float64(len(blocks)-1))))]
		}
	}
	return string(out)
}

// leafFrames is how many frames stay of those that a stack has below the
// developer's own code: they say what is waited for, the others how that is done.
const leafFrames = 2

// stackLines are frames, leaf first, those of the developer's own marked.
func stackLines(frames []report.Frame, cl symbol.Classifier) (lines []line) {
	own := slices.IndexFunc(frames, func(f report.Frame) bool { return cl.Of(f.Function) <= symbol.ThirdParty })
	for i, f := range frames {
		if more := own - leafFrames; more > 1 && i >= leafFrames && i < own {
			if i == leafFrames {
				lines = append(lines, plainLine(paint.Faint, fmt.Sprintf("   %d more of the runtime and the standard library", more)))
			}
			continue
		}
		fn := report.Clean(f.Function)
		mark, style := "   ", paint.Plain
		switch cl.Of(f.Function) {
		case symbol.Own:
			mark, style = " ★ ", paint.Strong
		case symbol.Runtime:
			style = paint.Faint
		default:
		}
		l := line{name: fn, pieces: []piece{{style: paint.Accent, text: mark}, {style: style, text: symbol.Short(fn)}}}
		if f.Line > 0 {
			l.pieces = append(l.pieces, piece{style: paint.Faint, text: fmt.Sprintf("  %s:%d", report.Clean(filepath.Base(f.File)), f.Line)})
		}
		lines = append(lines, l)
	}
	return lines
}

// quoted are words for a POSIX shell.
func quoted(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = quote(w)
	}
	return strings.Join(out, " ")
}

// lower is a title as it stands beside those of other parts.
func lower(title string) string {
	r, n := utf8.DecodeRuneInString(title)
	if second, _ := utf8.DecodeRuneInString(title[n:]); unicode.IsUpper(second) {
		return title // an abbreviation
	}
	return string(unicode.ToLower(r)) + title[n:]
}
