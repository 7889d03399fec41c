package trend

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/goperf/goperf/report"
)

// History is what was measured of builds, oldest first.
type History struct {
	Builds []Build
	series map[key]*Series
}

// Build is one of them.
type Build struct {
	Name string
	Time time.Time // zero when unknown
}

type key struct{ metric, subject string }

// Value is one quantity of one build.
type Value struct {
	Metric, Subject, Unit string
	Value                 float64
}

// New makes a history of builds and what was measured of each. Where some
// builds have no time the order is kept, else they are put in order of it.
func New(builds []Build, values [][]Value) *History {
	order := make([]int, len(builds))
	for i := range order {
		order[i] = i
	}
	if !slices.ContainsFunc(builds, func(b Build) bool { return b.Time.IsZero() }) {
		slices.SortStableFunc(order, func(a, b int) int { return builds[a].Time.Compare(builds[b].Time) })
	}
	h := &History{series: map[key]*Series{}}
	for at, from := range order {
		h.Builds = append(h.Builds, builds[from])
		for _, v := range values[from] {
			k := key{v.Metric, v.Subject}
			s := h.series[k]
			if s == nil {
				s = &Series{Metric: v.Metric, Subject: v.Subject, Unit: v.Unit}
				h.series[k] = s
			}
			if s.Unit == v.Unit { // another unit cannot be compared
				s.Points = append(s.Points, Point{at, v.Value})
			}
		}
	}
	return h
}

// Series are those whose subject a test accepts, nil for all, in order.
func (h *History) Series(accept func(subject string) bool) []*Series {
	var out []*Series
	for _, s := range h.series {
		if accept == nil || accept(s.Subject) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b *Series) int {
		return cmp.Or(cmp.Compare(a.Metric, b.Metric), cmp.Compare(a.Subject, b.Subject))
	})
	return out
}

// lines is how many series are drawn.
const lines = 8

// Report says where series changed, the newest change first, and draws them.
func (h *History) Report(all []*Series) *report.Report {
	r := h.empty()
	type found struct {
		Change
		of *Series
	}
	var changes []found
	for _, s := range all {
		for _, c := range Changes(s.Values()) {
			changes = append(changes, found{c, s})
		}
	}
	slices.SortStableFunc(changes, func(a, b found) int {
		return cmp.Or(
			cmp.Compare(b.of.Points[b.At].Build, a.of.Points[a.At].Build),
			cmp.Compare(math.Abs(b.Ratio()), math.Abs(a.Ratio())),
		)
	})
	t := &report.Table{Columns: []report.Column{
		{Name: "since"}, {Name: "change", Unit: "ratio"}, {Name: "before"}, {Name: "after"}, {Name: "metric"}, {Name: "of"},
	}}
	drawn := map[*Series]bool{}
	for _, c := range changes {
		row := []report.Cell{
			{Text: h.Builds[c.of.Points[c.At].Build].Name},
			{Value: c.Ratio()},
			{Text: report.FormatValue(c.Before, c.of.Unit)},
			{Text: report.FormatValue(c.After, c.of.Unit)},
			{Text: c.of.Metric},
			{Text: c.of.Subject},
		}
		if c.Before == 0 {
			row[1] = report.Cell{Text: "new"}
		}
		t.Rows = append(t.Rows, row)
		if !drawn[c.of] && len(drawn) < lines {
			drawn[c.of] = true
		}
	}
	title := fmt.Sprintf("Changes: %d in %d series of %s", len(changes), len(all), h.builds())
	if len(changes) == 0 {
		title, t = fmt.Sprintf("No change in %d series of %s", len(all), h.builds()), h.levels(all)
	}
	r.Exhibits = append(r.Exhibits, report.Exhibit{ID: "history-changes", Title: title, Table: t})
	for _, s := range all {
		if drawn[s] {
			r.Exhibits = append(r.Exhibits, h.draw(s))
		}
	}
	if len(h.Builds) < 2*least {
		r.Notes = append(r.Notes, fmt.Sprintf("%s: a change needs at least %d on each side", h.builds(), least))
	}
	return r
}

func (h *History) builds() string {
	if len(h.Builds) == 1 {
		return "1 build"
	}
	return fmt.Sprintf("%d builds", len(h.Builds))
}

// levels is what stands where nothing changed: how far series go up and down.
func (h *History) levels(all []*Series) *report.Table {
	t := &report.Table{Columns: []report.Column{{Name: "least"}, {Name: "most"}, {Name: "in the newest"}, {Name: "metric"}, {Name: "of"}}}
	for _, s := range all[:min(len(all), lines)] {
		v := s.Values()
		t.Rows = append(t.Rows, []report.Cell{
			{Text: report.FormatValue(slices.Min(v), s.Unit)},
			{Text: report.FormatValue(slices.Max(v), s.Unit)},
			{Text: report.FormatValue(v[len(v)-1], s.Unit)},
			{Text: s.Metric},
			{Text: s.Subject},
		})
	}
	return t
}

func (h *History) empty() *report.Report {
	r := &report.Report{Schema: report.Schema, Unjudged: true, Evidence: []report.Seen{{Kind: "results", Count: len(h.Builds)}}}
	if n := len(h.Builds); n > 0 && !h.Builds[0].Time.IsZero() && !h.Builds[n-1].Time.Before(h.Builds[0].Time) {
		r.From, r.To = h.Builds[0].Time, h.Builds[n-1].Time
	}
	return r
}

// draw is a series over the builds, counted from the oldest.
func (h *History) draw(s *Series) report.Exhibit {
	out := &report.Series{Unit: s.Unit, Lines: []report.Line{{Name: s.Subject, Values: s.Values()}}}
	for _, p := range s.Points {
		out.Times = append(out.Times, float64(p.Build))
	}
	return report.Exhibit{ID: "history-" + s.Metric + "-" + s.Subject, Title: s.Metric + " of " + s.Subject + ", by build", Series: out}
}

// Firsts adds to a report in which build each series first exceeded a limit.
func (h *History) Firsts(r *report.Report, all []*Series, limit float64, text string) {
	t := &report.Table{Columns: []report.Column{{Name: "first build"}, {Name: "value"}, {Name: "in the newest"}, {Name: "metric"}, {Name: "of"}}}
	for _, s := range all {
		last := s.Points[len(s.Points)-1].Value
		row := []report.Cell{{Text: "none"}, {}, {Text: report.FormatValue(last, s.Unit)}, {Text: s.Metric}, {Text: s.Subject}}
		if i := s.First(limit); i >= 0 {
			row[0].Text, row[1].Text = h.Builds[s.Points[i].Build].Name, report.FormatValue(s.Points[i].Value, s.Unit)
		}
		t.Rows = append(t.Rows, row)
	}
	r.Exhibits = slices.Insert(r.Exhibits, 0, report.Exhibit{ID: "history-first", Title: "First build above " + text, Table: t})
}
