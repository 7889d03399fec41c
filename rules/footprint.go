package rules

import (
	"fmt"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// footprintRules are about memory that does not grow but is larger than it has to be.
var footprintRules = []diagnose.Rule{
	{
		ID: "heap-bloat", Title: "one function holds most of the live heap", Mechanism: "memory-bloat", Needs: []evidence.Kind{evidence.Heap},
		Doc:   "Half of the live heap or more, and at least 32 MiB, was allocated by one function and is still in use. It may be what the program is for; it is where a smaller footprint begins. Buffers kept for idle connections are named as such.\n\n**Remedy.** Smaller or shared buffers, a bound on caches, values instead of pointers.",
		Check: checkHeapBloat,
	},
	{
		ID: "small-objects", Title: "the live heap is millions of small objects", Mechanism: "memory-bloat", Needs: []evidence.Kind{evidence.Heap},
		Doc:   "More than ten million live objects with a mean size below 64 bytes: headers, pointers and scanning cost more than the data.\n\n**Remedy.** Slices of values, indexes instead of pointers, interned strings (package unique).",
		Check: checkSmallObjects,
	},
	{
		ID: "goroutine-stacks", Title: "goroutine stacks take a large part of memory", Mechanism: "stack-growth", Needs: []evidence.Kind{evidence.HeapText},
		Doc:   "Stacks take more than a quarter of what the runtime has from the system, and at least 64 MiB.\n\n**Remedy.** Fewer goroutines, or shallower and smaller frames in them: a stack that has grown stays large until a collection halves it.",
		Check: checkStacks,
	},
	{
		ID: "idle-heap", Title: "memory of an earlier peak has not been given back", Mechanism: "memory-bloat", Needs: []evidence.Kind{evidence.HeapText},
		Doc:   "Free spans that are not returned to the system are more than 30 % of memory, and at least 64 MiB. The scavenger returns them slowly.\n\n**Remedy.** Find the burst that needed them; GOMEMLIMIT makes the scavenger work towards a goal.",
		Check: checkIdleHeap,
	},
	{
		ID: "fragmentation", Title: "spans are half empty", Mechanism: "memory-bloat", Needs: []evidence.Kind{evidence.HeapText},
		Doc:   "In-use spans hold more than a third of free slots, at least 64 MiB: few long-lived objects keep whole spans of their size class alive.\n\n**Remedy.** Allocate long-lived objects together, apart from short-lived ones of the same size.",
		Check: checkFragmentation,
	},
	{
		ID: "profiling-buckets", Title: "profiling itself takes a lot of memory", Mechanism: "memory-bloat", Needs: []evidence.Kind{evidence.HeapText},
		Doc:   "Profiling buckets take more than 64 MiB: very many distinct stacks, or a memory profile rate of 1.\n\n**Remedy.** Restore runtime.MemProfileRate to its default of 512 KiB.",
		Check: checkBuckets,
	},
}

func memoryFinding(title string, conf, share, saving, bytes float64, facts []report.Fact, advice ...string) report.Finding {
	return report.Finding{
		Title: title, Severity: report.Notice, Confidence: conf, Because: facts, Advice: advice,
		Cost:   report.Cost{Resource: "memory", Share: share, Low: share, High: share, Of: "memory", Amount: bytes, Unit: "B"},
		Saving: report.Range{Low: 0, High: bytes * 0.9, Unit: "B", Share: saving, Basis: "estimate"},
	}
}

func checkHeapBloat(p *diagnose.Pass) []report.Finding {
	t := p.Last(p.Heap(), "inuse_space")
	if t == nil || t.Total < 32<<20 || len(t.Cells) == 0 {
		return nil
	}
	c := t.Cells[0]
	share := ratio(c.Near, t.Total)
	if share < 0.5 {
		return nil
	}
	name := symbol.Short(t.Funcs[c.Owner].Name)
	f := memoryFinding(fmt.Sprintf("%s holds %.0f %% of the live heap", name, share*100), 0.4, share, 0.35*share, float64(c.Near), []report.Fact{
		{Text: "live bytes allocated by " + name, Value: float64(c.Near), Unit: "B", Source: "heap"},
		{Text: "of the live heap", Value: share, Unit: "ratio", Source: "heap"},
	}, "Check that all of it is needed at the same time: bound caches, share or shrink buffers, keep values instead of pointers.")
	if size := averageSize(p, t.Funcs[c.Owner].Name); size > 0 {
		f.Because = append(f.Because, report.Fact{Text: "mean object", Value: size, Unit: "B", Source: "heap"})
		if perConnection(p, int64(float64(c.Near)/size)) || c.Concept == blame.BufioNew {
			f.Mechanism = "per-connection-buffer"
			f.Confidence = 0.6
			f.Advice = []string{"There is about one of these buffers for each connection: allocate it when data arrives, take it from a pool while a message is handled, or make it smaller."}
		}
	}
	f.Cost = spread(f.Cost, (1-share)*liveError(p, t.Funcs[c.Owner].Name))
	f.Where = where(t, &group{cells: []*blame.Cell{c}, value: c.Near, n: c.N})
	return []report.Finding{f}
}

// perConnection says that there are about as many objects as goroutines, or two for each.
func perConnection(p *diagnose.Pass, objects int64) bool {
	t := p.Last(evidence.Goroutine, "goroutine")
	if t == nil || t.Total < 100 {
		return false
	}
	r := ratio(objects, t.Total)
	return r > 0.3 && r < 3
}

func checkSmallObjects(p *diagnose.Pass) []report.Finding {
	objects, space := p.Last(p.Heap(), "inuse_objects"), p.Last(p.Heap(), "inuse_space")
	if objects == nil || space == nil || objects.Total < 10_000_000 || ratio(space.Total, objects.Total) > 64 || len(objects.Cells) == 0 {
		return nil
	}
	c := objects.Cells[0]
	f := memoryFinding(fmt.Sprintf("the live heap is %d million objects of %.0f bytes on average", objects.Total/1_000_000, ratio(space.Total, objects.Total)), 0.5, 0.5, 0.2, float64(space.Total), []report.Fact{
		{Text: "live objects", Value: float64(objects.Total), Unit: "count", Source: "heap"},
		{Text: "mean object", Value: ratio(space.Total, objects.Total), Unit: "B", Source: "heap"},
	}, "Keep them as values in slices, refer to them by index, intern repeated strings.")
	f.Where = where(objects, &group{cells: []*blame.Cell{c}, value: c.Near, n: c.N})
	return []report.Finding{f}
}

func lastMemory(p *diagnose.Pass) evidence.MemorySample { return p.Set.Memory[len(p.Set.Memory)-1] }

// memoryCase is a finding when part is large against whole and in itself.
func memoryCase(part, whole int64, least float64, title string, conf float64, fact string, advice string) []report.Finding {
	share := ratio(part, whole)
	if share < least || part < 64<<20 {
		return nil
	}
	return []report.Finding{memoryFinding(title, conf, share, share*0.4, float64(part), []report.Fact{
		{Text: fact, Value: float64(part), Unit: "B", Source: "heap-text"},
		{Text: "of the memory that the runtime has from the system", Value: share, Unit: "ratio", Source: "heap-text"},
	}, advice)}
}

func checkStacks(p *diagnose.Pass) []report.Finding {
	m := lastMemory(p)
	return memoryCase(m.StackInuse, m.Sys-m.HeapReleased, 0.25, "goroutine stacks take a large part of memory", 0.5, "goroutine stacks", "Bound the number of goroutines; look at the groups in the goroutine profile.")
}

func checkIdleHeap(p *diagnose.Pass) []report.Finding {
	m := lastMemory(p)
	return memoryCase(m.HeapIdle-m.HeapReleased, m.Sys-m.HeapReleased, 0.3, "memory of an earlier peak has not been given back", 0.4, "free spans not returned to the system", "Find the burst that allocated them; set GOMEMLIMIT if the memory is wanted elsewhere.")
}

func checkFragmentation(p *diagnose.Pass) []report.Finding {
	m := lastMemory(p)
	if ratio(m.HeapInuse-m.HeapAlloc, m.HeapInuse) < 0.33 {
		return nil
	}
	return memoryCase(m.HeapInuse-m.HeapAlloc, m.Sys-m.HeapReleased, 0.2, "spans are partly empty", 0.35, "free slots in spans that are in use", "Keep long-lived objects apart from short-lived ones of the same size.")
}

func checkBuckets(p *diagnose.Pass) []report.Finding {
	m := lastMemory(p)
	return memoryCase(m.BuckHashSys, m.Sys-m.HeapReleased, 0.01, "profiling buckets take a lot of memory", 0.6, "profiling buckets", "Restore runtime.MemProfileRate to its default (524288).")
}
