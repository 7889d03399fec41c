package cmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/compare"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/source/runs"
	"github.com/goperf/goperf/trend"
)

type historyOptions struct {
	of     string
	above  string
	output *outputOptions
}

func newGateHistoryCommand(env Env) *cobra.Command {
	var o historyOptions
	cmd := &cobra.Command{
		Use:   "history DIR",
		Short: "Where past results changed, and the first build above a limit",
		Long: `Look at the results of past builds and say in which build a quantity changed its
level, and from what to what. DIR has an entry for each build: a report that
"goperf gate -f json" wrote, or a directory of runs. They are put in order of their
time; without times in order of their names.

Change points are found by E-divisive (Matteson and James 2014) and kept when Welch's
t-test is sure of them; the same results give the same answer. A level has at least
three builds, so that the newest two cannot begin one: --above asks for the first
build in which a quantity exceeded a limit.`,
		Example: `goperf gate history results
goperf gate history results --of price.Quote
goperf gate history results --of 'price\.Quote$' --above 120us
goperf gate history results --of total --above 40KiB -f json`,
		Args: oneArg("a directory of results", "goperf gate history results"),
		RunE: func(_ *cobra.Command, args []string) error { return runHistory(env, args[0], o) },
	}
	cmd.Flags().StringVar(&o.of, "of", "", "look at what this `expression` matches: functions, benchmarks, total")
	cmd.Flags().StringVar(&o.above, "above", "", "say which build first exceeded this `amount`: 120us, 40KiB, 300")
	o.output = addOutputFlags(cmd)
	hide(cmd, "fail-on")
	cmd.Annotations[exitStatusKey] = comparedStatus
	return cmd
}

func runHistory(env Env, dir string, o historyOptions) error {
	out, err := o.output.check(env)
	if err != nil {
		return err
	}
	of, err := regexp.Compile(o.of)
	if err != nil {
		return usageError("", "--of: %v", err)
	}
	limit, unit, err := amount(o.above)
	if err != nil {
		return err
	}
	h, notes, err := readHistory(env, dir)
	if err != nil {
		return err
	}
	all := h.Series(of.MatchString)
	if len(all) == 0 {
		return noEvidence("without --of all are looked at", fmt.Errorf("%s: no result has %q", dir, o.of))
	}
	r := h.Report(all)
	r.Tool, r.Target = env.toolVersion(), report.Target{Name: dir, Kind: "results"}
	r.Notes = append(r.Notes, notes...)
	if o.above != "" {
		var comparable []*trend.Series
		for _, s := range all {
			if base, _, _ := strings.Cut(s.Unit, "/"); base == unit {
				comparable = append(comparable, s)
			}
		}
		h.Firsts(r, comparable, limit, o.above)
	}
	return out.write(env, r)
}

// amounts are the suffixes of --above.
var amounts = []struct {
	suffix, unit string
	scale        float64
}{
	{"ns", "s", 1e-9},
	{"us", "s", 1e-6},
	{"µs", "s", 1e-6},
	{"ms", "s", 1e-3},
	{"s", "s", 1},
	{"KiB", "B", 1 << 10},
	{"MiB", "B", 1 << 20},
	{"GiB", "B", 1 << 30},
	{"kB", "B", 1e3},
	{"MB", "B", 1e6},
	{"GB", "B", 1e9},
	{"B", "B", 1},
	{"", "count", 1},
}

// amount reads a number with a unit.
func amount(text string) (v float64, unit string, err error) {
	if text == "" {
		return 0, "", nil
	}
	for _, a := range amounts {
		number, ok := strings.CutSuffix(text, a.suffix)
		if !ok {
			continue
		}
		if v, err := strconv.ParseFloat(strings.TrimSpace(number), 64); err == nil && v == v {
			return v * a.scale, a.unit, nil
		}
	}
	return 0, "", usageError("a number with ns, us, ms, s, B, kB, KiB, MB, MiB, GB, GiB or nothing after it", "--above: %q: is no amount", report.Clean(text))
}

// maxResults is how many entries of a directory are read.
const maxResults = 2000

// readHistory reads a directory of results. What is no result is passed over
// with a note; a damaged one is as well, for the others tell something without it.
func readHistory(env Env, dir string) (*trend.History, []string, error) {
	entries, err := os.ReadDir(env.path(dir))
	if err != nil {
		return nil, nil, readError(dir, err)
	}
	var builds []trend.Build
	var values [][]trend.Value
	var notes []string
	for i, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if i >= maxResults {
			notes = append(notes, fmt.Sprintf("%d entries of %s were not read: at most %d are", len(entries)-maxResults, dir, maxResults))
			break
		}
		b, v, err := readResult(env, filepath.Join(dir, e.Name()))
		if err != nil {
			notes = append(notes, fmt.Sprintf("%s was passed over: %v", e.Name(), err))
			continue
		}
		builds, values = append(builds, b), append(values, v)
	}
	if len(builds) == 0 {
		return nil, nil, noEvidence("an entry is a report of goperf gate -f json, or a directory of runs", fmt.Errorf("%s: holds no results", dir))
	}
	return trend.New(builds, values), notes, nil
}

func readResult(env Env, path string) (trend.Build, []trend.Value, error) {
	name := filepath.Base(path)
	info, err := os.Stat(env.path(path)) // an entry may be a link
	if err != nil {
		return trend.Build{}, nil, reason(err)
	}
	if info.IsDir() {
		return runsResult(env, path, name)
	}
	data, err := env.readInput(path)
	if err != nil {
		return trend.Build{}, nil, err
	}
	r, err := report.Decode(data)
	if err != nil {
		return trend.Build{}, nil, err
	}
	if r.Verdict == nil || r.Verdict.Outcome == report.NoEvidence {
		return trend.Build{}, nil, errors.New("is no report of a gate that compared something")
	}
	var out []trend.Value
	for _, b := range r.Verdict.Budgets {
		out = append(out, trend.Value{Metric: b.Metric, Subject: b.Subject, Unit: b.Unit, Value: b.New})
	}
	return trend.Build{Name: strings.TrimSuffix(name, ".json"), Time: r.To}, out, nil
}

// runsResult is what a directory of runs has, function by function.
func runsResult(env Env, path, name string) (trend.Build, []trend.Value, error) {
	side, err := runs.Load(env.Dir, path)
	if err != nil {
		return trend.Build{}, nil, err
	}
	// Compared with itself a side has on both sides what it has.
	r, err := compare.Compare(side, side, compare.Options{})
	if err != nil {
		return trend.Build{}, nil, err
	}
	var out []trend.Value
	for _, row := range r.Totals {
		subject := row.Name
		if row.Family == compare.Total {
			subject = "total"
		}
		out = append(out, trend.Value{Metric: row.Metric, Subject: subject, Unit: row.Unit, Value: row.After})
	}
	for _, row := range r.Functions {
		if row.Family == compare.Fold {
			out = append(out, trend.Value{Metric: row.Metric, Subject: row.Name, Unit: row.Unit, Value: row.After})
		}
	}
	return trend.Build{Name: name, Time: taken(side)}, out, nil
}

// taken is when the first profile of a side was, zero when that is not known.
func taken(side compare.Side) time.Time {
	var first int64
	for _, r := range side.Runs {
		for _, p := range r.Profiles {
			if p.TimeNanos > 0 && (first == 0 || p.TimeNanos < first) {
				first = p.TimeNanos
			}
		}
	}
	if first == 0 {
		return time.Time{}
	}
	return time.Unix(0, first).UTC()
}
