package gate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/goperf/goperf/compare"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// Explain makes a report on one budget of a verdict out of the runs it was made
// of: its numbers, what chance alone would do, how many runs would show less, the
// value of each run, and the stacks that changed.
func Explain(in Input, base, next compare.Side, id string) (*report.Report, error) {
	r := Judge(in)
	i := slices.IndexFunc(r.Verdict.Budgets, func(b report.Budget) bool { return b.ID == id })
	if i < 0 {
		return nil, &UnknownBudget{ID: id, Known: r.Verdict.Budgets}
	}
	b := &r.Verdict.Budgets[i]
	out := &report.Report{
		Schema: report.Schema, Tool: r.Tool, Target: r.Target, Vitals: r.Vitals, Evidence: r.Evidence, Notes: r.Notes, Unjudged: true,
	}
	out.Target.Name = id + " · " + out.Target.Name
	out.Exhibits = append(out.Exhibits, numbers(b), noise(b, in.Compared))
	if e, ok := needed(b, in); ok {
		out.Exhibits = append(out.Exhibits, e)
	}
	if e, ok := perRun(b, base, next); ok {
		out.Exhibits = append(out.Exhibits, e)
	}
	if e, ok := stacks(b, base, next); ok {
		out.Exhibits = append(out.Exhibits, e)
	}
	return out, nil
}

// UnknownBudget is the error for an id that no budget has.
type UnknownBudget struct {
	ID    string
	Known []report.Budget
}

// Error names the id.
func (e *UnknownBudget) Error() string { return fmt.Sprintf("%q: no budget has this id", e.ID) }

// Hint lists the ids, what somebody has to act on first.
func (e *UnknownBudget) Hint() string {
	var ids []string
	for _, b := range e.Known[:min(len(e.Known), 8)] {
		ids = append(ids, b.ID)
	}
	return "there are " + strings.Join(ids, ", ")
}

// pairs of words are a table of two columns.
func words(id, title string, rows ...[2]string) report.Exhibit {
	t := &report.Table{Columns: []report.Column{{Name: ""}, {Name: ""}}}
	for _, r := range rows {
		if r[1] != "" {
			t.Rows = append(t.Rows, []report.Cell{{Text: r[0]}, {Text: r[1]}})
		}
	}
	return report.Exhibit{ID: id, Title: title, Table: t}
}

func numbers(b *report.Budget) report.Exhibit {
	c := b.Change
	limit, interval, q := "none", "", ""
	if c.Limited {
		limit = signed(c.Limit, c.Unit) + ofWhat(c) + ", by " + b.Rule
	}
	if c.Low < c.High {
		interval = signed(c.Low, c.Unit) + " to " + signed(c.High, c.Unit) + " at " + report.FormatValue(c.Confidence, "ratio")
	}
	if c.Q > 0 {
		q = fmt.Sprintf("%.2g: of changes called so at this level, that part is none", c.Q)
	}
	place := ""
	if len(b.Where) > 0 && b.Where[0].File != "" {
		place = fmt.Sprintf("%s:%d", b.Where[0].File, b.Where[0].Line)
	}
	return words("explain-numbers", b.Why,
		[2]string{"status", string(b.Status)}, [2]string{"class", b.Class},
		[2]string{"base", report.FormatValue(b.Base, b.Unit)}, [2]string{"new", report.FormatValue(b.New, b.Unit)},
		[2]string{"change", signed(c.Value, c.Unit) + ofWhat(c)}, [2]string{"interval", interval}, [2]string{"allowed", limit},
		[2]string{"false discovery rate", q}, [2]string{"where", place}, [2]string{"doubt", b.Doubt}, [2]string{"what would settle it", b.Settle})
}

func ofWhat(c report.Change) string {
	if c.Unit == "ratio" && c.Of != "" {
		return " of the " + c.Of
	}
	return ""
}

