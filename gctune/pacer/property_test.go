package pacer

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// random is a plausible process.
func random(r *rand.Rand) process {
	p := process{
		rate: math.Exp(r.Float64()*4) * 10 * mib, procs: float64(1 + r.IntN(16)), perByte: (0.2 + r.Float64()) * 1e-9,
		idle: r.Float64() * 0.7, beside: float64(5+r.IntN(100)) * mib,
	}
	live := math.Exp(r.Float64()*4) * 20 * mib
	p.live = steady(live)
	if r.IntN(2) == 0 {
		p.live = bursts(live)
	}
	if r.IntN(4) == 0 {
		p.stacks = live * r.Float64()
	}
	return p
}

func models(t *testing.T, n int, visit func(r *rand.Rand, m *Model)) {
	t.Helper()
	for seed := range uint64(n) {
		r := rand.New(rand.NewPCG(seed, 1))
		p := random(r)
		if cycles := p.run(100, 0, 60); len(cycles) < 4 {
			continue
		}
		m, err := Fit(p.observe(100, 0, 60))
		if err != nil {
			t.Errorf("process %d: %v", seed, err)
			continue
		}
		visit(r, m)
	}
}

// More memory never predicts more CPU of the collector, and what is observed is
// what is predicted of its own setting.
func TestMoreMemoryNeverCostsMoreCPU(t *testing.T) {
	const noise = 1.01 // of where a simulated window begins and ends
	seen := 0
	models(t, 15, func(r *rand.Rand, m *Model) {
		if own := m.Predict(m.obs.Setting); own.Verdict.HasFigures() {
			if e := float64(own.Cycles.Mid/m.obs.Cadence.Every) - 1; math.Abs(e) > 0.03 {
				t.Errorf("its own setting: %+.1f %% of the cycles that were seen", 100*e)
			}
		}
		limit := Bytes(r.Float64()*6+1.2)*m.base.marked + m.obs.Memory.NonHeap
		var before Prediction
		for _, g := range []Percent{25, 50, 75, 100, 130, 200, 300, 400, 800} {
			p := m.Predict(Setting{g, 0})
			if before.GC.Mid > 0 && p.GC.Mid > before.GC.Mid*noise {
				t.Errorf("%v costs %v cores, %v costs %v", before.Setting, before.GC.Mid, p.Setting, p.GC.Mid)
			}
			if held := m.Predict(Setting{g, limit}); held.GC.Mid > 0 && p.GC.Mid > 0 {
				seen++
				if held.GC.Mid*noise < p.GC.Mid {
					t.Errorf("%v costs %v cores, without the limit %v", held.Setting, held.GC.Mid, p.GC.Mid)
				}
				if held.RSS.Mid > p.RSS.Mid*noise || p.RSS.Low > p.RSS.Mid || p.RSS.High > p.Bound {
					t.Errorf("%v: RSS %v, with the limit %v, not above %v", p.Setting, p.RSS, held.RSS, p.Bound)
				}
			}
			if p.Verdict.HasFigures() {
				before = p
			}
		}
	})
	if seen < 30 {
		t.Errorf("only %d comparisons: the processes are not what they should be", seen)
	}
}

// Whatever is advised fits the container, with what it keeps for others.
func TestAdviceFitsTheBudget(t *testing.T) {
	advised := 0
	models(t, 15, func(r *rand.Rand, m *Model) {
		for _, policy := range Policies {
			terms := Terms{Container: m.base.peak * Bytes(0.5+3*r.Float64()), Policy: policy, Load: 0.5 + r.Float64(), Burst: 2 * r.Float64()}
			terms.Reserve = terms.Container * Bytes(0.2*r.Float64())
			a := m.Recommend(terms)
			if !a.Advised {
				continue
			}
			advised++
			b := a.Best
			if b.Setting.Limit <= 0 || b.Setting.Limit+terms.Reserve > terms.Container || b.Bound+terms.Reserve > terms.Container {
				t.Errorf("%v with RSS up to %v in a container of %v with %v for others", b.Setting, b.Bound, terms.Container, terms.Reserve)
			}
			if a.Effective < thrashing || b.Verdict == Thrash {
				t.Errorf("%v amounts to GOGC=%v at the worst live heap", b.Setting, a.Effective)
			}
			if a.Container <= 0 || a.Survives < 0 || a.Worst <= 0 {
				t.Errorf("advice %+v", a)
			}
		}
	})
	if advised < 20 {
		t.Errorf("only %d recommendations in all", advised)
	}
}

// Every quantity says its unit in its type; what has none is a ratio or a count by name.
func TestQuantitiesHaveTypes(t *testing.T) {
	bare := " Count Cycles Samples Assist Wall Inuse Old Spread Throttled Limited Load Burst Procs Forced "
	for _, v := range []any{Observation{}, Cadence{}, Live{}, Mark{}, Workers{}, Scan{}, Usage{}, Footprint{}, Prediction{}, Terms{}, Advice{}, Setting{}} {
		typ := reflect.TypeOf(v)
		for field := range typ.Fields() {
			if field.Type == reflect.TypeFor[float64]() && !strings.Contains(bare, " "+field.Name+" ") {
				t.Errorf("%s.%s is a bare float64: of which unit?", typ.Name(), field.Name)
			}
		}
	}
}
