package tui

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goperf/goperf/render"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// live is the collection: the numbers as they come, how far it is, what has
// arrived, what could not be had and why, and what was asked of the target.
type live struct {
	desk
	held    chartPart
	ages    int  // columns of the oldest number's age, 0 when all are of now
	watched bool // the service goes on being looked at
}

// chartPart is columns of the chart of a number, while the mouse goes over them.
type chartPart struct{ row, from, to int }

// Arrived is one piece of evidence that has come.
type Arrived struct {
	Kind    string
	Bytes   int64
	Seconds float64 // asked for, 0 for a snapshot
}

func (l *live) set(d *Data) {
	l.d, l.absence = d, nil
	if d.Collecting == nil && d.Report == nil {
		l.absence = &absence{what: "Nothing is being collected.", hint: "goperf tui http://HOST:PORT"}
	}
	gaps, asked := []report.Gap(nil), []report.Request(nil)
	switch {
	case d.Collecting != nil:
		gaps, asked = d.Collecting.Gaps, d.Collecting.Asked
	case d.Report != nil:
		gaps, asked = d.Report.Gaps, d.Report.Asked
	}
	l.put(l.state(), l.progress(), l.numbers(), l.output(), l.seen(), l.ahead(), l.gaps(gaps), l.asked(asked))
	if len(l.parts) == 0 && l.absence == nil {
		l.absence = &absence{what: "Nothing is known of how this was collected.", hint: "goperf tui http://HOST:PORT"}
	}
}

// state is what is to be known first: that the target is gone, or what this is.
func (l *live) state() (facts []fact) {
	switch {
	case l.d.Live && l.d.Collecting != nil && l.d.Report != nil:
		facts = append(facts, fact{"", "What was collected before is shown until a CPU profile has come.", paint.Plain})
	case l.d.Err != nil:
		facts = append(facts, fact{"", "What came before is kept: it could not be collected again. " + oneLine(l.d.Err), paint.Warning})
	case l.d.Lost:
		why := "The target stopped answering"
		if l.d.Silence.Why != "" {
			why = "Lost: " + report.Clean(l.d.Silence.Why)
		}
		facts = append(facts, fact{"", why + "; what came before is kept.", paint.Warning})
		if writes := l.keys.note("", writeAll, " writes it as"); l.d.Report != nil && writes != "" {
			facts = append(facts, fact{writes, "a bundle", paint.Key})
		}
	case l.d.recorded() != "":
		facts = append(facts, fact{"", l.d.recorded(), paint.Plain})
	case l.watched && l.d.Live && l.d.Collecting == nil && l.d.Report != nil:
		if text := l.d.took(); text != "" {
			facts = append(facts, fact{"its CPU by /proc:", text, paint.Strong})
		}
		facts = append(facts, fact{"looked at every", seconds(watchEvery) + ", by /proc and the index page of the profiles" + l.keys.note("; ", keep, " pauses"), paint.Faint})
	}
	return facts
}

// progress is how far a collection is.
func (l *live) progress() *part {
	p := l.d.Collecting
	if p == nil {
		return nil
	}
	return &part{id: "progress", title: "collecting", note: l.keys.note("", keep, " keeps what is there"), show: &made{make: func(width int) (lines []line) {
		if p.Window > 0 {
			lines = append(lines, line{pieces: []piece{{text: " "}, {style: paint.Good, bar: float64(p.Elapsed) / float64(p.Window), cells: max(width-40, 8)}, {text: fmt.Sprintf("  %s of %s, %s left", seconds(min(p.Elapsed, p.Window)), seconds(p.Window), seconds(max(p.Window-p.Elapsed, 0)))}}})
		}
		lines = append(lines, plainLine(paint.Plain, " "+p.words()))
		if doubt := p.doubt(); doubt != "" {
			lines = append(lines, plainLine(paint.Faint, " "+doubt))
		}
		return lines
	}}}
}

// charted are the numbers that were looked at more than once.
func (l *live) charted() (all []report.Exhibit) {
	for _, e := range l.d.Numbers {
		if e.Series != nil && len(e.Series.Lines) > 0 && len(e.Series.Lines[0].Values) > 0 {
			all = append(all, e)
		}
	}
	return all
}

