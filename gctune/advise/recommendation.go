package advise

import (
	"fmt"
	"strings"

	"github.com/goperf/goperf/gctune/pacer"
	"github.com/goperf/goperf/report"
)

// Recommendation is the advice in rows for people.
func (s *Study) Recommendation() report.Exhibit {
	a := s.Advice
	t := &report.Table{Columns: []report.Column{{Name: "what"}, {Name: "advice"}}}
	row := func(what, said string) {
		if said != "" {
			t.Rows = append(t.Rows, []report.Cell{text(what), text(said)})
		}
	}
	risk := a.Risk
	if risk == "" {
		risk = "none seen"
	}
	row("risk now", string(a.Level)+": "+risk)
	if a.Advised {
		row("recommend", a.Best.Setting.String()+" ("+a.Reason+")")
		if a.Best.Setting != s.Seen.Setting || !s.measured(a.Best) {
			row("effect", s.effect())
		}
		row("bears", s.bears())
		row("doubt", a.Doubt)
		row("if you must", s.otherwise())
	} else {
		row("recommend", "nothing: "+a.Reason)
	}
	if a.TimeLeft > 0 {
		row("time left", report.FormatValue(float64(a.TimeLeft), "s")+" until the limit, at this growth")
	}
	if s.Terms.Container > 0 && !s.Model.Trend().Unsteady() {
		row("container", fmt.Sprintf("%s; the smallest sensible one is %s", size(s.Terms.Container), size(a.Container)))
	}
	grade, reason, hint := s.Grade()
	if reason != "" {
		grade += ": " + reason
	}
	if hint != "" {
		grade += " (for more: " + hint + ")"
	}
	row("confidence", grade)
	return report.Exhibit{ID: "recommendation", Title: "Recommendation", Table: t}
}

func size(b pacer.Bytes) string { return report.FormatValue(float64(b), "B") }

// effect is what changes, each with its interval.
func (s *Study) effect() string {
	b, o := s.Advice.Best, s.Seen.Observation
	if !b.Verdict.HasFigures() {
		return "not predicted: " + b.Verdict.Words()
	}
	var parts []string
	add := func(what string, now, low, mid, high float64, unit string) {
		if now > 0 && mid > 0 {
			parts = append(parts, fmt.Sprintf("%s %s (%s → %s, 90 %%: %s)", what, change(mid/now), report.FormatValue(now, unit),
				report.FormatValue(mid, unit), report.FormatRange(low, high, unit)))
		}
	}
	add("collections", float64(o.Cadence.Every+o.Cadence.Forced), float64(b.Cycles.Low), float64(b.Cycles.Mid), float64(b.Cycles.High), "count/s")
	add("GC CPU", float64(o.CPU.GC), float64(b.GC.Low), float64(b.GC.Mid), float64(b.GC.High), "cores")
	add("process CPU", float64(o.CPU.Process), float64(b.CPU.Low), float64(b.CPU.Mid), float64(b.CPU.High), "cores")
	add("peak RSS", float64(o.Memory.Peak), float64(b.RSS.Low), float64(b.RSS.Mid), float64(b.RSS.High), "B")
	return strings.Join(parts, "; ")
}

// bears is how much larger the live heap may become.
func (s *Study) bears() string {
	a := s.Advice
	if a.Best.Setting.Limit <= 0 {
		return ""
	}
	return fmt.Sprintf("a live heap up to %s before the limit amounts to less than GOGC=25; at %s, the largest to expect, it amounts to GOGC=%.0f",
		size(a.Survives), size(a.Worst), float64(a.Effective))
}

// otherwise is what the opposite policy would say.
func (s *Study) otherwise() string {
	terms := s.Terms
	switch s.Terms.Policy {
	case pacer.MinMem:
		terms.Policy = pacer.Balanced
	default:
		terms.Policy = pacer.MinMem
	}
	b := s.Model.Recommend(terms)
	if !b.Advised || b.Best.Setting == s.Advice.Best.Setting || !b.Best.Verdict.HasFigures() {
		return ""
	}
	if now := s.Advice.Best; terms.Policy == pacer.MinMem && now.RSS.Mid > 0 && b.Best.RSS.Mid >= now.RSS.Mid {
		return "" // collections are so cheap that the least memory is advised as it is
	}
	said := fmt.Sprintf("--policy %s: %s", terms.Policy, b.Best.Setting)
	if b.Best.RSS.Mid > 0 {
		said += ", peak RSS " + size(b.Best.RSS.Mid)
	}
	if b.Best.GC.Mid > 0 {
		said += ", GC " + report.FormatValue(float64(b.Best.GC.Mid), "cores")
	}
	return said
}
