package park

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/ebpf/stacks"
	"github.com/goperf/goperf/kernel"
	"github.com/goperf/goperf/profile"
)

// name is that of the probe whose exact form this is.
const name = "wall"

// drained is everything that came out of the kernel.
type drained struct {
	from, to time.Time
	waits    []sum
	stacks   map[uint64]stacks.Stack
	labels   map[uint64]stacks.Labels
	reasons  []string // of runtime.waitReason
	counters []uint64
}

func (d *drained) reason(n uint64) string {
	if n < uint64(len(d.reasons)) && d.reasons[n] != "" {
		return d.reasons[n]
	}
	return fmt.Sprintf("wait reason %d", n)
}

// group is the waits at one place for one reason.
type group struct {
	reason, at     string
	waits          uint64
	total, longest time.Duration
}

// fold makes a profile of waiting, by stack and reason, and a table of where.
func fold(d *drained, symbols stacks.Symbols) (*kernel.Measurement, error) {
	f := stacks.NewFolder(symbols, d.stacks, d.labels,
		profile.ValueType{Type: "waits", Unit: "count"}, profile.ValueType{Type: "wall", Unit: "nanoseconds"})
	slices.SortFunc(d.waits, func(a, b sum) int {
		return cmp.Or(cmp.Compare(b.ns, a.ns), cmp.Compare(a.stack, b.stack), cmp.Compare(a.reason, b.reason), cmp.Compare(a.labels, b.labels))
	})
	groups := map[group]*group{}
	var waits uint64
	var total time.Duration
	for _, s := range d.waits {
		if system(d.stacks[s.stack], symbols) {
			continue
		}
		reason := d.reason(s.reason)
		f.Add(s.stack, s.labels, bounded(s.waits), []int64{bounded(s.waits), bounded(s.ns)},
			profile.Label{Key: "state", Str: "waiting"}, profile.Label{Key: "reason", Str: reason})
		key := group{reason: reason, at: f.Place(s.stack)}
		g := groups[key]
		if g == nil {
			g = &group{reason: key.reason, at: key.at}
			groups[key] = g
		}
		ns := time.Duration(bounded(s.ns))
		g.waits += s.waits
		g.total += ns
		g.longest = max(g.longest, time.Duration(bounded(s.longest)))
		waits += s.waits
		total += ns
	}
	p, err := f.Finish(&profile.Profile{
		PeriodType: profile.ValueType{Type: "wall", Unit: "nanoseconds"}, Period: 1, DefaultSampleType: "wall",
		TimeNanos: d.from.UnixNano(), DurationNanos: int64(d.to.Sub(d.from)),
	})
	if err != nil {
		return nil, err
	}
	return &kernel.Measurement{
		Probe: name, From: d.from, To: d.to, Profile: p,
		Counts: []kernel.Count{
			{Name: "waits that ended", Value: float64(waits), Unit: "count"},
			{Name: "time waited", Value: total.Seconds(), Unit: "s"},
		},
		Tables: []kernel.Table{table(groups)},
		Losses: losses(d, f.Cut),
		Notes:  []string{"each wait that began in the window is measured, those that still went on to its end; goroutines that waited all along are not seen"},
	}, nil
}

func losses(d *drained, cut int64) []kernel.Loss {
	n := d.counters[parks]
	return []kernel.Loss{
		{What: "waits whose goroutine had no room", Count: d.counters[parkLost], Of: n},
		{What: "waits without room for their sum", Count: d.counters[waitsLost], Of: n},
		{What: "waits whose stack had no room", Count: d.counters[stackLost], Of: n},
		{What: "waits whose labels had no room", Count: d.counters[labelsLost], Of: n},
		{What: "stacks that are deeper than what is kept", Count: uint64(cut), Of: n},
	}
}

// rows is how many places are shown.
const rows = 25

func table(groups map[group]*group) kernel.Table {
	all := make([]*group, 0, len(groups))
	for _, g := range groups {
		all = append(all, g)
	}
	slices.SortFunc(all, func(a, b *group) int {
		return cmp.Or(cmp.Compare(b.total, a.total), cmp.Compare(a.at, b.at), cmp.Compare(a.reason, b.reason))
	})
	t := kernel.Table{Name: "Where goroutines wait", Columns: []kernel.Column{
		{Name: "waited", Unit: "s"}, {Name: "waits", Unit: "count"}, {Name: "longest", Unit: "s"}, {Name: "reason"}, {Name: "at"},
	}}
	for _, g := range all[:min(rows, len(all))] {
		t.Rows = append(t.Rows, []kernel.Cell{
			{Value: g.total.Seconds()}, {Value: float64(g.waits)}, {Value: g.longest.Seconds()}, {Text: g.reason}, {Text: g.at},
		})
	}
	return t
}

func bounded(n uint64) int64 { return int64(min(n, math.MaxInt64)) }

// system says whether a stack is of one of the runtime's own goroutines.
func system(s stacks.Stack, symbols stacks.Symbols) bool {
	for i := len(s.PC) - 1; i > 0; i-- {
		fs := symbols.Frames(s.PC[i] - 1)
		outer := fs[len(fs)-1].Function
		if outer == "runtime.goexit" {
			continue
		}
		return strings.HasPrefix(outer, "runtime.") && outer != "runtime.main"
	}
	return false
}
