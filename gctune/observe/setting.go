package observe

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/goperf/goperf/gctune/pacer"
)

// setting finds GOGC and GOMEMLIMIT: the user knows best, then the process
// itself, then what its goals show, then its environment.
func (o *observer) setting() error {
	if err := o.limit(); err != nil {
		return err
	}
	var err error
	o.out.Setting.GOGC, o.out.SettingFrom, err = o.gogc()
	o.guessLimit()
	return err
}

// guessLimit takes goals next to the live heap for those of a limit that cannot
// be read: nobody sets a GOGC that low, and a service that thrashes must not
// pass for one at GOGC=100. The size is where the runtime would have set the
// goal, 3 % below the limit (memoryLimitHeapGoalHeadroomPercent).
func (o *observer) guessLimit() {
	const lowest, headroom, least = 0.10, 0.03, 16 * pacer.MiB
	_, told := o.known("go_gc_gomemlimit_bytes", "/gc/gomemlimit:bytes")
	if told || o.limitKnown() || o.wish != (Wish{}) || o.set.Host.EnvKnown || len(o.goals) < 3 {
		return
	}
	goals := slices.Clone(o.goals)
	slices.SortFunc(goals, func(a, b goalSeen) int { return cmp.Compare(a.next/a.marked, b.next/b.marked) })
	g := goals[len(goals)/2]
	if g.next < least || g.next-g.marked > lowest*(g.marked+o.stacks()) {
		return
	}
	limit := math.Round(float64((g.next/(1-headroom) + nonHeap(o.mem)) / pacer.MiB))
	o.out.Setting = pacer.Setting{GOGC: 100, Limit: pacer.Bytes(limit) * pacer.MiB}
	o.out.SettingFrom = "assumed"
	o.doubt(2, "the goals are next to the live heap: a GOMEMLIMIT must hold them there, which is not known and was inferred from them", "--memlimit and --gogc say what they are")
}

func (o *observer) limitKnown() bool { return o.out.Setting.Limit > 0 }

func (o *observer) limit() error {
	var err error
	switch limit, known := o.known("go_gc_gomemlimit_bytes", "/gc/gomemlimit:bytes"); {
	case o.wish.Limit != "":
		o.out.Setting.Limit, err = pacer.ParseLimit(o.wish.Limit)
	case known && limit < math.MaxInt64/2:
		o.out.Setting.Limit = pacer.Bytes(limit)
	case known: // none
	case o.set.Host.GOMEMLIMIT != "":
		o.out.Setting.Limit, _ = pacer.ParseLimit(o.set.Host.GOMEMLIMIT) // the runtime would not have started with another form
	}
	return err
}

// known is a metric under one of its names.
func (o *observer) known(names ...string) (float64, bool) {
	for _, n := range names {
		if v, ok := o.set.Vars[n]; ok && v >= 0 {
			return v, true
		}
	}
	return 0, false
}

func (o *observer) gogc() (pacer.Percent, string, error) {
	if o.wish.GOGC != "" {
		g, err := pacer.ParseGOGC(o.wish.GOGC)
		return g, "flag", err
	}
	if v, ok := o.known("go_gc_gogc_percent", "/gc/gogc:percent"); ok {
		if v > math.MaxInt32 {
			return pacer.Off, "metrics", nil // the runtime reports off as the largest number
		}
		return pacer.Percent(v), "metrics", nil
	}
	env, from := pacer.Percent(100), "assumed"
	if h := o.set.Host; h.EnvKnown {
		from = "environment"
		if g, err := pacer.ParseGOGC(h.GOGC); err == nil {
			env = g
		}
	}
	if seen, ok := o.shown(env); ok {
		if seen != env && from == "environment" {
			o.doubt(1, fmt.Sprintf("the environment says GOGC=%s and the goals GOGC=%s: the program sets it itself, and may again", env, seen), "")
		}
		if o.set.Sched == nil || len(o.set.Sched.Collector.Cycles) == 0 {
			return seen, "gctrace", nil
		}
		return seen, "trace", nil
	}
	return env, from, nil
}

// shown reads GOGC off the goals that followed from marked heaps. What the
// environment says is confirmed when a plausible size of stacks and globals
// explains the goals with it.
func (o *observer) shown(env pacer.Percent) (pacer.Percent, bool) {
	if len(o.goals) == 0 {
		return 0, false
	}
	most := 16 * pacer.MiB // globals, and what a log's MiB hide
	if n := len(o.mem); n > 0 {
		most += pacer.Bytes(o.mem[n-1].StackInuse)
	}
	fits := func(g pacer.Percent) bool {
		if g <= 0 {
			return false
		}
		s := o.scanAt(g)
		typical := o.goals[len(o.goals)/2].marked
		return s > -0.02*typical-2*pacer.MiB && s < most+0.02*typical
	}
	if fits(env) || env == pacer.Off {
		return env, true
	}
	if o.limitKnown() {
		middle := o.goals[len(o.goals)/2]
		if middle.next < middle.marked+pacer.Bytes(env/100)*middle.marked {
			return 0, false // the limit holds the goals below what GOGC allows
		}
	}
	var ratios []float64
	for _, g := range o.goals {
		ratios = append(ratios, float64((g.next-g.marked)/(g.marked+o.stacks())))
	}
	slices.Sort(ratios)
	r := 100 * ratios[len(ratios)/2]
	if r < 5 {
		return 0, false // a limit or nothing to go by
	}
	// A goal near the floor of 4 MiB says nothing.
	if o.goals[len(o.goals)/2].next < 8*pacer.MiB {
		return 0, false
	}
	return rounded(r), true
}

