// Package wording writes what a comparison says as parts of a report: what
// changed and why, the totals, the functions, what the data could not have shown.
//
// It decides nothing: verdicts and sentences are those of package compare.
package wording

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/goperf/goperf/compare"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/profile/unit"
	"github.com/goperf/goperf/report"
)

// Options say how much is shown.
type Options struct {
	Rows       int     // functions of a metric, 0 for all
	Confidence float64 // of the intervals that were computed
}

// Report is a comparison as a report that accuses nobody.
func Report(c *compare.Result, o Options) *report.Report {
	r := &report.Report{
		Target:   report.Target{Name: c.Base.Name + " → " + c.New.Name, Kind: "comparison", Module: c.New.Env.Module, GoVersion: c.New.Env.GoVersion},
		Schema:   report.Schema,
		Unjudged: true,
	}
	r.Vitals = vitals(c)
	r.Notes = append(notes(c), c.Notes...)
	for _, n := range c.Noise {
		r.Evidence = append(r.Evidence, report.Seen{Kind: n.Metric, Count: c.Base.Runs + c.New.Runs, Samples: int64(n.Samples[0] + n.Samples[1])})
	}
	if len(c.Noise) == 0 && len(c.Totals) > 0 {
		r.Evidence = append(r.Evidence, report.Seen{Kind: "benchmarks", Count: c.Base.Runs + c.New.Runs})
	}
	r.Exhibits = append(r.Exhibits, Changes(c))
	if len(c.Totals) > 0 {
		r.Exhibits = append(r.Exhibits, Totals(c, o))
	}
	if e, ok := Open(c); ok {
		r.Exhibits = append(r.Exhibits, e)
	}
	if e, ok := Names(c); ok {
		r.Exhibits = append(r.Exhibits, e)
	}
	for _, n := range c.Noise {
		if e, ok := Functions(c, n.Metric, o); ok {
			r.Exhibits = append(r.Exhibits, e)
		}
	}
	if len(c.Noise) > 0 {
		r.Exhibits = append(r.Exhibits, Noise(c))
	}
	return r
}

func vitals(c *compare.Result) []report.Fact {
	out := []report.Fact{
		{Text: "runs before", Value: float64(c.Base.Runs), Unit: "count"},
		{Text: "runs after", Value: float64(c.New.Runs), Unit: "count"},
	}
	if c.Pairs > 0 {
		out = append(out, report.Fact{Text: "pairs taken in turns", Value: float64(c.Pairs), Unit: "count"})
	}
	return out
}

func runs(s compare.SideInfo) string {
	return unit.Count(s.Runs, "run")
}

// notes are the doubts that concern the comparison as a whole.
func notes(c *compare.Result) []string {
	var out []string
	if a, b := c.Base.Build, c.New.Build; a != b && a != "" && b != "" {
		out = append(out, fmt.Sprintf("other builds: %s before, %s after", builds(a), builds(b)))
	}
	for _, n := range c.Noise {
		least := min(n.Samples[0], n.Samples[1])
		switch {
		case n.Smallest > 0 && n.Smallest < 1 && c.Base.Runs+c.New.Runs <= 4:
			out = append(out, fmt.Sprintf("%s: %s before and %s after, %s on the side that has fewer: an increase of one function below %s of the total is invisible",
				n.Metric, runs(c.Base), runs(c.New), samples(least), report.FormatValue(n.Smallest, "ratio")))
		case least < 1000 && n.Metric == "cpu":
			out = append(out, fmt.Sprintf("%s: only %s on one side", n.Metric, samples(least)))
		}
	}
	out = append(out, unknown(c, "total", "neither the work nor the time behind the profiles is known: shares are compared, and the total says nothing")...)
	out = append(out, unknown(c, "s", "the work that was done is not known: totals are per second, and say nothing if the load was different")...)
	if c.Pairs == 0 && c.Base.Runs+c.New.Runs > 2 {
		out = append(out, "the runs of both sides were not taken in turns, as far as is known: totals drift with the machine")
	}
	return out
}

