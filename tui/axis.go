package tui

import (
	"fmt"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// axis is a line of time: the slices of a window, or the snapshots, from the left
// to the right, each as high as what it took in a second. A click picks one of
// them, a drag several.
type axis struct {
	line  int   // of the screen that it was drawn in last, 0 for none
	ends  []int // columns where the slices ended
	level []int // of each slice
	held  [2]int
	of    *subject
	wide  int
	span  string
}

// axisLabel is what stands before it, as wide as the mark of a selected row and a word.
const axisLabel = " time "

// axisColumns are those that a number behind the axis takes.
const axisColumns = 12

// draw draws the line, when there are slices.
func (a *axis) draw(c *paint.Canvas, s *subject, start int) {
	a.line = 0
	parts := s.from.Parts
	if len(parts) < 2 || c.W < leastWidth {
		return
	}
	a.line = c.Lines() - start
	if a.of != s || a.wide != c.W {
		a.place(s, c.W)
	}
	c.Put(paint.Faint, axisLabel)
	from, to := s.lens.slices(len(parts))
	if a.held[1] > 0 {
		from, to = a.held[0], a.held[1]
	}
	for i, end := range a.ends {
		style, edge := paint.Bundle, c.Theme.Glyphs.Edge
		switch {
		case from > 0 && i+1 >= from && i < to:
			style, edge = paint.Key, c.Theme.Glyphs.Picked
		case from == 0:
			style = paint.Accent
		}
		if end > c.Col() {
			c.Put(style, edge)
		}
		c.Repeat(style, c.Theme.Glyphs.Levels[a.level[i]], end)
	}
	c.Put(paint.Faint, a.span)
	c.End()
}

// place lays the slices out by how long they were; snapshots are all as wide.
func (a *axis) place(s *subject, width int) {
	a.of, a.wide, a.ends, a.level, a.span = s, width, a.ends[:0], a.level[:0], "  "+s.from.span()
	left, room := len(axisLabel), width-len(axisLabel)-axisColumns
	parts, most := s.from.Parts, 0.0
	for _, v := range s.pace {
		most = max(most, v)
	}
	total, sum := int64(0), int64(0)
	for _, p := range parts {
		total += p.DurationNanos
	}
	for i, p := range parts {
		sum += p.DurationNanos
		end := (i + 1) * room / len(parts)
		if total > 0 {
			end = int(float64(sum) / float64(total) * float64(room))
		}
		a.ends = append(a.ends, left+end)
		level := 0
		if most > 0 {
			level = min(int(s.pace[i]/most*8), 7)
		}
		a.level = append(a.level, level)
	}
}

// at is the number of the slice in a column, from 1.
func (a *axis) at(x int) int {
	for i, end := range a.ends {
		if x < end {
			return i + 1
		}
	}
	return len(a.ends)
}

// point picks the slice under the mouse; again takes the choice away.
func (a *axis) point(s *subject, x, y int, again bool) (effect, bool) {
	if a.line == 0 || y != a.line || s == nil {
		return effect{}, false
	}
	l := s.lens
	if l.part, l.upto = a.at(x), 0; again {
		l.part = 0
	}
	return effect{lens: &l}, true
}

// drag picks the slices that the mouse went over, when its button is let go.
func (a *axis) drag(s *subject, d drag) (effect, bool) {
	a.held = [2]int{}
	if a.line == 0 || d.y != a.line || s == nil {
		return effect{}, false
	}
	from, to := a.at(min(d.x, d.toX)), a.at(max(d.x, d.toX))
	l := s.lens.over(from, to, len(s.from.Parts))
	if d.done {
		return effect{lens: &l}, true
	}
	a.held = [2]int{from, to}
	return told(s.from.when(from, to)), true
}

// over is the lens on some of the slices; on all of them it is the one on the whole.
func (l lens) over(from, to, of int) lens {
	l.part, l.upto = from, to
	if to <= from {
		l.upto = 0
	}
	if from <= 1 && to >= of {
		l.part, l.upto = 0, 0
	}
	return l
}

// slices are the first and the last of those that are looked at, 0 for the whole.
func (l lens) slices(of int) (from, to int) {
	if l.part > of {
		return 0, 0
	}
	return l.part, min(max(l.upto, l.part), of)
}

// parts is some of the slices, or the last of some snapshots; the whole when there
// are none of the numbers.
func (p Profile) parts(l lens) (Profile, error) {
	from, to := l.slices(len(p.Parts))
	if from == 0 {
		return p, nil
	}
	one := Profile{Kind: p.Kind, Profile: p.Parts[to-1], Parts: p.Parts}
	if to == from || one.DurationNanos == 0 {
		return one, nil
	}
	sum, err := profile.Merge(p.Parts[from-1 : to]...)
	one.Profile = sum
	return one, err
}

// when says which slices of a profile are looked at, and from when on.
func (p Profile) when(from, to int) string {
	n := len(p.Parts)
	if from < 1 || to > n {
		return ""
	}
	word := "snapshot"
	if p.Parts[from-1].DurationNanos > 0 {
		word = "slice"
	}
	text := fmt.Sprintf("%s %d of %d", word, to, n)
	if to > from {
		text = fmt.Sprintf("%ss %d to %d of %d", word, from, to, n)
	}
	if first := p.Parts[0].TimeNanos; first > 0 && p.Parts[from-1].TimeNanos >= first {
		text += ", from " + report.FormatValue(float64(p.Parts[from-1].TimeNanos-first)/1e9, "s") + " on"
	}
	return text
}

// span is how long all slices were, or how many snapshots there are.
func (p Profile) span() string {
	var total int64
	for _, one := range p.Parts {
		total += one.DurationNanos
	}
	if total == 0 {
		return plural(len(p.Parts), "look")
	}
	return report.FormatValue(float64(total)/1e9, "s")
}

// paces is what each slice took in a second, or what each snapshot holds.
func (p Profile) paces(column string) []float64 {
	all := make([]float64, len(p.Parts))
	for i, one := range p.Parts {
		if k, ok := one.SampleType(column); ok {
			all[i] = float64(one.Total(k))
		}
		if one.DurationNanos > 0 {
			all[i] *= 1e9 / float64(one.DurationNanos)
		}
	}
	return all
}
