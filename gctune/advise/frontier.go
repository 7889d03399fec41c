package advise

import (
	"fmt"
	"strings"

	"github.com/goperf/goperf/gctune/pacer"
	"github.com/goperf/goperf/report"
)

// Frontier is the table of settings for people: what each costs and needs.
func (s *Study) Frontier() report.Exhibit {
	size := "peak RSS"
	if s.Seen.Memory.Peak <= 0 {
		size = "peak heap" // all that a log tells
	}
	t := &report.Table{Columns: []report.Column{
		{Name: "GOGC"},
		{Name: "limit"},
		{Name: "GC/s", Unit: "count"},
		{Name: "GC cores", Unit: "count"},
		{Name: "±", Unit: "count"},
		{Name: "CPU", Unit: "count"},
		{Name: size, Unit: "B"},
		{Name: "±", Unit: "B"},
		{Name: "note"},
	}}
	for _, p := range s.Grid {
		q := s.figures(p)
		rated, costed, sized := known(q)
		half := func(known bool, low, high float64) report.Cell {
			if s.measured(p) {
				return text("–")
			}
			return figure(known, (high-low)/2)
		}
		t.Rows = append(t.Rows, []report.Cell{
			text(s.mark(p)), text(limitText(p.Setting)), figure(rated, q.Cycles.Mid),
			figure(costed, q.GC.Mid), half(costed, float64(q.GC.Low), float64(q.GC.High)), figure(costed && q.CPU.Mid > 0, q.CPU.Mid),
			figure(rated, largest(q)), half(sized, float64(q.RSS.Low), float64(q.RSS.High)), text(s.note(p)),
		})
	}
	title := "Settings (* measured, others predicted; ± 90 % interval; → recommended)"
	if l := s.Terms.Load; l != 0 && l != 1 {
		title = fmt.Sprintf("Settings at %g times the load (* the one now; all predicted; ± 90 %% interval; → recommended)", l)
	}
	return report.Exhibit{ID: "frontier", Title: title, Table: t}
}

// largest is the peak RSS, of the heap where nothing else is known.
func largest(p pacer.Prediction) pacer.Bytes {
	if p.RSS.Mid > 0 {
		return p.RSS.Mid
	}
	return p.Heap
}

// known says which figures a prediction has.
func known(p pacer.Prediction) (rated, costed, sized bool) {
	figures := p.Cycles.Mid > 0
	return figures, figures && p.GC.Mid > 0, figures && p.RSS.Mid > 0
}

func (s *Study) mark(p pacer.Prediction) string {
	g := p.Setting.GOGC.String()
	switch {
	case s.isNow(p):
		return "  " + g + "*"
	case s.isBest(p):
		return "→ " + g
	}
	return "  " + g
}

// role is "now" or "recommended".
func (s *Study) role(p pacer.Prediction) string {
	switch {
	case s.isNow(p):
		return "now"
	case s.isBest(p):
		return "recommended"
	}
	return ""
}

func limitText(s pacer.Setting) string {
	if s.Limit <= 0 {
		return "none"
	}
	return s.LimitString()
}

// note is what is to be said of a setting.
func (s *Study) note(p pacer.Prediction) string {
	note := ""
	switch p.Verdict {
	case pacer.Fine:
		if p.Limited > 0.005 {
			note = fmt.Sprintf("limit binds %.0f %%", 100*p.Limited)
		}
	case pacer.Thrash:
		note = fmt.Sprintf("thrash: as GOGC=%.0f", float64(max(p.Effective, 0)))
	case pacer.Tight:
		note = fmt.Sprintf("tight: as GOGC=%.0f", float64(p.Effective))
		switch {
		case strings.HasPrefix(p.Why, "thrash risk"):
			note = "thrash risk"
		case p.Why != "":
			note = "tight in bursts"
		}
	case pacer.OverBudget:
		note = "too large"
		if p.Setting.Limit <= 0 && p.Why == killed {
			note = "OOM kill"
		}
	default:
		note = p.Verdict.Words()
	}
	return note
}

// FrontierData is the same for programs: both ends of each interval, names that stay.
func (s *Study) FrontierData() report.Exhibit {
	t := &report.Table{Columns: []report.Column{
		{Name: "gogc"},
		{Name: "gomemlimit", Unit: "B"},
		{Name: "figures"},
		{Name: "verdict"},
		{Name: "why"},
		{Name: "cycles", Unit: "count/s"},
		{Name: "cycles_low", Unit: "count/s"},
		{Name: "cycles_high", Unit: "count/s"},
		{Name: "gc", Unit: "cores"},
		{Name: "gc_low", Unit: "cores"},
		{Name: "gc_high", Unit: "cores"},
		{Name: "cpu", Unit: "cores"},
		{Name: "cpu_low", Unit: "cores"},
		{Name: "cpu_high", Unit: "cores"},
		{Name: "rss", Unit: "B"},
		{Name: "rss_low", Unit: "B"},
		{Name: "rss_high", Unit: "B"},
		{Name: "rss_bound", Unit: "B"},
		{Name: "heap", Unit: "B"},
		{Name: "effective_gogc", Unit: "percent"},
		{Name: "limited", Unit: "ratio"},
		{Name: "role"},
	}}
	for _, p := range s.Grid {
		q := s.figures(p)
		kind := "predicted"
		if s.measured(p) {
			kind = "measured"
		}
		rated, costed, sized := known(q)
		if !rated {
			kind = "none"
		}
		usage := costed && q.CPU.Mid > 0
		t.Rows = append(t.Rows, []report.Cell{
			text(p.Setting.GOGC.String()), number(float64(p.Setting.Limit)), text(kind), text(string(p.Verdict)), text(p.Why),
			figure(rated, q.Cycles.Mid), figure(rated, q.Cycles.Low), figure(rated, q.Cycles.High),
			figure(costed, q.GC.Mid), figure(costed, q.GC.Low), figure(costed, q.GC.High),
			figure(usage, q.CPU.Mid), figure(usage, q.CPU.Low), figure(usage, q.CPU.High),
			figure(sized, q.RSS.Mid), figure(sized, q.RSS.Low), figure(sized, q.RSS.High), figure(sized, q.Bound),
			figure(rated, q.Heap), figure(true, max(p.Effective, 0)), figure(rated, q.Limited), text(s.role(p)),
		})
	}
	return report.Exhibit{ID: "frontier-data", Title: "Settings, for programs", Table: t}
}
