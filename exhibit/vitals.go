package exhibit

import (
	"cmp"
	"slices"
	"time"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

// vitals is what the target used as a whole, as far as it was measured.
func vitals(set *evidence.Set, spent *blame.Table) []report.Fact {
	var out []report.Fact
	add := func(name string, v float64, unit string, source evidence.Kind) {
		out = append(out, report.Fact{Text: name, Value: v, Unit: unit, Source: string(source)})
	}
	if c := cores(set); c > 0 {
		add("CPU", c, "cores", evidence.CPU)
	}
	// What the kernel counted for the process, this tool's requests included. The
	// profile's samples fall short of it: SIGPROF timers are per thread and miss
	// short bursts of many threads.
	if h := set.Host; h.CPUTime > 0 && h.Window > 0 {
		add("CPU by the kernel's count", share(h.CPUTime.Seconds(), h.Window.Seconds()), "cores", evidence.HostLimits)
	}
	if n := cpuSamples(set); n > 0 {
		add("CPU samples", float64(n), "count", evidence.CPU)
	}
	if spent != nil && spent.Total > 0 {
		// Marking on idle processors costs nobody anything, see the Go GC guide.
		gc := spent.Classes[blame.InAssist] + spent.Classes[blame.InGC] + spent.Classes[blame.InSweep]
		add("GC", share(float64(gc), float64(spent.Total)), "ratio", evidence.CPU)
	}
	memoryVitals(set, add)
	if n, kind := goroutines(set); n > 0 {
		add("goroutines", float64(n), "count", kind)
	}
	if n := set.Host.Threads; n > 0 {
		add("threads", float64(n), "count", evidence.HostLimits)
	}
	return out
}

// stale is from when on the age of a heap profile is told with its numbers.
const stale = 5 * time.Second

// heapAge is how long before the last numbers of the memory the collection ended
// that a heap profile shows; 0 when it is not known, or was forced after them.
func heapAge(set *evidence.Set, heap *profile.Profile) time.Duration {
	if n := len(set.Memory); n > 0 && slices.ContainsFunc(set.Memory[n-1].Ends, taken(heap).Equal) {
		return max(set.Memory[n-1].At.Sub(taken(heap)), 0)
	}
	return 0
}

func memoryVitals(set *evidence.Set, add func(string, float64, string, evidence.Kind)) {
	if heap := last(set, evidence.Heap, evidence.Allocs); heap != nil {
		if col, ok := heap.SampleType("inuse_space"); ok && heap.Total(col) > 0 {
			text := "live heap"
			if age := heapAge(set, heap); age >= stale {
				text += " " + report.FormatValue(age.Seconds(), "s") + " ago"
			}
			add(text, float64(heap.Total(col)), "B", evidence.Heap)
		}
	}
	n := len(set.Memory)
	switch {
	case set.Host.RSS > 0:
		add("RSS", float64(set.Host.RSS), "B", evidence.HostLimits)
	case n > 0 && set.Memory[n-1].MaxRSS > 0:
		add("peak RSS", float64(set.Memory[n-1].MaxRSS), "B", evidence.HeapText)
	}
	if n < 2 {
		return
	}
	first, end := set.Memory[0], set.Memory[n-1]
	if s := end.At.Sub(first.At).Seconds(); s > 0 && end.TotalAlloc >= first.TotalAlloc && end.NumGC >= first.NumGC {
		add("allocating (this tool's requests included)", float64(end.TotalAlloc-first.TotalAlloc)/s, "B/s", evidence.HeapText)
		add("collections", float64(end.NumGC-first.NumGC)/s, "count/s", evidence.HeapText)
	}
}

// cores is the mean CPU use over the profiled time, 0 when unknown.
func cores(set *evidence.Set) float64 {
	var used, over float64
	for _, p := range set.Profiles[evidence.CPU] {
		if col, ok := p.SampleType("cpu"); ok && p.DurationNanos > 0 {
			used += float64(p.Total(col))
			over += float64(p.DurationNanos)
		}
	}
	return share(used, over)
}

func cpuSamples(set *evidence.Set) int64 {
	var n int64
	for _, p := range set.Profiles[evidence.CPU] {
		if col, ok := p.SampleType("samples"); ok {
			n += p.Total(col)
		}
	}
	return n
}

// goroutines is the number of goroutines at the last look, and which evidence says so.
func goroutines(set *evidence.Set) (int64, evidence.Kind) {
	if ps := set.Profiles[evidence.Goroutine]; len(ps) > 0 {
		if p := ps[len(ps)-1]; p.DefaultType() >= 0 {
			return p.Total(p.DefaultType()), evidence.Goroutine
		}
	}
	if n := len(set.Goroutines); n > 0 {
		return int64(len(set.Goroutines[n-1].Goroutines)), evidence.GoroutineText
	}
	return 0, ""
}

// Seen lists the evidence that was read, the kind that most findings rest on first.
func Seen(set *evidence.Set) []report.Seen {
	var out []report.Seen
	for kind, ps := range set.Profiles {
		if len(ps) == 0 {
			continue
		}
		s := report.Seen{Kind: string(kind), Count: len(ps), Seconds: covered(ps)}
		if kind == evidence.CPU {
			s.Samples = cpuSamples(set)
		}
		out = append(out, s)
	}
	add := func(kind evidence.Kind, n int, seconds float64) {
		if n > 0 {
			out = append(out, report.Seen{Kind: string(kind), Count: n, Seconds: seconds})
		}
	}
	add(evidence.HeapText, len(set.Memory), between(set.Memory, func(m evidence.MemorySample) time.Time { return m.At }))
	add(evidence.GoroutineText, len(set.Goroutines), between(set.Goroutines, func(d evidence.GoroutineDump) time.Time { return d.At }))
	if set.Sched != nil {
		add(evidence.Trace, 1, set.Sched.Window.Seconds())
	}
	if set.GC != nil {
		add(evidence.GCTrace, 1, 0)
	}
	add(evidence.Kernel, len(set.Probed()), 0)
	add(evidence.Vars, min(len(set.Vars), 1), 0)
	add(evidence.Syntax, min(len(set.Syntax), 1), 0)
	if set.Host != (evidence.Limits{}) {
		add(evidence.HostLimits, 1, set.Host.Window.Seconds())
	}
	order := []string{string(evidence.CPU), string(evidence.Heap), string(evidence.Allocs), string(evidence.Goroutine), string(evidence.Mutex), string(evidence.Block), string(evidence.Trace)}
	rank := func(s report.Seen) int {
		if i := slices.Index(order, s.Kind); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortFunc(out, func(a, b report.Seen) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Kind, b.Kind))
	})
	return out
}

// covered is the time that profiles cover: what each of them ran for, or from
// the first snapshot to the last.
func covered(ps []*profile.Profile) float64 {
	var sum int64
	for _, p := range ps {
		sum += p.DurationNanos
	}
	if sum > 0 {
		return float64(sum) / 1e9
	}
	a, b := ps[0].TimeNanos, ps[len(ps)-1].TimeNanos
	if a == 0 || b < a {
		return 0
	}
	return float64(b-a) / 1e9
}

func between[T any](xs []T, at func(T) time.Time) float64 {
	if len(xs) < 2 {
		return 0
	}
	return max(at(xs[len(xs)-1]).Sub(at(xs[0])).Seconds(), 0)
}
