// Package observe reads what the model of the collector needs out of evidence.
//
// Every source is optional: MemStats pages give the live heap over time, the
// rates and the footprint; a CPU profile what collecting costs; an execution
// trace or a gctrace log whole cycles, and with them how marking is paced;
// runtime metrics and the environment the setting. [Of] takes of each what it
// knows best, and says what is missing and what that costs in certainty.
//
// The package is pure and judges nothing.
package observe

import (
	"cmp"
	"slices"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/gctune/pacer"
)

// Seen is an observation and what it rests on.
type Seen struct {
	pacer.Observation
	Sources     []string // "MemStats", "CPU profile", "trace", "gctrace", "metrics", in this order
	SettingFrom string   // where GOGC comes from: "flag", "metrics", "trace", "gctrace", "environment", "assumed"
	Lifetime    bool     // the peak RSS is that of the whole life of the process, its start included
	Handles     Handles
	Doubts      []Doubt // gravest first
}

// Doubt is one reason why the model may be off, as a clause, and how grave it is:
// 1 lowers an A to a B, 2 to a C.
type Doubt struct {
	Grave int
	Text  string
	Hint  string // what would mend it
}

// Wish is what the user says of the target; it wins over what was read.
type Wish struct {
	GOGC  string // as in the environment, "" to read it
	Limit string
}

// Of observes the collector of one target.
func Of(set *evidence.Set, wish Wish) (Seen, error) {
	o := observer{set: set, wish: wish}
	o.out.Procs = set.Host.GOMAXPROCS
	o.out.Quota = pacer.Cores(set.Host.CPUQuota)
	if set.Host.Periods > 0 {
		o.out.Throttled = float64(set.Host.Throttled) / float64(set.Host.Periods)
	}
	o.samples()
	o.marks()
	o.rates()
	if err := o.setting(); err != nil {
		return o.out, err
	}
	o.scan()
	o.live()
	o.cpu()
	o.footprint()
	o.handles()
	o.doubts()
	return o.out, nil
}

// observer puts an observation together.
type observer struct {
	set   *evidence.Set
	wish  Wish
	out   Seen
	mem   []evidence.MemorySample // with time and collections, in time order
	ends  []time.Time             // of the collections in the window, oldest first
	every []time.Time             // the same, and those during a trace behind it
	until time.Time               // every is known up to here
	begin time.Time
	goals []goalSeen
	rss   pacer.Bytes // largest that metrics told
}

// goalSeen is a marked heap and the goal that followed from it, exactly.
type goalSeen struct{ marked, next pacer.Bytes }

// samples takes the MemStats pages that say when they were made.
func (o *observer) samples() {
	for _, m := range o.set.Memory {
		if n := len(o.mem); !m.At.IsZero() && (n == 0 || m.At.After(o.mem[n-1].At) && m.NumGC >= o.mem[n-1].NumGC) {
			o.mem = append(o.mem, m)
		}
	}
	if len(o.mem) == 0 {
		return
	}
	o.every, o.until = ends(o.mem), o.mem[len(o.mem)-1].At
	o.mem = o.beforeTrace(o.mem)
	o.ends = ends(o.mem)
	o.out.Sources = append(o.out.Sources, "MemStats")
	first, last := o.mem[0], o.mem[len(o.mem)-1]
	o.begin = first.At
	o.out.Window = seconds(last.At.Sub(first.At))
}

// beforeTrace leaves out the pages from the trace on, when it came last: it
// costs the service memory and CPU.
func (o *observer) beforeTrace(mem []evidence.MemorySample) []evidence.MemorySample {
	const plenty = 10
	t := o.set.Traced
	if t.From.IsZero() || t.To.Sub(t.From) < time.Second {
		return mem
	}
	n := len(mem)
	for n > 0 && mem[n-1].At.After(t.From) {
		n--
	}
	if n < plenty || n < len(mem)/2 {
		return mem
	}
	return mem[:n]
}

