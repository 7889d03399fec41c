package tui

import (
	"math"
	"slices"

	"github.com/goperf/goperf/flame"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// proof is what the number of a finding may be of: the functions that it names, the
// culprit first, and those of the runtime that do such work.
type proof struct {
	names []string
	share float64
}

// mostProven bounds how many functions are weighed against each other.
const mostProven = 16

// collectors are the functions in which the collector spends CPU.
var collectors = []string{"runtime.gcBgMarkWorker", "runtime.gcDrainMarkWorkerDedicated", "runtime.gcDrainMarkWorkerFractional", "runtime.gcAssistAlloc", "runtime.bgsweep", "runtime.bgscavenge"}

// proofOf is that of a finding about CPU, of which the flame graph shows the whole.
func proofOf(f *report.Finding) *proof {
	if len(f.Where) == 0 || f.Cost.Of != "process CPU" {
		return nil
	}
	p := &proof{share: f.Cost.Share}
	for _, w := range f.Where {
		p.names = append(p.names, report.Clean(w.Function))
	}
	if f.Cost.Resource == "gc" {
		p.names = slices.Concat(p.names[:1], collectors, p.names[1:])
	}
	p.names = p.names[:min(len(p.names), mostProven)]
	return p
}

// weight is what there is of a function in a tree.
type weight struct {
	sum     int64 // of its outermost boxes
	above   int64 // of what the culprit takes, the part that it calls
	largest int32 // box, below the culprit if there is one
}

// weigh finds what each of some functions takes. Callers come before callees.
func (f *flameScreen) weigh(names []string) []weight {
	t, c := f.s.tree, f.s.layout.Column
	bit := make([]uint16, len(t.Frames)) // which of the functions a frame is
	for i := range names {
		frame := slices.IndexFunc(t.Frames, func(fr flame.Frame) bool { return fr.Name == names[i] })
		if frame > 0 && bit[frame] == 0 {
			bit[frame] = 1 << i
		}
	}
	all := make([]weight, len(names))
	within := make([]uint16, t.Size()) // which of them each box is of, or below
	for n := int32(1); int(n) < len(t.Frame); n++ {
		over, is := within[t.Parent[n]], bit[t.Frame[n]]
		within[n] = over | is
		if is == 0 {
			continue
		}
		w := c.Width(n)
		for i := range all {
			a := &all[i]
			switch one := uint16(1) << i; {
			case is == one && over&one == 0:
				a.sum += w
				if was := within[a.largest] & 1; a.largest == 0 || within[n]&1 > was || within[n]&1 == was && w > c.Width(a.largest) {
					a.largest = n
				}
			case is == 1 && over&1 == 0 && over&one != 0:
				a.above += w
			}
		}
	}
	return all
}

// prove selects the function whose share of the whole is nearest to that of the
// finding, or the culprit when that has it too. It says which one that is.
func (f *flameScreen) prove(p *proof) (said string) {
	if f.s == nil {
		return ""
	}
	all, whole := f.weigh(p.names), float64(f.s.layout.Column.Whole)
	best, off := -1, math.Inf(1)
	for i, w := range all {
		if w.largest == 0 || 2*w.above > all[0].sum && i > 0 {
			continue // what calls the culprit does not cost what that costs
		}
		if d := math.Abs(float64(w.sum)/whole - p.share); d < off-p.share/100 {
			best, off = i, d
		}
	}
	if best < 0 {
		return symbol.Short(p.names[0]) + " has no samples here"
	}
	if !f.sees(all[best].largest) {
		f.zoomInto(0)
	}
	f.pick(all[best].largest)
	if best > 0 && off <= p.share/10 {
		said = report.FormatValue(p.share, "ratio") + " of all, of which the finding speaks, are of " + symbol.Short(p.names[best])
	}
	return said
}

// come selects what another screen is about; what the tree at hand does not have is
// waited for when another look is on its way. It says what is to be told of it.
func (f *flameScreen) come(e effect) string {
	comes := e.lens != nil && (f.s == nil || *e.lens != f.s.lens)
	f.await.name, f.await.proof = "", nil
	switch {
	case comes:
		f.await.name, f.await.proof = e.name, e.proof
	case e.proof != nil:
		return f.prove(e.proof)
	case e.name != "" && !f.selectName(e.name):
		return symbol.Short(e.name) + " has no samples here"
	}
	return ""
}

// panesOf are the parts of screens that have the numbers of a cost, the best first.
var panesOf = map[string][]string{
	"run-queue":    {"sched-who-had-the-cpu-meanwhile", "sched-run-queue-latency"},
	"descriptors":  {"tcp-what-connections-use-up"},
	"ports":        {"tcp-what-connections-use-up"},
	"accept-queue": {"tcp-listeners"},
	"connect-wait": {"tcp-connect-latency"},
	"connections":  {"tcp-anomalies"},
	"network":      {tcpPeers},
	"heap":         {"growth"},
	"alloc":        {"top-alloc"},
	"wait":         {"trace-waits"},
	"off-cpu":      {"waits"},
}

// seek goes to the first row about a function, in the parts that are given if there
// is one, or else to the first of these parts.
func (k *desk) seek(name string, panes []string) {
	at := -1
	for _, pane := range panes {
		i := slices.IndexFunc(k.parts, func(p *part) bool { return p.id == pane })
		if i >= 0 && k.seekIn(i, name) {
			return
		}
		if i >= 0 && at < 0 {
			at = i
		}
	}
	for i := range k.parts {
		if k.seekIn(i, name) {
			return
		}
	}
	if at >= 0 {
		k.focus, k.moved = at, true
	}
}

func (k *desk) seekIn(part int, name string) bool {
	p := k.parts[part]
	s := sheetOf(p.show)
	if s == nil || name == "" {
		return false
	}
	at := slices.Index(s.names, name)
	if at < 0 {
		return false
	}
	k.focus, k.moved, p.list.at = part, true, at
	return true
}
