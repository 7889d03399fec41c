//go:build linux

package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// score is the errors of one figure over a kind of settings.
type score struct {
	name   string
	bar    string
	errors []float64 // relative
	held   int       // inside of the interval
	within int       // GC CPU: within 25 %, or 2 points of process CPU
}

func (s *score) add(measured float64, p span) {
	if measured <= 0 || p.mid <= 0 {
		return
	}
	s.errors = append(s.errors, math.Abs(p.mid/measured-1))
	if p.holds(measured) {
		s.held++
	}
}

func quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(math.Ceil(q*float64(len(sorted))))-1, len(sorted)-1)]
}

func (s *score) row() string {
	n := len(s.errors)
	extra := ""
	if s.within > 0 {
		extra = fmt.Sprintf("; %d of %d (%.0f %%) are", s.within, n, 100*float64(s.within)/float64(n))
	}
	return fmt.Sprintf("| %s | %d | %.1f %% | %.1f %% | %s%s | %d of %d (%.0f %%) |\n",
		s.name, n, 100*quantile(s.errors, 0.5), 100*quantile(s.errors, 0.9), s.bar, extra, s.held, n, 100*float64(s.held)/float64(max(n, 1)))
}

// judge adds the errors of a pair to those of its kind.
func (p pair) judge(list []*score) {
	if p.Seen >= fewCycles && !p.otherRate() {
		list[0].add(p.Cycles, p.cycles)
		list[1].add(p.GC, p.gc)
		list[4].add(p.sameSpeed(), p.gc)
		if off := math.Abs(p.gc.mid - p.GC); off <= 0.02*p.CPU || off <= 0.25*p.GC {
			list[1].within++
		}
	}
	if !p.otherRate() {
		list[2].add(p.CPU, p.cpu)
	}
	if !p.otherPeak() {
		list[3].add(p.RSS, p.rss)
	}
}

// fewCycles is below what a rate can be told from: with three, a window that
// began a little later has two or four.
const fewCycles = 4

func writeSummary(b *strings.Builder, pairs []pair) {
	b.WriteString("\n## Summary\n\nErrors are |predicted / measured − 1|. The interval is meant to hold 90 % of what is measured, the bound of RSS 98 %.\n\n")
	b.WriteString("| figure | n | median | 90th percentile | wanted (median, 90th) | in the interval |\n|---|--:|--:|--:|---|--:|\n")
	gogc, limited := scores("GOGC", "≤ 3 %, ≤ 8 %"), scores("limit", "≤ 1 %, ≤ 3 %")
	bounds, under, few, other := 0, 0, 0, 0
	for _, p := range pairs {
		if !p.said() {
			continue
		}
		list := gogc
		if p.limited() {
			list = limited
		}
		p.judge(list)
		if p.otherRate() || p.otherPeak() {
			other++
		}
		if p.Seen < fewCycles {
			few++
		}
		bounds++
		if p.RSS <= p.bound {
			under++
		}
	}
	for _, s := range slices.Concat(gogc, limited) {
		b.WriteString(s.row())
	}
	if few > 0 {
		fmt.Fprintf(b, "\nIn %d runs fewer than %d collections ended: their cycles and GC CPU are in the table and not counted here.\n", few, fewCycles)
	}
	if other > 0 {
		fmt.Fprintf(b, "\nIn %d runs (≠) the load was another one than during the observation: the live heap or the rate by more than %.0f %%, or the largest live heap by\n"+
			"more than %.0f %%. Those are not counted above, the first for cycles and CPU, the last for RSS; they are in the bound.\n", other, 100*otherMean, 100*otherMost)
	}
	fmt.Fprintf(b, "\nPeak RSS was below the printed bound in %d of %d runs (%.0f %%; wanted ≥ 98 %%).\n", under, bounds, 100*float64(under)/float64(max(bounds, 1)))
}

// writeTwice is what a second observation makes of the same predictions.
func writeTwice(b *strings.Builder, pairs []pair) {
	if len(pairs) == 0 {
		return
	}
	rows := []*score{
		{name: "cycles/s", bar: "–"}, {name: "GC CPU", bar: "≤ 7 %, ≤ 15 %"}, {name: "GC CPU at the speed of the observation", bar: "≤ 7 %, ≤ 15 %"}, {name: "peak RSS", bar: "–"},
	}
	for _, p := range pairs {
		if !p.said() || p.Seen < fewCycles || p.otherRate() || p.otherPeak() {
			continue
		}
		rows[0].add(p.Cycles, p.cycles)
		rows[1].add(p.GC, p.gc)
		rows[2].add(p.sameSpeed(), p.gc)
		rows[3].add(p.RSS, p.rss)
	}
	fmt.Fprintf(b, "\nWith a second observation at GOGC=%s (`--observe-also`), of the settings that were not observed:\n\n", again)
	b.WriteString("| figure | n | median | 90th percentile | wanted (median, 90th) | in the interval |\n|---|--:|--:|--:|---|--:|\n")
	for _, s := range rows {
		b.WriteString(s.row())
	}
}

// writeRepeats is how far apart two measurements of the same setting are.
func writeRepeats(b *strings.Builder, pairs []pair) {
	rows := []*score{{name: "cycles/s"}, {name: "GC CPU"}, {name: "process CPU"}, {name: "peak RSS"}}
	for _, p := range pairs {
		if p.Seen < fewCycles || p.otherRate() || p.otherPeak() {
			continue
		}
		rows[0].add(p.Cycles, p.cycles)
		rows[1].add(p.GC, p.gc)
		rows[2].add(p.CPU, p.cpu)
		rows[3].add(p.RSS, p.rss)
	}
	if len(rows[0].errors) == 0 {
		return
	}
	fmt.Fprintf(b, "\nNo prediction can be nearer than the same setting measured twice: GOGC=%s, by the run and by the second observation, differ by\n\n", again)
	b.WriteString("| figure | n | median | 90th percentile |\n|---|--:|--:|--:|\n")
	for _, s := range rows {
		fmt.Fprintf(b, "| %s | %d | %.1f %% | %.1f %% |\n", s.name, len(s.errors), 100*quantile(s.errors, 0.5), 100*quantile(s.errors, 0.9))
	}
}

func scores(kind, rss string) []*score {
	return []*score{
		{name: "cycles/s, " + kind, bar: "≤ 5 %, ≤ 12 %"},
		{name: "GC CPU, " + kind, bar: "≤ 10 %, ≤ 25 % or 2 points"},
		{name: "process CPU, " + kind, bar: "–"},
		{name: "peak RSS, " + kind, bar: rss},
		{name: "GC CPU at the speed of the observation, " + kind, bar: "≤ 10 %, ≤ 25 %"},
	}
}
