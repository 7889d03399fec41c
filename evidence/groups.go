package evidence

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// GoroutineGroup is the goroutines of a dump that stand in the same state at
// the same stack and were created at the same place.
type GoroutineGroup struct {
	State     string
	Frames    []DumpFrame // of one of them, leaf first
	CreatedBy DumpFrame
	Count     int
	IDs       []int64       // ascending
	Oldest    time.Duration // longest time in State, whole minutes
	Stale     int           // of them, those that are in State for ten minutes and more
	Locked    int           // of them, those locked to a thread
	Leaked    int           // of them, those that the collector found leaked
}

// staleAfter is how long a wait is worth a word: the runtime counts whole minutes.
const staleAfter = 10 * time.Minute

// Groups joins goroutines by state, stack and creator; most first, then by
// state and leaf. Arguments and ids of creators do not tell groups apart.
func (d *GoroutineDump) Groups() []GoroutineGroup {
	at := map[string]int{}
	var groups []GoroutineGroup
	for i := range d.Goroutines {
		g := &d.Goroutines[i]
		key := g.key()
		n, ok := at[key]
		if !ok {
			n = len(groups)
			at[key] = n
			groups = append(groups, GoroutineGroup{State: g.State, Frames: g.Frames, CreatedBy: g.CreatedBy})
		}
		groups[n].take(g)
	}
	for i := range groups {
		slices.Sort(groups[i].IDs)
	}
	slices.SortFunc(groups, func(a, b GoroutineGroup) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.State, b.State), cmp.Compare(a.leaf(), b.leaf()), cmp.Compare(a.IDs[0], b.IDs[0]))
	})
	return groups
}

func (g *GoroutineGroup) take(s *GoroutineState) {
	g.Count++
	g.IDs = append(g.IDs, s.ID)
	g.Oldest = max(g.Oldest, s.Wait)
	if s.Wait >= staleAfter {
		g.Stale++
	}
	if s.Locked {
		g.Locked++
	}
	if s.Leaked {
		g.Leaked++
	}
}

func (g *GoroutineGroup) leaf() string {
	if len(g.Frames) == 0 {
		return ""
	}
	return g.Frames[0].Function
}

// key is equal for goroutines of one group.
func (g *GoroutineState) key() string {
	var b strings.Builder
	b.WriteString(g.State)
	for i := range g.Frames {
		g.Frames[i].write(&b)
	}
	b.WriteByte('\n')
	g.CreatedBy.write(&b)
	return b.String()
}

func (f *DumpFrame) write(b *strings.Builder) {
	b.WriteByte('\n')
	b.WriteString(f.Function)
	b.WriteByte('\t')
	b.WriteString(f.File)
	b.WriteByte(':')
	b.WriteString(strconv.Itoa(f.Line))
}
