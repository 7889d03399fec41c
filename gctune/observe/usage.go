package observe

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/gctune/pacer"
	"github.com/goperf/goperf/profile"
)

// part is what a stack's time goes to.
type part byte

const (
	elsewhere part = iota
	marking
	assisting
	ourselves // serving what this tool asks for, and recording a trace
)

// partOf tells marking and stopped worlds from assists, which happen inside of
// an allocation. A stack that does both assists. Collecting on behalf of a
// profile is no part of the service either.
func partOf(function string) part {
	switch function {
	case "runtime.gcAssistAlloc", "runtime.gcAssistAlloc1":
		return assisting
	case "runtime.gcBgMarkWorker", "runtime.gcStart", "runtime.gcMarkDone", "runtime.gcMarkTermination":
		return marking
	}
	if strings.HasPrefix(function, "runtime.traceback") {
		return elsewhere // unwinds stacks for whomever
	}
	for _, prefix := range []string{"net/http/pprof.", "runtime/pprof.", "runtime/trace.", "runtime.trace", "runtime.(*trace"} {
		if strings.HasPrefix(function, prefix) {
			return ourselves
		}
	}
	return elsewhere
}

// parts is the largest part of each location's functions.
func parts(p *profile.Profile) []part {
	functions := make([]part, len(p.Functions))
	for i, f := range p.Functions {
		functions[i] = partOf(f.Name)
	}
	out := make([]part, len(p.Locations))
	for i, l := range p.Locations {
		for _, line := range l.Lines {
			if line.Function >= 0 {
				out[i] = max(out[i], functions[line.Function])
			}
		}
	}
	return out
}

// cpu adds up what the CPU profiles say of the collector. The cost of one
// collection is theirs; how often one comes is known better from elsewhere.
func (o *observer) cpu() {
	var t spentOn
	for _, p := range o.set.Profiles[evidence.CPU] {
		if p.DurationNanos > 0 && t.add(p) {
			o.out.CPU.Cycles += o.cyclesIn(p)
		}
	}
	total, own, gc, assist, wall := t.service, t.own, t.gc, t.assist, t.wall
	o.out.CPU.Samples = t.samples
	o.processCPU(total, own, wall)
	if wall == 0 || total == 0 {
		return
	}
	o.out.Sources = append(o.out.Sources, "CPU profile")
	every := float64(o.out.Cadence.Every + o.out.Cadence.Forced)
	o.out.CPU.GC = pacer.Cores(gc / wall)
	if o.out.CPU.Cycles >= 3 && every > 0 {
		o.out.CPU.GC = pacer.Cores(gc / o.out.CPU.Cycles * every)
	}
	if gc > 0 {
		o.out.CPU.Assist = assist / gc
	}
	o.out.CPU.Samples = max(o.out.CPU.Samples, 1)
	o.wall(gc, every)
}

// wall compares with the processor time of marking by the clock on the wall. That
// is never less than CPU time: where it is, samples fell on marking by the step
// of the kernel's tick, which short collections can be in.
func (o *observer) wall(gc, every float64) {
	const enough = 10
	w, marks := o.out.Workers, float64(len(o.out.Marks))
	if w.Marking <= 0 || gc <= 0 || marks <= 2 || every <= 0 {
		return
	}
	most := float64(w.Assist+w.Busy+w.Idle) / marks * every
	o.out.CPU.Wall = most / float64(o.out.CPU.GC)
	if o.out.CPU.Wall < 1 && marks >= enough {
		o.out.CPU.GC, o.out.CPU.Wall = pacer.Cores(most), 1
	}
}

// spentOn is CPU seconds by what they went to, over the wall time of the profiles.
type spentOn struct {
	service, own, gc, assist float64
	wall                     float64
	samples                  float64 // of the collector
}

// add takes one CPU profile; false means that it is none.
func (t *spentOn) add(p *profile.Profile) bool {
	col, ok := p.SampleType("cpu")
	if !ok {
		return false
	}
	counted, hasCount := p.SampleType("samples")
	located := parts(p)
	for i := range p.NumSamples() {
		kind := elsewhere
		for _, loc := range p.Stack(i) {
			kind = max(kind, located[loc])
		}
		v := float64(p.Value(i, col)) / 1e9
		if kind == ourselves {
			t.own += v
			continue
		}
		t.service += v
		if kind == elsewhere {
			continue
		}
		t.gc += v
		if kind == assisting {
			t.assist += v
		}
		if hasCount {
			t.samples += float64(p.Value(i, counted))
		}
	}
	t.wall += float64(p.DurationNanos) / 1e9
	return true
}

