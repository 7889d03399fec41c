package exhibit

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/kernel"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

// Kernel is what probes measured: their histograms and tables, and everything
// they could have lost, also when they lost nothing.
func Kernel(set *evidence.Set) []report.Exhibit {
	var out []report.Exhibit
	for _, m := range set.Probed() {
		for _, h := range m.Histograms {
			out = append(out, report.Exhibit{ID: slug(m.Probe, h.Name), Title: h.Name, Histogram: histogram(h)})
		}
		for _, t := range m.Tables {
			out = append(out, report.Exhibit{ID: slug(m.Probe, t.Name), Title: t.Name, Table: table(t)})
		}
		if len(m.Losses) > 0 {
			out = append(out, report.Exhibit{ID: slug(m.Probe, "losses"), Title: "Lost by the " + m.Probe + " probe", Table: losses(m.Losses)})
		}
	}
	return out
}

// slug is a name for an exhibit: lower case, no blanks.
func slug(probe, name string) string {
	b := []byte(probe + "-" + name)
	for i, c := range b {
		switch {
		case c >= 'A' && c <= 'Z':
			b[i] = c + 'a' - 'A'
		case c < '0' || c > '9' && c < 'a' || c > 'z':
			b[i] = '-'
		}
	}
	return string(b)
}

func histogram(h kernel.Histogram) *report.Histogram {
	out := &report.Histogram{Unit: h.Unit, Bounds: h.Bounds, Counts: make([]float64, len(h.Counts))}
	for i, n := range h.Counts {
		out.Counts[i] = float64(n)
	}
	return out
}

func table(t kernel.Table) *report.Table {
	out := &report.Table{}
	for _, c := range t.Columns {
		out.Columns = append(out.Columns, report.Column(c))
	}
	for _, row := range t.Rows {
		cells := make([]report.Cell, len(row))
		for i, c := range row {
			cells[i] = report.Cell(c)
		}
		out.Rows = append(out.Rows, cells)
	}
	return out
}

func losses(all []kernel.Loss) *report.Table {
	t := &report.Table{Columns: []report.Column{{Name: "lost", Unit: "count"}, {Name: "of", Unit: "count"}, {Name: "what"}}}
	for _, l := range all {
		t.Rows = append(t.Rows, []report.Cell{number(float64(l.Count)), number(float64(l.Of)), text(l.What)})
	}
	return t
}

// waitRows is how many places a table of waits shows.
const waitRows = 25

// Waits is where a program waits: off-CPU time by the function of its own or of a
// library that waits, the state and the system call.
func Waits(off *profile.Profile) (report.Exhibit, bool) {
	n, ok1 := off.SampleType("waits")
	queued, ok2 := off.SampleType("runqueue")
	blocked, ok3 := off.SampleType("blocked")
	if !ok1 || !ok2 || !ok3 {
		return report.Exhibit{}, false
	}
	type key struct{ state, call, place string }
	type sum struct{ n, queued, blocked float64 }
	by := map[key]*sum{}
	for i := range off.NumSamples() {
		k := key{labelOf(off, i, "state"), labelOf(off, i, "syscall"), waitPlace(off, i)}
		if by[k] == nil {
			by[k] = &sum{}
		}
		by[k].n += float64(off.Value(i, n))
		by[k].queued += float64(off.Value(i, queued)) / 1e9
		by[k].blocked += float64(off.Value(i, blocked)) / 1e9
	}
	keys := slices.SortedFunc(maps.Keys(by), func(a, b key) int {
		if own := (a.place == profilerWaits); own != (b.place == profilerWaits) {
			return map[bool]int{true: 1, false: -1}[own]
		}
		return cmp.Or(cmp.Compare(by[b].blocked+by[b].queued, by[a].blocked+by[a].queued), cmp.Compare(a.place, b.place), cmp.Compare(a.state, b.state), cmp.Compare(a.call, b.call))
	})
	t := &report.Table{Columns: []report.Column{
		{Name: "blocked", Unit: "s"}, {Name: "for a CPU", Unit: "s"}, {Name: "waits", Unit: "count"}, {Name: "state"}, {Name: "system call"}, {Name: "where"},
	}}
	for _, k := range keys[:min(len(keys), waitRows)] {
		s := by[k]
		t.Rows = append(t.Rows, []report.Cell{number(s.blocked), number(s.queued), number(s.n), text(k.state), text(k.call), text(k.place)})
	}
	return report.Exhibit{ID: "waits", Title: "Where threads wait", Table: t}, len(keys) > 0
}

func labelOf(p *profile.Profile, sample int, key string) string {
	for _, l := range p.Labels(sample) {
		if l.Key == key {
			return l.Str
		}
	}
	return ""
}

// waitPlace is the function nearest to the leaf that is not of the runtime or of
// the packages through which every system call goes.
func waitPlace(p *profile.Profile, sample int) string {
	first := ""
	if slices.ContainsFunc(p.Stack(sample), func(loc uint32) bool { return isProfiler(p, loc) }) {
		return profilerWaits
	}
	for _, loc := range p.Stack(sample) {
		for _, line := range p.Locations[loc].Lines {
			if line.Function < 0 || p.Functions[line.Function].File == "[kernel.kallsyms]" {
				continue
			}
			name := p.Functions[line.Function].Name
			if first == "" {
				first = name
			}
			if !slices.ContainsFunc(belowCalls, func(pkg string) bool { return strings.HasPrefix(name, pkg) }) {
				return name
			}
		}
	}
	return first
}

// profilerWaits is the goroutine that brings what the CPU profiler has sampled,
// and waits for more all the time: nothing of the program, and last.
const profilerWaits = "(the CPU profiler)"

func isProfiler(p *profile.Profile, loc uint32) bool {
	return slices.ContainsFunc(p.Locations[loc].Lines, func(l profile.Line) bool {
		return l.Function >= 0 && p.Functions[l.Function].Name == "runtime/pprof.profileWriter"
	})
}

// belowCalls is the mechanics of system calls.
var belowCalls = []string{"runtime.", "runtime/", "internal/", "syscall.", "golang.org/x/sys/", "os.", "net.", "sync.", "time."}

// kernelVitals is the numbers of the probes.
func kernelVitals(set *evidence.Set) []report.Fact {
	var out []report.Fact
	for _, m := range set.Probed() {
		for _, c := range m.Counts {
			out = append(out, report.Fact{Text: c.Name, Value: c.Value, Unit: c.Unit, Source: string(evidence.Kernel)})
		}
	}
	return out
}
