package tui

import (
	"cmp"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// The table of the groups of goroutines: how many there are, how many more than at
// the first look, how long they wait; and how old all of this is.

// table is the groups with their numbers.
func (g *goroutines) table() *sheet {
	apart := g.apart()
	more := cmp.Or(spanned(apart), "more")
	t := &report.Table{Columns: []report.Column{{Name: "count", Unit: "count"}, {Name: more, Unit: "count"}, {Name: "a minute"}, {Name: "trend"}, {Name: "half waits"}, {Name: "longest"}, {Name: "state"}, {Name: "own frame"}, {Name: "note"}}}
	const grew, half, longest = 1, 4, 5
	differ := false
	for i := range g.groups {
		gr := &g.groups[i]
		grown := report.Cell{Text: gr.growth()}
		if gr.Before >= 0 {
			grown.Value = float64(gr.Count - gr.Before)
		}
		differ = differ || gr.span(gr.Median) != gr.span(gr.Oldest)
		t.Rows = append(t.Rows, []report.Cell{
			{Value: float64(gr.Count)},
			grown,
			{Text: gr.pace(apart)},
			{Text: gr.trend()},
			{Text: gr.span(gr.Median)},
			{Text: gr.span(gr.Oldest)},
			{Text: cmp.Or(gr.State, "?")},
			{Text: g.owns[i].Function},
			{Text: strings.Join(g.notes(i), ", ")},
		})
	}
	if !differ { // one says what the other does
		for _, row := range t.Rows {
			row[half].Text = ""
		}
	}
	grows := func(row []report.Cell) paint.Style {
		if row[grew].Value > 0 {
			return paint.Warning
		}
		return paint.Plain
	}
	s := newSheet(t,
		column{of: "count", bar: true}, column{of: more, style: grows}, column{of: "a minute", shed: 5, style: grows},
		column{of: "trend", kind: word, shed: 4, style: func(row []report.Cell) paint.Style { return cmp.Or(grows(row), paint.Accent) }},
		column{of: "half waits", shed: 3}, column{of: "longest", shed: 1}, column{of: "state", kind: word}, column{of: "own frame", kind: function},
		column{of: "note", kind: passage, shed: 2, style: noted})
	for i, f := range g.owns {
		s.label(i, "own frame", g.place(i))
		s.names[i] = f.Function
	}
	return s
}

// noted marks what there is a finding about.
func noted(row []report.Cell) paint.Style {
	if strings.HasPrefix(row[len(row)-1].Text, "finding") {
		return paint.Warning
	}
	return paint.Faint
}

// paced is the shortest time from which a pace by the minute is told.
const paced = 5 * time.Second

// pace is a growth by the minute, "" where there is none to speak of.
func (g *Group) pace(apart time.Duration) string {
	if apart < paced || g.Before < 0 || g.Count == g.Before {
		return ""
	}
	v := float64(g.Count-g.Before) / apart.Minutes()
	if math.Abs(v) < 10 {
		return fmt.Sprintf("%+.1f", v)
	}
	return fmt.Sprintf("%+.0f", v) // of two counts: no more of it means anything
}

// spanned is a time in which something grew, "" when it is not known.
func spanned(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return "in " + report.FormatValue(d.Round(time.Second).Seconds(), "s")
}

func (g *Group) growth() string {
	switch {
	case g.Before < 0:
		return ""
	case g.Count > g.Before:
		return fmt.Sprintf("+%d", g.Count-g.Before)
	}
	return fmt.Sprint(g.Count - g.Before)
}

// agedAfter is how much older than the newest count the groups are when that is
// worth a word.
const agedAfter = time.Second

// aged is how old the groups are where there is a newer count of goroutines, and
// that count: a dump is taken twice in a window, their number more often.
func (g *goroutines) aged() []fact {
	e := g.d.number("goroutines")
	if e == nil || len(g.d.Looked) == 0 || g.d.From.IsZero() {
		return nil
	}
	last := len(e.Times) - 1
	newest := g.d.From.Add(time.Duration(e.Times[last] * float64(time.Second)))
	age := newest.Sub(g.d.Looked[len(g.d.Looked)-1])
	if age < agedAfter {
		return nil
	}
	text, then := "%s ago; %s now", report.FormatValue(e.Lines[0].Values[last], "count")
	if !g.d.Live || g.d.Lost {
		text = "%s before the last count, %s"
	}
	return []fact{{"looked at", fmt.Sprintf(text, report.FormatValue(age.Round(time.Second).Seconds(), "s"), then), paint.Warning}}
}

// apart is the time between the first look at the goroutines and the last, zero
// when that is not known.
func (g *goroutines) apart() time.Duration {
	if len(g.d.Looked) < 2 {
		return 0
	}
	if d := g.d.Looked[len(g.d.Looked)-1].Sub(g.d.Looked[0]); d >= agedAfter {
		return d
	}
	return 0
}
