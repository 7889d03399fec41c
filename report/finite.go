package report

import (
	"fmt"
	"math"
	"slices"
)

func isFinite(vs ...float64) bool {
	return !slices.ContainsFunc(vs, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
}

// finite is a copy that JSON can hold: lists are never nil, and what is not a
// finite number is taken out and said in the notes. A number is never replaced
// by another one, except that an impossible cost, saving or confidence becomes
// zero, which ranks the finding last.
func (r *Report) finite() *Report {
	c := *r
	c.Notes = append([]string{}, r.Notes...)
	drop := func(what string) { c.Notes = append(c.Notes, what+" is not a finite number and was left out") }
	c.Vitals = finiteFacts(r.Vitals, "vital", drop)
	c.Evidence = append([]Seen{}, r.Evidence...)
	for i := range c.Evidence {
		if !isFinite(c.Evidence[i].Seconds) {
			drop("the time covered by " + c.Evidence[i].Kind)
			c.Evidence[i].Seconds = 0
		}
	}
	c.Findings = make([]Finding, len(r.Findings))
	for i, f := range r.Findings {
		c.Findings[i] = f.finite(func(what string) { drop(fmt.Sprintf("finding %s: %s", f.Rule, what)) })
	}
	c.Exhibits = make([]Exhibit, 0, len(r.Exhibits))
	for _, e := range r.Exhibits {
		if e, ok := e.finite(); ok {
			c.Exhibits = append(c.Exhibits, e)
			continue
		}
		drop("exhibit " + e.ID + ": a value")
	}
	if r.Verdict != nil {
		c.Verdict = r.Verdict.finite(drop)
	}
	c.Skipped = append([]Skip{}, r.Skipped...)
	c.Gaps = append([]Gap{}, r.Gaps...)
	c.Asked = append([]Request{}, r.Asked...)
	for i := range c.Asked {
		if !isFinite(c.Asked[i].Seconds) {
			drop("the time taken by " + c.Asked[i].What)
			c.Asked[i].Seconds = 0
		}
	}
	return &c
}

func (f Finding) finite(drop func(string)) Finding {
	f.Where = append([]Frame{}, f.Where...)
	f.Because = finiteFacts(f.Because, "fact", drop)
	f.Advice = append([]string{}, f.Advice...)
	if !isFinite(f.Confidence) {
		f.Confidence = 0
		drop("confidence")
	}
	if c := f.Cost; !isFinite(c.Share, c.Low, c.High, c.Amount) {
		f.Cost = Cost{Resource: c.Resource, Of: c.Of, Unit: c.Unit}
		drop("cost")
	}
	if s := f.Saving; !isFinite(s.Low, s.High, s.Share) {
		f.Saving = Range{Unit: s.Unit, Basis: s.Basis}
		drop("saving")
	}
	return f
}

func finiteFacts(in []Fact, kind string, drop func(string)) []Fact {
	out := make([]Fact, 0, len(in))
	for _, f := range in {
		if !isFinite(f.Value) {
			drop(fmt.Sprintf("%s %q", kind, f.Text))
			continue
		}
		out = append(out, f)
	}
	return out
}

// finite is a copy without nil lists; false when a value is not finite, as a
// picture with a hole would mislead.
func (e Exhibit) finite() (Exhibit, bool) {
	ok := true
	switch {
	case e.Table != nil:
		t := Table{Columns: append([]Column{}, e.Table.Columns...), Rows: make([][]Cell, len(e.Table.Rows))}
		for i, row := range e.Table.Rows {
			t.Rows[i] = append([]Cell{}, row...)
			for _, c := range row {
				ok = ok && isFinite(c.Value)
			}
		}
		e.Table = &t
	case e.Flame != nil:
		ok = e.Flame.isFinite()
	case e.Series != nil:
		s := Series{Unit: e.Series.Unit, Times: append([]float64{}, e.Series.Times...), Lines: append([]Line{}, e.Series.Lines...)}
		ok = isFinite(s.Times...)
		for i, l := range s.Lines {
			s.Lines[i].Values = append([]float64{}, l.Values...)
			ok = ok && isFinite(l.Values...)
		}
		e.Series = &s
	case e.Histogram != nil:
		h := Histogram{Unit: e.Histogram.Unit, Bounds: append([]float64{}, e.Histogram.Bounds...), Counts: append([]float64{}, e.Histogram.Counts...)}
		ok = isFinite(h.Bounds...) && isFinite(h.Counts...)
		e.Histogram = &h
	}
	return e, ok
}

func (f *Flame) isFinite() bool {
	if !isFinite(f.Total, f.Self) {
		return false
	}
	for i := range f.Children {
		if !f.Children[i].isFinite() {
			return false
		}
	}
	return true
}
