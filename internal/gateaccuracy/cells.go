package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/goperf/goperf/compare"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/gate"
	"github.com/goperf/goperf/gate/policy"
	"github.com/goperf/goperf/report"
)

// cell is one question: of many gate runs over the same two arms, how many say what.
type cell struct {
	title      string
	base, next string
	design     design
	do         change
	guilty     string   // the function that is to be named; "" when nothing is to be raised
	metrics    []string // in which it is to be named, any of them; nil for "cpu"
	better     bool     // it is an improvement
	gates      int
}

// tallied is what the gate runs of a cell said.
type tallied struct {
	gates  int
	found  int // with a change of the guilty function
	first  int // of those: it was named first of its metric
	alarms int // with a regression of anything, the guilty excluded
	failed int // for which gate.Judge says regression, by the default policy
	open   int // for which it says inconclusive
	better int // with an improvement of anything, the guilty excluded
	mde    []float64
	effect []float64 // estimated changes of the guilty function, share of the total
	raised map[string]int
}

// run asks the question.
func (b *bench) ask(c cell) (*tallied, error) {
	t := &tallied{raised: map[string]int{}}
	seed := uint64(14695981039346656037)
	for _, ch := range []byte(c.title + c.design.String()) {
		seed = (seed ^ uint64(ch)) * 1099511628211
	}
	for g := range c.gates {
		sides, err := b.draw(rand.New(rand.NewPCG(seed, uint64(g))), c.design, c.base, c.next, c.do)
		if err != nil {
			return nil, err
		}
		options := gate.Options(b.policy)
		options.Kinds = c.kinds()
		r, err := compare.Compare(sides[0], sides[1], options)
		if err != nil {
			return nil, err
		}
		t.note(c, r, outcome(r, b.policy))
	}
	return t, nil
}

// kinds are those that a question is about: all, unless it asks for a function
// that is found by its CPU.
func (c cell) kinds() []evidence.Kind {
	if c.guilty != "" && c.metrics == nil {
		return []evidence.Kind{evidence.CPU}
	}
	return nil
}

// outcome is what the gate says, at a time when no waiver has expired: there are none.
func outcome(r *compare.Result, p *policy.Policy) report.Outcome {
	return gate.Judge(gate.Input{Compared: r, Policy: p}).Verdict.Outcome
}

func (t *tallied) note(c cell, r *compare.Result, o report.Outcome) {
	t.gates++
	t.failed += count(o == report.Regression)
	t.open += count(o == report.Inconclusive)
	if c.metrics == nil {
		c.metrics = []string{"cpu"}
	}
	want := compare.Regression
	if c.better {
		want = compare.Improvement
	}
	heard := map[said]bool{}
	named := map[string]bool{}
	for _, row := range slices.Concat(r.Totals, r.Functions) {
		if row.Name == c.guilty && row.Family == compare.Fold && row.Metric == c.metrics[0] {
			t.mde = append(t.mde, row.MDE/row.Of)
			t.effect = append(t.effect, row.Share())
		}
		what := c.said(row, want)
		if what == foundIt && !named[row.Metric] {
			heard[namedFirst] = true
		}
		if what == alarm {
			t.raised[row.Metric+" "+row.Name]++
		}
		heard[what] = true
		named[row.Metric] = named[row.Metric] || row.Verdict == compare.Changed && row.Class == want && row.Family != compare.Total
	}
	t.found += count(heard[foundIt])
	t.first += count(heard[namedFirst])
	// What the gate fails for with nothing to be found is one, whatever the rows say.
	t.alarms += count(heard[alarm] || c.guilty == "" && o == report.Regression)
	t.better += count(heard[lucky])
}

// said is what a row says in the light of what was done.
type said uint8

const (
	nothing said = iota
	foundIt
	namedFirst
	alarm
	lucky // an improvement that is none
)

// said judges a row. What follows from what was done is no alarm: the total has
// changed as well, and so has the guilty function in other metrics.
func (c cell) said(row compare.Row, want compare.Class) said {
	guilty := c.guilty != "" && row.Name == c.guilty
	switch {
	case row.Verdict != compare.Changed || row.Class == compare.Shift:
	case guilty && row.Class == want && slices.Contains(c.metrics, row.Metric):
		return foundIt
	case guilty, row.Family == compare.Total && c.guilty != "":
	case row.Class == compare.Regression:
		return alarm
	default:
		return lucky
	}
	return nothing
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// what was raised and how often, most often first.
func (t *tallied) most() string {
	var names []string
	for n := range t.raised {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := t.raised[b] - t.raised[a]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	var out []string
	for _, n := range names[:min(len(names), 3)] {
		out = append(out, fmt.Sprintf("%s (%d)", n, t.raised[n]))
	}
	return strings.Join(out, ", ")
}

func (t *tallied) share(n int) float64 {
	if t.gates == 0 {
		return math.NaN()
	}
	return float64(n) / float64(t.gates)
}
