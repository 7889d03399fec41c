package pacer

import (
	"math"
	"testing"
)

// process is a program and the runtime's pacer, written down from
// runtime/mgcpacer.go and stepped through cycle by cycle: what the model is
// measured against. It knows nothing of the model.
type process struct {
	live    func(t float64) float64 // B
	rate    float64                 // B/s
	procs   float64
	perByte float64 // s of CPU for each byte scanned
	stacks  float64
	idle    float64 // share of the processors that nothing else wants
	beside  float64 // B, that a limit counts beside the heap
}

// cycle is one collection of a process.
type cycle struct{ end, before, start, heap, marked, goal, next, took, cpu float64 }

func (p process) goals(gogc, limit, marked float64) (goal float64) {
	goal = math.Inf(1)
	if gogc >= 0 {
		goal = max(marked+(marked+p.stacks)*gogc/100, 4*1048576*gogc/100)
	}
	if limit > 0 {
		room := limit - p.beside
		goal = min(goal, max(room-max(0.03*room, 1048576), marked))
	}
	return goal
}

// run collects for so many seconds at a setting.
func (p process) run(gogc, limit, seconds float64) []cycle {
	var out []cycle
	marked, t := p.live(0), 0.0
	history := []float64{0, 0, 0, 0, 0}
	scan := marked + p.stacks
	for t < seconds+60 {
		goal := p.goals(gogc, limit, marked)
		runway := 0.0
		for _, h := range history {
			runway = max(runway, h)
		}
		runway *= 3 * scan
		low, high := marked+0.7*(goal-marked), max(marked+0.95*(goal-marked), goal-4*1048576)
		start := min(max(goal-runway, low), high)
		c := cycle{before: marked, start: start, goal: goal}
		t += (start - marked) / p.rate
		live := p.live(t)
		c.cpu = p.perByte * (live + p.stacks)
		// A quarter of the processors marks, and idle ones as well.
		c.took = c.cpu / (p.procs * (0.25 + p.idle))
		allocated := p.rate * c.took
		if start+allocated > goal { // assists shorten it
			allocated = max(goal-start, 0)
			c.took = allocated / p.rate
		}
		t += c.took
		c.heap, c.marked = start+allocated, live+allocated
		scan = live + p.stacks
		u := 0.25
		history = append(history[1:], allocated/scan*(u+p.idle)/(1-u))
		marked, c.end = c.marked, t
		c.next = p.goals(gogc, limit, marked)
		if t > 60 { // warm by now
			c.end -= 60
			out = append(out, c)
		}
	}
	return out
}

// observe is what one sees of a process in a window.
func (p process) observe(gogc, limit, seconds float64) Observation {
	cycles := p.run(gogc, limit, seconds)
	o := Observation{
		Window: Seconds(seconds), Setting: Setting{Percent(gogc), Bytes(limit)}, Procs: int(p.procs), Alloc: Rate(p.rate),
		Scan: Scan{Bytes(p.stacks), true}, Memory: Footprint{NonHeap: Bytes(p.beside), Inuse: 1.03},
	}
	var cpu, top float64
	for _, c := range cycles {
		o.Live = append(o.Live, Live{Seconds(c.end), Bytes(c.marked)})
		o.Marks = append(o.Marks, Mark{Took: Seconds(c.took), Before: Bytes(c.before), HeapStart: Bytes(c.start), HeapEnd: Bytes(c.heap), Marked: Bytes(c.marked), Goal: Bytes(c.goal), Next: Bytes(c.next)})
		o.Workers.Busy += Seconds(0.25 * p.procs * c.took)
		o.Workers.Idle += Seconds(p.idle * p.procs * c.took)
		o.Workers.Marking += Seconds(c.took)
		cpu += c.cpu
		top = max(top, c.heap)
	}
	n := float64(len(cycles))
	span := cycles[len(cycles)-1].end - cycles[0].end
	o.Cadence = Cadence{Every: Frequency((n - 1) / span), Count: n}
	o.CPU = Usage{GC: Cores(cpu / n * (n - 1) / span), Cycles: n, Samples: 100 * cpu}
	o.CPU.Process = o.CPU.GC + 0.3
	o.Memory.Heap, o.Memory.Peak = Bytes(top), Bytes(1.03*top+p.beside)
	return o
}

func steady(live float64) func(float64) float64 { return func(float64) float64 { return live } }

// bursts goes up by half every eight seconds and comes back.
func bursts(live float64) func(float64) float64 {
	return func(t float64) float64 { return live * (1 + 0.5*max(0, math.Sin(t*math.Pi/4))) }
}

const mib = 1 << 20

var processes = map[string]process{
	"steady":       {live: steady(200 * mib), rate: 120 * mib, procs: 4, perByte: 0.4e-9, beside: 20 * mib},
	"idle cores":   {live: steady(150 * mib), rate: 60 * mib, procs: 4, perByte: 0.9e-9, idle: 0.5, beside: 20 * mib},
	"fast":         {live: steady(100 * mib), rate: 600 * mib, procs: 8, perByte: 0.4e-9, beside: 10 * mib},
	"large stacks": {live: steady(40 * mib), rate: 80 * mib, procs: 2, perByte: 0.5e-9, stacks: 70 * mib, beside: 90 * mib},
	"bursts":       {live: bursts(80 * mib), rate: 150 * mib, procs: 2, perByte: 0.3e-9, beside: 20 * mib},
	"big":          {live: steady(3000 * mib), rate: 900 * mib, procs: 16, perByte: 0.4e-9, beside: 100 * mib},
}

// What the model predicts of other settings is what the pacer does at them. That
// the cost of a collection does not grow with its garbage here shows in the spans,
// and is confirmed by a second observation.
func TestPredictionsAgainstThePacer(t *testing.T) {
	for name, p := range processes {
		first := p.observe(100, 0, 60)
		first.Memory.Spread = 0.02
		m, err := Fit(first)
		if err != nil {
			t.Fatal(err)
		}
		if !m.Second(p.observe(200, 0, 60)) || math.Abs(m.growth) > 0.03 {
			t.Errorf("%s: the second observation says γ = %.2f, want 0", name, m.growth)
		}
		live := p.live(2) + p.stacks
		for _, s := range []Setting{{50, 0}, {100, 0}, {200, 0}, {400, 0}, {Off, Bytes(2.2*live + p.beside)}, {100, Bytes(1.9*live + p.beside)}} {
			got := m.Predict(s)
			is := p.observe(float64(s.GOGC), float64(s.Limit), 120)
			top := is.Memory.Heap
			off := func(what string, got, want, most float64) {
				if e := got/want - 1; math.Abs(e) > most {
					t.Errorf("%s at %v: %s %.4g, is %.4g (%+.1f %%)", name, s, what, got, want, 100*e)
				}
			}
			if !got.Verdict.HasFigures() {
				t.Errorf("%s at %v: %s", name, s, got.Verdict)
				continue
			}
			off("cycles/s", float64(got.Cycles.Mid), float64(is.Cadence.Every), 0.08)
			off("GC cores", float64(got.GC.Mid), float64(is.CPU.GC), 0.08)
			off("largest heap", float64(got.Heap), float64(top), 0.06)
			if is.CPU.GC < got.GC.Low || is.CPU.GC > got.GC.High {
				t.Errorf("%s at %v: GC %v cores, interval %v", name, s, is.CPU.GC, got.GC)
			}
			if is.Memory.Peak > got.Bound && s.Limit == 0 {
				t.Errorf("%s at %v: RSS %v above its bound %v", name, s, is.Memory.Peak/MiB, got.Bound/MiB)
			}
		}
	}
}