// builds shortens the identities of binaries to what tells them apart; each
// package's tests are a binary of their own.
func builds(ids string) string {
	const enough, most = 12, 2
	all := strings.Split(ids, ", ")
	if len(all) > most {
		return fmt.Sprintf("%d binaries", len(all))
	}
	for i, id := range all {
		all[i] = id[:min(len(id), enough)]
	}
	return strings.Join(all, " and ")
}

// unknown is a doubt about all metrics that are divided by something.
func unknown(c *compare.Result, per, why string) []string {
	var names []string
	for _, n := range c.Noise {
		if n.Per == per {
			names = append(names, n.Metric)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return []string{strings.Join(names, ", ") + ": " + why}
}

func samples(n float64) string {
	if n == 1 {
		return "1 sample"
	}
	return report.FormatValue(n, "count") + " samples"
}

// Changes is what changed surely and why, one sentence each.
func Changes(c *compare.Result) report.Exhibit {
	t := &report.Table{Columns: []report.Column{{Name: "change", Unit: "ratio"}, {Name: "low", Unit: "ratio"}, {Name: "high", Unit: "ratio"}, {Name: "of"}, {Name: "why"}}}
	for _, cause := range c.Causes {
		r := &cause.Row
		text := cause.Text
		if len(cause.With) > 0 {
			text += "; with it changed " + shorten(cause.With)
		}
		if r.Guess != "" {
			text += " (" + r.Guess + ")"
		}
		t.Rows = append(t.Rows, []report.Cell{{Value: r.Share()}, of(r, max(r.Low, -r.Before)), of(r, r.High), {Text: r.Metric}, {Text: text}})
	}
	for i := range c.Totals {
		if r := &c.Totals[i]; r.Verdict == compare.Changed && !explained(c, r) {
			t.Rows = append(t.Rows, []report.Cell{ratio(r), of(r, max(r.Low, -r.Before)), of(r, r.High), {Text: r.Metric}, {Text: subject(r)}})
		}
	}
	title := "What changed"
	if len(t.Rows) == 0 {
		title, t = "Nothing changed that these data can show", counted(c)
	}
	return report.Exhibit{ID: "diff-changes", Title: title, Table: t}
}

// explained says that a row has a cause, which says more.
func explained(c *compare.Result, r *compare.Row) bool {
	return slices.ContainsFunc(c.Causes, func(k compare.Cause) bool {
		return k.Row.Metric == r.Metric && k.Row.Family == r.Family && k.Row.Name == r.Name
	})
}

// ratio is the change as a share of what was before.
func ratio(r *compare.Row) report.Cell {
	if r.Before == 0 && r.After != 0 {
		return report.Cell{Text: "new"}
	}
	return report.Cell{Value: r.Ratio()}
}

// counted is how many rows of each metric are the same, and of how many that is
// not known.
func counted(c *compare.Result) *report.Table {
	t := &report.Table{Columns: []report.Column{{Name: "compared"}, {Name: "no change", Unit: "count"}, {Name: "cannot tell", Unit: "count"}}}
	at := map[string]int{}
	for _, rows := range [][]compare.Row{c.Totals, c.Functions} {
		for i := range rows {
			r := &rows[i]
			what := r.Metric + ", functions"
			if r.Family == compare.Total || r.Family == compare.Bench {
				what = r.Metric
			}
			k, ok := at[what]
			if !ok {
				k = len(t.Rows)
				at[what] = k
				t.Rows = append(t.Rows, []report.Cell{{Text: what}, {}, {}})
			}
			switch r.Verdict {
			case compare.Unchanged:
				t.Rows[k][1].Value++
			case compare.Unknown:
				t.Rows[k][2].Value++
			case compare.Changed: // it moved
			}
		}
	}
	return t
}

// Open is what may be chance, the largest differences first, and what would
// settle them; false when nothing is open.
func Open(c *compare.Result) (report.Exhibit, bool) {
	t := &report.Table{Columns: []report.Column{{Name: "change", Unit: "ratio"}, {Name: "of"}, {Name: "what would settle it"}}}
	for _, rows := range [][]compare.Row{c.Totals, c.Functions} {
		n := 0
		for i := range rows {
			r := &rows[i]
			if r.Verdict == compare.Unknown && n < 3 && r.Family != compare.Own && r.Delta != 0 {
				t.Rows = append(t.Rows, []report.Cell{ratio(r), {Text: subject(r)}, {Text: r.Settle}})
				n++
			}
		}
	}
	return report.Exhibit{ID: "diff-open", Title: "What these data do not tell", Table: t}, len(t.Rows) > 0
}

func subject(r *compare.Row) string {
	switch r.Family {
	case compare.Total:
		return "total " + r.Metric
	case compare.Bench:
		return r.Name + " " + r.Metric
	}
	return r.Metric + " of " + symbol.Short(r.Name)
}

func shorten(names []string) string {
	const most = 4
	var out []string
	for _, n := range names[:min(len(names), most)] {
		out = append(out, symbol.Short(n))
	}
	if len(names) > most {
		out = append(out, fmt.Sprintf("%d more", len(names)-most))
	}
	return strings.Join(out, ", ")
}

func signed(v float64) string {
	s := report.FormatValue(v, "ratio")
	if v > 0 {
		s = "+" + s
	}
	return s
}

// of is an amount as a share of the total of the base.
func of(r *compare.Row, v float64) report.Cell {
	if r.Of == 0 {
		return report.Cell{Text: "—"}
	}
	return report.Cell{Value: v / r.Of}
}

// verdict is what is said of a row, in two words.
func verdict(r *compare.Row) string {
	switch {
	case r.Verdict != compare.Changed:
		return string(r.Verdict)
	case r.Class == compare.Shift:
		return "moved"
	case r.Class == compare.Improvement:
		return "▼ better"
	}
	return "▲ worse"
}

// columns are those of tables of rows: no more than 80 columns hold.
func columns(name, unit string) []report.Column {
	return []report.Column{
		{Name: name},
		{Name: "before", Unit: unit},
		{Name: "after", Unit: unit},
		{Name: "change", Unit: "ratio"},
		{Name: "low", Unit: "ratio"},
		{Name: "high", Unit: "ratio"},
		{Name: "verdict"},
	}
}

// Totals is the whole program and its benchmarks.
func Totals(c *compare.Result, o Options) report.Exhibit {
	t := &report.Table{Columns: columns("what", "count")}
	per := ""
	for i := range c.Totals {
		r := &c.Totals[i]
		name, unit := r.Metric, r.Unit
		if r.Family == compare.Bench {
			name = r.Name + " " + r.Metric
		} else {
			unit, per, _ = strings.Cut(r.Unit, "/")
		}
		t.Rows = append(t.Rows, []report.Cell{
			{Text: name},
			{Text: report.FormatValue(r.Before, unit)},
			{Text: report.FormatValue(r.After, unit)},
			ratio(r), of(r, max(r.Low, -r.Before)), of(r, r.High),
			{Text: verdict(r)},
		})
	}
	return report.Exhibit{ID: "diff-totals", Title: "Totals" + by(per) + level(o), Table: t}
}

// by says what values are divided by.
func by(per string) string {
	if per == "" || per == "total" {
		return ""
	}
	return " per " + per
}

func level(o Options) string {
	if o.Confidence <= 0 {
		return ""
	}
	return fmt.Sprintf(", with the %.3g %% interval of the change", 100*o.Confidence)
}

// Functions is the functions of a metric, what changed most first. Change and
// its interval are shares of the total before.
func Functions(c *compare.Result, metric string, o Options) (report.Exhibit, bool) {
	var rows []*compare.Row
	unit, per := "", ""
	seen := map[string]bool{}
	for i := range c.Functions {
		r := &c.Functions[i]
		if r.Metric != metric || seen[r.Name] {
			continue // of two families the one that changed more
		}
		seen[r.Name] = true
		unit, per, _ = strings.Cut(r.Unit, "/")
		rows = append(rows, r)
	}
	t := &report.Table{Columns: columns("function", unit)}
	shown := worth(rows, o.Rows)
	left := len(rows) - len(shown)
	rows = shown
	for _, r := range rows {
		t.Rows = append(t.Rows, []report.Cell{
			{Text: symbol.Short(r.Name) + mark(r)},
			{Value: r.Before},
			{Value: r.After},
			of(r, r.Delta), of(r, max(r.Low, -r.Before)), of(r, r.High),
			{Text: verdict(r)},
		})
	}
	title := fmt.Sprintf("%s by function%s, in shares of the total%s", metric, by(per), level(o))
	if left > 0 {
		title += fmt.Sprintf(" (-n 0 shows %d more)", left)
	}
	return report.Exhibit{ID: "diff-functions-" + metric, Title: title, Table: t}, len(t.Rows) > 0
}

// worth is the rows that are shown when not all are: what changed, and what may
// have by as much as somebody would look for.
func worth(rows []*compare.Row, most int) []*compare.Row {
	const least, few = 0.01, 5 // of the total; as many are shown in any case
	if most == 0 {
		return rows
	}
	var out []*compare.Row
	for _, r := range rows {
		if r.Verdict == compare.Changed || math.Abs(r.Delta) >= least*r.Of || len(out) < few {
			out = append(out, r)
		}
	}
	return out[:min(len(out), most)]
}

// mark says in a word what is odd about a row.
func mark(r *compare.Row) string {
	switch {
	case r.Samples[0] == 0:
		return " NEW"
	case r.Samples[1] == 0:
		return " GONE"
	case r.Was != "" && r.Guess != "":
		return " (renamed?)"
	}
	return ""
}

// Names is the functions that have other names on both sides, or whose cost
// moved, and why that is thought.
func Names(c *compare.Result) (report.Exhibit, bool) {
	t := &report.Table{Columns: []report.Column{{Name: "function"}, {Name: "was"}, {Name: "why"}}}
	seen := map[string]bool{}
	for i := range c.Functions {
		r := &c.Functions[i]
		if r.Guess == "" && r.Was == "" || seen[r.Name] {
			continue
		}
		seen[r.Name] = true
		why := r.Guess
		if why == "" {
			why = "the same name but for what compilers and tools add"
		}
		t.Rows = append(t.Rows, []report.Cell{{Text: r.Name}, {Text: r.Was}, {Text: why}})
	}
	return report.Exhibit{ID: "diff-names", Title: "Names that were matched, cost that moved", Table: t}, len(t.Rows) > 0
}

// Noise says how noisy each metric was and what was taken out.
func Noise(c *compare.Result) report.Exhibit {
	t := &report.Table{Columns: []report.Column{
		{Name: "metric"},
		{Name: "samples before", Unit: "count"},
		{Name: "after", Unit: "count"},
		{Name: "functions", Unit: "count"},
		{Name: "noise", Unit: "count"},
		{Name: "would find", Unit: "ratio"},
		{Name: "machine and load"},
	}}
	for _, n := range c.Noise {
		drift := "per " + n.Per
		switch {
		case n.Needs != "":
			drift = "not told from the code"
		case n.Per == "":
			drift = "a level: as it stands"
		case n.Per == "total":
			drift = "shares of the total"
		case math.Abs(n.Drift) >= 0.005:
			drift = fmt.Sprintf("per %s; all functions %s: not the code", n.Per, signed(n.Drift))
		}
		if n.GrownLow != n.GrownHigh {
			drift += fmt.Sprintf("; by its functions the total is %s (%s to %s)", signed(n.Grown), signed(n.GrownLow), signed(n.GrownHigh))
		}
		t.Rows = append(t.Rows, []report.Cell{
			{Text: n.Metric},
			{Value: n.Samples[0]},
			{Value: n.Samples[1]},
			{Value: float64(n.Tested)},
			positive(n.Dispersion),
			positive(n.Smallest),
			{Text: drift},
		})
	}
	return report.Exhibit{ID: "diff-noise", Title: "How sure: noise is the variance between runs over that of sampling, would find the increase of a function that had nothing", Table: t}
}

// positive is a number, or a dash for one that was not estimated: waits for locks
// are compared by other means.
func positive(v float64) report.Cell {
	if v > 0 {
		return report.Cell{Value: v}
	}
	return report.Cell{Text: "—"}
}
