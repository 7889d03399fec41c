package advise

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/gctune/pacer"
	"github.com/goperf/goperf/report"
)

// Vitals are the measured numbers, in base units.
func (s *Study) Vitals() []report.Fact {
	o := s.Seen.Observation
	var out []report.Fact
	add := func(name string, v float64, unit, source string) {
		if v > 0 {
			out = append(out, report.Fact{Text: name, Value: v, Unit: unit, Source: source})
		}
	}
	heap := s.heapSource()
	add("CPU", float64(o.CPU.Process), "cores", s.cpuSource())
	add("GC", float64(o.CPU.GC), "cores", "cpu")
	add("live heap", float64(s.liveAt(0.5)), "B", heap)
	add("at most", float64(s.liveAt(1)), "B", heap)
	add("allocating", float64(o.Alloc), "B/s", heap)
	add("collections", float64(o.Cadence.Every+o.Cadence.Forced), "count/s", heap)
	add("peak RSS", float64(o.Memory.Peak), "B", s.sizeSource())
	return out
}

// kinds are the evidence that an observation's sources are of, the best first.
var kinds = []struct {
	source string
	kind   evidence.Kind
}{{"MemStats", evidence.HeapText}, {"gctrace", evidence.GCTrace}, {"metrics", evidence.Metrics}, {"trace", evidence.Trace}}

// heapSource is the kind of evidence that the rates and the live heap are from.
func (s *Study) heapSource() string {
	for _, k := range kinds {
		if slices.Contains(s.Seen.Sources, k.source) {
			return string(k.kind)
		}
	}
	return string(evidence.HeapText)
}

func (s *Study) cpuSource() string {
	if !slices.Contains(s.Seen.Sources, "CPU profile") && slices.Contains(s.Seen.Sources, "metrics") {
		return string(evidence.Metrics)
	}
	return string(evidence.CPU)
}

func (s *Study) sizeSource() string {
	if s.Seen.Lifetime || s.heapSource() == string(evidence.Metrics) {
		return s.heapSource()
	}
	return string(evidence.HostLimits)
}

func (s *Study) liveAt(q float64) pacer.Bytes {
	var ms []pacer.Bytes
	for _, l := range s.Seen.Live {
		ms = append(ms, l.Marked)
	}
	slices.Sort(ms)
	if len(ms) == 0 {
		return 0
	}
	return ms[int(q*float64(len(ms)-1)+0.5)]
}

// Observation is what was seen, in rows for people.
func (s *Study) Observation() report.Exhibit {
	o := s.Seen.Observation
	t := &report.Table{Columns: []report.Column{{Name: "what"}, {Name: "seen"}}}
	row := func(what string, parts ...string) {
		parts = slices.DeleteFunc(parts, func(p string) bool { return p == "" })
		if len(parts) > 0 {
			t.Rows = append(t.Rows, []report.Cell{text(what), text(strings.Join(parts, ", "))})
		}
	}
	bytes := func(v pacer.Bytes) string { return report.FormatValue(float64(v), "B") }
	from := "GOGC by " + s.Seen.SettingFrom
	if s.Seen.SettingFrom == "assumed" {
		from = "not read: assumed"
	}
	row("setting now", o.Setting.String(), from)
	row("observed", fmt.Sprintf("%.0f s", float64(o.Window)), fmt.Sprintf("%.0f collections", o.Cadence.Count), "by "+strings.Join(s.Seen.Sources, " + "))
	row("live heap", bytes(s.liveAt(0.5))+" (median)", bytes(s.liveAt(1))+" (largest)")
	row("pace", report.FormatValue(float64(o.Alloc), "B/s")+" allocated", report.FormatValue(float64(o.Cadence.Every), "count/s")+" collections", s.forced())
	row("collector", s.collector()...)
	row("marking", s.marking()...)
	row("memory", s.memory()...)
	return report.Exhibit{ID: "observation", Title: "What was observed", Table: t}
}

func (s *Study) forced() string {
	if f := s.Seen.Cadence.Forced; f > 0 {
		return report.FormatValue(float64(f), "count/s") + " forced"
	}
	return ""
}

func (s *Study) collector() []string {
	u := s.Seen.CPU
	if u.Samples == 0 {
		return []string{"its CPU was not profiled"}
	}
	if u.GC <= 0 {
		return []string{"too little to be seen in a CPU profile of " + report.FormatValue(float64(u.Process), "cores")}
	}
	out := []string{report.FormatValue(float64(u.GC), "cores")}
	if u.Process > 0 {
		out = append(out, report.FormatValue(float64(u.GC/u.Process), "ratio")+" of the process's "+report.FormatValue(float64(u.Process), "cores"))
	}
	if every := float64(s.Seen.Cadence.Every + s.Seen.Cadence.Forced); every > 0 {
		out = append(out, report.FormatValue(float64(u.GC)/every, "s")+" of CPU each")
	}
	return append(out, report.FormatValue(u.Assist, "ratio")+" of it in assists")
}

func (s *Study) marking() []string {
	var took pacer.Seconds
	marks := s.Seen.Marks
	for _, m := range marks {
		took += m.Took
	}
	var out []string
	if n := len(marks); n > 0 {
		out = append(out, report.FormatValue(float64(took)/float64(n), "s")+" by the wall")
	}
	if r := s.Model.Early(); r > 0 {
		out = append(out, "ends after "+report.FormatValue(r, "ratio")+" of the way to the goal")
	}
	if w := s.Seen.CPU.Wall; w > 0 {
		out = append(out, fmt.Sprintf("wall/CPU %.1f", w))
	}
	return append(out, "stacks and globals "+report.FormatValue(float64(s.Seen.Scan.Bytes), "B"))
}

func (s *Study) memory() []string {
	f := s.Seen.Memory
	var out []string
	add := func(v pacer.Bytes, text string) {
		if v != 0 {
			out = append(out, report.FormatValue(float64(v), "B")+" "+text)
		}
	}
	peak := "peak RSS"
	if s.Seen.Lifetime {
		peak = "peak RSS since the start"
	}
	add(f.Peak, peak)
	add(f.Heap, "largest heap")
	add(f.NonHeap, "beside the heap")
	add(f.Outside, "outside Go")
	return out
}
