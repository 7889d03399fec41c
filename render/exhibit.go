package render

import (
	"slices"
	"strings"

	"github.com/goperf/goperf/report"
)

// always are the exhibits that are shown without being asked for: where the CPU
// time went and where the memory is; what was seen of the collector and what
// other settings of it would give; what the compiler can use of a profile.
var always = []string{"memory", "cpu", "compare", "observation", "frontier", "recommendation", "pgo-coverage", "pgo-hot-calls"}

const (
	flameRows  = 40   // calls of a flame graph that are written as text
	flameShare = 0.01 // calls below this share of the root are left out
	barWidth   = 20
)

var blocks = []rune("▁▂▃▄▅▆▇█")

// exhibits writes the tables that are always shown, and all others when
// everything is asked for or the report is made of nothing else.
func (s *sheet) exhibits() {
	for _, e := range s.r.Exhibits {
		if e.ID == frontierData {
			s.frontier(e.Table)
		}
		if !slices.Contains(always, e.ID) && !s.o.All && !s.r.Unjudged {
			continue
		}
		s.heading(s.clean(e.Title))
		switch {
		case e.Table != nil:
			// A table may be wider than prose.
			s.table(e.Table, 2, max(s.o.Width, s.width))
		case e.Flame != nil:
			left := flameRows
			s.flame(e.Flame, e.Flame.Total, e.Flame.Unit, 0, &left)
		case e.Series != nil:
			s.series(e.Series)
		case e.Histogram != nil:
			s.histogram(e.Histogram)
		}
	}
}

// flame writes the calls with the largest totals, outermost first, one level deeper with each indent.
func (s *sheet) flame(f *report.Flame, root float64, unit string, depth int, left *int) {
	if *left == 0 || root <= 0 || f.Total < flameShare*root {
		return
	}
	*left--
	share := report.FormatValue(f.Total/root, "ratio")
	amount := clip(valueText(f.Total, unit), 9)
	lead := "  " + flushRight(share, 7) + "  " + flushRight(amount, 9) + "  " + strings.Repeat(" ", min(depth, 8))
	s.para([]span{{lead, plain}}, columns(lead)+2, span{s.clean(shortName(f.Name)), plain})
	for i := range f.Children {
		s.flame(&f.Children[i], root, unit, depth+1, left)
	}
}

func flushRight(text string, width int) string {
	return strings.Repeat(" ", max(width-columns(text), 0)) + text
}

// series writes each line as a row of blocks between its least and its greatest value.
func (s *sheet) series(e *report.Series) {
	for _, l := range e.Lines {
		if len(l.Values) == 0 {
			continue
		}
		low, high := l.Values[0], l.Values[0]
		for _, v := range l.Values {
			low, high = min(low, v), max(high, v)
		}
		s.para([]span{{"  ", plain}}, 4, span{s.clean(l.Name) + " ", plain}, span{spark(l.Values, low, high, barWidth), cyan},
			span{" " + keep(rangeText(low, high, e.Unit)), faint})
	}
}

// spark draws values as at most width blocks, each the mean of its part.
func spark(values []float64, low, high float64, width int) string {
	n := min(len(values), width)
	var b strings.Builder
	for i := range n {
		from, to := i*len(values)/n, (i+1)*len(values)/n
		mean := 0.0
		for _, v := range values[from:to] {
			mean += v / float64(to-from)
		}
		step := 0
		if high > low {
			step = int((mean - low) / (high - low) * float64(len(blocks)-1))
		}
		b.WriteRune(blocks[min(max(step, 0), len(blocks)-1)])
	}
	return b.String()
}

// histogram writes a bar for each interval that has a count.
func (s *sheet) histogram(h *report.Histogram) {
	most, wide := 0.0, 0
	labels := make([]string, len(h.Counts))
	for i, c := range h.Counts {
		labels[i] = rangeText(h.Bounds[i], h.Bounds[i+1], h.Unit)
		most, wide = max(most, c), max(wide, columns(labels[i]))
	}
	longest := float64(min(barWidth, max(s.width-wide-4-columns(" 999,999"), 1)))
	for i, c := range h.Counts {
		if c <= 0 {
			continue
		}
		bar := strings.Repeat("█", max(int(c/most*longest), 1))
		s.para([]span{{"  " + flushRight(labels[i], wide) + "  ", plain}}, wide+4, span{bar, cyan}, span{" " + report.FormatValue(c, "count"), plain})
	}
}