// noise sets the change beside what chance alone does.
func noise(b *report.Budget, c *compare.Result) report.Exhibit {
	rows := [][2]string{}
	if ch := b.Change; ch.Low < ch.High {
		half := (ch.High - ch.Low) / 2
		rows = append(rows, [2]string{"signal", signed(ch.Value, ch.Unit)}, [2]string{"noise", "±" + report.FormatValue(half, ch.Unit) + ", half of the interval"},
			[2]string{"signal to noise", fmt.Sprintf("%.1f; above 1 the interval is on one side of no change", math.Abs(ch.Value)/half)})
	}
	if b.Change.Detectable > 0 {
		rows = append(rows, [2]string{"detectable", signed(b.Change.Detectable, b.Change.Unit) + " would have been found in 4 of 5 cases"})
	}
	for _, n := range c.Noise {
		if n.Metric != strings.TrimSuffix(b.Metric, " share") {
			continue
		}
		rows = append(rows, [2]string{"samples", report.FormatValue(n.Samples[0], "count") + " and " + report.FormatValue(n.Samples[1], "count")},
			[2]string{"dispersion", fmt.Sprintf("%.2f times the variance of sampling alone, over functions", n.Dispersion)},
			[2]string{"tested", report.FormatValue(float64(n.Tested), "count") + " functions, which is why one in a hundred by chance is not enough"},
			[2]string{"common to all", signed(n.Drift, "ratio") + ": the machine or the load; it was taken out"})
	}
	return words("explain-noise", "Noise against signal", rows...)
}

// needed says how many runs on each side would show smaller changes: what is
// detectable beyond the smallest effect shrinks with the square root of them.
func needed(b *report.Budget, in Input) (report.Exhibit, bool) {
	c := b.Change
	k := min(in.Compared.Base.Runs, in.Compared.New.Runs)
	floor := 0.0
	if c.Of == "total" {
		floor = in.Policy.Decide.MinimumEffect
	}
	if c.Unit != "ratio" || c.Detectable <= floor || k == 0 {
		return report.Exhibit{}, false
	}
	t := &report.Table{Columns: []report.Column{{Name: "change", Unit: "ratio"}, {Name: "runs on each side", Unit: "count"}}}
	for _, effect := range []float64{0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2} {
		if effect > floor {
			ratio := (c.Detectable - floor) / (effect - floor)
			n := math.Max(2, math.Ceil(float64(k)*ratio*ratio))
			t.Rows = append(t.Rows, []report.Cell{{Value: effect}, {Value: n}})
		}
	}
	return report.Exhibit{ID: "explain-runs", Title: fmt.Sprintf("Runs like these %d that would find a change in 4 of 5 cases", k), Table: t}, true
}

// perRun lists what each run says: of a total its value for a unit of work, of a
// function the share of the samples that it is on the stack of.
func perRun(b *report.Budget, base, next compare.Side) (report.Exhibit, bool) {
	of, unit, what := value(b)
	t := &report.Table{Columns: []report.Column{{Name: "run", Unit: "count"}, {Name: "base", Unit: unit}, {Name: "new", Unit: unit}, {Name: "difference", Unit: "text"}}}
	for i := range max(len(base.Runs), len(next.Runs)) {
		row := []report.Cell{{Value: float64(i + 1)}, {Text: "–"}, {Text: "–"}, {Text: "–"}}
		var v [2]float64
		for s, side := range []compare.Side{base, next} {
			if i < len(side.Runs) {
				if v[s] = of(&side.Runs[i]); v[s] > 0 || b.Kind == "function" {
					row[s+1] = report.Cell{Value: v[s]} // a function may be on no stack; a total of 0 was not measured
				}
			}
		}
		switch {
		case v[0] > 0 && v[1] > 0:
			row[3] = report.Cell{Text: signed(v[1]/v[0]-1, "ratio")}
		case b.Kind == "function" && v[0] > 0 && i < len(next.Runs):
			row[3] = report.Cell{Text: "gone"}
		case b.Kind == "function" && v[1] > 0 && i < len(base.Runs):
			row[3] = report.Cell{Text: "new"}
		}
		if v[0] > 0 || v[1] > 0 {
			t.Rows = append(t.Rows, row)
		}
	}
	return report.Exhibit{ID: "explain-each", Title: "Each run: " + what, Table: t}, len(t.Rows) > 0
}

// value is how the value of a budget is had of one run.
func value(b *report.Budget) (of func(*compare.Run) float64, unit, what string) {
	if b.Kind == "function" {
		return func(r *compare.Run) float64 { return onStack(r, b) }, "ratio", "share of " + b.Metric + " with " + symbol.Short(b.Subject) + " on the stack"
	}
	amount := map[string]func(*compare.Run) float64{
		"cpu": func(r *compare.Run) float64 { return r.CPU }, "wall": func(r *compare.Run) float64 { return r.Wall },
		"alloc_bytes": func(r *compare.Run) float64 { return r.Alloc }, "mallocs": func(r *compare.Run) float64 { return r.Mallocs },
	}[b.Metric]
	if b.Kind == "total" && amount != nil {
		return func(r *compare.Run) float64 {
			if r.Work <= 0 {
				return 0
			}
			return amount(r) / r.Work
		}, b.Unit, whose(b)
	}
	return func(r *compare.Run) float64 {
		for _, m := range r.Bench {
			if m.Name == b.Subject {
				return m.Values[b.Metric]
			}
		}
		return 0
	}, b.Unit, whose(b)
}