// numbers are those that were looked at more than once, each as a line of blocks.
func (l *live) numbers() *part {
	all := l.charted()
	if len(all) == 0 {
		return nil
	}
	from, to := span(all)
	l.ages = 0
	ages := make([]string, len(all))
	for i, e := range all {
		if age := l.d.ageOf(e.Series); age != "" {
			ages[i] = age + "  "
			l.ages = max(l.ages, len(ages[i]))
		}
	}
	note := "over " + report.FormatValue(to-from, "s")
	return &part{id: "numbers", picture: true, title: "numbers", note: note, least: min(len(all)+1, 8), show: &made{make: func(width int) (lines []line) {
		for i, e := range all {
			lines = append(lines, numberLine(&e, fmt.Sprintf("%-*s", l.ages, ages[i]), from, to, width))
			if l.held.row == i && l.held.to > 0 {
				lines[i] = marked(lines[i], l.held.from, l.held.to)
			}
		}
		return lines
	}}}
}

// span is the time from the first look at any of the numbers to the last.
func span(all []report.Exhibit) (from, to float64) {
	for i, e := range all {
		times := e.Series.Times
		if n := len(times); n > 0 && (i == 0 || times[0] < from) {
			from = times[0]
		}
		if n := len(times); n > 0 {
			to = max(to, times[n-1])
		}
	}
	return from, to
}

// number is one of the numbers of a window, nil when it was not looked at twice.
func (d *Data) number(name string) *report.Series {
	for i := range d.Numbers {
		e := &d.Numbers[i]
		if e.Title == name && e.Series != nil && len(e.Series.Lines) > 0 && len(e.Series.Lines[0].Values) == len(e.Series.Times) {
			return e.Series
		}
	}
	return nil
}

// numberLine is a number now, or its last and how old that is, how it came to it, and
// what it was between. The blocks leave a gap to the line above.
func numberLine(e *report.Exhibit, age string, from, to float64, width int) line {
	v := e.Series.Lines[0].Values
	low, high := slices.Min(v), slices.Max(v)
	style := paint.Strong
	if strings.TrimSpace(age) != "" {
		style = paint.Faint
	}
	return line{pieces: []piece{
		{text: fmt.Sprintf(" %-*s", chartLabel, report.Clean(e.Title))},
		{style: style, text: fmt.Sprintf("%*s  %s", chartNumber, report.FormatValue(v[len(v)-1], e.Series.Unit), age)},
		{style: paint.Accent, text: byTime(e.Series, from, to, high*8/7, chartColumns(width-len(age)))},
		{style: paint.Faint, text: "  " + report.FormatRange(low, high, e.Series.Unit)},
	}}
}

// The columns of the line of a number: what it is, the number, and what it was between.
const chartLabel, chartNumber, chartRange = 17, 12, 30

func chartColumns(width int) int { return max(width-chartLabel-chartNumber-chartRange, 8) }

// chartLeft is the column in which the blocks of a number begin, behind the mark
// of the selected row, when no number is old.
const chartLeft = 1 + 1 + chartLabel + chartNumber + 2

// marked is the line of a number with some of its blocks selected.
func marked(l line, from, to int) line {
	chart := []rune(l.pieces[2].text)
	from, to = min(from, len(chart)), min(to+1, len(chart))
	return line{pieces: []piece{
		l.pieces[0], l.pieces[1],
		{style: paint.Accent, text: string(chart[:from])},
		{style: paint.Selected, text: string(chart[from:to])},
		{style: paint.Accent, text: string(chart[to:])},
		l.pieces[3],
	}}
}

