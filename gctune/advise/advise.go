// Package advise writes what the model of the collector says as parts of a
// report: what was observed, the frontier of settings, the recommendation and
// how to apply it.
//
// It decides nothing: figures and verdicts are those of package pacer. A figure
// says whether it was measured or predicted, and a setting without figures says
// why.
package advise

import (
	"slices"

	"github.com/goperf/goperf/gctune/observe"
	"github.com/goperf/goperf/gctune/pacer"
	"github.com/goperf/goperf/report"
)

// Study is an observation, its model and what follows from it.
type Study struct {
	Seen   observe.Seen
	Model  *pacer.Model
	Terms  pacer.Terms
	Advice pacer.Advice
	Grid   []pacer.Prediction // the settings that are shown, by memory
}

// Make fits the model and predicts the grid, the usual one when it is empty.
func Make(seen observe.Seen, terms pacer.Terms, grid []pacer.Setting) (*Study, error) {
	model, err := pacer.Fit(seen.Observation)
	if err != nil {
		return nil, err
	}
	return Of(seen, model, terms, grid), nil
}

// Of is the study of a model that has been fitted.
func Of(seen observe.Seen, model *pacer.Model, terms pacer.Terms, grid []pacer.Setting) *Study {
	s := &Study{Seen: seen, Model: model, Terms: terms, Advice: model.Recommend(terms)}
	asked := len(grid) > 0
	if !asked {
		grid = usual(seen.Setting, model.LimitFor(terms))
	}
	loaded := model
	if terms.Load > 0 {
		loaded = model.Loaded(terms.Load)
	}
	for _, setting := range grid {
		s.Grid = append(s.Grid, loaded.Predict(setting))
	}
	if !slices.ContainsFunc(s.Grid, s.isNow) {
		s.Grid = append(s.Grid, loaded.Predict(seen.Setting))
	}
	if s.Advice.Advised && !slices.ContainsFunc(s.Grid, s.isBest) {
		s.Grid = append(s.Grid, s.Advice.Best)
	}
	for i := range s.Grid {
		s.Grid[i] = s.judged(loaded.Doubted(s.Grid[i], terms))
	}
	if !asked {
		slices.SortStableFunc(s.Grid, byMemory)
	}
	return s
}

// usual are the settings that most readers ask about.
func usual(now pacer.Setting, limit pacer.Bytes) []pacer.Setting {
	var grid []pacer.Setting
	for _, g := range []pacer.Percent{25, 50, 100, 150, 200, 400, 800} {
		grid = append(grid, pacer.Setting{GOGC: g, Limit: now.Limit})
	}
	if limit > 0 {
		for _, g := range []pacer.Percent{100, 200, 400, pacer.Off} {
			grid = append(grid, pacer.Setting{GOGC: g, Limit: limit})
		}
	}
	slices.SortFunc(grid, bySetting)
	return slices.Compact(grid)
}

func bySetting(a, b pacer.Setting) int {
	switch {
	case a.Limit != b.Limit:
		return int(compare(a.Limit, b.Limit))
	case a.GOGC == b.GOGC:
		return 0
	case a.GOGC == pacer.Off:
		return 1
	case b.GOGC == pacer.Off:
		return -1
	}
	return compare(a.GOGC, b.GOGC)
}

func byMemory(a, b pacer.Prediction) int { return bySetting(a.Setting, b.Setting) }

func compare[T ~float64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// judged adds what only the container tells: a setting whose peak may pass it.
func (s *Study) judged(p pacer.Prediction) pacer.Prediction {
	room := s.Terms.Container - s.Terms.Reserve
	switch {
	case s.Terms.Container <= 0 || !p.Verdict.HasFigures():
	case max(p.RSS.High-s.Seen.Memory.File, p.Heap) > room:
		p.Verdict, p.Why = pacer.OverBudget, killed
	case p.RSS.Mid-s.Model.Droppable() > room:
		p.Verdict, p.Why = pacer.OverBudget, "it leaves the program's own code no room, which would be read again and again"
	}
	return p
}

// killed is why a setting is over the budget that the kernel ends.
const killed = "the peak may pass the container"

func (s *Study) isNow(p pacer.Prediction) bool { return p.Setting == s.Seen.Setting }

func (s *Study) isBest(p pacer.Prediction) bool {
	return s.Advice.Advised && p.Setting == s.Advice.Best.Setting
}

// measured says whether the figures of a prediction are those of the observation.
func (s *Study) measured(p pacer.Prediction) bool {
	return s.isNow(p) && (s.Terms.Load == 0 || s.Terms.Load == 1)
}

// figures are what is shown of a setting: the measured ones where there are any.
func (s *Study) figures(p pacer.Prediction) pacer.Prediction {
	if !s.measured(p) {
		return p
	}
	b := s.Model.Base()
	b.Verdict, b.Why = p.Verdict, p.Why
	return b
}

// Limit is the GOMEMLIMIT that the study names, 0 when there is none to name.
// Whoever speaks of a limit in the same report names this one.
func (s *Study) Limit() pacer.Bytes {
	switch a := s.Advice; {
	case a.Advised:
		return a.Best.Setting.Limit
	case a.Raise > 0:
		return a.Raise
	}
	return s.Model.LimitFor(s.Terms)
}

func text(s string) report.Cell    { return report.Cell{Text: s} }
func number(v float64) report.Cell { return report.Cell{Value: v} }

// figure is a number, or a dash where there is none.
func figure[T ~float64](known bool, v T) report.Cell {
	if !known {
		return text("–")
	}
	return number(float64(v))
}
