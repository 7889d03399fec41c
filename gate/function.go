package gate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/goperf/goperf/compare"
	"github.com/goperf/goperf/gate/policy"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// functions judges single functions: those that surely changed, one by one, and
// all others together.
func (j *judge) functions(*report.Report) {
	told := map[string]bool{} // metric and function that an explained change has told of
	for i := range j.Compared.Causes {
		c := &j.Compared.Causes[i]
		if j.Policy.Ignored(c.Row.Name) || j.Policy.Ignored(c.Culprit) {
			continue
		}
		if j.cause(c) {
			for _, name := range slices.Concat([]string{c.Row.Name, c.Culprit}, c.Path, c.With) {
				told[c.Row.Metric+":"+name] = true
			}
		}
	}
	for i := range j.Compared.Functions {
		f := &j.Compared.Functions[i]
		id := f.Metric + ":" + f.Name
		if f.Family != compare.Fold && f.Family != compare.Own || f.Verdict != compare.Changed || told[id] || j.Policy.Ignored(f.Name) {
			continue
		}
		if l, ok := limitOf(j.Policy.FunctionLimits(f.Name), f.Metric); ok && j.function(f, l) {
			told[id] = true
		}
	}
	j.shares()
	j.others()
}

func limitOf(ls []policy.Limit, metric string) (policy.Limit, bool) {
	for _, l := range ls {
		if l.Metric == metric {
			return l, true
		}
	}
	return policy.Limit{}, false
}

// cause judges a change that is explained. The strictest limit of the functions
// that take part in it counts.
func (j *judge) cause(c *compare.Cause) bool {
	var strictest policy.Limit
	ok := false
	for _, name := range slices.Concat([]string{c.Row.Name, c.Culprit}, c.Path) {
		l, has := limitOf(j.Policy.FunctionLimits(name), c.Row.Metric)
		if has && l.Increase != nil && (!ok || l.Increase.Value < strictest.Increase.Value) {
			strictest, ok = l, true
		}
	}
	if !ok || !j.function(&c.Row, strictest) {
		return false
	}
	b := &j.rows[len(j.rows)-1]
	if c.Text != "" && b.Status != report.BudgetPass {
		b.Why = c.Text
	}
	switch {
	case c.Caller != "": // a review shows the line of the module, not that of the standard library
		b.Where = append([]report.Frame{{Function: c.Caller, File: c.Call.File, Line: c.Call.Line}}, b.Where...)
	case c.Call.File != "":
		b.Where[0].File, b.Where[0].Line = c.Call.File, c.Call.Line
	}
	for _, name := range c.Path {
		if name != c.Row.Name {
			b.Where = append(b.Where, report.Frame{Function: name})
		}
	}
	return true
}

// function makes the row of a function that surely changed; false when one has
// been made of it.
func (j *judge) function(f *compare.Row, l policy.Limit) bool {
	b := row("function", f, l)
	if l.Increase == nil || slices.ContainsFunc(j.rows, func(r report.Budget) bool { return r.ID == b.ID }) {
		return false
	}
	b.Change = change(l, f, j.Policy.Decide.Confidence, true)
	b.Advisory = l.Warn
	b.Where = []report.Frame{{Function: f.Name, File: f.Where.File, Line: f.Where.Line}}
	c := b.Change
	name := symbol.Short(f.Name)
	more := moreText(c)
	if c.Unit == "ratio" {
		more = fmt.Sprintf("%s of the total %s %s", report.FormatValue(math.Abs(c.Value), "ratio"), f.Metric, map[bool]string{true: "less", false: "more"}[c.Value < 0])
	}
	switch {
	case f.Class == compare.Shift:
		b.Why = fmt.Sprintf("%s has %s, which moved between functions of the same code", name, more)
	case f.Class == compare.Improvement:
		b.Why = fmt.Sprintf("%s has %s", name, more)
	case c.Value > c.Limit || c.Unit != "ratio" && l.Increase.Unit == "ratio":
		b.Status = fails(l.Warn)
		b.Why = fmt.Sprintf("%s has %s; %s is allowed", name, more, amount(c.Limit, c.Unit))
	default:
		b.Why = fmt.Sprintf("%s has %s, which is within %s", name, more, amount(c.Limit, c.Unit))
	}
	j.rows = append(j.rows, b)
	return true
}