// stacks is a first guess of what is scanned beside the heap.
func (o *observer) stacks() pacer.Bytes {
	if o.set.GC != nil && len(o.set.GC.Cycles) > 0 {
		c := o.set.GC.Cycles[len(o.set.GC.Cycles)/2]
		return pacer.Bytes(c.Stacks + c.Globals)
	}
	if n := len(o.mem); n > 0 {
		return pacer.Bytes(o.mem[n-1].StackInuse) / 2
	}
	return 0
}

// rounded is the number that somebody would have set.
func rounded(r float64) pacer.Percent {
	if r > 90 {
		if quarter := math.Round(r/25) * 25; math.Abs(quarter-r) < 0.04*r {
			return pacer.Percent(quarter)
		}
	}
	return pacer.Percent(math.Round(r/5) * 5)
}

// scanAt is the size of stacks and globals that explains the goals at a GOGC:
// goal = M + g(M + S).
func (o *observer) scanAt(g pacer.Percent) pacer.Bytes {
	var scans []pacer.Bytes
	for _, seen := range o.goals {
		scans = append(scans, (seen.next-seen.marked)*pacer.Bytes(100/g)-seen.marked)
	}
	slices.Sort(scans)
	return scans[len(scans)/2]
}

// scan is the size of stacks and globals.
func (o *observer) scan() {
	if v, ok := o.known("/gc/scan/stack:bytes", "go_gc_scan_stack_bytes"); ok {
		globals, _ := o.known("/gc/scan/globals:bytes", "go_gc_scan_globals_bytes")
		o.out.Scan = pacer.Scan{Bytes: pacer.Bytes(v + globals), Known: true}
		return
	}
	if o.set.GC != nil && len(o.set.GC.Cycles) > 0 {
		c := o.set.GC.Cycles[len(o.set.GC.Cycles)/2]
		o.out.Scan = pacer.Scan{Bytes: pacer.Bytes(c.Stacks + c.Globals), Known: true}
		return
	}
	g := o.out.Setting.GOGC
	if len(o.goals) > 0 && g > 0 && o.goals[len(o.goals)/2].next > 8*pacer.MiB {
		if s := o.scanAt(g); s >= 0 && !o.limited() {
			o.out.Scan = pacer.Scan{Bytes: s, Known: true}
			return
		}
	}
	if n := len(o.mem); n > 0 {
		// About half of the stacks' space is in use.
		o.out.Scan.Bytes = pacer.Bytes(o.mem[n-1].StackInuse) / 2
	}
}

// doubts are the reasons why the model may be off, gravest first.
func (o *observer) doubts() {
	out := &o.out
	switch {
	case out.CPU.Samples == 0:
		o.doubt(2, "without a CPU profile the cost of collections is not known", "give a CPU profile beside it, or the URL of the service")
	case out.CPU.Samples < 50:
		o.doubt(1, fmt.Sprintf("few CPU samples fell on the collector (%.0f)", out.CPU.Samples), "a longer --duration")
	}
	const few, enough = 5, 20
	if n := out.Cadence.Count; n < enough {
		grave := 1
		if n < few {
			grave = 2
		}
		o.doubt(grave, fmt.Sprintf("only %.0f collections were seen, %d are enough", n, enough), "a longer --duration")
	}
	if len(out.Marks) == 0 {
		o.doubt(1, "without a trace or a gctrace log the time before the goal at which marking begins is inferred from the cadence", "a trace: a longer --duration, without --no-trace")
	}
	if out.SettingFrom == "assumed" {
		o.doubt(1, "GOGC is not known and taken to be 100", "--gogc says what it is")
	}
	if w := out.CPU.Wall; w > 1.5 {
		o.doubt(1, fmt.Sprintf("the CPU is contended: by the wall clock collections took %.1f times their CPU", w), "observe a machine with idle cores")
	}
	if f := out.Cadence.Forced; f > 0 {
		o.doubt(1, "the program forces collections, which no setting changes", "")
	}
	if out.Memory.Peak == 0 {
		o.doubt(1, "the size of the process is not known", "")
	}
	slices.SortStableFunc(out.Doubts, func(a, b Doubt) int { return cmp.Compare(b.Grave, a.Grave) })
}
