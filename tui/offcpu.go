package tui

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// offCPU is what the target waits for: threads by state and system call, who ends
// their waits, goroutines by reason, locks, and apart from that how long it waits
// for a CPU.
type offCPU struct {
	desk
	stacks *heaviest // of the off-CPU profile, made when it is needed
}

func (o *offCPU) set(d *Data) {
	o.d, o.stacks = d, nil
	o.absence = needed[ofWaits].absent(d)
	waits := d.partOf("waits", "where threads wait",
		column{of: "blocked", bar: true}, column{of: "for a CPU"}, column{of: "waits", shed: 3},
		column{of: "mean", name: "mean", shed: 4, text: o.mean}, column{of: "state", kind: word, shed: 1}, column{of: "system call", kind: word, shed: 2}, column{of: "where", kind: function})
	traced := d.partOf("trace-waits", "",
		column{of: "waited", bar: true}, column{of: "waits", shed: 3}, column{of: "half below", name: "half below", shed: 4, text: o.quantile(0.5)}, column{of: "p99 below", name: "p99 below", shed: 5, text: o.quantile(0.99)},
		column{of: "longest", shed: 2}, column{of: "reason", kind: word}, column{of: "at", kind: function})
	if traced != nil {
		traced.weight = 2
		traced.list.at = o.ended() // there is something to see of its waits
	}
	parts := []*part{
		o.requests(), waits, o.stack("waits", "stack of the wait", waits),
		traced, o.lengths(traced),
		o.goroutines(), d.partOf("wall-goroutine-time-by-state", "goroutine time by state", column{of: "share", bar: true}, column{of: "goroutines", shed: 1}, column{of: "state", kind: passage}),
		o.nobody(), d.partOf("offcpu-who-ended-whose-waits", "who ends whose waits", column{of: "blocked", bar: true}, column{of: "waits", shed: 1}, column{of: "waiting", kind: function}, column{of: "woken by", name: "woken by", kind: function}),
		o.contention("mutex", "locks: who holds others up"), o.contention("block", "blocking by place"),
		histogramPart(d.exhibit("sched-run-queue-latency")),
		d.partOf("sched-who-had-the-cpu-meanwhile", "who had the CPU meanwhile", column{of: "waited", bar: true}, column{of: "times", shed: 1}, column{of: "process", kind: passage}),
	}
	if waits != nil {
		waits.weight = 3
	}
	needs(parts, map[string]int{"waits": 9, "trace-waits": 9, "offcpu-who-ended-whose-waits": 6, "mutex": 6, "sched-run-queue-latency": 8})
	beside(parts, "stack", "lengths", "wall-goroutine-time-by-state", "block", "sched-who-had-the-cpu-meanwhile")
	for _, probe := range []string{"park-", "wall-", "offcpu-", "sched-"} {
		parts = append(parts, others(d.exhibits(probe, ids(parts)...))...)
	}
	parts = append(parts, d.lacking(parts,
		lack{"waits", "where threads wait, and for a CPU", []string{"offcpu", "kernel"}, "a kernel probe sees it, on the machine of the process and as root: " + d.asRoot()},
		lack{"trace-waits", "where goroutines wait, and how long each time", []string{"trace"}, "an execution trace tells: goperf tui http://HOST:PORT, without --no-trace"},
		lack{"mutex", "locks", []string{"mutex"}, "a mutex profile tells; the program has to ask for it: runtime.SetMutexProfileFraction(5)"},
		lack{"block", "blocking by place", []string{"block"}, "a block profile tells; the program has to ask for it: runtime.SetBlockProfileRate(10000)"}))
	for _, p := range parts {
		if p != nil && (p.id == "mutex" || p.id == "block") {
			p.shy = true
		}
	}
	if o.put(o.vitals(), parts...); len(o.parts) > 0 {
		o.absence = nil
	}
}

