package rules

import (
	"fmt"
	"slices"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/gctune/advise"
	"github.com/goperf/goperf/gctune/observe"
	"github.com/goperf/goperf/gctune/pacer"
	"github.com/goperf/goperf/report"
)

// collectorRules are about the collector's setting.
var collectorRules = []diagnose.Rule{
	{
		ID: "gc-setting", Title: "GOGC and GOMEMLIMIT do not fit the container", Mechanism: "memory-limit-risk", Needs: []evidence.Kind{evidence.HeapText},
		Doc: "A model of the collector, fitted to what was observed, says that the present setting is a risk: the heap goal at the largest live heap passes the container, or the limit leaves so little room that it amounts to GOGC below 25 (bursts cost CPU) or below 10 (the collector takes the CPU). `goperf gc` shows what other settings would give, and recommends one with its reason.\n\n" +
			"**When it is wrong.** The live heap of the window was not that of a usual day, or memory outside of Go was not seen.\n\n**Remedy.** The setting that it names; a larger container where none fits.",
		Check: checkSetting,
	},
	{
		ID: "gc-ballast", Title: "the heap holds a ballast", Mechanism: "memory-bloat", Needs: []evidence.Kind{evidence.HeapText},
		Doc: "The live heap is much larger than the memory that the process has: a large allocation is never touched, as ballasts are, which raise the heap goal. Since Go 1.19 GOMEMLIMIT does that better. A ballast near a memory limit makes the collector run without end (grafana/mimir#16159: 0.4 to 78 collections a second), for it counts as live heap.\n\n" +
			"**When it is wrong.** Heap that the kernel swapped out or compressed looks the same.\n\n**Remedy.** Delete the ballast; set GOGC and GOMEMLIMIT instead: `goperf gc` says which.",
		Check: checkBallast,
	},
}

// Collector lists the rules that goperf gc runs beside its model.
func Collector() []diagnose.Rule {
	ids := []string{
		"cpu-throttled", "gomaxprocs-above-quota", "no-memory-limit", "memory-limit-tight", "gc-off-unlimited",
		"gc-forced-often", "gc-thrash", "gc-tiny-heap", "gc-assist", "gc-ballast",
	}
	return slices.DeleteFunc(All(), func(r diagnose.Rule) bool { return !slices.Contains(ids, r.ID) })
}

// limitOf is the GOMEMLIMIT that every rule names, in words: the model's where
// there can be one, or else what the container leaves. "" is none.
func limitOf(p *diagnose.Pass) string {
	container, others := observe.Container(p.Set.Host)
	terms := pacer.Terms{Container: container, Reserve: others}
	limit := terms.Room()
	if seen, err := observe.Of(p.Set, observe.Wish{}); err == nil {
		if study, err := advise.Make(seen, terms, nil); err == nil {
			limit = study.Limit()
		}
	}
	if limit <= 0 {
		return ""
	}
	return "GOMEMLIMIT=" + pacer.Setting{Limit: limit}.LimitString()
}

// checkSetting speaks of risks only: what could be saved is the business of goperf gc.
func checkSetting(p *diagnose.Pass) []report.Finding {
	seen, err := observe.Of(p.Set, observe.Wish{})
	if err != nil || seen.SettingFrom == "assumed" {
		return nil
	}
	container, others := observe.Container(p.Set.Host)
	study, err := advise.Make(seen, pacer.Terms{Container: container, Reserve: others}, nil)
	if err != nil || study.Advice.Level == pacer.Green || study.Model.Trend().Unsteady() {
		return nil
	}
	return []report.Finding{study.Finding()}
}

// checkBallast compares the least heap of the window with the largest memory.
func checkBallast(p *diagnose.Pass) []report.Finding {
	const (
		worth = 48 << 20 // B: below, caches and buffers look alike
		share = 0.3      // of the heap at its least: garbage was memory, what is missing was always so
		much  = 0.6      // of the same, missing when the heap was largest and its garbage had filled memory
	)
	h := p.Set.Host
	rss := max(h.RSS, h.Memory.Peak)
	least, most := p.Set.Memory[0].HeapAlloc, int64(0)
	for _, m := range p.Set.Memory {
		least, most, rss = min(least, m.HeapAlloc), max(most, m.HeapAlloc), max(rss, m.MaxRSS)
	}
	// No page of more than the largest RSS was ever there, when the heap was largest as well.
	unseen := most - rss
	if rss <= 0 || unseen < worth || h.Memory.Swap > 0 {
		return nil
	}
	if float64(least-rss) < share*float64(least) && float64(unseen) < much*float64(least) {
		return nil
	}
	cost := ratio(unseen, most)
	return []report.Finding{{
		Title: fmt.Sprintf("at least %s of the heap were never touched: a ballast", report.FormatValue(float64(unseen), "B")), Severity: report.Notice, Confidence: 0.8,
		Cost:   report.Cost{Resource: "heap", Share: cost, Low: cost, High: cost, Of: "heap", Amount: float64(unseen), Unit: "B"},
		Saving: report.Range{Low: 0, High: float64(unseen), Unit: "B", Share: 0.05, Basis: "it costs address space, and a memory limit counts it"},
		Because: []report.Fact{
			{Text: "heap, at the most", Value: float64(most), Unit: "B", Source: "heap-text"},
			{Text: "memory of the process, at the most", Value: float64(rss), Unit: "B", Source: "host"},
		},
		Advice: []string{
			"Delete the ballast and set GOGC and GOMEMLIMIT instead; goperf gc says which give the same pace of collections.",
			"Until then keep GOMEMLIMIT far above the ballast: it counts as live heap although it takes no memory.",
		},
	}}
}
