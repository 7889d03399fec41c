package flame

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"slices"

	"github.com/goperf/goperf/profile/symbol"
)

// Measures of the picture in pixels. Text is set in a font of one width, so that
// it can be cut to its box without a browser.
const (
	svgWidth  = 1200
	svgRow    = 18
	svgMargin = 12
	svgTop    = 64 // where rows begin
	svgChar   = 6.65
)

const svgStyle = `
text { font: 11px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #16130f; }
.page { fill: #fbfaf8; } .head { font-weight: 600; font-size: 14px; } .head, .soft { fill: #1d1b18; } .soft { fill: #67635c; }
.w { fill: #fff; } .small { fill: #c9c5bd; } g:hover rect { stroke: #000; stroke-width: 1.5; }
@media (prefers-color-scheme: dark) {
.page { fill: #17181c; } .head { fill: #e8e6e1; } .soft { fill: #a19d95; } .small { fill: #3c3d42; } g:hover rect { stroke: #fff; }
}
`

// SVG writes the tree's column as a picture. Pointing at a box tells its whole
// name and its values.
func SVG(w io.Writer, t *Tree, h Header) error {
	l := t.Layout(t.Column)
	var rows [][]Span
	for row := range len(t.Rows) - 1 {
		spans := l.Row(row, 0, svgWidth)
		if !slices.ContainsFunc(spans, func(s Span) bool { return s.Node >= 0 }) {
			break
		}
		rows = append(rows, spans)
	}
	notes := h.notes(t)
	if below := len(t.Rows) - 1 - len(rows); below > 0 {
		notes = append(slices.Clip(notes), "boxes in "+count(below, "more row")+" are narrower than a pixel")
	}
	height := svgTop + svgRow*len(rows) + svgMargin + 16*len(notes)
	p := &svgPage{Writer: bufio.NewWriterSize(w, 1<<16), t: t, l: l, h: h}
	fmt.Fprintf(p, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="%[2]d" viewBox="0 0 %[1]d %[2]d" role="img" aria-label="%[3]s">`+"\n",
		svgWidth+2*svgMargin, height, html.EscapeString(h.line(t)))
	fmt.Fprintf(p, "<style>%s</style>\n<rect class=\"page\" width=\"100%%\" height=\"100%%\"/>\n", svgStyle)
	p.text("head", svgMargin, 24, h.line(t), 135)
	p.legend()
	for i, row := range rows {
		for _, s := range row {
			p.span(s, svgTop+svgRow*i)
		}
	}
	for i, n := range notes {
		p.text("soft", svgMargin, svgTop+svgRow*len(rows)+svgMargin+16*i+8, n, 180)
	}
	_, _ = p.WriteString("</svg>\n")
	return p.Flush() // which tells of what could not be written before
}

type svgPage struct {
	*bufio.Writer
	t *Tree
	l *Layout
	h Header
}

// text writes a line of at most so many characters.
func (p *svgPage) text(class string, x, y int, s string, most int) {
	if r := []rune(s); len(r) > most {
		s = string(r[:most-1]) + "…"
	}
	fmt.Fprintf(p, `<text class="%s" x="%d" y="%d">%s</text>`+"\n", class, x, y, html.EscapeString(s))
}

func (p *svgPage) legend() {
	x := svgMargin
	item := func(paint paint, text string) {
		width := int(svgChar*float64(len([]rune(text)))) + 14
		fmt.Fprintf(p, `<rect x="%d" y="36" width="%d" height="16" rx="3" fill="%s"/>`, x, width, paint.back.hex())
		p.text(paint.textClass(), x+7, 48, text, 60)
		x += width + 5
	}
	if p.l.Column.BaseCum == nil {
		for _, s := range p.t.Shares(p.t.Column) {
			item(paints[s.Class], s.Class.legend()+" "+Percent(s.Value, p.l.Column.Whole))
		}
		return
	}
	for _, s := range leanLegend {
		item(leanPaint(s.lean), s.words())
	}
	p.text("soft", x+7, 48, leanWidths, 60)
}

func (p paint) textClass() string {
	if p.text == paper {
		return "w"
	}
	return "i"
}

// span draws one box, or a run of boxes that are too narrow for one.
func (p *svgPage) span(s Span, y int) {
	x, width := svgMargin+s.From, s.To-s.From
	if s.Node < 0 {
		fmt.Fprintf(p, `<rect class="small" x="%d" y="%d" width="%d" height="%d"/>`+"\n", x, y+3, width, svgRow-7)
		return
	}
	f, c := &p.t.Frames[p.t.Frame[s.Node]], p.l.Column
	look, mark := p.t.look(c, s.Node)
	fmt.Fprintf(p, "<g><title>%s\n%s</title>", html.EscapeString(f.Name), html.EscapeString(p.h.facts(c, s.Node)))
	gap := 1.0
	if width < 3 {
		gap = 0.5
	}
	fmt.Fprintf(p, `<rect x="%d" y="%d" width="%.1f" height="%d" rx="1" fill="%s"/>`,
		x, y, float64(width)-gap, svgRow-1, look.shade(shadeOf(symbol.Package(f.Name))).hex())
	room := int((float64(width) - 7) / svgChar)
	if text := label(f.Name, room-len([]rune(mark))); text != "" {
		fmt.Fprintf(p, `<text class="%s" x="%d" y="%d">%s</text>`, look.textClass(), x+4, y+12, html.EscapeString(mark+text))
	}
	_, _ = p.WriteString("</g>\n") // Flush tells
}
