//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
)

// pair is a prediction and what happened.
type pair struct {
	measured
	predicted
	base predicted // the observation
	load           // in what the run differs from it
}

// sameSpeed is the measured GC CPU as it would be had the program's own work cost
// what it did during the observation: the same requests take more CPU time while
// neighbours fill the caches.
func (p pair) sameSpeed() float64 {
	was, is := p.base.cpu.mid-p.base.gc.mid, p.CPU-p.GC
	if was <= 0 || is <= 0 {
		return 0
	}
	return p.GC * was / is
}

func (p pair) limited() bool { return strings.Contains(p.Setting, "/") }

// said says whether there are figures to compare.
func (p pair) said() bool { return p.figures == "predicted" }

// report compares everything that was measured with what goperf gc says now.
func (l *lab) report(ctx context.Context) (string, error) {
	var pairs, twice, repeats []pair
	var recommended []applied
	for _, s := range subjects {
		found, err := l.compare(ctx, s)
		if err != nil {
			return "", err
		}
		pairs = append(pairs, found...)
		recommended = append(recommended, l.appliedTo(s)...)
		if _, err := os.Stat(l.bundle(s, again)); err != nil {
			continue
		}
		if found, err = l.compare(ctx, s, "--observe-also", l.bundle(s, again)); err != nil {
			return "", err
		}
		twice = append(twice, slices.DeleteFunc(found, func(p pair) bool { return p.Setting == again })...)
		if found, err = l.repeated(ctx, s); err != nil {
			return "", err
		}
		repeats = append(repeats, found...)
	}
	if len(pairs) == 0 {
		return "", fmt.Errorf("%s: nothing was measured", l.work)
	}
	var b strings.Builder
	writeIntroduction(&b, pairs)
	writeSummary(&b, pairs)
	writeTwice(&b, twice)
	writeRepeats(&b, repeats)
	writeTable(&b, pairs)
	writeNamed(&b, pairs)
	writeApplied(&b, recommended)
	return b.String(), nil
}

// compare is all settings of a subject that were run.
func (l *lab) compare(ctx context.Context, s subject, more ...string) ([]pair, error) {
	var base measured
	if !l.load(s, "100", &base) {
		return nil, nil
	}
	args := append([]string{"--grid", strings.Join(base.others(), ","), "--limit", "none"}, more...)
	said, err := l.predict(ctx, s, "100", args...)
	if err != nil {
		return nil, err
	}
	var pairs []pair
	seen := said[max(slices.IndexFunc(said, func(p predicted) bool { return p.figures == "measured" }), 0)]
	for _, setting := range base.others() {
		var m measured
		i := slices.IndexFunc(said, func(p predicted) bool { return p.setting == setting })
		if i < 0 {
			return nil, fmt.Errorf("%s: goperf gc says nothing of %s", s.name, setting)
		}
		if l.load(s, setting, &m) {
			pairs = append(pairs, pair{m, said[i], seen, l.apart(s, base, m)})
		}
	}
	return pairs, nil
}

// repeated is the setting of the second observation, which was run as well: what
// two measurements of one setting differ by, no prediction can be nearer than.
func (l *lab) repeated(ctx context.Context, s subject) ([]pair, error) {
	var m measured
	if !l.load(s, again, &m) {
		return nil, nil
	}
	said, err := l.predict(ctx, s, again, "--grid", again, "--limit", "none")
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(said, func(p predicted) bool { return p.figures == "measured" })
	var first measured
	if i < 0 || !l.load(s, "100", &first) {
		return nil, nil
	}
	first.Setting = again
	return []pair{{m, said[i], said[i], l.apart(s, first, m)}}, nil
}

