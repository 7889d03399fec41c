package exhibit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// goroutineRows is how many groups of goroutines are shown.
const goroutineRows = 25

// crowd is the goroutines that are at one place for one reason.
type crowd struct {
	at, from string // the nearest function that a developer can change, and who started it
	state    string // "" when only the profile is known
}

type crowdSize struct {
	crowd
	now, before int64
	longest     time.Duration
}

// Goroutines groups the goroutines of the last look by where they are, largest
// group first, with the growth since the first look where there were two. The
// textual dump, which knows states and ages, is preferred to the profile.
func Goroutines(set *evidence.Set) (report.Exhibit, bool) {
	cl := symbol.Classifier{Main: set.Build.Main}
	if n := len(set.Goroutines); n > 0 {
		sizes := map[crowd]*crowdSize{}
		for _, g := range set.Goroutines[n-1].Goroutines {
			s := enter(sizes, dumpCrowd(g, cl))
			s.now++
			s.longest = max(s.longest, g.Wait)
		}
		if n > 1 {
			for _, g := range set.Goroutines[0].Goroutines {
				enter(sizes, dumpCrowd(g, cl)).before++
			}
		}
		return goroutineTable(sizes, true, n > 1)
	}
	ps := set.Profiles[evidence.Goroutine]
	if len(ps) == 0 {
		return report.Exhibit{}, false
	}
	sizes := map[crowd]*crowdSize{}
	profileCrowds(ps[len(ps)-1], cl, func(c crowd, n int64) { enter(sizes, c).now += n })
	if len(ps) > 1 {
		profileCrowds(ps[0], cl, func(c crowd, n int64) { enter(sizes, c).before += n })
	}
	return goroutineTable(sizes, false, len(ps) > 1)
}

func enter(sizes map[crowd]*crowdSize, c crowd) *crowdSize {
	s := sizes[c]
	if s == nil {
		s = &crowdSize{crowd: c}
		sizes[c] = s
	}
	return s
}

func goroutineTable(sizes map[crowd]*crowdSize, states, grown bool) (report.Exhibit, bool) {
	var rows []*crowdSize
	var total int64
	for _, s := range sizes {
		total += s.now
		if s.now > 0 {
			rows = append(rows, s)
		}
	}
	if len(rows) == 0 {
		return report.Exhibit{}, false
	}
	slices.SortFunc(rows, func(a, b *crowdSize) int {
		return cmp.Or(cmp.Compare(b.now, a.now), cmp.Compare(b.now-b.before, a.now-a.before),
			cmp.Compare(a.at, b.at), cmp.Compare(a.from, b.from), cmp.Compare(a.state, b.state))
	})
	t := &report.Table{Columns: []report.Column{{Name: "count", Unit: "count"}}}
	column := func(on bool, name, unit string) {
		if on {
			t.Columns = append(t.Columns, report.Column{Name: name, Unit: unit})
		}
	}
	column(grown, "more than before", "count")
	column(states, "longest wait", "s")
	column(states, "state", "")
	column(true, "started as", "")
	column(true, "at", "")
	for _, s := range rows[:min(goroutineRows, len(rows))] {
		row := []report.Cell{number(float64(s.now))}
		if grown {
			row = append(row, number(float64(s.now-s.before)))
		}
		if states {
			row = append(row, wait(s.longest), text(s.state))
		}
		t.Rows = append(t.Rows, append(row, text(s.from), text(s.at)))
	}
	title := fmt.Sprintf("What %s goroutines are doing", report.FormatValue(float64(total), "count"))
	return report.Exhibit{ID: "goroutines", Title: title, Table: t}, true
}

// wait is an age in a dump, which knows whole minutes only, from the first
// collection that saw it: none of them may be a long wait that none saw.
func wait(d time.Duration) report.Cell {
	if d == 0 {
		return text("< 1 min?")
	}
	return number(d.Seconds())
}

func dumpCrowd(g evidence.GoroutineState, cl symbol.Classifier) crowd {
	names := make([]string, len(g.Frames))
	for i, f := range g.Frames {
		names[i] = f.Function
	}
	at, from := place(names, cl)
	if at != "" {
		for _, f := range g.Frames {
			if f.Function == at && f.Line > 0 {
				at = fmt.Sprintf("%s (%s:%d)", symbol.Short(at), f.File[strings.LastIndexByte(f.File, '/')+1:], f.Line)
				break
			}
		}
	}
	return crowd{at: at, from: symbol.Short(from), state: g.State}
}

func profileCrowds(p *profile.Profile, cl symbol.Classifier, add func(crowd, int64)) {
	col := p.DefaultType()
	if col < 0 {
		return
	}
	var names []string
	for i := range p.NumSamples() {
		names = names[:0]
		for _, loc := range p.Stack(i) {
			for _, l := range p.Locations[loc].Lines {
				if l.Function >= 0 {
					names = append(names, p.Functions[l.Function].Name)
				}
			}
		}
		at, from := place(names, cl)
		add(crowd{at: symbol.Short(at), from: symbol.Short(from)}, p.Value(i, col))
	}
}

// place is the nearest function of a stack, leaf first, that a developer can
// change, or else the first that a developer may know: of the standard library
// and not internal to it; and the function that the goroutine began in.
func place(stack []string, cl symbol.Classifier) (at, from string) {
	library := ""
	for _, name := range stack {
		switch c := cl.Of(name); {
		case c <= symbol.ThirdParty && at == "":
			at = name
		case c == symbol.Std && library == "" && !strings.HasPrefix(name, "internal/"):
			library = name
		}
		if name != "runtime.goexit" && name != "runtime.main" {
			from = name
		}
	}
	if at == "" {
		at = cmp.Or(library, from)
	}
	return at, from
}
