package offcpu

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/goperf/goperf/ebpf/stacks"
	"github.com/goperf/goperf/kernel"
	"github.com/goperf/goperf/profile"
)

// drained is everything that came out of the kernel.
type drained struct {
	from, to time.Time
	wakers   bool // who ends waits was asked for
	rows     []row
	stacks   map[uint64]stacks.Stack
	labels   map[uint64]stacks.Labels
	kernel   map[uint64][]stacks.Frame // stacks of the kernel by hash, leaf first
	counters []uint64
}

// The columns of the profile.
const (
	columnWaits   = "waits"
	columnBlocked = "blocked"
	columnQueued  = "runqueue"
)

// totals is the sum over all rows.
type totals struct {
	n, preempted    int64
	blocked, queued float64 // s
	longest         float64 // s
}

func fold(d *drained, symbols stacks.Symbols) (*kernel.Measurement, error) {
	f := stacks.NewFolder(symbols, d.stacks, d.labels,
		profile.ValueType{Type: columnWaits, Unit: "count"},
		profile.ValueType{Type: columnQueued, Unit: "nanoseconds"},
		profile.ValueType{Type: columnBlocked, Unit: "nanoseconds"})
	// The kernel's map has no order; a profile of the same rows is the same.
	slices.SortFunc(d.rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(b.ns, a.ns), cmp.Compare(a.stack, b.stack), cmp.Compare(a.goid, b.goid),
			cmp.Compare(a.sysno, b.sysno), cmp.Compare(a.state, b.state), cmp.Compare(a.labels, b.labels))
	})
	var sum totals
	for _, r := range d.rows {
		sum.add(r)
		f.AddOn(d.kernel[r.kernelStack], r.stack, r.labels, int64(r.n),
			[]int64{signed(r.n), signed(r.queuedNS), signed(r.ns - r.queuedNS)}, rowLabels(r)...)
	}
	p, err := f.Finish(&profile.Profile{
		DefaultSampleType: columnBlocked, TimeNanos: d.from.UnixNano(), DurationNanos: int64(d.to.Sub(d.from)),
	})
	if err != nil {
		return nil, err
	}
	m := &kernel.Measurement{
		Probe: Name, From: d.from, To: d.to, Profile: p,
		Counts: sum.counts(d.counters), Losses: losses(d.counters, f.Cut),
	}
	if d.wakers {
		m.Tables = append(m.Tables, wakers(d.rows, f))
	}
	return m, nil
}

func signed(v uint64) int64 { return int64(min(v, math.MaxInt64)) }

func rowLabels(r row) []profile.Label {
	l := []profile.Label{{Key: "state", Str: stateName(r.state, r.sysno)}}
	if r.sysno >= 0 {
		l = append(l, profile.Label{Key: "syscall", Str: syscallName(r.sysno)})
	}
	if r.goid != 0 {
		l = append(l, profile.Label{Key: "goroutine", Num: signed(r.goid)})
	}
	return l
}

func (t *totals) add(r row) {
	t.n += signed(r.n)
	if r.state == taskRunning && r.sysno < 0 {
		t.preempted += signed(r.n)
	}
	t.queued += float64(r.queuedNS) / 1e9
	t.blocked += float64(r.ns-r.queuedNS) / 1e9
	t.longest = max(t.longest, float64(r.maxNS)/1e9)
}

func (t *totals) counts(c []uint64) []kernel.Count {
	return []kernel.Count{
		{Name: "waits", Value: float64(t.n), Unit: "count"},
		{Name: "blocked", Value: t.blocked, Unit: "s"},
		{Name: "waiting for a CPU", Value: t.queued, Unit: "s"},
		{Name: "preemptions", Value: float64(t.preempted), Unit: "count"},
		{Name: "longest wait", Value: t.longest, Unit: "s"},
		{Name: unknownReason, Value: float64(c[unseenNS]) / 1e9, Unit: "s"},
		{Name: "threads without work, left out", Value: float64(c[idleNS]) / 1e9, Unit: "s"},
	}
}

// unknownReason is time whose beginning the kernel did not report.
const unknownReason = "away for a reason not seen"

func losses(c []uint64, cut int64) []kernel.Loss {
	n := c[switches]
	return []kernel.Loss{
		{What: "waits without room", Count: c[rowsLost], Of: c[waits]},
		{What: "waits whose stack had no room", Count: c[stackLost], Of: n},
		{What: "waits whose labels had no room", Count: c[labelsLost], Of: n},
		{What: "waits whose goroutine could not be read", Count: c[noGoroutine], Of: n},
		{What: "waits whose beginning the kernel did not report", Count: c[unseen], Of: n},
		{What: "threads that could not be followed", Count: c[noStorage], Of: n},
		{What: "stacks that are deeper than what is kept", Count: uint64(cut), Of: n},
	}
}

// maxWakers is how many pairs of waiting and waking code a table shows.
const maxWakers = 40

// wakers is who ended the waits of whom.
func wakers(rows []row, f *stacks.Folder) kernel.Table {
	type pair struct{ waiting, waking string }
	type spent struct{ n, ns float64 }
	by := map[pair]spent{}
	for _, r := range rows {
		if r.state == taskRunning {
			continue
		}
		waking := "[interrupt, kernel or another process]"
		if r.wakerStack != 0 {
			waking = f.Place(r.wakerStack)
		}
		k := pair{f.Place(r.stack), waking}
		s := by[k]
		by[k] = spent{s.n + float64(r.n), s.ns + float64(r.ns-r.queuedNS)}
	}
	t := kernel.Table{Name: "Who ended whose waits", Columns: []kernel.Column{{Name: "blocked", Unit: "s"}, {Name: "waits", Unit: "count"}, {Name: "waiting"}, {Name: "woken by"}}}
	for k, s := range by {
		t.Rows = append(t.Rows, []kernel.Cell{{Value: s.ns / 1e9}, {Value: s.n}, {Text: k.waiting}, {Text: k.waking}})
	}
	slices.SortFunc(t.Rows, func(a, b []kernel.Cell) int {
		return cmp.Or(cmp.Compare(b[0].Value, a[0].Value), cmp.Compare(a[2].Text, b[2].Text), cmp.Compare(a[3].Text, b[3].Text))
	})
	t.Rows = t.Rows[:min(len(t.Rows), maxWakers)]
	return t
}
