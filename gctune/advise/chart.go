package advise

import (
	"fmt"
	"html"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/goperf/goperf/gctune/pacer"
	"github.com/goperf/goperf/report"
)

// The chart's size in pixels, and the space around its field.
const (
	chartWidth, chartHeight = 860.0, 460.0
	chartLeft, chartRight   = 70.0, 30.0
	chartTop, chartBottom   = 50.0, 60.0
)

// scale maps a range of values to pixels.
type scale struct{ low, high, from, to float64 }

func (s scale) at(v float64) float64 {
	if s.high <= s.low {
		return (s.from + s.to) / 2
	}
	return s.from + (v-s.low)/(s.high-s.low)*(s.to-s.from)
}

// drawn are the settings that have a place in the chart.
func (s *Study) drawn() []pacer.Prediction {
	var out []pacer.Prediction
	for _, p := range s.Grid {
		if q := s.figures(p); q.GC.Mid > 0 && largest(q) > 0 {
			q.Setting, q.Verdict = p.Setting, p.Verdict
			out = append(out, q)
		}
	}
	return out
}

// WriteSVG draws the frontier: peak RSS across, GC cores up, each setting with
// its 90 % intervals. It needs no network and no script.
func (s *Study) WriteSVG(w io.Writer, target string) error {
	var b strings.Builder
	s.svg(&b, target)
	_, err := io.WriteString(w, b.String())
	return err
}

func (s *Study) svg(b *strings.Builder, target string) {
	ps := s.drawn()
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" font-family="system-ui, sans-serif" font-size="12" role="img">`+"\n", chartWidth, chartHeight, chartWidth, chartHeight)
	fmt.Fprintf(b, `<title>%s</title>`+"\n"+`<rect width="100%%" height="100%%" fill="#ffffff"/>`+"\n", escape("GOGC and GOMEMLIMIT of "+target))
	fmt.Fprintf(b, `<text x="%.0f" y="24" font-size="15" fill="#1f2937">%s</text>`+"\n", chartLeft, escape("CPU of the collector by peak memory: "+target))
	if len(ps) == 0 {
		fmt.Fprintf(b, `<text x="%.0f" y="80" fill="#1f2937">%s</text>`+"\n</svg>\n", chartLeft, escape("No setting has both figures: "+s.Advice.Reason))
		return
	}
	x := scale{math.Inf(1), 0, chartLeft, chartWidth - chartRight}
	y := scale{0, 0, chartHeight - chartBottom, chartTop}
	for _, p := range ps {
		x.low, x.high = min(x.low, float64(largest(p))), max(x.high, float64(largest(p)), float64(p.RSS.High))
		y.high = max(y.high, float64(p.GC.High), float64(p.GC.Mid))
	}
	x.low *= 0.95
	axes(b, x, y)
	var taken []box
	if c := float64(s.Terms.Container); c > x.low && c < x.high {
		fmt.Fprintf(b, `<line x1="%.1f" y1="%.0f" x2="%.1f" y2="%.0f" stroke="#b91c1c" stroke-dasharray="5 4"/>`+"\n", x.at(c), chartTop, x.at(c), chartHeight-chartBottom)
		fmt.Fprintf(b, `<text x="%.1f" y="%.0f" fill="#b91c1c" text-anchor="end">container</text>`+"\n", x.at(c)-4, chartTop+12)
		taken = append(taken, box{x.at(c) - 65, chartTop, x.at(c) + 2, chartTop + 15})
	}
	// What matters most gets its label first; later ones keep away from it.
	slices.SortStableFunc(ps, func(a, b pacer.Prediction) int { return s.importance(b) - s.importance(a) })
	for _, p := range ps {
		_, r := s.look(p)
		cx, cy := x.at(float64(largest(p))), y.at(float64(p.GC.Mid))
		taken = append(taken, box{cx - r, cy - r, cx + r, cy + r})
		if p.RSS.Mid > 0 {
			taken = append(taken, box{x.at(float64(p.RSS.Low)), cy - 1, x.at(float64(p.RSS.High)), cy + 1})
		}
	}
	for _, p := range ps {
		s.dot(b, p, x, y, &taken)
	}
	b.WriteString("</svg>\n")
}

func (s *Study) importance(p pacer.Prediction) int {
	switch {
	case s.isBest(p):
		return 3
	case s.isNow(p):
		return 2
	case p.Setting.Limit == 0:
		return 1
	}
	return 0
}

// box is a part of the chart that is taken: by a dot, a line or a text.
type box struct{ left, top, right, bottom float64 }

func (b box) meets(o box) bool {
	return b.left < o.right && o.left < b.right && b.top < o.bottom && o.top < b.bottom
}

// label is where a text stands: its baseline, and from which end it is drawn.
type label struct {
	x, y   float64
	anchor string
}

// place finds room for a text beside a dot, inside of the field; false when there is none.
func place(taken *[]box, x, y, dot, width float64) (label, bool) {
	const height, gap = 13, 5
	for _, dy := range []float64{4, -8, 16, -20, 28, -32} {
		for _, l := range []label{{x + dot + gap, y + dy, "start"}, {x - dot - gap, y + dy, "end"}} {
			b := box{l.x, l.y - height + 3, l.x + width, l.y + 3}
			if l.anchor == "end" {
				b.left, b.right = l.x-width, l.x
			}
			inside := b.left >= chartLeft && b.right <= chartWidth-4 && b.top >= chartTop-height && b.bottom <= chartHeight-chartBottom
			if inside && !slices.ContainsFunc(*taken, b.meets) {
				*taken = append(*taken, b)
				return l, true
			}
		}
	}
	return label{}, false
}