// drag selects a window on the chart of a number: the slices of the CPU profile in
// it are shown as a flame graph when the button is let go.
func (l *live) drag(d drag) effect {
	if l.held = (chartPart{}); l.move(d) {
		return effect{}
	}
	cpu, _ := l.d.profile("cpu")
	for _, p := range l.parts {
		row, ok := p.list.hit(d.y, p.place.top)
		columns, left := chartColumns(p.place.right-p.place.left-1-l.ages), p.place.left+chartLeft+l.ages
		if from, to := d.columns(p.place.right); p.id == "numbers" && ok && len(cpu.Parts) > 1 {
			from, to = max(from-left, 0), min(to-left, columns-1)
			if to < 0 {
				return effect{}
			}
			zero, end := span(l.charted())
			column := (end - zero) / float64(columns)
			first, last := slicesIn(cpu, l.d.From, zero+float64(from)*column, zero+float64(to+1)*column)
			if first == 0 {
				return told("no slice of the CPU profile is of that time")
			}
			if !d.done {
				l.held = chartPart{row, from, to}
				return told(cpu.when(first, last) + ": let go to see its flame graph")
			}
			seen := lens{kind: "cpu"}.over(first, last, len(cpu.Parts))
			return effect{open: flameScreenID, goes: true, lens: &seen}
		}
	}
	return effect{}
}

// slicesIn are the first and the last slice of a profile that ran in a part of the
// time, in seconds since zero; 0 when none did.
func slicesIn(p Profile, zero time.Time, begin, end float64) (first, last int) {
	if zero.IsZero() {
		zero = time.Unix(0, p.Parts[0].TimeNanos)
	}
	for i, part := range p.Parts {
		from := time.Unix(0, part.TimeNanos).Sub(zero).Seconds()
		if from >= end || from+float64(part.DurationNanos)/1e9 <= begin {
			continue
		}
		if last = i + 1; first == 0 {
			first = last
		}
	}
	return first, last
}

// output is what a command that was started has written last.
func (l *live) output() *part {
	var lines fixed
	for _, text := range l.d.Output {
		lines = append(lines, plainLine(paint.Plain, " "+report.Clean(text)))
	}
	if len(lines) == 0 {
		return nil
	}
	return &part{id: "output", title: "the command wrote", note: "all of it comes when the screens are gone", show: lines, least: len(lines) + 1}
}

