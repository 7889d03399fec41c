package exhibit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/exectrace"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// traced is a place where goroutines wait, by the execution trace.
type traced struct{ reason, function string }

// tracedSum is what was waited there.
type tracedSum struct {
	total, most time.Duration
	count       int64
	lengths     exectrace.Lengths
}

func (s *tracedSum) add(w *exectrace.Wait) {
	s.total += w.Total
	s.most = max(s.most, w.Max)
	s.count += w.Count
	for i, n := range w.Lengths {
		s.lengths[i] += n
	}
}

// Traced is what an execution trace says of waiting: what requests spend their
// time on ("trace-requests"), where goroutines wait ("trace-waits"), and for each
// row of that table how long the single waits were ("trace-lengths-0" and on).
// None without a trace. Goroutines that the runtime keeps for itself are left out.
func Traced(set *evidence.Set) (all []report.Exhibit) {
	s := set.Sched
	if s == nil || s.Window <= 0 {
		return nil
	}
	if e, ok := requests(s); ok {
		all = append(all, e)
	}
	by := map[traced]*tracedSum{}
	cl := symbol.Classifier{Main: set.Build.Main}
	for i := range s.Waits {
		w := &s.Waits[i]
		f, class := nearest(w.Stack, cl)
		if class >= symbol.Runtime || w.Reason == "system goroutine wait" || observer(w.Stack) {
			continue
		}
		k := traced{w.Reason, f}
		if by[k] == nil {
			by[k] = &tracedSum{}
		}
		by[k].add(w)
	}
	keys := slices.SortedFunc(maps.Keys(by), func(a, b traced) int {
		return cmp.Or(cmp.Compare(by[b].total, by[a].total), cmp.Compare(a.reason, b.reason), cmp.Compare(a.function, b.function))
	})
	keys = keys[:min(len(keys), waitRows)]
	if len(keys) == 0 {
		return all
	}
	t := &report.Table{Columns: []report.Column{{Name: "waited", Unit: "s"}, {Name: "waits", Unit: "count"}, {Name: "longest", Unit: "s"}, {Name: "reason"}, {Name: "at"}}}
	var lengths []report.Exhibit
	for i, k := range keys {
		sum := by[k]
		t.Rows = append(t.Rows, []report.Cell{number(sum.total.Seconds()), number(float64(sum.count)), number(sum.most.Seconds()), text(k.reason), text(k.function)})
		lengths = append(lengths, report.Exhibit{ID: fmt.Sprintf("trace-lengths-%d", i), Title: "Single waits", Histogram: lengthsOf(sum)})
	}
	title := fmt.Sprintf("Where goroutines wait, by the trace of %s", report.FormatValue(s.Window.Seconds(), "s"))
	return append(append(all, report.Exhibit{ID: "trace-waits", Title: title, Table: t}), lengths...)
}

// nearest is the frame nearest to the leaf and to the developer.
func nearest(stack []exectrace.Frame, cl symbol.Classifier) (function string, class symbol.Class) {
	class = symbol.Native + 1
	for _, f := range stack {
		if c := cl.Of(f.Function); c < class {
			function, class = f.Function, c
		}
	}
	return function, class
}

// observer reports whether a goroutine waits to take a profile or a trace.
func observer(stack []exectrace.Frame) bool {
	return slices.ContainsFunc(stack, func(f exectrace.Frame) bool {
		return strings.HasPrefix(f.Function, "net/http/pprof.") || strings.HasPrefix(f.Function, "runtime/pprof.")
	})
}

// lengthsOf is how long single waits were, from the shortest to the longest.
func lengthsOf(sum *tracedSum) *report.Histogram {
	bounds := exectrace.LengthBounds()
	bounds[len(bounds)-1] = max(bounds[len(bounds)-2]+1, sum.most)
	first, last := 0, len(sum.lengths)-1
	for first < last && sum.lengths[first] == 0 {
		first++
	}
	for last > first && sum.lengths[last] == 0 {
		last--
	}
	h := &report.Histogram{Unit: "s"}
	for i := first; i <= last; i++ {
		h.Bounds, h.Counts = append(h.Bounds, bounds[i].Seconds()), append(h.Counts, float64(sum.lengths[i]))
	}
	h.Bounds = append(h.Bounds, bounds[last+1].Seconds())
	return h
}

// requests is what the goroutines that serve HTTP spend their time on: running,
// ready and waiting for a processor, and what they wait for within handlers. While a
// connection is idle nothing is spent, and what only observes does not count.
func requests(s *exectrace.Summary) (report.Exhibit, bool) {
	spent := map[string]time.Duration{}
	for i := range s.Waits {
		w := &s.Waits[i]
		if slices.ContainsFunc(w.Stack, func(f exectrace.Frame) bool { return f.Function == "net/http.serverHandler.ServeHTTP" }) && !observer(w.Stack) {
			spent[w.Reason] += w.Total
		}
	}
	if len(spent) == 0 {
		return report.Exhibit{}, false
	}
	for _, f := range s.Starts {
		if f.Function == "net/http.(*conn).serve" || strings.HasPrefix(f.Function, "net/http.(*http2serverConn).runHandler") {
			spent["running"] += f.Running
			spent["ready, no processor"] += f.Runnable
		}
	}
	sum := time.Duration(0)
	for _, d := range spent {
		sum += d
	}
	t := &report.Table{Columns: []report.Column{{Name: "time", Unit: "s"}, {Name: "share", Unit: "ratio"}, {Name: "what"}}}
	for _, what := range slices.SortedFunc(maps.Keys(spent), func(a, b string) int {
		return cmp.Or(cmp.Compare(spent[b], spent[a]), cmp.Compare(a, b))
	}) {
		if spent[what] > 0 {
			t.Rows = append(t.Rows, []report.Cell{number(spent[what].Seconds()), number(share(spent[what].Seconds(), sum.Seconds())), text(what)})
		}
	}
	title := fmt.Sprintf("What requests spend their time on, by the trace of %s", report.FormatValue(s.Window.Seconds(), "s"))
	return report.Exhibit{ID: "trace-requests", Title: title, Table: t}, len(t.Rows) > 0
}