// shares judges what functions may have of the total at most.
func (j *judge) shares() {
	after := j.sums()
	for i := range j.Compared.Functions {
		f := &j.Compared.Functions[i]
		l, ok := limitOf(j.Policy.FunctionLimits(f.Name), f.Metric)
		whole := after[f.Metric]
		if f.Family != compare.Fold || !ok || l.Share == nil || whole <= 0 || j.Policy.Ignored(f.Name) {
			continue
		}
		b := row("function", f, l)
		half := (f.High - f.Low) / 2 / whole
		b.ID, b.Metric = "share:"+b.ID, b.Metric+" share"
		b.Unit, b.Base, b.New = "ratio", f.Before/f.Of, f.After/whole
		b.Change = report.Change{Value: b.New, Low: b.New - half, High: b.New + half, Unit: "ratio", Of: "total", Limit: l.Share.Value, Limited: true, Confidence: j.Policy.Decide.Confidence}
		b.Where = []report.Frame{{Function: f.Name, File: f.Where.File, Line: f.Where.Line}}
		b.Class, b.Advisory = "", l.Warn
		name, limit := symbol.Short(f.Name), report.FormatValue(l.Share.Value, "ratio")
		switch {
		case b.Change.Low > l.Share.Value:
			b.Status = fails(l.Warn)
			b.Why = fmt.Sprintf("%s has %s of the total %s; %s is allowed", name, report.FormatValue(b.New, "ratio"), f.Metric, limit)
		case b.Change.High > l.Share.Value && b.New > l.Share.Value:
			b.Status, b.Settle = report.BudgetInconclusive, f.Settle
			b.Why = fmt.Sprintf("%s may have more than the %s of the total %s that it is allowed", name, limit, f.Metric)
		default:
			b.Why = fmt.Sprintf("%s has %s of the total %s", name, report.FormatValue(b.New, "ratio"), f.Metric)
			if room := l.Share.Value - b.Change.High; room > l.Share.Value/3 {
				j.suggestions = append(j.suggestions, fmt.Sprintf("max_share of %s in %s may be lowered from %s to %s", f.Metric, l.Place, limit, report.FormatValue(math.Ceil(b.Change.High*110)/100, "ratio")))
			}
		}
		j.rows = append(j.rows, b)
	}
}

// sums are the totals of the new side of each metric, as its functions tell it.
func (j *judge) sums() map[string]float64 {
	after := map[string]float64{}
	for i := range j.Compared.Functions {
		f := &j.Compared.Functions[i]
		if f.Family != compare.Fold {
			continue
		}
		if after[f.Metric] == 0 {
			after[f.Metric] = f.Of
		}
		after[f.Metric] += f.Delta
	}
	return after
}

// group is the functions of a metric that did not surely change.
type group struct {
	n      int
	blind  *compare.Row // the one of which the least would have been seen for what has to be
	widest float64      // the largest of what would have been seen, as a share of the total
}

// others makes one row for each metric that says what would have been seen of
// the functions that did not surely change.
func (j *judge) others() {
	groups := map[string]*group{}
	var metrics []string
	for i := range j.Compared.Functions {
		f := &j.Compared.Functions[i]
		if f.Verdict == compare.Changed || f.Family != compare.Fold || f.Of <= 0 || f.Name == compare.Scheduler || j.Policy.Ignored(f.Name) {
			continue
		}
		g := groups[f.Metric]
		if g == nil {
			g = &group{}
			groups[f.Metric] = g
			metrics = append(metrics, f.Metric)
		}
		g.n++
		g.widest = max(g.widest, f.MDE/f.Of)
		if g.blind == nil || cmp.Or(cmp.Compare(j.blindness(f), j.blindness(g.blind)), strings.Compare(g.blind.Name, f.Name)) > 0 {
			g.blind = f
		}
	}
	for _, metric := range metrics {
		if l, ok := limitOf(j.Policy.FunctionLimits(""), metric); ok && l.Increase != nil {
			j.rows = append(j.rows, j.unchanged(groups[metric], l))
		}
	}
}

// quarter is the part of a function's own cost that need not be seen: of one that
// takes half of all, a few percent of the total are noise for anybody's budget.
const quarter = 0.25

// mustDetect is the increase of a function that has to be seen, as a share of the total.
func (j *judge) mustDetect(f *compare.Row) float64 {
	return max(j.Policy.Decide.MustDetect, quarter*f.Before/f.Of)
}

func (j *judge) blindness(f *compare.Row) float64 { return f.MDE / f.Of / j.mustDetect(f) }

// heavyTails are the metrics of which no affordable number of runs would show a
// few percent: what would have been seen is said, and is no reason to doubt all.
var heavyTails = []string{"mutex_delay", "block_delay"}

