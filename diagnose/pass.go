package diagnose

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// Limits are the thresholds below which a rule stays silent.
type Limits struct {
	MinSamples int64   // behind any CPU finding (N5); default 10
	MinShare   float64 // lower bound of the 95 % interval of a CPU finding's share; default 0.005
	IdleCores  float64 // below this utilisation CPU findings are informational (N4); default 0.1
}

func (l Limits) withDefaults() Limits {
	if l.MinSamples == 0 {
		l.MinSamples = 10
	}
	if l.MinShare == 0 {
		l.MinShare = 0.005
	}
	if l.IdleCores == 0 {
		l.IdleCores = 0.1
	}
	return l
}

// Pass is what a rule may look at: the evidence and tables made of it, each
// computed once, on first use. A nil table means that the evidence is missing.
type Pass struct {
	Set    *evidence.Set
	Limits Limits
	class  symbol.Classifier
	memo   map[string]any
}

func newPass(set *evidence.Set, limits Limits) *Pass {
	return &Pass{Set: set, Limits: limits.withDefaults(), class: symbol.Classifier{Main: set.Build.Main}, memo: map[string]any{}}
}

func once[T any](p *Pass, key string, make func() T) T {
	if v, ok := p.memo[key]; ok {
		return v.(T)
	}
	v := make()
	p.memo[key] = v
	return v
}

// Delta is what happened between two snapshots of a cumulative profile.
type Delta struct {
	*blame.Table
	Seconds float64
}

// CPU is the table of CPU nanoseconds of all slices, nil without a CPU profile.
func (p *Pass) CPU() *blame.Table {
	return once(p, "cpu", func() *blame.Table {
		ps := p.Set.Profiles[evidence.CPU]
		if len(ps) == 0 {
			return nil
		}
		sum := ps[len(ps)-1]
		if len(ps) > 1 { // the sum of one is a copy
			if m, err := profile.Merge(ps...); err == nil {
				sum = m
			}
		}
		t := p.table(sum, "cpu")
		if t != nil && t.Total <= 0 {
			return nil // a difference of profiles: shares of it mean nothing
		}
		return t
	})
}

// Delta is the growth of one column between the first and last snapshot of a
// kind, nil when there are fewer than two.
func (p *Pass) Delta(k evidence.Kind, column string) *Delta {
	return once(p, "delta/"+string(k)+"/"+column, func() *Delta {
		ps := p.Set.Profiles[k]
		if len(ps) < 2 {
			return nil
		}
		first, last := ps[0], ps[len(ps)-1]
		t := p.table(profile.Sub(last, first), column)
		if t == nil {
			return nil
		}
		return &Delta{t, float64(last.TimeNanos-first.TimeNanos) / 1e9}
	})
}

// Last is one column of the last snapshot of a kind, nil when there is none.
func (p *Pass) Last(k evidence.Kind, column string) *blame.Table {
	return once(p, "last/"+string(k)+"/"+column, func() *blame.Table {
		ps := p.Set.Profiles[k]
		if len(ps) == 0 {
			return nil
		}
		return p.table(ps[len(ps)-1], column)
	})
}

func (p *Pass) table(prof *profile.Profile, column string) *blame.Table {
	i, ok := prof.SampleType(column)
	if !ok {
		return nil
	}
	return blame.Build(prof, i, p.class)
}

// Heap is the kind under which the target's heap samples are kept: heap, or
// allocs when only that was served.
func (p *Pass) Heap() evidence.Kind {
	if len(p.Set.Profiles[evidence.Heap]) == 0 && len(p.Set.Profiles[evidence.Allocs]) > 0 {
		return evidence.Allocs
	}
	return evidence.Heap
}

// Cores is the CPU utilisation over the profiled window, false when unknown.
func (p *Pass) Cores() (float64, bool) {
	type answer struct {
		v  float64
		ok bool
	}
	a := once(p, "cores", func() answer {
		v, ok := p.Set.Utilization()
		return answer{v, ok}
	})
	return a.v, a.ok
}

// Class tells whose code a function is.
func (p *Pass) Class(function string) symbol.Class { return p.class.Of(function) }

// Window is the time between the first and last evidence, at least a second.
func (p *Pass) Window() time.Duration { return max(p.Set.Window(), time.Second) }

// Wilson is the 95 % interval of a share of k out of n independent samples.
func Wilson(k, n float64) (low, high float64) {
	if n <= 0 {
		return 0, 1
	}
	const z = 1.96
	ph := min(1, max(0, k/n))
	d := 1 + z*z/n
	mid := (ph + z*z/(2*n)) / d
	half := z / d * math.Sqrt(ph*(1-ph)/n+z*z/(4*n*n))
	return max(0, mid-half), min(1, mid+half)
}

// CPUCost is the cost of value ns of CPU time with n samples behind it.
func (p *Pass) CPUCost(value, n int64) report.Cost {
	t := p.CPU()
	c := report.Cost{Resource: "cpu", Of: "process CPU", Unit: "cores"}
	if t == nil || t.Total == 0 {
		return c
	}
	c.Share = float64(value) / float64(t.Total)
	c.Low, c.High = Wilson(float64(n), float64(t.N))
	if cores, ok := p.Cores(); ok {
		c.Amount = c.Share * cores
	}
	return c
}

// Frame is a function of a table as reports name it.
func Frame(t *blame.Table, f blame.Frame) report.Frame {
	fn := t.Funcs[f.Func]
	return report.Frame{Function: clip(fn.Name), File: clip(fn.File), Line: int(f.Line)}
}

// clip bounds a name that a damaged or hostile profile brings along.
func clip(name string) string {
	const longest = 2048 // bytes; instantiated generics reach a few hundred
	if len(name) <= longest {
		return name
	}
	return strings.ToValidUTF8(name[:longest], "") + "..."
}

// Syntax is what the source says about a function, false when it was not at hand.
func (p *Pass) Syntax(function string) (evidence.FuncSyntax, bool) {
	f, ok := p.Set.Syntax[function]
	return f, ok
}

// Does says whether the source line of a function holds a construct (see package syntax).
func (p *Pass) Does(function string, line int32, construct string) bool {
	f, ok := p.Set.Syntax[function]
	return ok && slices.Contains(f.Lines[int(line)].Does, construct)
}

// Loop is the innermost loop around a line of a function, nil when there is
// none or the source is not known.
func (p *Pass) Loop(function string, line int32) *evidence.LoopSyntax {
	var in *evidence.LoopSyntax
	loops := p.Set.Syntax[function].Loops
	for i := range loops {
		l := &loops[i]
		if l.Start <= int(line) && int(line) <= l.End && (in == nil || l.Depth >= in.Depth) {
			in = l
		}
	}
	return in
}

// Each is one column of every snapshot of a kind, in time order; an entry is nil
// when that snapshot lacks the column.
func (p *Pass) Each(k evidence.Kind, column string) []*blame.Table {
	return once(p, "each/"+string(k)+"/"+column, func() []*blame.Table {
		var out []*blame.Table
		for _, prof := range p.Set.Profiles[k] {
			out = append(out, p.table(prof, column))
		}
		return out
	})
}
