package report

import (
	"errors"
	"fmt"
	"slices"
)

// Validate says what in the report breaks the contract, all of it in one
// error: an unknown mechanism or severity, a probability outside 0..1, a range
// upside down, an exhibit with no or several kinds of content, a table row or
// series of the wrong length.
func (r *Report) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if r.Schema != Schema {
		bad("schema: %d, want %d", r.Schema, Schema)
	}
	if r.To.Before(r.From) {
		bad("to: %s is before from", r.To.Format("2006-01-02T15:04:05Z07:00"))
	}
	for i, f := range r.Findings {
		if err := f.validate(); err != nil {
			bad("findings[%d] (%s): %w", i, Clean(f.Rule), err)
		}
	}
	ids := map[string]bool{}
	for i, e := range r.Exhibits {
		if ids[e.ID] {
			bad("exhibits[%d]: id %q is used twice", i, e.ID)
		}
		ids[e.ID] = true
		if err := e.validate(); err != nil {
			bad("exhibits[%d] (%s): %w", i, Clean(e.ID), err)
		}
	}
	if r.Verdict != nil {
		if err := r.Verdict.validate(); err != nil {
			bad("verdict: %w", err)
		}
	}
	return errors.Join(errs...)
}

func (f Finding) validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if f.Rule == "" {
		bad("rule: empty")
	}
	if f.Title == "" {
		bad("title: empty")
	}
	if !slices.Contains(Mechanisms, f.Mechanism) {
		bad("mechanism: %q is not a mechanism this goperf knows", f.Mechanism)
	}
	if f.Severity < Info || f.Severity > Critical {
		bad("severity: %s", f.Severity)
	}
	if !(f.Confidence >= 0 && f.Confidence <= 1) { // also true for NaN
		bad("confidence: %v is outside 0..1", f.Confidence)
	}
	if c := f.Cost; !(c.Low <= c.High) || c.Share < 0 {
		bad("cost: share %v with interval %v..%v", c.Share, c.Low, c.High)
	}
	if s := f.Saving; !(s.Low <= s.High) {
		bad("saving: low %v is above high %v", s.Low, s.High)
	}
	return errors.Join(errs...)
}

func (e Exhibit) validate() error {
	set := 0
	for _, is := range []bool{e.Table != nil, e.Flame != nil, e.Series != nil, e.Histogram != nil} {
		if is {
			set++
		}
	}
	switch {
	case e.ID == "":
		return errors.New("id: empty")
	case set != 1:
		return fmt.Errorf("%d of table, flame, series and histogram are set, want exactly one", set)
	case e.Table != nil:
		for i, row := range e.Table.Rows {
			if len(row) != len(e.Table.Columns) {
				return fmt.Errorf("table: row %d has %d cells, want %d", i, len(row), len(e.Table.Columns))
			}
		}
	case e.Series != nil:
		for _, l := range e.Series.Lines {
			if len(l.Values) != len(e.Series.Times) {
				return fmt.Errorf("series %q: %d values, want %d", Clean(l.Name), len(l.Values), len(e.Series.Times))
			}
		}
	case e.Histogram != nil:
		if len(e.Histogram.Bounds) != len(e.Histogram.Counts)+1 {
			return fmt.Errorf("histogram: %d bounds for %d counts, want one more", len(e.Histogram.Bounds), len(e.Histogram.Counts))
		}
	}
	return nil
}
