package wall

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goperf/goperf/ebpf/goproc"
	"github.com/goperf/goperf/ebpf/goroutines"
	"github.com/goperf/goperf/kernel"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/symbol"
)

// tally sums up the time of goroutines between two looks.
type tally struct {
	p       *goproc.Process
	o       Options
	program profile.Mapping
	open    map[key]*entry // by identity of the stack, which stays the same while a goroutine waits
	folder  *goroutines.Folder
	states  map[string]time.Duration
	places  map[place]time.Duration

	looks      uint64
	samples    uint64
	torn       uint64
	unreadable uint64
	late       uint64 // looks that came more than a period late
	total      time.Duration
	window     time.Duration
	buf        []byte

	cpu              pools
	running, divided time.Duration // of goroutines that ran, and of those whose stacks are known
	losses           []kernel.Loss // of the on-CPU probe
}

// key tells goroutines apart without looking into their stacks.
type key struct {
	stack  *uint64
	start  uint64
	status goproc.Status
	reason string
	id     uint64 // when they are kept apart
	labels string // all of them, in one word
}

// entry is one key's time so far.
type entry struct {
	g    goproc.Goroutine
	of   key
	n    int64
	time time.Duration
}

// place is where a goroutine stands: the nearest function that a developer can change.
type place struct{ state, at string }

// maxOpen bounds the keys: a process may start a million goroutines a minute.
const maxOpen = 100_000

var columns = []profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "wall", Unit: "nanoseconds"}}

func newTally(p *goproc.Process, o Options, pid int) *tally {
	text := p.Table.Text()
	exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	t := &tally{
		p: p, o: o, open: map[key]*entry{}, states: map[string]time.Duration{}, places: map[place]time.Duration{},
		program: profile.Mapping{
			Start: text.Start + p.Bias, Limit: text.End + p.Bias, File: strings.TrimSuffix(exe, " (deleted)"),
			HasFunctions: true, HasFilenames: true, HasLineNumbers: true, HasInlines: true,
		},
	}
	t.folder = goroutines.NewFolder(p, t.program, columns...)
	return t
}

// add counts the time since the last look for what each goroutine does now.
func (t *tally) add(d *goproc.Dump, since time.Duration) {
	t.looks++
	t.torn += uint64(d.Torn)
	t.unreadable += uint64(d.Unreadable)
	if since > 2*time.Second/time.Duration(t.o.Hertz) {
		t.late++
	}
	t.window += since
	for i := range d.Goroutines {
		g := &d.Goroutines[i]
		if g.System {
			continue
		}
		t.samples++
		t.total += since
		k := key{start: g.Start, status: g.Status, reason: g.Reason}
		if len(g.Stack) > 0 {
			k.stack = &g.Stack[0]
		}
		if t.o.IDs {
			k.id = g.ID
		}
		if len(g.Labels) > 0 {
			k.labels = t.word(g.Labels)
		}
		e := t.open[k]
		if e == nil {
			e = &entry{g: *g, of: k}
			t.open[k] = e
		}
		e.n++
		e.time += since
	}
	if len(t.open) > maxOpen {
		t.fold(false)
	}
}

// word is a set of labels as one string.
func (t *tally) word(labels []goproc.Label) string {
	t.buf = t.buf[:0]
	for _, l := range labels {
		t.buf = append(append(append(append(t.buf, l.Key...), 0), l.Value...), 0)
	}
	return string(t.buf)
}

// fold moves what is open into the profile and the tables. What ran waits for the
// last time, when its stacks are known, unless it is too much.
func (t *tally) fold(last bool) {
	own := symbol.Classifier{}
	if b := t.p.Table.Build(); b != nil {
		own.Main = b.Main.Path
	}
	wait := map[key]*entry{}
	for k, e := range t.open {
		if !last && e.g.Status == goproc.Running && len(wait) < maxOpen/2 {
			wait[k] = e
			continue
		}
		for _, part := range t.divide(e) {
			t.count(&part, own)
		}
	}
	t.open = wait
}

func (t *tally) count(e *entry, own symbol.Classifier) {
	labels := []profile.Label{{Key: "state", Str: e.g.Status.String()}}
	if e.g.Reason != "" {
		labels = append(labels, profile.Label{Key: "reason", Str: e.g.Reason})
	}
	if t.o.IDs {
		labels = append(labels, profile.Label{Key: "goroutine", Num: int64(e.g.ID)})
	}
	for _, l := range e.g.Labels {
		labels = append(labels, profile.Label{Key: l.Key, Str: l.Value})
	}
	t.folder.Add(&e.g, []int64{e.n, e.time.Nanoseconds()}, labels...)
	state := e.g.State()
	t.states[state] += e.time
	t.places[place{state, t.nearest(&e.g, own)}] += e.time
}