// counted says that a metric of the heap's samples is known of the whole by
// counting, in the program or by its benchmarks: what no single function would
// have shown, the whole shows.
func (j *judge) counted(metric string) bool {
	whole := map[string][]string{"alloc_space": {"alloc_bytes", "B/op"}, "alloc_objects": {"mallocs", "allocs/op"}}[metric]
	return slices.ContainsFunc(j.Compared.Totals, func(r compare.Row) bool { return slices.Contains(whole, r.Metric) })
}

// unchanged is the row of all functions of a metric that did not surely change.
func (j *judge) unchanged(g *group, l policy.Limit) report.Budget {
	f := g.blind
	b := report.Budget{
		ID: f.Metric + ":others", Metric: f.Metric, Subject: "other functions", Kind: "function", Status: report.BudgetPass, Advisory: l.Warn,
		Unit: f.Unit, Base: f.Of, New: f.Of, Rule: l.Place,
		Change: report.Change{Unit: "ratio", Of: "total", Detectable: g.widest},
		Why:    fmt.Sprintf("none of %d other functions surely changed; %s of the total %s more would have been seen in any", g.n, report.FormatValue(g.widest, "ratio"), f.Metric),
	}
	if i := slices.IndexFunc(j.Compared.Noise, func(n compare.Noise) bool { return n.Metric == f.Metric }); i >= 0 && j.Compared.Noise[i].Needs != "" {
		b.Status, b.Settle = report.BudgetInconclusive, j.Compared.Noise[i].Needs
		b.Why = fmt.Sprintf("nothing tells whether functions have more %s than before", f.Metric)
		return b
	}
	if j.blindness(f) > 1 && !slices.Contains(heavyTails, f.Metric) && !j.counted(f.Metric) {
		b.Status = report.BudgetInconclusive
		b.Why = fmt.Sprintf("an increase of %s by less than %s of the total could not have been seen in %s", f.Metric, report.FormatValue(f.MDE/f.Of, "ratio"), symbol.Short(f.Name))
		b.Settle = j.moreRuns(f.MDE/f.Of, j.mustDetect(f))
	}
	return b
}

// moreRuns is how many runs show an increase of must, when these show detectable:
// what is beyond the smallest effect shrinks with the square root of them.
func (j *judge) moreRuns(detectable, must float64) string {
	floor := j.Policy.Decide.MinimumEffect
	k := min(j.Compared.Base.Runs, j.Compared.New.Runs)
	if must <= floor {
		return fmt.Sprintf("decide.must_detect has to be above decide.minimum_effect, %s", report.FormatValue(floor, "ratio"))
	}
	ratio := (detectable - floor) / (must - floor)
	return fmt.Sprintf("about %.0f runs of this length on each side (there are %d) would show %s", math.Max(math.Ceil(ratio*ratio*float64(k)), float64(k+1)), k, report.FormatValue(must, "ratio"))
}

// packages judges the sums of the functions of packages that have rules.
func (j *judge) packages(*report.Report) {
	for i := range j.Compared.Packages {
		p := &j.Compared.Packages[i]
		if l, ok := limitOf(j.Policy.PackageLimits(p.Name), p.Metric); ok && l.Increase != nil {
			j.pkg(p, l)
		}
	}
}

func (j *judge) pkg(p *compare.Row, l policy.Limit) {
	b := row("package", p, l)
	b.ID = p.Metric + ":package " + p.Name
	b.Change = change(l, p, j.Policy.Decide.Confidence, true)
	b.Advisory = l.Warn
	c := b.Change
	sure := p.Verdict == compare.Changed && p.Class == compare.Regression
	switch {
	case sure && c.Value > c.Limit:
		b.Status = fails(l.Warn)
		b.Why = fmt.Sprintf("%s of package %s is %s, of the total; %s is allowed", p.Metric, p.Name, moreText(c), amount(c.Limit, c.Unit))
	case p.Verdict == compare.Unknown && c.Value > c.Limit:
		b.Status, b.Settle = report.BudgetInconclusive, p.Settle
		b.Why = fmt.Sprintf("%s of package %s may be beyond its budget of %s or not", p.Metric, p.Name, amount(c.Limit, c.Unit))
	default:
		b.Why = fmt.Sprintf("%s of package %s is within its budget of %s", p.Metric, p.Name, amount(c.Limit, c.Unit))
	}
	j.rows = append(j.rows, b)
}