// columns are the columns of profiles that metrics are of, where they differ.
var columns = map[string]string{"mutex_delay": "delay", "block_delay": "delay"}

// column is the profile and the place in it of a metric, in a run.
func column(r *compare.Run, metric string) (*profile.Profile, int, bool) {
	metric = strings.TrimSuffix(metric, " share")
	name := cmp.Or(columns[metric], metric)
	for _, p := range []*profile.Profile{r.Profiles[evidence.CPU], r.Profiles[evidence.Allocs], r.Profiles[evidence.Heap], r.Profiles[evidence.Mutex], r.Profiles[evidence.Block], r.Profiles[evidence.Goroutine]} {
		if p == nil || metric == "block_delay" && p == r.Profiles[evidence.Mutex] {
			continue
		}
		if i, ok := p.SampleType(name); ok {
			return p, i, true
		}
	}
	return nil, 0, false
}

// onStack is the share of a run's samples that have the function on the stack.
func onStack(r *compare.Run, b *report.Budget) float64 {
	p, at, ok := column(r, b.Metric)
	if !ok {
		return 0
	}
	var all, with float64
	for i, stack := range p.Stacks(profile.ByFunction) {
		v := float64(p.Values(i)[at])
		all += v
		if slices.ContainsFunc(stack, func(f profile.Frame) bool { return f.Name == b.Subject }) {
			with += v
		}
	}
	if all == 0 {
		return 0
	}
	return with / all
}

const (
	shownStacks = 8
	shownFrames = 8
)

// stacks lists the ways down from the function whose share of the total changed
// most, all runs of a side together.
func stacks(b *report.Budget, base, next compare.Side) (report.Exhibit, bool) {
	if b.Kind != "function" {
		return report.Exhibit{}, false
	}
	shares := map[string]*[2]float64{}
	for s, side := range []compare.Side{base, next} {
		below(side, b, func(way string, share float64) {
			if shares[way] == nil {
				shares[way] = &[2]float64{}
			}
			shares[way][s] += share
		})
	}
	ways := make([]string, 0, len(shares))
	for w := range shares {
		ways = append(ways, w)
	}
	change := func(w string) float64 { return shares[w][1] - shares[w][0] }
	slices.SortFunc(ways, func(a, b string) int {
		return cmp.Or(cmp.Compare(math.Abs(change(b)), math.Abs(change(a))), strings.Compare(a, b))
	})
	t := &report.Table{Columns: []report.Column{{Name: "base", Unit: "ratio"}, {Name: "new", Unit: "ratio"}, {Name: "change", Unit: "text"}, {Name: "from " + symbol.Short(b.Subject) + " down"}}}
	for _, w := range ways[:min(len(ways), shownStacks)] {
		t.Rows = append(t.Rows, []report.Cell{{Value: shares[w][0]}, {Value: shares[w][1]}, {Text: signed(change(w), "ratio")}, {Text: w}})
	}
	return report.Exhibit{ID: "explain-stacks", Title: "Stacks that changed most, as shares of all samples of their side", Table: t}, len(t.Rows) > 0
}

// below tells of each stack with the function what is below its outermost frame,
// and which share of the side's samples that is.
func below(side compare.Side, b *report.Budget, tell func(way string, share float64)) {
	var total float64
	for i := range side.Runs {
		if p, at, ok := column(&side.Runs[i], b.Metric); ok {
			for s := range p.NumSamples() {
				total += float64(p.Value(s, at))
			}
		}
	}
	for i := range side.Runs {
		p, at, ok := column(&side.Runs[i], b.Metric)
		if !ok || total == 0 {
			continue
		}
		for s, stack := range p.Stacks(profile.ByFunction) {
			if way := wayDown(stack, b.Subject); way != "" {
				tell(way, float64(p.Value(s, at))/total)
			}
		}
	}
}

// wayDown is the functions from the outermost frame of one to the leaf, which a
// stack begins with; "" when it is not on the stack.
func wayDown(stack []profile.Frame, from string) string {
	var names []string
	for i := len(stack) - 1; i >= 0; i-- {
		if len(names) == 0 && stack[i].Name != from {
			continue
		}
		if names = append(names, symbol.Short(stack[i].Name)); len(names) == shownFrames && i > 0 {
			names = append(names, "…")
			break
		}
	}
	return strings.Join(names, " → ")
}