// nearest is the innermost function of a stack that a developer can change, or
// else the outermost one.
func (t *tally) nearest(g *goproc.Goroutine, own symbol.Classifier) string {
	last := ""
	for _, pc := range g.Stack {
		for _, f := range t.p.CallFrames(pc) {
			if own.Of(f.Func) <= symbol.ThirdParty {
				return symbol.Short(f.Func)
			}
			if f.Func != "runtime.goexit" && f.Func != "runtime.main" {
				last = f.Func
			}
		}
	}
	if fs := t.p.Frames(g.Start); last == "" && len(fs) > 0 {
		last = fs[len(fs)-1].Func
	}
	return symbol.Short(last)
}

// placeRows is how many places are shown.
const placeRows = 25

func (t *tally) measurement(from, to time.Time) (*kernel.Measurement, error) {
	t.fold(true)
	m := &kernel.Measurement{
		Probe: Name, From: from, To: to,
		Counts: []kernel.Count{
			{Name: "looks at all goroutines", Value: float64(t.looks), Unit: "count"},
			{Name: "goroutines, on average", Value: t.mean(t.total), Unit: "count"},
			{Name: "goroutine time", Value: t.total.Seconds(), Unit: "s"},
			{Name: "looks that came late", Value: float64(t.late), Unit: "count"},
		},
		Tables: []kernel.Table{t.byState(), t.byPlace()},
		Losses: append([]kernel.Loss{
			{What: "goroutines that moved each time they were looked at", Count: t.torn, Of: t.samples},
			{What: "goroutines that could not be read", Count: t.unreadable, Of: t.samples},
		}, t.losses...),
		Notes: append([]string{"the runtime's own goroutines are left out", t.runningNote()}, t.p.Notes...),
	}
	var err error
	m.Profile, err = t.folder.Finish(&profile.Profile{
		PeriodType: columns[1], Period: int64(time.Second) / int64(t.o.Hertz), DefaultSampleType: "wall",
		TimeNanos: from.UnixNano(), DurationNanos: to.Sub(from).Nanoseconds(),
	})
	return m, err
}

// mean is a time as a number of goroutines.
func (t *tally) mean(d time.Duration) float64 {
	if t.window <= 0 {
		return 0
	}
	return d.Seconds() / t.window.Seconds()
}

func (t *tally) share(d time.Duration) float64 {
	if t.total <= 0 {
		return 0
	}
	return d.Seconds() / t.total.Seconds()
}

func (t *tally) byState() kernel.Table {
	tab := kernel.Table{Name: "Goroutine time by state", Columns: []kernel.Column{{Name: "share", Unit: "ratio"}, {Name: "goroutines", Unit: "count"}, {Name: "state"}}}
	for _, s := range sorted(t.states, strings.Compare) {
		tab.Rows = append(tab.Rows, []kernel.Cell{{Value: t.share(t.states[s])}, {Value: t.mean(t.states[s])}, {Text: s}})
	}
	return tab
}

func (t *tally) byPlace() kernel.Table {
	tab := kernel.Table{Name: "Where goroutines are", Columns: []kernel.Column{{Name: "share", Unit: "ratio"}, {Name: "goroutines", Unit: "count"}, {Name: "state"}, {Name: "at"}}}
	places := sorted(t.places, func(a, b place) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.state, b.state)) })
	for i, p := range places {
		if i == placeRows {
			tab.Name += ", the first " + strconv.Itoa(placeRows) + " of " + strconv.Itoa(len(places))
			break
		}
		tab.Rows = append(tab.Rows, []kernel.Cell{{Value: t.share(t.places[p])}, {Value: t.mean(t.places[p])}, {Text: p.state}, {Text: p.at}})
	}
	return tab
}

// sorted are the keys by time, the longest first.
func sorted[K comparable](times map[K]time.Duration, compare func(a, b K) int) []K {
	keys := make([]K, 0, len(times))
	for k := range times {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int { return cmp.Or(cmp.Compare(times[b], times[a]), compare(a, b)) })
	return keys
}
