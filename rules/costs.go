package rules

import (
	"fmt"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/profile/unit"
	"github.com/goperf/goperf/report"
)

func ratio[T int | int64 | float64](part, whole T) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// samplesOf is about how many samples a value has behind it. In floating point:
// an hour of sixteen cores times its samples does not fit 64 bits.
func samplesOf(t *blame.Table, value int64) int64 {
	return int64(float64(t.N) * ratio(value, t.Total))
}

// certainty turns a rule's own confidence into that of a finding: full when the
// lower bound of the share is three times the threshold, down to 60 % at it.
func certainty(certain float64, cost report.Cost, min float64) float64 {
	if min <= 0 {
		return certain
	}
	over := cost.Low / min // >= 1
	return certain * (0.6 + 0.4*clamp((over-1)/2))
}

func clamp(v float64) float64 { return max(0, min(1, v)) }

// fewSamples is the doubt of a fact that rests on few samples.
func fewSamples(n int64) string {
	if n >= 100 {
		return ""
	}
	return "only " + unit.Count(n, "sample")
}

// fewSampled is the doubt of a fact that rests on few sampled allocations.
func fewSampled(n float64) string {
	switch {
	case n >= 20:
		return ""
	case n < 1.5:
		return "one sampled allocation"
	}
	return fmt.Sprintf("only %.0f sampled allocations", n)
}

// cpuSaving is what removing the cells is expected to give back: their own CPU
// times k, and the part of the collector's work that their allocations cause
// (GC guide: cost is proportional to the allocation rate at a fixed live heap).
func cpuSaving(p *diagnose.Pass, t *blame.Table, cells []*blame.Cell, cost report.Cost, kLow, kHigh float64, basis string) report.Range {
	gc := gcShareOf(p, owners(t, cells))
	low, high := cost.Low*kLow, cost.High*kHigh+gc*kHigh
	mid := (cost.Share*(kLow+kHigh) + gc*kHigh) / 2
	r := report.Range{Low: low, High: min(1, high), Unit: "ratio", Share: min(1, mid), Basis: basis}
	if cores, ok := p.Cores(); ok {
		r.Low, r.High, r.Unit = r.Low*cores, r.High*cores, "cores"
	}
	return r
}

// gcShareOf is the collector's share of CPU that the owners' allocations account for.
func gcShareOf(p *diagnose.Pass, owners []string) float64 {
	t := p.CPU()
	_, share, ok := allocRate(p, owners)
	if t == nil || !ok {
		return 0
	}
	return share * ratio(t.Classes[blame.InGC]+t.Classes[blame.InSweep], t.Total)
}

// allocRate is the bytes per second that owners allocated between the first and
// last heap snapshot, and their share of all bytes.
func allocRate(p *diagnose.Pass, owners []string) (rate, share float64, ok bool) {
	d := p.Delta(p.Heap(), "alloc_space")
	if d == nil || d.Total <= 0 || d.Seconds <= 0 {
		return 0, 0, false
	}
	var bytes int64
	for _, o := range owners {
		if f, found := d.Lookup(o); found {
			bytes += d.Funcs[f].Near
		}
	}
	return float64(bytes) / d.Seconds, ratio(bytes, d.Total), true
}

// owners is the names of the cells' owners, each once.
func owners(t *blame.Table, cells []*blame.Cell) []string {
	var out []string
	seen := map[int32]bool{}
	for _, c := range cells {
		if !seen[c.Owner] {
			seen[c.Owner] = true
			out = append(out, t.Funcs[c.Owner].Name)
		}
	}
	return out
}

// cpuSeverity follows the share of CPU that can be had back; on an idle process
// nothing about CPU is more than information (N4).
func cpuSeverity(p *diagnose.Pass, saving float64) report.Severity {
	cores, ok := p.Cores()
	switch {
	case ok && cores < p.Limits.IdleCores:
		return report.Info
	case saving >= 0.2 && (!ok || saving*cores >= 0.05):
		return report.Warning
	case saving >= 0.04:
		return report.Notice
	}
	return report.Info
}
