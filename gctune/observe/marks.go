package observe

import (
	"slices"

	"github.com/goperf/goperf/exectrace"
	"github.com/goperf/goperf/gctune"
	"github.com/goperf/goperf/gctune/pacer"
)

// marks are the cycles that a trace or a log shows whole. A trace has them to the byte.
func (o *observer) marks() {
	if o.set.Sched != nil && len(o.set.Sched.Collector.Cycles) > 0 {
		o.out.Sources = append(o.out.Sources, "trace")
		o.traceMarks(o.set.Sched)
		return
	}
	if o.set.GC != nil && len(o.set.GC.Cycles) > 0 {
		o.logMarks(o.set.GC)
	}
}

func (o *observer) traceMarks(s *exectrace.Summary) {
	o.out.Procs = max(o.out.Procs, s.Procs)
	before := int64(0)
	for _, c := range s.Collector.Cycles {
		o.out.Marks = append(o.out.Marks, pacer.Mark{
			Took: seconds(c.Took), Before: pacer.Bytes(before), HeapStart: pacer.Bytes(c.HeapStart), HeapEnd: pacer.Bytes(c.HeapEnd),
			Marked: pacer.Bytes(c.Marked), Goal: pacer.Bytes(c.Goal), Next: pacer.Bytes(c.Next),
		})
		o.out.Workers.Marking += seconds(c.Took)
		if c.Next >= c.Marked && c.Marked > 0 {
			o.goals = append(o.goals, goalSeen{pacer.Bytes(c.Marked), pacer.Bytes(c.Next)})
		}
		before = c.Marked
	}
	o.out.Workers.Assist, o.out.Workers.Busy, o.out.Workers.Idle = seconds(s.Assist), seconds(s.Collector.Worker), seconds(s.Collector.Idle)
}

// logCycles are the cycles that say how the pacer works: not forced ones, and
// not the first few of a process, whose heap still grows.
func logCycles(log *gctune.Log) []gctune.Cycle {
	cycles := slices.DeleteFunc(slices.Clone(log.Cycles), func(c gctune.Cycle) bool { return c.Forced })
	if len(cycles) > 20 && cycles[0].Number <= 5 {
		cycles = cycles[len(cycles)/10:]
	}
	return cycles
}

// logMarks reads whole MiB. The middle of what was cut off is half of one.
func (o *observer) logMarks(log *gctune.Log) {
	o.out.Sources = append(o.out.Sources, "gctrace")
	const cut = pacer.MiB / 2
	size := func(n int64) pacer.Bytes { return pacer.Bytes(n) + cut }
	before, number := pacer.Bytes(0), 0
	for _, c := range logCycles(log) {
		o.out.Procs = max(o.out.Procs, c.Procs)
		m := pacer.Mark{Took: seconds(c.Concurrent), HeapStart: size(c.HeapStart), HeapEnd: size(c.HeapEnd), Marked: size(c.HeapLive), Goal: size(c.Goal)}
		if n := len(o.out.Marks); n > 0 && c.Number == number+1 {
			m.Before = before
			if last := &o.out.Marks[n-1]; last.Marked <= m.Goal {
				last.Next = m.Goal
				o.goals = append(o.goals, goalSeen{last.Marked, m.Goal})
			}
		}
		o.out.Marks = append(o.out.Marks, m)
		before, number = m.Marked, c.Number
		o.out.Workers.Marking += m.Took
		o.out.Workers.Assist += seconds(c.AssistCPU)
		o.out.Workers.Busy += seconds(c.BackCPU)
		o.out.Workers.Idle += seconds(c.IdleCPU)
	}
}

// logRates reads the rates off a log that has no MemStats beside it.
func (o *observer) logRates() {
	if o.set.GC == nil {
		return
	}
	cycles := logCycles(o.set.GC)
	if len(cycles) < 3 {
		return
	}
	first, last := cycles[0], cycles[len(cycles)-1]
	window := seconds(last.At - first.At)
	if window <= 0 {
		return
	}
	var allocated float64
	for i, c := range cycles[1:] {
		if c.Number == cycles[i].Number+1 {
			allocated += float64(max(c.HeapEnd-cycles[i].HeapLive, 0))
		}
	}
	known := float64(len(cycles) - 1)
	all := float64(last.Number - first.Number)
	forced := 0.0
	for _, c := range o.set.GC.Cycles {
		if c.Forced && c.Number > first.Number && c.Number < last.Number {
			forced++
		}
	}
	o.out.Window = window
	o.out.Alloc = pacer.Rate(allocated * all / known / float64(window))
	o.out.Cadence = pacer.Cadence{Every: pacer.Frequency(max(all-forced, 1) / float64(window)), Count: max(all-forced, 1), Forced: pacer.Frequency(forced / float64(window))}
}

// traceRates reads the rates off a trace that has nothing beside it: what was
// allocated from the end of one marking to the end of the next.
func (o *observer) traceRates() {
	if o.set.Sched == nil {
		return
	}
	cycles := o.set.Sched.Collector.Cycles
	if len(cycles) < 3 {
		return
	}
	end := func(c exectrace.Collection) pacer.Seconds { return seconds(c.Start + c.Took) }
	n := len(cycles)
	window := end(cycles[n-1]) - end(cycles[0])
	if window <= 0 {
		return
	}
	var allocated pacer.Bytes
	for i, c := range cycles[1:] {
		allocated += pacer.Bytes(max(c.HeapEnd-cycles[i].Marked, 0))
	}
	o.out.Window = seconds(o.set.Sched.Window)
	o.out.Alloc = pacer.Rate(float64(allocated) / float64(window))
	o.out.Cadence = pacer.Cadence{Every: pacer.Frequency(float64(n-1) / float64(window)), Count: float64(n)}
	o.doubt(1, "a trace alone shows some seconds, and the program is slower while it is recorded", "observe the service itself")
}

// liveFromMarks is the live heap of whole cycles, spread over the window when
// the trace was shorter.
func (o *observer) liveFromMarks() {
	n := len(o.out.Marks)
	if n == 0 {
		return
	}
	if o.set.GC != nil && len(o.mem) == 0 {
		cycles := logCycles(o.set.GC)
		for _, c := range cycles {
			o.addLive(seconds(c.At-cycles[0].At), pacer.Bytes(c.HeapLive)+pacer.MiB/2)
		}
		return
	}
	step := o.out.Window / pacer.Seconds(n)
	if o.out.Window <= 0 && o.set.Sched != nil {
		o.out.Window = seconds(o.set.Sched.Window)
		step = o.out.Window / pacer.Seconds(n)
	}
	for i, m := range o.out.Marks {
		o.addLive(pacer.Seconds(i)*step, m.Marked)
	}
}