func axes(b *strings.Builder, x, y scale) {
	const ticks = 5
	for i := range ticks + 1 {
		v := y.low + (y.high-y.low)*float64(i)/ticks
		fmt.Fprintf(b, `<line x1="%.0f" y1="%.1f" x2="%.0f" y2="%.1f" stroke="#e5e7eb"/>`+"\n", x.from, y.at(v), x.to, y.at(v))
		fmt.Fprintf(b, `<text x="%.0f" y="%.1f" fill="#4b5563" text-anchor="end">%s</text>`+"\n", x.from-6, y.at(v)+4, report.FormatValue(v, "count"))
		m := x.low + (x.high-x.low)*float64(i)/ticks
		fmt.Fprintf(b, `<text x="%.1f" y="%.0f" fill="#4b5563" text-anchor="middle">%s</text>`+"\n", x.at(m), y.from+18, report.FormatValue(m, "B"))
	}
	fmt.Fprintf(b, `<text x="%.0f" y="%.0f" fill="#1f2937" text-anchor="middle">peak RSS</text>`+"\n", (x.from+x.to)/2, y.from+42)
	fmt.Fprintf(b, `<text x="%.0f" y="%.0f" fill="#1f2937">GC cores</text>`+"\n", x.from-52, y.to-10)
}

// dot is one setting: its intervals as a cross, its GOGC beside it.
func (s *Study) dot(b *strings.Builder, p pacer.Prediction, x, y scale, taken *[]box) {
	colour, size := s.look(p)
	cx, cy := x.at(float64(largest(p))), y.at(float64(p.GC.Mid))
	if p.RSS.Mid > 0 {
		fmt.Fprintf(b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" opacity="0.5"/>`+"\n", x.at(float64(p.RSS.Low)), cy, x.at(float64(p.RSS.High)), cy, colour)
	}
	fmt.Fprintf(b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s" opacity="0.5"/>`+"\n", cx, y.at(float64(p.GC.Low)), cx, y.at(float64(p.GC.High)), colour)
	text := p.Setting.GOGC.String()
	if p.Setting.Limit > 0 {
		text += " / " + p.Setting.LimitString()
	}
	switch {
	case s.isBest(p):
		text += " (recommended)"
	case s.isNow(p):
		text += " (now)"
	}
	fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="%.0f" fill="%s"><title>%s</title></circle>`+"\n", cx, cy, size, colour, escape(p.Setting.String()+" "+s.note(p)))
	if l, ok := place(taken, cx, cy, size, 6.6*float64(len(text))); ok { // the others say it when pointed at
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" fill="%s" text-anchor="%s">%s</text>`+"\n", l.x, l.y, colour, l.anchor, escape(text))
	}
}

// look is the colour and the size of a dot.
func (s *Study) look(p pacer.Prediction) (colour string, size float64) {
	switch {
	case s.isBest(p):
		return "#15803d", 7
	case s.isNow(p):
		return "#111827", 6
	case p.Verdict != pacer.Fine:
		return "#d97706", 4
	}
	return "#2563eb", 4
}

// WriteHTML is the chart with the tables of the report on one page.
func (s *Study) WriteHTML(w io.Writer, r *report.Report) error {
	var b strings.Builder
	b.WriteString("<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\n")
	fmt.Fprintf(&b, "<title>%s</title>\n", escape("goperf gc: "+r.Target.Name))
	b.WriteString("<style>body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#1f2937}table{border-collapse:collapse;margin:1em 0}td,th{padding:.2em .8em;text-align:left;vertical-align:top;border-bottom:1px solid #e5e7eb}td.n{text-align:right;white-space:nowrap}svg{max-width:100%;height:auto}</style>\n")
	fmt.Fprintf(&b, "<h1>%s</h1>\n", escape(s.title()))
	s.svg(&b, r.Target.Name)
	for _, e := range r.Exhibits {
		if e.Table != nil && e.ID != "frontier-data" {
			tableHTML(&b, e)
		}
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "<p>%s</p>\n", escape(n))
	}
	b.WriteString("</html>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func tableHTML(b *strings.Builder, e report.Exhibit) {
	fmt.Fprintf(b, "<h2>%s</h2>\n<table><tr>", escape(e.Title))
	for _, c := range e.Table.Columns {
		fmt.Fprintf(b, "<th>%s</th>", escape(c.Name))
	}
	b.WriteString("</tr>\n")
	for _, row := range e.Table.Rows {
		b.WriteString("<tr>")
		for i, c := range row {
			if c.Text == "" && e.Table.Columns[i].Unit != "" {
				fmt.Fprintf(b, `<td class="n">%s</td>`, escape(report.FormatValue(c.Value, e.Table.Columns[i].Unit)))
				continue
			}
			fmt.Fprintf(b, "<td>%s</td>", escape(c.Text))
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</table>\n")
}

// escape makes a name of the target harmless inside of a document.
func escape(s string) string { return html.EscapeString(report.Clean(s)) }
