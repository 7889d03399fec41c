package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/goperf/goperf/profile/symbol"
)

// maxCauses bounds what is explained of one metric.
const maxCauses = 20

// causes explains what changed: functions of the main module first, then what
// changed in the code of others without one of the module having changed.
func (t *trial) causes(all []result) []Cause {
	var out []Cause
	owner := map[int32]int{} // cause of a function of the module
	for _, f := range []Family{Own, Fold} {
		for i := range all {
			r := &all[i]
			if r.Family != f || r.Verdict != Changed || r.Class == Shift || len(out) >= maxCauses {
				continue
			}
			if f == Own {
				owner[r.id] = len(out)
				out = append(out, t.explain(r))
				continue
			}
			if _, told := owner[r.id]; told {
				continue
			}
			by, share := t.owner(r)
			if at, told := owner[by]; told && share > 0.5 && out[at].Row.Class == r.Class {
				out[at].With = append(out[at].With, r.Name)
				continue
			}
			out = append(out, t.explain(r))
		}
	}
	slices.SortStableFunc(out, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Row.Delta), math.Abs(a.Row.Delta)), cmp.Compare(a.Row.Name, b.Row.Name))
	})
	return out
}

// owner is the function of the main module whose samples make up most of the
// change of a function, and what share of it.
func (t *trial) owner(r *result) (id int32, share float64) {
	by := map[int32]float64{}
	for s := range t.source {
		factor := t.factor(s)
		if s == 0 {
			factor = -factor
		}
		for _, a := range t.source[s] {
			a.owned(r.id, factor, by)
		}
	}
	id = -1
	for _, k := range sortedKeys(by) {
		if id < 0 || by[k]/r.e.delta > by[id]/r.e.delta {
			id = k
		}
	}
	return id, over(by[id], r.e.delta)
}

// owned adds the samples of a function (Fold) to who owns them.
func (a *attribution) owned(id int32, factor float64, by map[int32]float64) {
	for i, fold := range a.fold {
		if fold != id {
			continue
		}
		if v, _ := a.amount(i); v.value != 0 {
			by[a.own[i]] += v.value * factor
		}
	}
}

// explain walks a change down to the deepest frame that explains it.
func (t *trial) explain(r *result) Cause {
	c := Cause{Row: r.Row, Culprit: r.Name, Share: 1}
	if r.id < pseudos {
		c.Text = t.headline(r) + t.whyPseudo(r)
		return c
	}
	w := t.below(r.Family, r.id)
	path := w.deepest()
	for _, at := range path {
		c.Path = append(c.Path, t.spelled(w.nodes[at].id, r.Name, at == 0))
	}
	last := &w.nodes[path[len(path)-1]]
	c.Culprit = c.Path[len(c.Path)-1]
	c.Share = math.Min(over(last.grown(), w.nodes[0].grown()), 1)
	callee := int32(-1)
	if len(path) > 1 {
		callee = w.nodes[path[1]].id
	}
	c.Call = w.where(callee)
	if c.Call.Line == 0 {
		c.Call = r.Where
	}
	c.Text = t.headline(r) + t.why(r, w, path, c.Call)
	t.blame(&c, r)
	return c
}

// spelled is what the new side calls a function, or the base side what is gone.
func (t *trial) spelled(id int32, name string, itself bool) string {
	if itself {
		return name
	}
	n := &t.n.all[id]
	return cmp.Or(n.side[1].name, n.side[0].name, n.key)
}

// headline is the change in short: "main.quote +8.1 % of CPU". Of waits, and of
// what has more than doubled the total, the ratio says more.
func (t *trial) headline(r *result) string {
	if ratio := over(r.After, r.Before); ratio > 0 && (t.m.noise == events || r.Share() > 1) {
		return fmt.Sprintf("%s %s times the %s", short(r.Name), factor(ratio), noun(t.m.name))
	}
	return fmt.Sprintf("%s %s of %s", short(r.Name), points(r.Share()), noun(t.m.name))
}

func points(share float64) string {
	if math.Abs(share) >= 1 {
		return fmt.Sprintf("%+.0f %%", 100*share)
	}
	return fmt.Sprintf("%+.1f %%", 100*share)
}

// factor is a ratio with two digits and without an exponent.
func factor(v float64) string {
	switch {
	case v >= 10:
		return fmt.Sprintf("%.0f", v)
	case v >= 0.1:
		return fmt.Sprintf("%.2g", v)
	}
	return fmt.Sprintf("%.1g", v)
}

// noun is what a metric is called in a sentence.
func noun(metric string) string {
	switch metric {
	case "cpu":
		return "CPU"
	case "alloc_space":
		return "allocated bytes"
	case "alloc_objects":
		return "allocations"
	case "inuse_space":
		return "memory in use"
	case "mutex_delay":
		return "waits for locks"
	case "block_delay":
		return "blocked time"
	}
	return metric
}

func (t *trial) whyPseudo(r *result) string {
	if r.id == idCollector {
		return ": the collector marks and sweeps more or less than before, because of what is allocated and how much of it is live"
	}
	return ""
}

