package advise

import (
	"math"
	"strings"

	"github.com/goperf/goperf/gctune/observe"
	"github.com/goperf/goperf/gctune/pacer"
	"github.com/goperf/goperf/report"
)

// Compare puts what was predicted from one observation beside what was seen at
// another setting. held is false when a figure is outside of its interval. inPlace
// says that the process is the same one and was not restarted: the memory that a
// smaller heap leaves goes back to the system over minutes (bgscavenge in
// runtime/mgcscavenge.go), so that a higher RSS is then no judgement.
func (s *Study) Compare(after observe.Seen, inPlace bool) (e report.Exhibit, held bool) {
	before, now := s.Seen.Observation, after.Observation
	p := s.Model.Predict(now.Setting)
	t := &report.Table{Columns: []report.Column{{Name: "what"}, {Name: "before"}, {Name: "predicted"}, {Name: "90 %"}, {Name: "actual"}, {Name: "off"}, {Name: "verdict"}}}
	held = true
	row := func(what, unit string, was, low, mid, high, is, doubt float64) {
		if mid <= 0 || is <= 0 {
			return
		}
		verdict := "as predicted"
		switch {
		case inPlace && unit == "B" && mid < was && is > high:
			verdict = "not judged: memory goes back over minutes"
		case is*(1+doubt) < low || is/(1+doubt) > high:
			verdict, held = "outside of its interval", false
		}
		t.Rows = append(t.Rows, []report.Cell{
			text(what), text(report.FormatValue(was, unit)), text(report.FormatValue(mid, unit)), text(strings.TrimSuffix(report.FormatRange(low, high, unit), " "+unit)),
			text(report.FormatValue(is, unit)), text(apart(mid / is)), text(verdict),
		})
	}
	if p.Verdict.HasFigures() {
		row("collections", "count/s", rate(before), float64(p.Cycles.Low), float64(p.Cycles.Mid), float64(p.Cycles.High), rate(now), 1/max(now.Cadence.Count, 1)) // a window has one more or less
		row("GC CPU", "cores", float64(before.CPU.GC), float64(p.GC.Low), float64(p.GC.Mid), float64(p.GC.High), float64(now.CPU.GC), counted(now.CPU.Samples))
		row("process CPU", "cores", float64(before.CPU.Process), float64(p.CPU.Low), float64(p.CPU.Mid), float64(p.CPU.High), float64(now.CPU.Process), 0)
		row("peak RSS", "B", float64(before.Memory.Peak), float64(p.RSS.Low), float64(p.RSS.Mid), float64(max(p.RSS.High, p.Bound)), float64(now.Memory.Peak), 0)
	}
	title := "Predicted from " + before.Setting.String() + ", actual at " + now.Setting.String()
	if !p.Verdict.HasFigures() {
		title += " (no figures: " + p.Verdict.Words() + ")"
	}
	if now.Setting == before.Setting {
		title += " (the setting is the same: what differs is the load)"
	}
	return report.Exhibit{ID: "compare", Title: title, Table: t}, held
}

// apart is how far a prediction is off what is.
func apart(ratio float64) string {
	if said := change(ratio); said != "unchanged" {
		return said
	}
	return "0 %"
}

func rate(o pacer.Observation) float64 { return float64(o.Cadence.Every + o.Cadence.Forced) }

// counted is how far off, relatively, 90 % of what is told from so many events
// are: the actual figure has a sampling error as well.
func counted(events float64) float64 { return 1.64 / math.Sqrt(max(events, 1)) }