// cyclesIn counts the collections that ended while a profile was taken, by the
// target's clock, which both are told by. What of the profile lies outside of the
// time that the ends are known of has as many as the window.
func (o *observer) cyclesIn(p *profile.Profile) float64 {
	length := time.Duration(p.DurationNanos)
	cadence := float64(o.out.Cadence.Every + o.out.Cadence.Forced)
	if p.TimeNanos == 0 || len(o.every) == 0 {
		return cadence * length.Seconds()
	}
	from := time.Unix(0, p.TimeNanos)
	to := from.Add(length)
	n, seen := 0.0, min(to.Sub(o.begin), o.until.Sub(from), length)
	for _, end := range o.every {
		if end.After(from) && !end.After(to) {
			n++
		}
	}
	if seen < length/2 {
		return cadence * length.Seconds()
	}
	return n + cadence*(length-seen).Seconds()
}

// processCPU is the CPU of the process without what serving this tool took of
// it. The kernel's clock misses nothing, the profile tells whose it was.
func (o *observer) processCPU(service, own, wall float64) {
	h := o.set.Host
	switch {
	case h.CPUTime > 0 && h.Window > 0 && service > 0:
		o.out.CPU.Process = pacer.Cores(h.CPUTime.Seconds() / h.Window.Seconds() * service / (service + own))
	case service > 0 && wall > 0:
		o.out.CPU.Process = pacer.Cores(service / wall)
	case h.CPUTime > 0 && h.Window > 0:
		o.out.CPU.Process = pacer.Cores(h.CPUTime.Seconds() / h.Window.Seconds())
	default:
		o.out.CPU.Process = o.pageCPU()
	}
}

// Container is the memory that a process may have in its control groups, and
// what others use of that; 0 is no limit.
func Container(h evidence.Limits) (limit, others pacer.Bytes) {
	limit = pacer.Bytes(h.MemoryLimit)
	if high := pacer.Bytes(h.Memory.High); high > 0 && (limit == 0 || high < limit) {
		limit = high // above it the kernel stalls the process long before it kills it
	}
	return limit, pacer.Bytes(h.Memory.Others)
}

// footprint is the memory of the process.
func (o *observer) footprint() {
	f := &o.out.Memory
	h := o.set.Host
	largest := evidence.MemorySample{}
	for _, m := range o.mem {
		f.Mapped = max(f.Mapped, pacer.Bytes(m.Sys-m.HeapReleased))
		f.Stacks = max(f.Stacks, pacer.Bytes(m.StackSys))
		if m.HeapAlloc > largest.HeapAlloc {
			largest = m
		}
	}
	f.Heap = pacer.Bytes(largest.HeapAlloc)
	for _, m := range o.out.Marks {
		f.Heap = max(f.Heap, m.HeapEnd)
	}
	if largest.HeapAlloc > 0 {
		f.Inuse = float64(largest.HeapInuse) / float64(largest.HeapAlloc)
	}
	o.spans()
	f.File = pacer.Bytes(h.Memory.File)
	f.Peak = max(pacer.Bytes(cmp.Or(h.Memory.Peak, h.Memory.Highest)), o.rose())
	if f.Peak == 0 && len(o.mem) > 0 {
		f.Peak, o.out.Lifetime = pacer.Bytes(o.mem[len(o.mem)-1].MaxRSS), true
	}
	o.pageMemory()
	if f.Peak == 0 {
		f.Peak = pacer.Bytes(h.RSS)
	}
	if f.Peak > 0 && f.Mapped > 0 {
		f.Outside = f.Peak - f.Mapped
		if f.Peak == o.rose() { // what is mapped was not looked at then: the heap may have come up to a goal
			f.Unseen = max(o.largestGoal()-f.Heap, 0) / 2
			f.Outside -= f.Unseen
		}
	}
}

