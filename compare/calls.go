package compare

import (
	"fmt"
	"math"

	"github.com/goperf/goperf/profile/symbol"
)

// often is by how much what a function allocates must have changed for it to be
// called more or less often, alike by how much it may have for it not to be, and
// sure the samples that either takes on each side.
const (
	often = 1.5
	alike = 1.2
	sure  = 30
)

// calls says whether a function calls another more often, times what it spends in
// it being known. A profile of CPU time does not tell a call that takes long from
// many that do not. But what a function allocates by itself, not through what it
// calls, is for most functions a number of objects for each call, and a profile of
// allocations has how many there were at that very edge. It is "" when that does
// not tell.
func (t *trial) calls(r *result, id int32, times float64, name, callee, at string) string {
	c := t.objects
	if c == nil || c == t || c.shares || r.Family != Own || !(times > 0) {
		return ""
	}
	w := c.below(Own, r.id)
	n, ok := w.child[edge{0, id}]
	if !ok {
		return ""
	}
	own := w.itself(n)
	for s := range own {
		everywhere := c.mean(s, Fold, id)
		if s == 1 {
			everywhere *= c.common
		}
		if c.raw(s, Fold, id)*math.Min(over(own[s], everywhere), 1) < sure {
			return ""
		}
	}
	ratio := over(own[1], own[0])
	said := fmt.Sprintf("what %s allocates there by itself is %s objects/%s and was %s", callee, factor(own[1]), c.per, factor(own[0]))
	switch far := math.Abs(math.Log(ratio)); {
	case far > math.Log(often) && far > 0.5*math.Abs(math.Log(times)) && (ratio > 1) == (times > 1):
		return fmt.Sprintf("%s calls %s %s times as often%s: %s", name, callee, factor(ratio), at, said)
	case far < math.Log(alike) && far < 0.25*math.Abs(math.Log(times)):
		return fmt.Sprintf("%s calls %s as often as before%s and spends %s times as much in it: %s", name, callee, at, factor(times), said)
	}
	return ""
}

// itself is what a node has without what it calls; the runtime does its own part.
func (w *walk) itself(at int32) [2]float64 {
	own := w.nodes[at].value
	for _, c := range w.callees(at) {
		if w.t.n.all[w.nodes[c].id].class != symbol.Runtime {
			own[0] -= w.nodes[c].value[0]
			own[1] -= w.nodes[c].value[1]
		}
	}
	return own
}
