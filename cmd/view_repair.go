package cmd

import "fmt"

// repairLines says what was repaired in the profile, or what could be.
func (v *view) repairLines() []string {
	r := v.repairs
	var lines []string
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	share := func(s float64) string { return string(appendPercent(nil, int64(s*1e6+0.5), 1e6)) }
	switch {
	case r.Folded == 0:
	case v.mended:
		say("Repaired: %s (%s) with a preemption or signal frame on top, given to the function below", some(r.Folded, "sample"), share(r.FoldedShare))
	default:
		say("Note: %s (%s) with a preemption or signal frame on top; --repair counts that for the function below", some(r.Folded, "sample"), share(r.FoldedShare))
	}
	switch {
	case r.Truncated == 0:
	case !v.mended:
		say("Note: %s (%s) cut at the runtime's limit of %d frames; --repair puts callers on where there is one way on", some(r.Truncated, "stack"), share(r.TruncatedShare), r.DepthLimit)
	default:
		rest := ""
		if r.Grafted < r.Truncated {
			rest = "; the others have none here, or several"
		}
		say("Repaired: %d of %s (%s of %s) cut at the runtime's limit of %d frames, which got their callers from whole stacks%s",
			r.Grafted, some(r.Truncated, "stack"), share(r.GraftedShare), share(r.TruncatedShare), r.DepthLimit, rest)
	}
	return lines
}

// some is a number of things.
func some(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprint(n, " ", thing)
}

// repairsJSON is the same for programs.
type repairsJSON struct {
	Made           bool    `json:"made"` // --repair
	Folded         int     `json:"folded"`
	FoldedShare    float64 `json:"folded_share"`
	Truncated      int     `json:"truncated"`
	TruncatedShare float64 `json:"truncated_share"`
	DepthLimit     int     `json:"depth_limit,omitempty"`
	Grafted        int     `json:"grafted"`
	GraftedShare   float64 `json:"grafted_share"`
}

// repairsJSON is nil when there is nothing to say.
func (v *view) repairsJSON() *repairsJSON {
	r := v.repairs
	if r.Folded == 0 && r.Truncated == 0 {
		return nil
	}
	return &repairsJSON{v.mended, r.Folded, r.FoldedShare, r.Truncated, r.TruncatedShare, r.DepthLimit, r.Grafted, r.GraftedShare}
}
