package tui

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

// Groups joins the goroutines of the last look, with how many there were at the
// first one: of the dumps, which know states and ages, or else of the profiles.
func Groups(dumps []evidence.GoroutineDump, profiles []*profile.Profile) []Group {
	var now, before []Group
	var looks int
	if looks = len(dumps); looks > 0 {
		now, before = dumped(&dumps[looks-1]), dumped(&dumps[0])
	} else if looks = len(profiles); looks > 0 {
		now, before = counted(profiles[looks-1]), counted(profiles[0])
	}
	counts, over := map[string]int{}, placesOver(profiles)
	for i := range before {
		counts[before[i].key()] += before[i].Count
	}
	for i := range now {
		now[i].Over = over[now[i].stackKey()]
		now[i].Before = -1
		if looks > 1 {
			now[i].Before = counts[now[i].key()]
		}
		now[i].clean()
	}
	slices.SortStableFunc(now, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.key(), b.key()))
	})
	return now
}

// LookedAt is when the goroutines that [Groups] joins were looked at, as far as
// that is known.
func LookedAt(dumps []evidence.GoroutineDump, profiles []*profile.Profile) (all []time.Time) {
	for _, d := range dumps {
		if !d.At.IsZero() {
			all = append(all, d.At)
		}
	}
	if len(dumps) > 0 {
		return all
	}
	for _, p := range profiles {
		if p.TimeNanos > 0 {
			all = append(all, time.Unix(0, p.TimeNanos))
		}
	}
	return all
}

// placesOver is how many goroutines stood at each place at each look; nil for one look.
func placesOver(profiles []*profile.Profile) map[string][]int {
	if len(profiles) < 2 {
		return nil
	}
	over := map[string][]int{}
	for look, p := range profiles {
		for _, g := range counted(p) {
			key := g.stackKey()
			if over[key] == nil {
				over[key] = make([]int, len(profiles))
			}
			over[key][look] += g.Count
		}
	}
	return over
}

// stackKey is equal for groups at one place, whatever they are doing there:
// profiles know no states, and dumps leave out how the runtime parks.
func (g *Group) stackKey() string {
	var b strings.Builder
	for _, f := range g.Frames {
		if !strings.HasPrefix(f.Function, "runtime.") {
			fmt.Fprintf(&b, "\n%s:%d", f.Function, f.Line)
		}
	}
	return b.String()
}

// key is equal for groups at one place.
func (g *Group) key() string {
	var b strings.Builder
	b.WriteString(g.State)
	for _, f := range g.Frames {
		fmt.Fprintf(&b, "\n%s:%d", f.Function, f.Line)
	}
	fmt.Fprintf(&b, "\nby %s:%d", g.CreatedBy.Function, g.CreatedBy.Line)
	return b.String()
}

func dumped(d *evidence.GoroutineDump) (groups []Group) {
	waits, labels := map[int64]time.Duration{}, map[int64]map[string]string{}
	for i := range d.Goroutines {
		waits[d.Goroutines[i].ID] = d.Goroutines[i].Wait
		labels[d.Goroutines[i].ID] = d.Goroutines[i].Labels
	}
	for _, g := range d.Groups() {
		out := Group{State: g.State, CreatedBy: frameOf(g.CreatedBy), Count: g.Count, IDs: g.IDs, Oldest: g.Oldest, Stale: g.Stale, Locked: g.Locked, Leaked: g.Leaked}
		for _, f := range g.Frames {
			out.Frames = append(out.Frames, frameOf(f))
		}
		all := make([]time.Duration, len(g.IDs))
		for i, id := range g.IDs {
			all[i] = waits[id]
		}
		out.waited(all)
		shares := map[string]int{}
		for _, id := range g.IDs {
			for key, value := range labels[id] {
				shares[key+"="+value]++
			}
		}
		out.labeled(shares)
		groups = append(groups, out)
	}
	return groups
}

// groupLabels is how many labels of a group are told.
const groupLabels = 3

// labeled keeps the labels that most of the goroutines have.
func (g *Group) labeled(counts map[string]int) {
	all := slices.SortedFunc(maps.Keys(counts), func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b)) })
	for _, label := range all[:min(len(all), groupLabels)] {
		g.Labels = append(g.Labels, label+" "+share(int64(counts[label]), int64(g.Count)))
	}
}

func frameOf(f evidence.DumpFrame) report.Frame {
	return report.Frame{Function: f.Function, File: f.File, Line: f.Line}
}

// counted are the stacks of a goroutine profile.
func counted(p *profile.Profile) (groups []Group) {
	col := p.DefaultType()
	if col < 0 {
		return nil
	}
	at := map[string]int{}
	for i := range p.NumSamples() {
		g := Group{Count: int(p.Value(i, col))}
		for _, loc := range p.Stack(i) {
			for _, l := range p.Locations[loc].Lines {
				if l.Function >= 0 {
					f := &p.Functions[l.Function]
					g.Frames = append(g.Frames, report.Frame{Function: f.Name, File: f.File, Line: int(l.Line)})
				}
			}
		}
		key := g.key()
		if k, ok := at[key]; ok {
			groups[k].Count += g.Count
			continue
		}
		at[key] = len(groups)
		groups = append(groups, g)
	}
	return groups
}