// why is the second half of the sentence.
func (t *trial) why(r *result, w *walk, path []int32, call Place) string {
	at := ""
	if call.Line > 0 {
		at = fmt.Sprintf(" (%s:%d)", base(call.File), call.Line)
	}
	name := short(r.Name)
	if len(path) == 1 {
		return t.whyItself(r, w, name, at)
	}
	n := &w.nodes[path[1]]
	callee := short(t.spelled(n.id, "", false))
	if t.n.all[n.id].class == symbol.Runtime {
		return ": " + t.whyRuntime(n, name, callee, at)
	}
	deeper := ""
	if len(path) > 2 {
		deeper = ", down to " + short(t.spelled(w.nodes[path[len(path)-1]].id, "", false))
	}
	switch {
	case n.value[0] == 0:
		return fmt.Sprintf(" because %s now calls %s%s, which it did not before%s", name, callee, at, deeper)
	case n.value[1] == 0:
		return fmt.Sprintf(" because %s no longer calls %s%s%s", name, callee, at, deeper)
	}
	return fmt.Sprintf(" because %s", t.edge(r, n, name, callee, at)) + deeper
}

// edge says whether a function calls another more often or whether the other
// became more expensive: what the other costs when it is called from elsewhere,
// and whether its own parts kept their proportions, tell.
func (t *trial) edge(r *result, n *node, name, callee, at string) string {
	times := over(n.value[1], n.value[0])
	if text := t.calls(r, n.id, times, name, callee, at); text != "" {
		return text
	}
	text := fmt.Sprintf("%s spends %s times as much in %s%s", name, factor(times), callee, at)
	t.cumulate()
	elsewhere := [2]float64{t.mean(0, Cum, n.id) - n.value[0], t.common*t.mean(1, Cum, n.id) - n.value[1]}
	raw := math.Min(t.raw(0, Cum, n.id), t.raw(1, Cum, n.id))
	if raw < 30 {
		return text
	}
	switch ratio := over(elsewhere[1], elsewhere[0]); {
	case elsewhere[0] < n.value[0]/10 || elsewhere[0] <= 0:
		return text
	case math.Abs(math.Log(ratio)) < 0.25*math.Abs(math.Log(times)):
		return text + "; calls of it from elsewhere cost what they did, so it is called more often here or with more to do"
	case math.Abs(math.Log(ratio)) > 0.6*math.Abs(math.Log(times)):
		return text + "; so do other callers, so the change is in it"
	}
	return text
}

func (t *trial) whyItself(r *result, w *walk, name, at string) string {
	known := t.n.all[r.id].side
	switch {
	case r.Samples[0] == 0 && known[0].name != "": // some other profile has it
		return fmt.Sprintf(": %s%s was in no sample before", name, at)
	case r.Samples[0] == 0:
		return fmt.Sprintf(": %s%s is new", name, at)
	case r.Samples[1] == 0 && known[1].name != "":
		return fmt.Sprintf(": %s is in no sample any more", name)
	case r.Samples[1] == 0:
		return fmt.Sprintf(": %s is gone", name)
	}
	self := w.nodes[0].self
	if over(self[1]-self[0], w.nodes[0].grown()) >= mostOf {
		return fmt.Sprintf(": %s itself takes %s times as much%s", name, factor(over(r.After, r.Before)), at)
	}
	callees := w.mostChanged()
	text := fmt.Sprintf(": %s takes %s times as much, spread over %s", name, factor(over(r.After, r.Before)), w.spread(callees))
	if len(callees) == 0 {
		return text
	}
	n := &w.nodes[callees[0]]
	calls := t.calls(r, n.id, over(n.value[1], n.value[0]), name, short(t.spelled(n.id, "", false)), "")
	if calls == "" {
		return text
	}
	return text + "; " + calls
}

// mostChanged are the callees of the function, those first that have most of its
// change.
func (w *walk) mostChanged() []int32 {
	callees := w.callees(0)
	whole := w.nodes[0].grown()
	slices.SortStableFunc(callees, func(a, b int32) int {
		return cmp.Compare(w.nodes[b].grown()/whole, w.nodes[a].grown()/whole)
	})
	return callees
}

// spread names the callees that make up a change together.
func (w *walk) spread(callees []int32) string {
	whole := w.nodes[0].grown()
	var names []string
	if (w.nodes[0].self[1]-w.nodes[0].self[0])/whole > 0.1 {
		names = append(names, "itself")
	}
	for _, c := range callees[:min(len(callees), 3)] {
		if w.nodes[c].grown()/whole > 0.1 {
			names = append(names, short(w.t.spelled(w.nodes[c].id, "", false)))
		}
	}
	if len(names) == 0 {
		return "what it calls"
	}
	return strings.Join(names, ", ")
}

// whyRuntime is about what the runtime does for a function.
func (t *trial) whyRuntime(n *node, name, callee, at string) string {
	more := "more"
	if n.grown() < 0 {
		more = "less"
	}
	if t.m.name == "goroutines" { // they cost nothing: they stand there
		return fmt.Sprintf("%s of %s%s are in %s", more, name, at, callee)
	}
	return fmt.Sprintf("%s%s costs %s in %s", name, at, more, callee)
}

// short is the name as people say it; pseudo functions have no other.
func short(name string) string {
	if strings.HasPrefix(name, "[") {
		return name
	}
	return symbol.Short(name)
}

func base(file string) string { return file[strings.LastIndexByte(file, '/')+1:] }
