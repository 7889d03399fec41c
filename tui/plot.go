package tui

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// track is a number over time in a plot: a mark for each look, and nothing between
// them, for nobody looked.
type track struct {
	name          string
	mark          string // "" for dots, four of them to a line; barMark for a column from zero on
	style         paint.Style
	times, values []float64 // seconds, and what was seen then
	age           string    // of the last look, "" when it is of now
}

// plot is numbers of one unit over the same time. Its lines are made once for a width.
type plot struct {
	unit   string
	tracks []track // later ones are drawn over earlier ones
	wall   float64 // what they must not go over, 0 for none
	walled string  // and what that is
	width  int
	lines  []line
}

// The parts of a plot: the numbers at its side, its lines, and as many columns as
// may be its dots.
const (
	plotSide  = 11
	plotRows  = 10
	plotDots  = "⠁⠂⠄⡀" // from the top of a cell down
	barMark   = "█"
	wallReach = 3 // a wall that is more than so many times higher is not drawn
)

// newPlot leaves out what was not seen twice; nil when nothing was.
func newPlot(unit string, wall float64, walled string, all ...track) *plot {
	p := &plot{unit: unit, wall: wall, walled: walled}
	for _, c := range all {
		if len(c.values) > 1 && len(c.values) == len(c.times) && !slices.ContainsFunc(c.values, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) || v < 0 }) {
			p.tracks = append(p.tracks, c)
		}
	}
	if len(p.tracks) == 0 {
		return nil
	}
	return p
}

func (p *plot) lay(width int) (head []line, n int) {
	if p.lines == nil || p.width != width {
		p.width, p.lines = width, append(p.legend(width), p.draw(width)...)
	}
	return nil, len(p.lines)
}

func (p *plot) row(i int) line    { return p.lines[i] }
func (p *plot) text(i int) string { return p.lines[i].words() }

// span is the time of all looks, and high the greatest number.
func (p *plot) span() (from, to, high float64) {
	from, to = math.Inf(1), math.Inf(-1)
	for _, c := range p.tracks {
		from, to = min(from, slices.Min(c.times)), max(to, slices.Max(c.times))
		high = max(high, slices.Max(c.values))
	}
	return from, to, high
}

// legend says which mark is what, what it is now, and how often was looked.
func (p *plot) legend(width int) (lines []line) {
	var l line
	room := width
	for _, c := range p.tracks {
		mark := c.mark
		if mark == "" {
			mark = strings.Repeat(string([]rune(plotDots)[1]), 2)
		}
		pieces := []piece{{style: c.style, text: " " + mark + " "}, {text: c.name + " "}, {style: paint.Strong, text: report.FormatValue(c.values[len(c.values)-1], p.unit)}, {style: paint.Faint, text: fmt.Sprintf(" (%s)  ", c.looks())}}
		n := 0
		for _, one := range pieces {
			n += paint.Width(one.text)
		}
		if n > room && len(l.pieces) > 0 {
			lines, l, room = append(lines, l), line{}, width
		}
		l.pieces, room = append(l.pieces, pieces...), room-n
	}
	return append(lines, l)
}

// looks says how often was looked, and when last, unless that was just now.
func (c *track) looks() string {
	text := fmt.Sprintf("%d looks", len(c.values))
	if c.age != "" {
		text += ", the last " + c.age
	}
	return text
}

// top is the number at the upper edge: that of the wall where it is near.
func (p *plot) top(high float64) float64 {
	if p.wall > 0 && p.wall <= wallReach*high {
		return max(high, p.wall)
	}
	return high
}

// draw is the lines with the marks, and the axis of time.
func (p *plot) draw(width int) []line {
	from, to, high := p.span()
	top, rows := p.top(high), plotRows
	columns := max(width-plotSide-2, 8)
	cells := make([][]cell, rows)
	for y := range cells {
		cells[y] = make([]cell, columns)
	}
	at := func(v float64, steps int) int { // from the top
		return min(int((1-v/max(top, 1e-300))*float64(steps)), steps-1)
	}
	if p.wall > 0 && p.wall <= top {
		for x := range columns {
			cells[at(p.wall, rows)][x] = cell{"─", paint.Warning}
		}
	}
	dots, eighths := []rune(plotDots), []rune(sparks)
	for _, c := range p.tracks {
		for i, v := range c.values {
			x := int((c.times[i] - from) / max(to-from, 1e-9) * float64(columns-1))
			switch y := at(v, rows); c.mark {
			case "":
				fine := at(v, rows*len(dots))
				cells[fine/len(dots)][x] = cell{string(dots[fine%len(dots)]), c.style}
			case barMark:
				fine := at(v, rows*len(eighths))
				cells[y][x] = cell{string(eighths[len(eighths)-1-fine%len(eighths)]), c.style}
				for below := y + 1; below < rows; below++ {
					cells[below][x] = cell{barMark, c.style}
				}
			default:
				cells[y][x] = cell{c.mark, c.style}
			}
		}
	}
	var lines []line
	for y, row := range cells {
		label := ""
		switch {
		case y == at(high, rows):
			label = report.FormatValue(high, p.unit)
		case p.wall > 0 && p.wall <= top && y == at(p.wall, rows):
			label = report.FormatValue(p.wall, p.unit)
		}
		lines = append(lines, line{pieces: append([]piece{{style: paint.Faint, text: fmt.Sprintf("%*s │", plotSide-2, label)}}, runs(row)...)})
	}
	return append(lines, p.axis(from, to, columns))
}

// axis is the time below the marks.
func (p *plot) axis(from, to float64, columns int) line {
	left, right := report.FormatValue(from, "s"), report.FormatValue(to, "s")
	gap := max(columns-paint.Width(left)-paint.Width(right), 1)
	return line{pieces: []piece{{style: paint.Faint, text: fmt.Sprintf("%*s  %s%s%s", plotSide-2, report.FormatValue(0, p.unit), left, strings.Repeat(" ", gap), right)}}}
}

// cell is a mark in a place.
type cell struct {
	text  string
	style paint.Style
}

// runs joins neighbours of one style.
func runs(row []cell) (out []piece) {
	for i := 0; i < len(row); {
		var b strings.Builder
		style := row[i].style
		for ; i < len(row) && row[i].style == style; i++ {
			if row[i].text == "" {
				b.WriteByte(' ')
			}
			b.WriteString(row[i].text)
		}
		out = append(out, piece{style: style, text: b.String()})
	}
	return out
}

// tell writes the looks one by one.
func (p *plot) tell(to *prose) {
	from, end, high := p.span()
	to.line("from %s to %s, at most %s", report.FormatValue(from, "s"), report.FormatValue(end, "s"), report.FormatValue(high, p.unit))
	if p.wall > 0 {
		to.line("%s %s", p.walled, report.FormatValue(p.wall, p.unit))
	}
	for _, c := range p.tracks {
		n := len(c.values)
		to.line("%s: %s, from %s to %s in %s", c.name, report.FormatValue(c.values[n-1], p.unit), report.FormatValue(slices.Min(c.values), p.unit), report.FormatValue(slices.Max(c.values), p.unit), c.looks())
		step := max(n/plotTold, 1) // of very many some
		for i := 0; i < n; i += step {
			to.line("%s after %s: %s", c.name, report.FormatValue(c.times[i], "s"), report.FormatValue(c.values[i], p.unit))
		}
	}
}

// plotTold is about how many looks of a number are told one by one.
const plotTold = 60
