package main

import (
	"fmt"
	"slices"
	"strings"
)

// question is a cell with what it is held to.
type question struct {
	cell
	bar  float64
	of   func(*tallied) float64
	less bool // the bar is an upper one
}

// alarms, found and passed are what bars are about, as shares of gate runs.
func alarms(t *tallied) float64 { return t.share(t.alarms) }

func found(t *tallied) float64 { return t.share(t.found) }

func passed(t *tallied) float64 { return t.share(t.gates - t.failed - t.open) }

// section is a table of the page.
type section struct {
	title     string
	about     string
	questions []question
}

// page is the part of the document that a program has.
type page struct {
	b      strings.Builder
	bench  *bench
	gates  int
	misses int
	found  int // gate runs that found what they were to find
	first  int // of those: it was named first
}

func (p *page) printf(format string, args ...any) { fmt.Fprintf(&p.b, format, args...) }

// table asks all questions of a section and writes what was answered.
func (p *page) table(s section) {
	p.printf("### %s\n\n%s\n\n", s.title, s.about)
	p.printf("| what is new | runs a side | gate runs | found | named first | gate fails | inconclusive | false alarms | stated MDE | effect seen | bar | |\n|---|---|--:|--:|--:|--:|--:|--:|--:|--:|---|---|\n")
	for _, q := range s.questions {
		q.gates = p.gates
		if q.guilty == "" {
			q.gates *= 3 // alarms are rare
		}
		t, err := p.bench.ask(q.cell)
		if err != nil {
			p.printf("| %s | %s | | | | | | | | | | not measured: %v |\n", q.title, q.design, err)
			continue
		}
		p.row(q, t)
	}
	p.printf("\n")
}

func (p *page) row(q question, t *tallied) {
	foundText, first := "", ""
	if q.guilty != "" {
		foundText, first = percent(t.share(t.found)), "none found"
		p.found, p.first = p.found+t.found, p.first+t.first
		if t.found > 0 {
			first = percent(float64(t.first) / float64(t.found))
		}
	}
	bar, verdict := "", ""
	if q.of != nil {
		v := q.of(t)
		ok, sign := v >= q.bar, "at least"
		if q.less {
			ok, sign = v <= q.bar, "at most"
		}
		bar, verdict = sign+" "+percent(q.bar), p.held(ok)
	}
	alarm := percent(t.share(t.alarms))
	if most := t.most(); most != "" {
		alarm += ": " + most
	}
	p.printf("| %s | %s | %d | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", q.title, q.design, t.gates, foundText, first, percent(t.share(t.failed)), percent(t.share(t.open)), alarm, median(t.mde), median(t.effect), bar, verdict)
}

// percent writes a share with one decimal: it is of hundreds of gate runs.
func percent(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) }

func median(x []float64) string {
	if len(x) == 0 {
		return ""
	}
	slices.Sort(x)
	return fmt.Sprintf("%.2f %%", 100*quantile(x, 0.5))
}

// held is the word for a bar.
func (p *page) held(ok bool) string {
	if ok {
		return "held"
	}
	p.misses++
	return "**missed**"
}

// detectable is whether the smallest effect that is said to be detectable is:
// it is to be found in 80 % of gate runs, 1.3 times as much in more and 1.3
// times less in fewer.
func (p *page) detectable() error {
	const slack = 1.3
	p.printf("### The stated minimum detectable effect\n\nThe effect that a comparison of A with A2 says it would have found in 80 %% of cases (the median of gate runs) is added to the function, then 1.3 times more and 1.3 times less. The statement is true within a factor of 1.3 when less is found in at most, and more in at least 80 %%.\n\n")
	p.printf("| function | runs a side | stated | found when divided by 1.3 | found as stated | found times 1.3 | |\n|---|---|--:|--:|--:|--:|---|\n")
	for _, d := range []design{five, ten, tenBy3} {
		for _, f := range []string{p.bench.a.of.quote, p.bench.a.of.score, p.bench.a.of.tax} {
			about := same2(d)
			about.guilty, about.gates = f, p.gates
			t, err := p.bench.ask(about)
			if err != nil {
				return err
			}
			slices.Sort(t.mde)
			stated := quantile(t.mde, 0.5)
			var at [3]float64
			for i, times := range []float64{1 / slack, 1, slack} {
				c := added(f, stated*times, d)
				c.gates = p.gates
				if t, err = p.bench.ask(c); err != nil {
					return err
				}
				at[i] = found(t)
			}
			p.printf("| %s | %s | %.2f %% | %s | %s | %s | %s |\n", short(f), d, 100*stated, percent(at[0]), percent(at[1]), percent(at[2]), p.held(at[0] <= 0.8 && at[2] >= 0.8))
		}
	}
	p.printf("\n")
	return nil
}

// write asks everything of all programs and gives the document.
func write(of []program, gates int) (string, error) {
	var head strings.Builder
	head.WriteString("# How often goperf gate is wrong\n\n`make gate-accuracy` wrote this page from real runs of programs, each with and without something wrong with it.\n\n" +
		"A gate run draws some of the recorded rounds, without putting any back, and judges them by the default policy; in rows about one function it has the CPU profiles alone. What varies together in a round does so in the gate run: " +
		"the sides stay interleaved. The rounds are real and the drawings overlap, so that the figures are those of these programs on this machine.\n\n")
	var parts []string
	for _, one := range of {
		a, err := unpack(one, one.recording())
		if err != nil {
			return "", err
		}
		p := &page{bench: newBench(a), gates: gates}
		if err := p.write(); err != nil {
			return "", err
		}
		named := float64(p.first) / float64(p.found)
		fmt.Fprintf(&head, "- **%s**, %s: bars that are missed: **%d**. Of %d gate runs that found what was to be found, %s named it first in its metric (bar: at least 98 %%, %s). Recorded: %s.\n",
			one.name, one.about, p.misses, p.found, percent(named), p.held(named >= 0.98), a)
		parts = append(parts, "## "+one.name+"\n\n"+p.b.String())
	}
	return head.String() + "\n" + strings.TrimRight(strings.Join(parts, ""), "\n") + "\n", nil
}

// write asks everything of the program.
func (p *page) write() error {
	for _, s := range p.bench.a.of.sections() {
		p.table(s)
	}
	return p.detectable()
}