func writeIntroduction(b *strings.Builder, pairs []pair) {
	least, most := math.Inf(1), 0.0
	for _, p := range pairs {
		least, most = min(least, p.Load), max(most, p.Load)
	}
	fmt.Fprintf(b, `# How well goperf gc predicts

Written by `+"`make gc-accuracy`"+` (internal/gcaccuracy), which observes each service once, at GOGC=100, with `+"`goperf gc`"+`, and then runs it anew
at other settings: GOGC 50, 200 and 400, and GOGC=off under two memory limits. What happened is set against what was predicted, with its 90 %% interval.

Measured: collections a second by the ends that the runtime tells; GC CPU (marking, assists, stopped worlds) by the kernel's clock, 997 samples a
second of the window (`+"`goperf probe oncpu`"+`); process CPU and peak RSS (VmHWM) by the kernel. Each setting ran once, for %.0f s.

The machine: %s, %d cores, %s. Its load average during the runs was %.1f to %.1f, of which the services and their load are about one; they ran at
the highest priority (nice -20; those of the recommendations did not), so that they did not wait for others, but shared caches and memory with them: the CPU time that the same
requests took differed by a tenth and more from one run to the next. GC CPU is therefore given a second time, at the speed of the
observation: multiplied by the CPU that the rest of the program took then over what it took in the run.

A few constants of the model (what a span costs to mark, where between two mechanisms RSS under a limit lies, how wide the intervals are) were chosen
with earlier runs of these services in view, other ones than those below; how objects that stay lie in their spans, and that a burst's spans stay, was
found in those. VictoriaMetrics came in afterwards. What it showed and was mended before this table: a peak RSS between two looks was missed (its peak
RSS was 7 to 18 %% low), and the interval of the allocation rate was too narrow far from the observed setting (of Prometheus as well). No figure was fitted to it. How well all of
it holds for a service that is not among these, its own `+"`goperf gc --verify`"+` tells.

The services:

`, pairs[0].Seconds, processor(), runtime.NumCPU(), runtime.Version(), least, most)
	for _, s := range subjects {
		if slices.ContainsFunc(pairs, func(p pair) bool { return p.Subject == s.name }) {
			version := "internal/gcload"
			if s.module != "" {
				version = s.module
			}
			fmt.Fprintf(b, "- **%s** (%s): %s\n", s.name, version, s.doc)
		}
	}
}

func processor() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown"
	}
	for line := range bytes.Lines(data) {
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && strings.TrimSpace(string(name)) == "model name" {
			return strings.TrimSpace(string(value))
		}
	}
	return runtime.GOARCH
}

func writeTable(b *strings.Builder, pairs []pair) {
	b.WriteString("\n## All of it\n\nMeasured, then predicted with the ends of its interval; ✗ where what was measured is outside, ≠ where the load was another one.\n\n")
	b.WriteString("| service | setting | GC/s | predicted | GC cores | predicted | CPU cores | predicted | peak RSS, MB | predicted | bound |\n")
	b.WriteString("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, p := range pairs {
		if !p.said() {
			continue
		}
		bound := fmt.Sprintf("%.1f", p.bound/1e6)
		if p.RSS > p.bound {
			bound += " ✗"
		}
		setting := p.Setting
		if p.otherRate() || p.otherPeak() {
			setting += " ≠"
		}
		fmt.Fprintf(b, "| %s | %s | %.3g | %s | %.3g | %s | %.3g | %s | %.1f | %s | %s |\n", p.Subject, setting,
			p.Cycles, p.cycles.text(p.Cycles, 1), p.GC, p.gc.text(p.GC, 1), p.CPU, p.cpu.text(p.CPU, 1), p.RSS/1e6, p.rss.text(p.RSS, 1e6), bound)
	}
}

// text is a prediction beside what was measured.
func (s span) text(measured, unit float64) string {
	if s.mid == 0 {
		return "–"
	}
	text := fmt.Sprintf("%.3g (%.3g–%.3g) %+.0f %%", s.mid/unit, s.low/unit, s.high/unit, 100*(s.mid/measured-1))
	if unit > 1 {
		text = fmt.Sprintf("%.1f (%.1f–%.1f) %+.1f %%", s.mid/unit, s.low/unit, s.high/unit, 100*(s.mid/measured-1))
	}
	if !s.holds(measured) {
		text += " ✗"
	}
	return text
}

// writeNamed lists the settings that get a verdict and no figure.
func writeNamed(b *strings.Builder, pairs []pair) {
	var rows strings.Builder
	for _, p := range pairs {
		if !p.said() {
			fmt.Fprintf(&rows, "| %s | %s | %s %s | %.3g | %.3g | %.1f |\n", p.Subject, p.Setting, p.verdict, p.why, p.Cycles, p.GC, p.RSS/1e6)
		}
	}
	if rows.Len() > 0 {
		b.WriteString("\n## Named, without figures\n\n| service | setting | said | GC/s | GC cores | peak RSS, MB |\n|---|---|---|--:|--:|--:|\n" + rows.String())
	}
}
