package flame

import (
	"cmp"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/clipperhouse/displaywidth"

	"github.com/goperf/goperf/profile/symbol"
)

// Colors is what a terminal can show.
type Colors uint8

// The kinds of terminals.
const (
	NoColors Colors = iota
	Sixteen
	Cube // 256
	TrueColor
)

// TextOptions say how [Text] draws.
type TextOptions struct {
	Width  int
	Rows   int // draw at most so many, 0 for all
	Colors Colors
	Header Header
}

// Text draws the tree of its column as rows of a terminal, callers above callees.
func Text(w io.Writer, t *Tree, o TextOptions) error {
	d := drawer{t: t, l: t.Layout(t.Column), o: o}
	d.b.WriteString(d.strong(o.Header.line(t)) + "\n")
	d.legend()
	d.rows()
	for _, n := range o.Header.notes(t) {
		d.b.WriteString(d.faint(n) + "\n")
	}
	text := d.b.String()
	if o.Colors == NoColors {
		text = trailing().ReplaceAllString(text, "\n") // boxes are padded for their colours
	}
	_, err := io.WriteString(w, text)
	return err
}

var trailing = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(` +\n`)
})

// drawer draws a tree on a terminal.
type drawer struct {
	t    *Tree
	l    *Layout
	o    TextOptions
	b    strings.Builder
	last string // escape sequence in effect
}

func (d *drawer) strong(s string) string { return d.styled("1", s) }

func (d *drawer) faint(s string) string { return d.styled("2", s) }

func (d *drawer) styled(sgr, s string) string {
	if d.o.Colors == NoColors {
		return s
	}
	return "\x1b[" + sgr + "m" + s + "\x1b[0m"
}

func (d *drawer) sgr(p paint, shade int) string { return p.sgr(d.o.Colors, shade) }

// put writes in a style, which stays: neighbours in one style need one escape
// sequence, and sequences are what a terminal spends its time on.
func (d *drawer) put(sgr, s string) {
	if sgr != d.last {
		if sgr == "" || d.last == "2" {
			d.b.WriteString("\x1b[0m")
		}
		if sgr != "" {
			d.b.WriteString("\x1b[" + sgr + "m")
		}
		d.last = sgr
	}
	d.b.WriteString(s)
}

// legend says what the colours mean and how much is whose.
func (d *drawer) legend() {
	if d.l.Column.BaseCum != nil {
		d.leanLegend()
		return
	}
	column := 0
	for _, s := range d.t.Shares(d.t.Column) {
		text := fmt.Sprintf(" %s %s ", s.Class.legend(), Percent(s.Value, d.l.Column.Whole))
		if d.o.Colors == NoColors {
			text = strings.TrimLeft(text, " ")
		}
		n := displaywidth.String(text)
		if column > 0 && column+1+n > d.o.Width {
			d.b.WriteByte('\n')
			column = 0
		}
		if column > 0 {
			d.put("", " ")
			column++
		}
		d.put(d.sgr(paints[s.Class], 0), text)
		d.put("", "")
		column += n
	}
	d.put("", "\n")
}

func (d *drawer) leanLegend() {
	for _, s := range leanLegend {
		text := s.words()
		if d.o.Colors != NoColors {
			text = " " + text + " "
		}
		d.put(d.sgr(leanPaint(s.lean), 0), text)
		d.put("", " ")
	}
	d.put("", leanWidths+"\n")
}

// rows draws row after row until nothing is left that can be named.
func (d *drawer) rows() {
	if d.l.Column.Width(0) == 0 {
		return // a note says so
	}
	total := len(d.t.Rows) - 1
	for row := range total {
		spans := d.l.Row(row, 0, d.o.Width)
		named := slices.ContainsFunc(spans, func(s Span) bool { return s.Node >= 0 && s.To-s.From > 3 })
		if !named || d.o.Rows > 0 && row == d.o.Rows {
			d.b.WriteString(d.faint(fmt.Sprintf("… %s below", count(total-row, "row"))) + "\n")
			return
		}
		at := 0
		for _, s := range spans {
			d.put("", strings.Repeat(" ", s.From-at))
			d.span(s)
			at = s.To
		}
		d.put("", "\n")
	}
}

// span draws one box: an edge, the name as far as it goes, and its share where
// there is room.
func (d *drawer) span(s Span) {
	n := s.To - s.From
	if s.Node < 0 {
		style := "2"
		if d.o.Colors == NoColors {
			style = ""
		}
		d.put(style, strings.Repeat("░", n))
		return
	}
	frame := &d.t.Frames[d.t.Frame[s.Node]]
	p, mark := d.t.look(d.l.Column, s.Node)
	value := Percent(d.l.Column.Cum[s.Node], d.l.Column.Whole)
	if d.l.Column.BaseCum != nil {
		value = signedPercent(d.l.Column.Change(s.Node), d.l.Column.Whole)
	}
	text := label(frame.Name, n-1-len([]rune(mark)))
	if text != "" {
		text = mark + text
	}
	room := n - 1 - displaywidth.String(text)
	if text != "" && room > len(value)+1 {
		text += " " + value
		room -= len(value) + 1
	}
	d.put(d.sgr(p, shadeOf(symbol.Package(frame.Name))), "▏"+text+strings.Repeat(" ", max(room, 0)))
}

// Share is what a class has of the values themselves, without what it calls.
type Share struct {
	Class Class
	Value int64
}

// Shares is how much of a column each class has, in the order of classes.
func (t *Tree) Shares(column int) []Share {
	var sums [Neutral + 1]int64
	var seen [Neutral]bool
	c := &t.Columns[column]
	for n, class := range t.Class {
		sums[class] = addSat(sums[class], c.Self[n])
		if class < Neutral {
			seen[class] = true
		}
	}
	var out []Share
	for class, v := range sums {
		if v != 0 || class < len(seen) && seen[class] {
			out = append(out, Share{Class(class), v})
		}
	}
	return out
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Percent is a share with as many digits as matter.
func Percent(v, whole int64) string {
	share := 100 * float64(v) / float64(max(whole, 1))
	switch {
	case v == 0:
		return "0%"
	case share >= 9.95:
		return fmt.Sprintf("%.0f%%", share)
	case share >= 0.095:
		return fmt.Sprintf("%.1f%%", share)
	case share < 0.01:
		return "<0.01%"
	}
	return fmt.Sprintf("%.2f%%", share)
}

func signedPercent(v, whole int64) string {
	switch cmp.Compare(v, 0) {
	case 1:
		return "+" + Percent(v, whole)
	case -1:
		return "-" + Percent(-v, whole)
	}
	return "±0%"
}
