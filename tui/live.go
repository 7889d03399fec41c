package tui

import (
	"fmt"
	"math"
	"strings"

	"github.com/goperf/goperf/render"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// live is the collection: how far it is, what has come, what could not be had and
// why, and what was asked of the target.
type live struct {
	d     *Data
	lines []liveLine
	wide  int
	list  list
}

type liveLine struct {
	mark  string // "+", "x", ">" or ""
	text  string
	faint string
	head  bool
}

// Arrived is one piece of evidence that has come.
type Arrived struct {
	Kind    string
	Bytes   int64
	Seconds float64 // asked for, 0 for a snapshot
}

func (l *live) set(d *Data) { l.d, l.wide = d, 0 }

func (l *live) missing() *absence {
	switch {
	case l.d == nil:
		return &absence{what: "Reading…"}
	case l.d.Collecting == nil && l.d.Report == nil:
		return &absence{what: "Nothing is being collected."}
	}
	return nil
}

func (l *live) act(a action) effect {
	l.list.move(a)
	if a == copyName && l.list.at < len(l.lines) {
		return effect{copy: l.lines[l.list.at].text}
	}
	return effect{}
}

// layOut makes the lines: while evidence comes of what is known so far, in the
// end of the report.
func (l *live) layOut(width int) {
	if l.wide == width {
		return
	}
	l.wide, l.lines = width, l.lines[:0]
	gaps, asked := []report.Gap(nil), []report.Request(nil)
	if p := l.d.Collecting; p != nil {
		l.head("collecting")
		l.lines = append(l.lines, liveLine{mark: ">", text: p.words(), faint: p.doubt()})
		l.head("arrived")
		for _, a := range p.Arrived {
			text := report.Clean(a.Kind)
			if a.Seconds > 0 {
				text += " over " + report.FormatValue(a.Seconds, "s")
			}
			l.lines = append(l.lines, liveLine{mark: "+", text: text, faint: report.FormatValue(float64(a.Bytes), "B")})
		}
		gaps, asked = p.Gaps, p.Asked
	}
	if r := l.d.Report; r != nil {
		l.head("looked at")
		for _, s := range r.Evidence {
			l.lines = append(l.lines, liveLine{mark: "+", text: render.Seen(s)})
		}
		gaps, asked = r.Gaps, r.Asked
	}
	l.gaps(gaps, width)
	if len(asked) > 0 {
		l.head("asked of the target: " + cost(asked))
	}
	for _, a := range asked {
		l.lines = append(l.lines, liveLine{text: fmt.Sprintf("%8s %9s  %s", report.FormatValue(a.Seconds, "s"), report.FormatValue(float64(a.Bytes), "B"), report.Clean(a.What)), faint: report.Clean(a.Effect)})
	}
}

// gaps are what could not be had, why, and what would get it.
func (l *live) gaps(gaps []report.Gap, width int) {
	if len(gaps) > 0 {
		l.head("could not be had")
	}
	for _, g := range gaps {
		for i, text := range paint.Wrap(report.Clean(g.Want)+": "+report.Clean(g.Why), max(width-8, 20)) {
			l.lines = append(l.lines, liveLine{mark: "x"[:1-min(i, 1)], text: text})
		}
		if g.Hint != "" {
			for _, text := range paint.Wrap(report.Clean(g.Hint), max(width-8, 20)) {
				l.lines = append(l.lines, liveLine{faint: text})
			}
		}
	}
}

func (l *live) head(text string) {
	if len(l.lines) > 0 {
		l.lines = append(l.lines, liveLine{})
	}
	l.lines = append(l.lines, liveLine{head: true, text: text})
}

// cost sums up what was asked.
func cost(asked []report.Request) string {
	var seconds float64
	var size int64
	for _, a := range asked {
		seconds, size = seconds+a.Seconds, size+a.Bytes
	}
	return fmt.Sprintf("%s, %s of answers, %s", plural(len(asked), "request"), report.FormatValue(seconds, "s"), report.FormatValue(float64(size), "B"))
}

// doubt is how far a share of the CPU samples may be off, at 95 %.
func (p *Collecting) doubt() string {
	if p.Samples < 1 {
		return ""
	}
	off := 1.96 * math.Sqrt(0.25/float64(p.Samples))
	text := fmt.Sprintf("shares are ± %.1f points at worst", 100*off)
	if p.Window > p.Elapsed && p.Elapsed > 0 {
		text += fmt.Sprintf(", ± %.1f expected in the end", 100*off*math.Sqrt(float64(p.Elapsed)/float64(p.Window)))
	}
	return text
}

func (l *live) draw(c *paint.Canvas, height int) {
	end := c.Lines() + height
	if p := l.d.Collecting; p != nil && p.Window > 0 {
		c.Put(paint.Plain, " ")
		c.Bar(paint.Good, float64(p.Elapsed)/float64(p.Window), c.W-30)
		c.Put(paint.Plain, fmt.Sprintf("  %s of %s", seconds(min(p.Elapsed, p.Window)), seconds(p.Window)))
		c.End()
	}
	l.layOut(c.W)
	from, to := l.list.window(len(l.lines), end-c.Lines())
	for i := from; i < to; i++ {
		line := &l.lines[i]
		mark := " "
		if i == l.list.at {
			mark = c.Theme.Glyphs.Picked
		}
		c.Put(paint.Accent, mark)
		if line.head {
			c.Line(paint.Strong, line.text)
			continue
		}
		style := paint.Plain
		switch line.mark {
		case "x":
			style = paint.Warning
		case "+":
			style = paint.Good
		case ">":
			style = paint.Accent
		}
		c.Put(style, fmt.Sprintf(" %1s ", line.mark))
		c.Put(paint.Plain, line.text)
		if line.faint != "" {
			if line.text != "" {
				c.Put(paint.Plain, "   ")
			}
			c.Put(paint.Faint, line.faint)
		}
		c.End()
	}
	c.Fill(end)
}

func (l *live) plain(p *prose) {
	l.layOut(1 << 20)
	for _, line := range l.lines {
		text := strings.TrimSpace(strings.Join(strings.Fields(line.text+"   "+line.faint), " "))
		switch {
		case line.head:
			p.line("%s:", line.text)
		case line.mark == "x":
			p.line("missing %s", text)
		case text != "":
			p.line("%s", text)
		}
	}
}