// seen is what has come, and in the end what was looked at.
func (l *live) seen() *part {
	var lines fixed
	mark := func(text, faint string) {
		lines = append(lines, line{pieces: []piece{{style: paint.Good, text: " + "}, {text: text + "   "}, {style: paint.Faint, text: faint}}})
	}
	title := "looked at"
	if p := l.d.Collecting; p != nil {
		title = "arrived"
		for _, a := range p.Arrived {
			text := report.Clean(a.Kind)
			if a.Seconds > 0 {
				text += " over " + report.FormatValue(a.Seconds, "s")
			}
			mark(text, report.FormatValue(float64(a.Bytes), "B"))
		}
	} else if r := l.d.Report; r != nil {
		for _, s := range r.Evidence {
			mark(report.Clean(render.Seen(s)), "")
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return &part{id: "seen", title: title, show: lines}
}

// ahead is what comes yet.
func (l *live) ahead() *part {
	if l.d.Collecting == nil || len(l.d.Collecting.Ahead) == 0 {
		return nil
	}
	var lines fixed
	for _, text := range l.d.Collecting.Ahead {
		lines = append(lines, line{pieces: []piece{{style: paint.Faint, text: " · "}, {text: report.Clean(text)}}})
	}
	return &part{id: "ahead", title: "comes yet", beside: true, show: lines}
}

// gaps are what could not be had, why, and what would get it.
func (l *live) gaps(gaps []report.Gap) *part {
	if len(gaps) == 0 {
		return nil
	}
	return &part{id: "gaps", title: "could not be had", note: plural(len(gaps), "gap"), show: &made{make: func(width int) (lines []line) {
		for _, g := range together(gaps) {
			for i, text := range paint.Wrap(g.Want+": "+g.Why, max(width-4, 20)) {
				lines = append(lines, line{pieces: []piece{{style: paint.Warning, text: " " + "x "[min(i, 1):][:1] + " "}, {text: text}}})
			}
			for _, text := range paint.Wrap(g.Hint, max(width-4, 20)) {
				lines = append(lines, plainLine(paint.Faint, "   "+text))
			}
		}
		return lines
	}}}
}

// asked is what was asked of the target and what that costs it.
func (l *live) asked(asked []report.Request) *part {
	if len(asked) == 0 {
		return nil
	}
	t := &report.Table{Columns: []report.Column{{Name: "took", Unit: "s"}, {Name: "answer", Unit: "B"}, {Name: "asked"}, {Name: "effect"}}}
	for _, a := range asked {
		t.Rows = append(t.Rows, []report.Cell{{Value: a.Seconds}, {Value: float64(a.Bytes)}, {Text: a.What}, {Text: a.Effect}})
	}
	return &part{id: "asked", title: "asked of the target", note: cost(asked), show: newSheet(t, column{of: "took"}, column{of: "answer"}, column{of: "asked", kind: passage}, column{of: "effect", kind: passage})}
}

// cost sums up what was asked.
func cost(asked []report.Request) string {
	var seconds, waits float64
	var size int64
	for _, a := range asked {
		wait := min(waited(a.What), a.Seconds)
		seconds, waits, size = seconds+a.Seconds-wait, waits+wait, size+a.Bytes
	}
	text := fmt.Sprintf("%s, %s of answers, %s", plural(len(asked), "request"), report.FormatValue(seconds, "s"), report.FormatValue(float64(size), "B"))
	if waits > 0 {
		text += fmt.Sprintf("; %s of waiting for profiles to end", report.FormatValue(waits, "s"))
	}
	return text
}

// waited is for how many seconds a request only waits: GET /debug/pprof/profile?seconds=8.
func waited(what string) float64 {
	_, text, _ := strings.Cut(what, "seconds=")
	text, _, _ = strings.Cut(text, "&")
	v, _ := strconv.ParseFloat(text, 64) // 0 without
	return max(v, 0)
}

// took is the CPU that a service took while it was collected and since then, when it
// is asked next to nothing: the difference is what the collection cost, as far as its
// load is the same. "" while that is not known.
func (d *Data) took() string {
	s := d.number("CPU")
	if s == nil || d.Report == nil || d.From.IsZero() {
		return ""
	}
	end := d.Report.To.Sub(d.From).Seconds()
	var meanwhile, since mean
	for i := 1; i < len(s.Times); i++ {
		of := &meanwhile
		switch {
		case s.Times[i-1] >= end:
			of = &since
		case s.Times[i] > end: // of both
			continue
		}
		of.add(s.Lines[0].Values[i], s.Times[i]-s.Times[i-1])
	}
	if meanwhile.over == 0 || since.over < leastSince {
		return ""
	}
	return fmt.Sprintf("%s while it was collected, %s since", report.FormatValue(meanwhile.value(), s.Unit), report.FormatValue(since.value(), s.Unit))
}

// leastSince is for how many seconds a service is looked at before its CPU is told.
const leastSince = 8

// mean is of values that each stand for some time.
type mean struct{ sum, over float64 }

func (m *mean) add(v, over float64) { m.sum, m.over = m.sum+v*over, m.over+over }
func (m *mean) value() float64      { return m.sum / m.over }

// doubt is how far a share of the CPU samples may be off, at 95 %.
func (p *Collecting) doubt() string {
	if p.Samples < 1 {
		return ""
	}
	off := 1.96 * math.Sqrt(0.25/float64(p.Samples))
	text := fmt.Sprintf("shares are ± %.1f points at worst", 100*off)
	if window, sampled := p.Window.Seconds(), p.sampled(); window > sampled && sampled > 0 {
		text += fmt.Sprintf(", ± %.1f expected in the end", 100*off*math.Sqrt(sampled/window))
	}
	return text
}

// sampled is how many seconds the CPU samples are of: they come slice by slice.
func (p *Collecting) sampled() (seconds float64) {
	for _, a := range p.Arrived {
		if a.Kind == "cpu" {
			seconds += a.Seconds
		}
	}
	return seconds
}

func (l *live) plain(p *prose) {
	l.tell(p)
	for _, e := range l.d.Numbers {
		if e.Series != nil && len(e.Series.Lines) > 0 {
			p.heading("%s over time", report.Clean(e.Title))
			for i, v := range e.Series.Lines[0].Values {
				p.line("after %s: %s", report.FormatValue(e.Series.Times[i], "s"), report.FormatValue(v, e.Series.Unit))
			}
			if age := l.d.ageOf(e.Series); age != "" {
				p.line("%s was looked at last %s", report.Clean(e.Title), age)
			}
		}
	}
}
