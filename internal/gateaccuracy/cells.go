package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/goperf/goperf/compare"
)

// Functions of the shop that something is done to.
const (
	quote   = shop + "/price.(*Book).Quote"
	tax     = shop + "/price.(*Book).Tax"
	score   = shop + "/catalog.score"
	near    = shop + "/recommend.similarity"
	trail   = shop + "/audit.Trail"
	reserve = shop + "/inventory.(*Stock).Reserve"
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
	better int // with an improvement of anything, the guilty excluded
	total  int // the total of the metric is called changed
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
		r, err := compare.Compare(sides[0], sides[1], compare.Options{})
		if err != nil {
			return nil, err
		}
		t.note(c, r)
	}
	return t, nil
}

func (t *tallied) note(c cell, r *compare.Result) {
	t.gates++
	metrics := c.metrics
	if metrics == nil {
		metrics = []string{"cpu"}
	}
	want := compare.Regression
	if c.better {
		want = compare.Improvement
	}
	alarm, better, found, first := false, false, false, false
	named := map[string]bool{}
	for _, row := range slices.Concat(r.Totals, r.Functions) {
		guilty := c.guilty != "" && row.Name == c.guilty && slices.Contains(metrics, row.Metric)
		if guilty && row.Family == compare.Fold && row.Metric == metrics[0] {
			t.mde = append(t.mde, row.MDE/row.Of)
			t.effect = append(t.effect, row.Share())
		}
		if row.Verdict != compare.Changed || row.Class == compare.Shift {
			continue
		}
		switch {
		case guilty && row.Class == want:
			found = true
			first = first || !named[row.Metric]
		case row.Name == c.guilty: // in another metric
			continue
		case row.Family == compare.Total && c.guilty != "":
			if row.Class == want {
				t.total++
			}
			continue // the whole has changed as well: no false alarm
		case row.Class == compare.Regression:
			alarm = true
			t.raised[row.Metric+" "+row.Name]++
		default:
			better = true
		}
		if row.Class == want && row.Family != compare.Total {
			named[row.Metric] = true
		}
	}
	t.found += count(found)
	t.first += count(found && first)
	t.alarms += count(alarm)
	t.better += count(better)
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
