package audit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/ebpf/audit/policy"
	"github.com/goperf/goperf/kernel"
)

// maxShown is how many rows the table has.
const maxShown = 50

// fold is the measurement: what was attempted, what was told of it, and what was
// lost on the way.
func fold(b *book, counters []uint64, from, to time.Time) *kernel.Measurement {
	m := &kernel.Measurement{Probe: Name, From: from, To: to}
	add := func(name string, v uint64) {
		m.Counts = append(m.Counts, kernel.Count{Name: name, Value: float64(v), Unit: "count"})
	}
	for kind := range policy.Kinds {
		attempted := counters[attempts+int(kind)]
		add(map[policy.Kind]string{policy.Exec: "programs executed or tried", policy.Open: "files opened or tried", policy.Connect: "connections opened or tried"}[kind], attempted)
	}
	by := map[policy.Verdict]uint64{}
	for k, t := range b.rows {
		by[k.verdict] += t.n
	}
	for v := policy.Denied; v <= policy.Undecided; v++ {
		if by[v] > 0 {
			add(v.String(), by[v])
		}
	}
	m.Tables = append(m.Tables, b.table())
	told := counters[reported]
	m.Losses = []kernel.Loss{
		{What: "events without room in the ring", Count: counters[ringLost], Of: told},
		{What: "events without room while their system call went on", Count: counters[pendingLost], Of: told},
		{What: "paths and addresses that could not be read", Count: counters[unreadable], Of: told},
		{What: "events whose stack had no room", Count: counters[stackLost], Of: told},
		{What: "events whose labels had no room", Count: counters[labelsLost], Of: told},
		{What: "events whose goroutine could not be read", Count: counters[noGoroutine], Of: told},
		{What: "events without a row in the table", Count: b.crowded, Of: told},
		{What: "processes that could not be followed", Count: counters[membersLost]},
	}
	if n := len(b.rows); n > maxShown {
		m.Notes = append(m.Notes, fmt.Sprintf("the table shows %d of %d rows: --events FILE keeps every event", maxShown, n))
	}
	if b.adopted > 1 {
		m.Notes = append(m.Notes, fmt.Sprintf("there was another policy %d times: each event was judged by the one in force", b.adopted-1))
	}
	return m
}

// table is what the policy does not allow, what it forbids first.
func (b *book) table() kernel.Table {
	t := kernel.Table{Name: "What the policy does not allow", Columns: []kernel.Column{
		{Name: "times", Unit: "count"}, {Name: "verdict"}, {Name: "what"}, {Name: "result"}, {Name: "by"}, {Name: "rule"},
	}}
	if b.policy().Fallback == policy.Everything().Fallback {
		t.Name = "What it does"
	}
	order := []policy.Verdict{policy.Denied, policy.Unlisted, policy.Undecided, policy.Noted}
	keys := slices.SortedFunc(maps.Keys(b.rows), func(x, y row) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, x.verdict), slices.Index(order, y.verdict)),
			cmp.Compare(b.rows[y].n, b.rows[x].n),
			cmp.Compare(x.kind, y.kind), cmp.Compare(x.subject, y.subject), cmp.Compare(x.result, y.result),
			cmp.Compare(x.rule, y.rule), cmp.Compare(x.function, y.function), cmp.Compare(x.process, y.process),
		)
	})
	for _, k := range keys[:min(len(keys), maxShown)] {
		n := b.rows[k]
		t.Rows = append(t.Rows, []kernel.Cell{
			{Value: float64(n.n)},
			{Text: k.verdict.String()},
			{Text: strings.Join(append([]string{k.kind.Name(), k.subject}, n.example...), " ")},
			{Text: k.result},
			{Text: by(k, n)},
			{Text: k.rule},
		})
	}
	return t
}

// by is who did it: the function of the program, or the process it started.
func by(k row, t *tally) string {
	switch {
	case k.function == "":
		return "process " + k.process
	case t.goroutine == 0:
		return k.function
	}
	return fmt.Sprintf("%s, goroutine %d", k.function, t.goroutine)
}
