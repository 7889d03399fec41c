package exhibit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// Who blocks whom, by a dump of goroutines. Those that wait for a lock are printed
// with its address: lockSlow keeps it in a stack slot, so the word is right (a word
// that may be stale has a question mark, runtime/traceback.go). Who holds a lock is
// printed nowhere: it is the goroutine that is past the Lock in the code of those
// that wait, on the same object, or else the one that has the object on its stack.
// It may have unlocked it since, so it is likely and no more.

// lockReach is how far behind the start of an object its lock may be: 4 KiB is
// larger than nearly every struct, and smaller than what lies between most objects.
const lockReach = 4 << 10

// lockRows is how many locks are told, and mostLocks how many are looked at: each
// looks through the goroutines in the same code.
const lockRows, mostLocks = 20, 100

// waiter is a goroutine that waits for a lock.
type waiter struct {
	g      *evidence.GoroutineState
	caller evidence.DumpFrame // of Lock
}

// lock is what goroutines wait for.
type lock struct {
	kind    string // "sync.Mutex"
	address uint64 // 0 when it is not printed
	waiters []waiter
	holders []hold
}

// hold is a goroutine that may hold a lock.
type hold struct {
	g     *evidence.GoroutineState
	frame evidence.DumpFrame
	past  bool // the Lock in the code of those that wait
	same  bool // object, by its address
}

// Locks is who waits for which lock, and who holds it, by the last dump of
// goroutines. False when nobody waits.
func Locks(set *evidence.Set) (report.Exhibit, bool) {
	if len(set.Goroutines) == 0 {
		return report.Exhibit{}, false
	}
	all := set.Goroutines[len(set.Goroutines)-1].Goroutines
	locks := locksIn(all)
	if len(locks) == 0 {
		return report.Exhibit{}, false
	}
	slices.SortStableFunc(locks, func(a, b *lock) int { return cmp.Compare(len(b.waiters), len(a.waiters)) })
	locks = locks[:min(len(locks), mostLocks)]
	stacks := newStacks(all)
	for _, l := range locks {
		stacks.hold(l)
	}
	t := &report.Table{Columns: []report.Column{{Name: "waiting", Unit: "count"}, {Name: "longest"}, {Name: "in"}, {Name: "for"}, {Name: "held by"}, {Name: "goroutine"}, {Name: "sure"}}}
	for _, l := range locks[:min(len(locks), lockRows)] {
		t.Rows = append(t.Rows, l.row(locks))
	}
	return report.Exhibit{ID: "lock-waits", Title: "Who waits for which lock, and who holds it", Table: t}, true
}

// row is a lock in the table.
func (l *lock) row(all []*lock) []report.Cell {
	longest := time.Duration(0)
	for _, w := range l.waiters {
		longest = max(longest, w.g.Wait)
	}
	places, name := l.places(), l.name()
	if n := len(places); n > 1 {
		name += fmt.Sprintf(", at %d places", n)
	}
	held, who, sure := l.verdict(all)
	return []report.Cell{
		{Value: float64(len(l.waiters))}, {Text: waitText(longest)}, {Text: places[0]}, {Text: name}, {Text: held}, {Text: who}, {Text: sure},
	}
}

// places are where goroutines wait for the lock, most of them first.
func (l *lock) places() []string {
	n := map[string]int{}
	for _, w := range l.waiters {
		n[at(w.caller)]++
	}
	return slices.SortedFunc(maps.Keys(n), func(a, b string) int { return cmp.Or(cmp.Compare(n[b], n[a]), cmp.Compare(a, b)) })
}

func waitText(d time.Duration) string {
	if d < time.Minute {
		return "< 1 min?"
	}
	return report.FormatValue(d.Seconds(), "s")
}

func at(f evidence.DumpFrame) string { return fmt.Sprintf("%s:%d", f.Function, f.Line) }

func (l *lock) name() string {
	if l.address == 0 {
		return l.kind
	}
	return fmt.Sprintf("%s %#x", l.kind, l.address)
}

// verdict is who holds the lock and how sure that is, in words.
func (l *lock) verdict(all []*lock) (held, who, sure string) {
	if len(l.holders) == 0 {
		return "", "", "not seen: nobody is past the lock in this code"
	}
	h := l.holders[0]
	held = at(h.frame)
	who = fmt.Sprintf("%d, %s", h.g.ID, doing(h.g))
	switch n := len(l.holders); {
	case n > 1 && !l.shared():
		who, sure = fmt.Sprintf("%d of %s", h.g.ID, count(n)), "perhaps: one of those past the lock"
	case n > 1:
		who, sure = fmt.Sprintf("%d and %d more", h.g.ID, n-1), "likely: readers past the lock"
	case h.past && h.same:
		sure = "likely: past the lock of the same object"
	case h.past:
		sure = "perhaps: past the lock in the same code"
	default:
		sure = "perhaps: works on the same object"
	}
	if l.circle(all) {
		sure = "likely: a deadlock, it waits for a lock that leads back here"
	}
	return held, who, sure
}

func count(n int) string { return fmt.Sprintf("%d goroutines", n) }

// doing is the state of a goroutine and what it called.
func doing(g *evidence.GoroutineState) string {
	for _, f := range g.Frames {
		if !strings.HasPrefix(f.Function, "runtime.") && !strings.HasPrefix(f.Function, "internal/") && !inSync(f.Function) {
			return fmt.Sprintf("[%s] %s", g.State, symbol.Short(f.Function))
		}
	}
	return "[" + g.State + "]"
}

// shared says that several may hold the lock: those that wait for it want to write.
func (l *lock) shared() bool {
	return l.kind == "sync.RWMutex" && !slices.ContainsFunc(l.waiters, func(w waiter) bool { return w.g.State == "sync.RWMutex.RLock" })
}

// circle says that whoever holds the lock waits for one whose holder, and so on,
// waits for this one. Only holders that are past the lock of the same object count.
func (l *lock) circle(all []*lock) bool {
	waits := map[int64]*lock{}
	for _, o := range all {
		for _, w := range o.waiters {
			waits[w.g.ID] = o
		}
	}
	next := l
	for range all {
		if len(next.holders) != 1 || !next.holders[0].past || !next.holders[0].same {
			return false
		}
		if next = waits[next.holders[0].g.ID]; next == nil || next == l {
			return next == l
		}
	}
	return false
}