// rose is the largest RSS of the process's life where it was reached in the
// window, 0 otherwise: what is looked at once a second misses shorter peaks.
func (o *observer) rose() pacer.Bytes {
	if n := len(o.mem); n > 1 && o.mem[0].MaxRSS > 0 && o.mem[n-1].MaxRSS > o.mem[0].MaxRSS {
		return pacer.Bytes(o.mem[n-1].MaxRSS)
	}
	return 0
}

// spans reads off the pages what is beside the heap's objects, and how the live
// ones lie in their spans.
func (o *observer) spans() {
	f := &o.out.Memory
	f.NonHeap = nonHeap(o.mem)
	if len(o.mem) == 0 || o.out.Setting.GOGC <= 0 || o.limited() {
		return // the goals do not say where the live heap begins
	}
	var gaps, sizes []pacer.Bytes
	for _, m := range fullest(o.mem) {
		gaps, sizes = append(gaps, pacer.Bytes(m.HeapInuse-m.HeapAlloc)), append(sizes, pacer.Bytes(m.HeapAlloc))
	}
	if len(gaps) > 0 {
		slices.Sort(gaps)
		slices.Sort(sizes)
		f.Gaps, f.At = max(gaps[len(gaps)/2], 0), sizes[len(sizes)/2]
	}
	f.Spread = o.spread()
	f.Old = o.old(f.Gaps)
}

// old is the share of the gaps that the start of the process has left. It is at
// most what garbage does not fill until the heap is largest, and may be nothing:
// the middle is taken. Gaps that do not become fewer while the heap fills are no
// free slots among live objects at all, but the ends of spans and what caches hold.
func (o *observer) old(left pacer.Bytes) float64 {
	const little, clear = 0.35, 1.1
	var swept []pacer.Bytes
	for _, m := range o.mem {
		if o.filled(m) < little {
			swept = append(swept, pacer.Bytes(m.HeapInuse-m.HeapAlloc))
		}
	}
	if len(swept) < 3 {
		return 0
	}
	slices.Sort(swept)
	if after := swept[len(swept)/2]; after > clear*left && after > 0 {
		return float64(left/after) / 2
	}
	return 0
}

// largestGoal is that of the pages.
func (o *observer) largestGoal() pacer.Bytes {
	most := int64(0)
	for _, m := range o.mem {
		most = max(most, m.NextGC)
	}
	return pacer.Bytes(most)
}

// filled is how much of the room for garbage is filled on a page, 0 to 1.
func (o *observer) filled(m evidence.MemorySample) float64 {
	g := float64(o.out.Setting.GOGC) / 100
	goal := float64(m.NextGC)
	live := (goal - g*float64(o.out.Scan.Bytes)) / (1 + g)
	if goal <= live {
		return 1
	}
	return (float64(m.HeapAlloc) - live) / (goal - live)
}

// spread is the share of the room for garbage that was still in spans in use
// when little of it was filled.
func (o *observer) spread() float64 {
	const little = 0.4
	most := o.largestGoal()
	var shares []float64
	for _, m := range o.mem {
		if o.filled(m) < little {
			// After a burst the spans are those of the burst.
			shares = append(shares, float64(m.HeapInuse-m.HeapAlloc)/(float64(most)-float64(m.HeapAlloc)))
		}
	}
	if len(shares) < 3 {
		return 0
	}
	slices.Sort(shares)
	return min(max(shares[len(shares)/2], 0), 1)
}

// fullest are the pages on which the heap was largest: after a burst, spans of
// which little is in use stay behind, and are filled before others are added.
func fullest(mem []evidence.MemorySample) []evidence.MemorySample {
	const least = 3
	full := slices.Clone(mem)
	slices.SortFunc(full, func(a, b evidence.MemorySample) int { return cmp.Compare(b.HeapAlloc, a.HeapAlloc) })
	return full[:min(max((len(full)+7)/8, least), len(full))]
}

// nonHeap is what the limit counts beside heap objects when it matters: as the
// heap is at its largest. Right after a collection the gaps between live
// objects count as well, but they are filled before the next one begins.
func nonHeap(mem []evidence.MemorySample) pacer.Bytes {
	var beside []pacer.Bytes
	for _, m := range fullest(mem) {
		beside = append(beside, max(pacer.Bytes(m.Sys-m.HeapIdle-m.HeapAlloc), 0))
	}
	if len(beside) == 0 {
		return 0
	}
	slices.Sort(beside)
	return beside[len(beside)/2]
}
