package compare

import (
	"cmp"
	"fmt"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/symbol"
)

// blame says of a changed function of other code whose call it is: nobody looks
// for the reason of a regression in the standard library, nor does a review show
// that file.
func (t *trial) blame(c *Cause, r *result) {
	if r.Family != Fold || r.id < pseudos || t.n.all[r.id].class == symbol.Own {
		return
	}
	by, share := t.owner(r)
	if by < pseudos || by == r.id || share < mostOf {
		return
	}
	call := t.line(by, r)
	if call.Line == 0 {
		return
	}
	c.Caller, c.Call = t.spelled(by, "", false), call
	c.Text += fmt.Sprintf("; it is called by %s (%s:%d)", short(c.Caller), base(call.File), call.Line)
}

// line is where a function calls what makes most of the change of another.
func (t *trial) line(by int32, r *result) Place {
	side := 1
	if r.Delta < 0 {
		side = 0
	}
	sums := map[Place]float64{}
	for _, a := range t.source[side] {
		for i := range a.p.NumSamples() {
			if a.fold[i] != r.id || a.own[i] != by {
				continue
			}
			if v, _ := a.amount(i); v.value != 0 {
				sums[a.place(i, by)] += v.value
			}
		}
	}
	var best Place
	for at, v := range sums {
		if cmp.Or(cmp.Compare(v, sums[best]), cmp.Compare(best.File, at.File), cmp.Compare(best.Line, at.Line)) > 0 {
			best = at
		}
	}
	return best
}

// place is the line of the innermost frame of a function on a stack.
func (a *attribution) place(i int, id int32) Place {
	for _, loc := range a.p.Stack(i) {
		for k, f := range a.num.At(loc) {
			if a.ids[f] != id {
				continue
			}
			var line profile.Line
			if l := &a.p.Locations[loc]; k < len(l.Lines) {
				line = l.Lines[k]
			}
			return Place{a.num.Frames[f].File, int(line.Line)}
		}
	}
	return Place{}
}