// ends joins the rings of all pages into the ends of the collections between the
// first and the last. Each ring holds 256, so that up to 256 a second none is
// missed; where one is, the cadence is counted instead.
func ends(mem []evidence.MemorySample) []time.Time {
	first, last := mem[0], mem[len(mem)-1]
	number := map[int64]time.Time{}
	for _, m := range mem {
		for i, end := range m.Ends {
			if n := m.NumGC - int64(i); n > first.NumGC {
				number[n] = end
			}
		}
	}
	var out []time.Time
	for n := first.NumGC + 1; n <= last.NumGC; n++ {
		end, ok := number[n]
		if !ok {
			return nil
		}
		out = append(out, end)
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}

// rates are how much is allocated and how often is collected.
func (o *observer) rates() {
	if len(o.mem) >= 2 && o.out.Window > 0 {
		o.memRates()
	} else {
		o.logRates()
	}
	if o.out.Alloc <= 0 || o.out.Cadence.Every <= 0 {
		o.traceRates()
	}
	if o.out.Alloc <= 0 || o.out.Cadence.Every <= 0 {
		o.pageRates()
	}
}

func (o *observer) memRates() {
	first, last := o.mem[0], o.mem[len(o.mem)-1]
	window := float64(o.out.Window)
	o.out.Alloc = pacer.Rate(float64(last.TotalAlloc-first.TotalAlloc) / window)
	forced := float64(max(last.NumForcedGC-first.NumForcedGC, 0))
	all := float64(last.NumGC - first.NumGC)
	o.out.Cadence = pacer.Cadence{Every: pacer.Frequency((all - forced) / window), Count: all - forced, Forced: pacer.Frequency(forced / window)}
	if n := len(o.ends); n >= 4 && forced == 0 {
		if d := o.ends[n-1].Sub(o.ends[0]).Seconds(); d > 0 {
			o.out.Cadence.Every = pacer.Frequency(float64(n-1) / d)
		}
	}
	o.own()
	const part = 2 * time.Second // shorter ones say more of the clock than of the load
	from := first
	for _, m := range o.mem[1:] {
		if d := m.At.Sub(from.At); d >= part {
			o.out.Steady = append(o.out.Steady, pacer.Rate(float64(m.TotalAlloc-from.TotalAlloc)/d.Seconds()))
			from = m
		}
	}
}

// own is what the observation itself made the process allocate: a page each
// second, of which two come at once in the beginning, the ends of the CPU
// profiles, and the trace.
func (o *observer) own() {
	var quiet, seconds float64
	var quietBytes int64
	pages := 0.0
	for i, m := range o.mem[1:] {
		from := o.mem[i]
		if o.disturbed(from.At, m.At) {
			continue
		}
		quietBytes += m.TotalAlloc - from.TotalAlloc
		seconds += m.At.Sub(from.At).Seconds()
		pages++
	}
	if seconds < float64(o.out.Window)/3 {
		return // nothing but disturbance: it cannot be told
	}
	quiet = float64(quietBytes) / seconds
	page := 0.0
	if twice := o.mem[1].At.Sub(o.mem[0].At).Seconds(); len(o.mem) > 3 && twice < 0.25 {
		page = max(float64(o.mem[1].TotalAlloc-o.mem[0].TotalAlloc)-quiet*twice, 0)
	}
	service := max(quiet-page*pages/seconds, 0)
	o.out.Own = pacer.Rate(min(max(float64(o.out.Alloc)-service, 0), 0.5*float64(o.out.Alloc)))
}

// disturbed says whether a CPU profile ended in an interval, or a trace was recorded.
func (o *observer) disturbed(from, to time.Time) bool {
	const late = 500 * time.Millisecond // it takes a while to write a profile
	for _, p := range o.set.Profiles[evidence.CPU] {
		if end := time.Unix(0, p.TimeNanos+p.DurationNanos); p.TimeNanos > 0 && end.Before(to) && end.Add(late).After(from) {
			return true
		}
	}
	t := o.set.Traced
	return t.From.Before(to) && t.To.After(from)
}

// live is the heap that each collection found live.
func (o *observer) live() {
	switch {
	case len(o.mem) > 0 && !o.limited():
		o.liveFromGoals()
		o.fillLive()
	case len(o.out.Marks) == 0 && len(o.mem) > 0:
		o.liveFromLows()
	}
	if len(o.out.Live) == 0 {
		o.liveFromMarks()
	}
	if len(o.out.Live) == 0 {
		o.liveFromPages()
	}
}

// limited says whether the memory limit decided the goals that were seen.
func (o *observer) limited() bool {
	s := o.out.Setting
	if s.GOGC == pacer.Off {
		return true
	}
	if s.Limit <= 0 {
		return false
	}
	limited := 0
	for _, g := range o.goals {
		if want := g.marked + pacer.Bytes(s.GOGC/100)*(g.marked+o.out.Scan.Bytes); g.next < 0.97*want {
			limited++
		}
	}
	if len(o.goals) > 0 {
		return limited*5 > len(o.goals)
	}
	last := o.mem[len(o.mem)-1]
	return float64(last.Sys-last.HeapReleased) > 0.9*float64(s.Limit)
}

// liveFromGoals turns NextGC around: goal = M + g(M + S).
func (o *observer) liveFromGoals() {
	g := pacer.Bytes(o.out.Setting.GOGC / 100)
	least := 4 * pacer.MiB * g
	last := int64(-1)
	for _, m := range o.mem {
		if m.NumGC == last || m.NumGC == 0 {
			continue
		}
		last = m.NumGC
		goal := pacer.Bytes(m.NextGC)
		marked := (goal - g*o.out.Scan.Bytes) / (1 + g)
		if goal <= least*1.02 {
			marked = min(pacer.Bytes(m.HeapAlloc), least/(1+g)) // at the floor the goal says nothing of it
		}
		o.addLive(o.endOf(m), max(marked, 0))
	}
}

// endOf is when the newest collection of a page ended, in seconds of the window.
func (o *observer) endOf(m evidence.MemorySample) pacer.Seconds {
	end := m.LastGC
	if len(m.Ends) > 0 {
		end = m.Ends[0]
	}
	if age := m.At.Sub(end); end.IsZero() || age < -time.Second || age > time.Hour {
		end = m.At
	}
	return seconds(end.Sub(o.begin))
}

func (o *observer) addLive(at pacer.Seconds, marked pacer.Bytes) {
	if marked <= 0 {
		return
	}
	if n := len(o.out.Live); n > 0 && at <= o.out.Live[n-1].At {
		at = o.out.Live[n-1].At + 1e-3
	}
	o.out.Live = append(o.out.Live, pacer.Live{At: at, Marked: marked})
}

// liveFromLows takes the smallest heap of each few collections where goals say
// nothing of the live heap.
func (o *observer) liveFromLows() {
	const pages = 4
	for chunk := range slices.Chunk(o.mem, pages) {
		low := slices.MinFunc(chunk, func(a, b evidence.MemorySample) int { return cmp.Compare(a.HeapAlloc, b.HeapAlloc) })
		o.addLive(seconds(low.At.Sub(o.begin)), pacer.Bytes(low.HeapAlloc))
	}
	o.doubt(2, "a memory limit decides the goals, and no trace shows the live heap", "a trace: a longer --duration, without --no-trace")
}

func (o *observer) doubt(grave int, text, hint string) {
	o.out.Doubts = append(o.out.Doubts, Doubt{grave, text, hint})
}

func seconds(d time.Duration) pacer.Seconds { return pacer.Seconds(d.Seconds()) }