// nobody says how to get who ends whose waits when that was not asked for, or that
// nobody did.
func (o *offCPU) nobody() *part {
	text := "Not measured. To get it: goperf probe offcpu " + o.d.process() + " --waker -o off.goperf"
	switch e := o.d.exhibit("offcpu-who-ended-whose-waits"); {
	case e != nil && e.Table != nil && len(e.Table.Rows) == 0:
		text = "Measured, and no wait ended in the window."
	case e != nil || o.d.exhibit("waits") == nil:
		return nil
	}
	return &part{id: "wakers", title: "who ends whose waits", shy: true, show: texts([]said{{"", text}})}
}

// mean is how long one wait of a row took.
func (o *offCPU) mean(row []report.Cell) string {
	get := named(o.d.exhibit("waits"))
	n := get(row, "waits").Value
	if n <= 0 {
		return ""
	}
	return report.FormatValue((get(row, "blocked").Value+get(row, "for a CPU").Value)/n, "s")
}

// vitals are the sums of an off-CPU measurement, and the run queues. What is told of
// the CPU there is of threads that had work; the latency is of every wake-up, of
// idle threads as well.
func (o *offCPU) vitals() (facts []fact) {
	if p, ok := o.d.profile("offcpu"); ok && p.Base == nil {
		own := profilerSamples(p.Profile)
		for _, v := range []struct {
			column, label, unit string
			scale               float64
		}{{"blocked", "threads blocked", "s", 1e-9}, {"runqueue", "waiting for a CPU with work", "s", 1e-9}, {"waits", "waits", "count", 1}} {
			col, ok := p.SampleType(v.column)
			if !ok {
				continue
			}
			total := p.Total(col)
			for _, i := range own {
				total -= p.Value(i, col)
			}
			facts = append(facts, fact{v.label, report.FormatValue(float64(total)*v.scale, v.unit), paint.Strong})
		}
		if p.DurationNanos > 0 {
			facts = append(facts, fact{"in", report.FormatValue(float64(p.DurationNanos)/1e9, "s"), paint.Strong})
		}
	}
	if e := o.d.exhibit("sched-run-queue-latency"); e != nil && e.Histogram != nil {
		facts = append(facts, fact{"run-queue latency", quantiles(e.Histogram), paint.Plain})
	}
	return facts
}

// profilerSamples are the waits of the CPU profiler: it sleeps for as long as it is
// asked to, which says nothing of the program.
func profilerSamples(p *profile.Profile) (own []int) {
	for i := range p.NumSamples() {
		for _, loc := range p.Stack(i) {
			if slices.ContainsFunc(p.Locations[loc].Lines, func(l profile.Line) bool {
				return l.Function >= 0 && p.Functions[l.Function].Name == "runtime/pprof.profileWriter"
			}) {
				own = append(own, i)
				break
			}
		}
	}
	return own
}

// goroutines is where they wait, by the probe that there was.
func (o *offCPU) goroutines() *part {
	if p := o.d.partOf("park-where-goroutines-wait", "where goroutines wait",
		column{of: "waited", bar: true}, column{of: "waits", shed: 1}, column{of: "longest", shed: 2}, column{of: "reason", kind: word}, column{of: "at", kind: function}); p != nil {
		return p
	}
	for _, e := range o.d.exhibits("wall-where-goroutines-are") {
		return o.d.partOf(e.ID, "where goroutines are", column{of: "share", bar: true}, column{of: "goroutines", shed: 1}, column{of: "state", kind: word}, column{of: "at", kind: function})
	}
	return nil
}

// contention is the places of a mutex or block profile that cost others most.
func (o *offCPU) contention(kind, title string) *part {
	p, ok := o.d.profile(kind)
	if !ok || p.Base != nil {
		return nil // of a difference the other screens tell
	}
	delay, ok1 := p.SampleType("delay")
	count, ok2 := p.SampleType("contentions")
	if !ok1 || !ok2 {
		return nil
	}
	cl := symbol.Classifier{Main: o.d.Main}
	type sum struct{ delay, count int64 }
	by := map[string]*sum{}
	add := func(p *profile.Profile, sign int64) {
		for i := range p.NumSamples() {
			at := nearest(p, i, cl)
			if by[at] == nil {
				by[at] = &sum{}
			}
			by[at].delay += sign * p.Value(i, delay)
			by[at].count += sign * p.Value(i, count)
		}
	}
	note := "since the process began"
	add(p.Profile, 1)
	if n := len(p.Parts); n > 1 && slices.Equal(p.Parts[0].SampleTypes, p.SampleTypes) { // what was there before the window is not of it
		add(p.Parts[0], -1)
		note = "in " + report.FormatValue(float64(p.Parts[n-1].TimeNanos-p.Parts[0].TimeNanos)/1e9, "s")
	}
	if kind == "mutex" {
		note += ", by the runtime's estimate" // of those that wait behind the one that is woken: runtime.readyWithTime
	}
	t := &report.Table{Columns: []report.Column{{Name: "delay", Unit: "s"}, {Name: "times", Unit: "count"}, {Name: "at"}}}
	for at, s := range by {
		if s.delay > 0 {
			t.Rows = append(t.Rows, []report.Cell{{Value: float64(s.delay) / 1e9}, {Value: float64(s.count)}, {Text: at}})
		}
	}
	if len(t.Rows) == 0 {
		return nil
	}
	slices.SortFunc(t.Rows, func(a, b []report.Cell) int {
		return cmp.Or(cmp.Compare(b[0].Value, a[0].Value), cmp.Compare(a[2].Text, b[2].Text))
	})
	t.Rows = t.Rows[:min(len(t.Rows), mostTold)]
	return &part{id: kind, title: title, note: note, show: newSheet(t, column{of: "delay", bar: true}, column{of: "times", shed: 1}, column{of: "at", kind: function})}
}

// nearest is the frame of a sample that is nearest to the leaf and the developer.
func nearest(p *profile.Profile, sample int, cl symbol.Classifier) string {
	best, rank := "", 9
	for _, loc := range p.Stack(sample) {
		for _, l := range p.Locations[loc].Lines {
			if l.Function < 0 {
				continue
			}
			name := p.Functions[l.Function].Name
			if r := int(cl.Of(name)); r < rank {
				best, rank = name, r
			}
		}
	}
	return best
}

// stack is the heaviest stack of the row that is chosen in a table.
func (o *offCPU) stack(of, title string, from *part) *part {
	if from == nil {
		return nil
	}
	return &part{id: "stack", title: title, weight: 2, show: &made{make: func(width int) []line {
		s, row := o.chosen(of)
		if s == nil {
			return nil
		}
		frames := o.heaviest(s.cell(row, "state").Text, s.cell(row, "system call").Text, s.cell(row, "where").Text)
		if len(frames) == 0 {
			return texts([]said{{"", "No stacks: this is a report without its profile. Open the .goperf bundle that it was made of."}}).make(width)
		}
		return stackLines(frames, symbol.Classifier{Main: o.d.Main})
	}}}
}

// heaviest is the stack with the most time of a state and a system call that has
// a function in it, leaf first.
func (o *offCPU) heaviest(state, call, where string) []report.Frame {
	if o.stacks == nil {
		p, ok := o.d.profile("offcpu")
		if !ok || p.Base != nil {
			return nil
		}
		blocked, ok1 := p.SampleType("blocked")
		queued, ok2 := p.SampleType("runqueue")
		if !ok1 || !ok2 {
			return nil
		}
		o.stacks = newHeaviest(p.Profile, func(i int) int64 { return p.Value(i, blocked) + p.Value(i, queued) })
	}
	p := o.stacks.p
	return o.stacks.stack(report.Clean(where), fmt.Sprintf("%q %q", state, call), func(i int) bool {
		return labelIn(p, i, "state") == report.Clean(state) && labelIn(p, i, "syscall") == report.Clean(call)
	})
}

func (o *offCPU) plain(p *prose) { o.tell(p) }
