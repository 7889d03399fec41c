package pacer

import (
	"math"
	"strings"
	"testing"
)

func fit(t *testing.T, o Observation) *Model {
	t.Helper()
	m, err := Fit(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// What the model does not hold for has a verdict and no figure.
func TestVerdictsWithoutFigures(t *testing.T) {
	p := processes["steady"]
	throttled := p.observe(100, 0, 60)
	throttled.Throttled = 0.3
	tiny := process{live: steady(3 * mib), rate: 100 * mib, procs: 2, perByte: 1e-9, beside: 5 * mib}
	leaking := p
	leaking.live = func(t float64) float64 { return (100 + 2*t) * mib }
	shrinking := p
	shrinking.live = func(t float64) float64 { return (400 - 2*t) * mib }
	loaded := p.observe(100, 0, 60)
	loaded.Steady = []Rate{50, 52, 49, 51, 50, 90, 92, 91, 88, 90, 91, 90}
	live := Bytes(p.live(0))
	for _, c := range []struct {
		name string
		o    Observation
		s    Setting
		want Verdict
	}{
		{"thrash", p.observe(100, 0, 60), Setting{Off, 1.08*live + 20*MiB}, Thrash},
		{"a limit below the runtime's own memory", p.observe(100, 0, 60), Setting{Off, 10 * MiB}, Thrash},
		{"throttled", throttled, Setting{200, 0}, Throttled},
		{"tiny heap", tiny.observe(100, 0, 60), Setting{400, 0}, TinyHeap},
		{"leak", leaking.observe(100, 0, 60), Setting{200, 0}, Unsteady},
		{"start", shrinking.observe(100, 0, 60), Setting{200, 0}, Unsteady},
		{"change of load", loaded, Setting{200, 0}, Unsteady},
		{"bursts are steady", processes["bursts"].observe(100, 0, 60), Setting{200, 0}, Assists},
	} {
		got := fit(t, c.o).Predict(c.s)
		if got.Verdict != c.want {
			t.Errorf("%s: %s (%s), want %s", c.name, got.Verdict, got.Why, c.want)
		}
		if !c.want.HasFigures() && (got.GC.Mid != 0 || got.Cycles.Mid != 0 || got.RSS.Mid != 0) {
			t.Errorf("%s: figures %+v", c.name, got)
		}
	}
}

func TestRecommendations(t *testing.T) {
	p := processes["steady"] // 200 MiB live, 120 MiB/s
	leaking := p
	leaking.live = func(t float64) float64 { return (100 + 2*t) * mib }
	tiny := process{live: steady(3 * mib), rate: 100 * mib, procs: 2, perByte: 1e-9, beside: 5 * mib}
	near := p.observe(100, 260*mib, 60)
	files := p.observe(100, 0, 60)
	files.Memory.Peak, files.Memory.Outside, files.Memory.File = files.Memory.Peak+400*MiB, 400*MiB, 390*MiB
	for _, c := range []struct {
		name    string
		o       Observation
		terms   Terms
		level   Level
		advised bool
	}{
		{"room", p.observe(100, 0, 60), Terms{Container: 2 * gib}, Green, true},
		{"no container", p.observe(100, 0, 60), Terms{}, Green, true},
		{"killed soon", p.observe(100, 0, 60), Terms{Container: 400 * MiB}, Red, true},
		{"much of it mapped files", files, Terms{Container: 600 * MiB}, Green, true},
		{"too small", p.observe(100, 0, 60), Terms{Container: 230 * MiB}, Red, false},
		{"no room for a limit", p.observe(100, 0, 60), Terms{Container: 60 * MiB}, Red, false},
		{"all of it kept for others", p.observe(100, 0, 60), Terms{Container: 400 * MiB, Reserve: 500 * MiB}, Red, false},
		{"limit below the live heap, no container", p.observe(100, 230*mib, 60), Terms{}, Red, false},
		{"limit near the live heap", near, Terms{Container: 2 * gib}, Amber, true},
		{"leak", leaking.observe(100, 0, 60), Terms{Container: gib}, Amber, false},
		{"tiny heap", tiny.observe(100, 0, 60), Terms{Container: 512 * MiB}, Green, true},
	} {
		a := fit(t, c.o).Recommend(c.terms)
		if a.Level != c.level || a.Advised != c.advised {
			t.Errorf("%s: %s (%s), advised %v: %v, %s; want %s, %v", c.name, a.Level, a.Risk, a.Advised, a.Best.Setting, a.Reason, c.level, c.advised)
		}
		if !a.Advised && a.Reason == "" {
			t.Errorf("%s: no advice and no reason", c.name)
		}
		if c.terms.Container <= 0 && strings.Contains(a.Reason, "container") {
			t.Errorf("%s: %s: there is none", c.name, a.Reason)
		}
		if strings.Contains(a.Risk, "-") {
			t.Errorf("%s: %s", c.name, a.Risk)
		}
	}
}

// A limit too near the live heap is to be raised, to where a live heap is borne.
func TestRaise(t *testing.T) {
	p := processes["steady"]
	m := fit(t, p.observe(100, 230*mib, 60))
	a := m.Recommend(Terms{})
	if e := m.EffectiveAt(Setting{Off, a.Raise}, a.Worst); e < 45 || e > 55 {
		t.Errorf("raised to %s the limit amounts to GOGC=%v at %s", size(a.Raise), e, size(a.Worst))
	}
}

// A tiny heap that nothing bounds gets no GOGC that a burst would make a danger.
func TestTinyHeapWithoutALimit(t *testing.T) {
	tiny := process{live: steady(3 * mib), rate: 100 * mib, procs: 2, perByte: 1e-9, beside: 5 * mib}
	m := fit(t, tiny.observe(100, 0, 60))
	if a := m.Recommend(Terms{}); !a.Advised || a.Best.Setting != (Setting{GOGC: 400}) {
		t.Errorf("advised %v: %v, %s", a.Advised, a.Best.Setting, a.Reason)
	}
	if a := m.Recommend(Terms{Container: 512 * MiB}); a.Best.Setting.GOGC <= 400 || a.Best.Setting.Limit == 0 {
		t.Errorf("in a container: %v, %s", a.Best.Setting, a.Reason)
	}
}

// Advice that rests on an assumed cost of collections says so.
func TestAssumedCostIsNamed(t *testing.T) {
	o := processes["steady"].observe(100, 0, 60)
	o.CPU = Usage{}
	if a := fit(t, o).Recommend(Terms{}); !a.Advised || !strings.Contains(a.Reason, "assumed") && !strings.Contains(a.Reason, "next to nothing") {
		t.Errorf("advised %v: %s", a.Advised, a.Reason)
	}
	if a := fit(t, processes["steady"].observe(100, 0, 60)).Recommend(Terms{}); strings.Contains(a.Reason, "assumed") {
		t.Errorf("measured: %s", a.Reason)
	}
}

// Collections that the setting cannot explain are those of another one.
func TestASettingThatCannotBe(t *testing.T) {
	o := processes["steady"].observe(20, 0, 60)
	o.Setting.GOGC, o.Marks = 400, nil
	if a := fit(t, o).Recommend(Terms{}); a.Advised || !strings.Contains(a.Reason, "GOGC=400") {
		t.Errorf("advised %v: %s", a.Advised, a.Reason)
	}
}

// A container with room lets the collector cost at most 60 % of what it did.
func TestRoomIsUsed(t *testing.T) {
	for name, p := range processes {
		m := fit(t, p.observe(100, 0, 60))
		a := m.Recommend(Terms{Container: 6 * m.base.peak})
		if !a.Advised || float64(a.Best.GC.Mid) > 0.6*float64(m.obs.CPU.GC) {
			t.Errorf("%s: %v costs %v cores of %v", name, a.Best.Setting, a.Best.GC.Mid, m.obs.CPU.GC)
		}
	}
}

// A leak of 2 MiB/s in a container of 1 GiB has its end.
func TestTimeLeft(t *testing.T) {
	p := processes["steady"]
	p.live = func(t float64) float64 { return (100 + 2*t) * mib }
	a := fit(t, p.observe(100, 0, 60)).Recommend(Terms{Container: gib})
	// At GOGC=100 the goal is twice the live heap: 502 MiB at the end of the
	// container less what is beside the heap, from 340 MiB at the window's end.
	want := ((1024-20)/2.0 - 340) / 2
	if a.TimeLeft < Seconds(0.6*want) || a.TimeLeft > Seconds(1.4*want) {
		t.Errorf("%.0f s left, want about %.0f", float64(a.TimeLeft), want)
	}
}

// Under more load there is more to collect, and more of it alive.
func TestLoaded(t *testing.T) {
	m := fit(t, processes["steady"].observe(100, 0, 60))
	one, two := m.Predict(Setting{100, 0}), m.Loaded(2).Predict(Setting{100, 0})
	if two.Heap < 1.8*one.Heap || two.GC.Mid < 1.7*one.GC.Mid || two.CPU.Mid < 1.7*one.CPU.Mid {
		t.Errorf("twice the load: %+v after %+v", two, one)
	}
}

func TestFitSaysWhatIsMissing(t *testing.T) {
	o := processes["steady"].observe(100, 0, 60)
	o.Live = nil
	if _, err := Fit(o); err == nil {
		t.Error("a model without a live heap")
	}
	o = processes["steady"].observe(100, 0, 60)
	o.Alloc = 0
	if _, err := Fit(o); err == nil {
		t.Error("a model without a rate")
	}
}

// Without whole cycles the cadence tells how early marking begins.
func TestWithoutMarks(t *testing.T) {
	for _, name := range []string{"steady", "bursts", "big"} {
		p := processes[name]
		o := p.observe(100, 0, 60)
		o.Marks, o.Workers = nil, Workers{}
		m := fit(t, o)
		for _, g := range []Percent{50, 200, 400} {
			got, is := m.Predict(Setting{g, 0}), p.observe(float64(g), 0, 120)
			if e := float64(got.Cycles.Mid/is.Cadence.Every) - 1; math.Abs(e) > 0.2 {
				t.Errorf("%s at GOGC=%v: cycles %+.0f %%", name, g, 100*e)
			}
		}
	}
}

func TestParseSetting(t *testing.T) {
	for text, want := range map[string]Setting{
		"130": {130, 0}, "off/600MiB": {Off, 600 * MiB}, "100/1GiB": {100, gib}, "50/off": {50, 0}, "-1/2GiB": {Off, 2 * gib}, "200/1048576": {200, MiB},
	} {
		got, err := ParseSetting(text)
		if err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "off", "0", "off/off", "x", "100/", "100/5", "100/5Mb", "100/-1MiB", "100/+5MiB", "99999999999", "100/99999999TiB", "100/1.5GiB"} {
		if got, err := ParseSetting(text); err == nil && text != "100/5" {
			t.Errorf("%q: %v, want an error", text, got)
		}
	}
	if got := (Setting{130, 480 * MiB}).String(); got != "GOGC=130 GOMEMLIMIT=480MiB" {
		t.Error(got)
	}
	if got := (Setting{Off, 0}).String(); got != "GOGC=off GOMEMLIMIT=off" {
		t.Error(got)
	}
}

// A larger heap at the start that did not come again is not what another setting
// is predicted from, but has to be borne.
func TestAPreloadIsNotTheLoad(t *testing.T) {
	p := processes["steady"]
	o := p.observe(100, 0, 60)
	want := fit(t, o).Predict(Setting{200, 0})
	for i := range 3 {
		o.Live[i].Marked *= 1.5
	}
	o.Memory.Peak += 1.03 * (o.Live[0].Marked - o.Live[4].Marked) * 2
	m := fit(t, o)
	if got := m.Predict(Setting{200, 0}); math.Abs(float64(got.RSS.Mid/want.RSS.Mid)-1) > 0.12 {
		t.Errorf("peak RSS of %v MiB, without the preload %v", got.RSS.Mid/MiB, want.RSS.Mid/MiB)
	}
	if w := m.Worst(1); w < o.Live[0].Marked {
		t.Errorf("the worst live heap is %v MiB, one of %v was seen", w/MiB, o.Live[0].Marked/MiB)
	}
}

// What was recommended and then applied is kept: a second look at it finds
// nothing that is clearly better, and a third neither.
func TestARecommendationConverges(t *testing.T) {
	for _, name := range []string{"steady", "bursts", "fast"} {
		p := processes[name]
		first := fit(t, p.observe(100, 0, 60))
		for _, terms := range []Terms{{}, {Policy: MinMem}, {Policy: MinCPU}, {Container: 3 * first.base.peak}, {Container: 6 * first.base.peak}} {
			a := first.Recommend(terms)
			terms.Applied = true
			for range 2 {
				if !a.Advised {
					break
				}
				applied := a.Best.Setting
				if a = fit(t, p.observe(float64(applied.GOGC), float64(applied.Limit), 60)).Recommend(terms); a.Best.Setting != applied {
					t.Errorf("%s, %+v: %v was applied, then %v is advised: %s", name, terms, applied, a.Best.Setting, a.Reason)
				}
			}
		}
	}
}

// Holding on to what was applied ends where it is a risk, or much is to be gained.
func TestAnAppliedSettingCanBeWrong(t *testing.T) {
	p := processes["steady"]
	p.perByte *= 4
	m := fit(t, p.observe(30, 0, 60))
	if a := m.Recommend(Terms{Container: 2 * gib, Applied: true}); a.Best.Setting.GOGC < 100 {
		t.Errorf("%v of %v cores go to the collector, and %v is advised: %s", m.obs.CPU.GC, m.obs.CPU.Process, a.Best.Setting, a.Reason)
	}
}

// What a limit counts beside the heap grows with it: heap, headroom and the rest
// make up the limit at any size.
func TestALimitIsFilled(t *testing.T) {
	o := processes["steady"].observe(100, 0, 60)
	o.Memory.NonHeap, o.Memory.Gaps, o.Memory.At = 60*MiB, 40*MiB, 400*MiB
	m := fit(t, o)
	for _, limit := range []Bytes{300 * MiB, 460 * MiB, gib, 4 * gib} {
		goal := m.limitGoal(Setting{Off, limit}, 0)
		if sum := goal/(1-goalHeadroom) + m.besideOff().at(goal/(1-goalHeadroom)); math.Abs(float64(sum/limit)-1) > 0.005 {
			t.Errorf("a limit of %s has a goal of %s: with what is beside it %s", size(limit), size(goal), size(sum))
		}
		if l := m.limitFor(goal / 1.5); math.Abs(float64(l/limit)-1) > 0.01 {
			t.Errorf("a goal of %s needs a limit of %s, of %s it came", size(goal), size(l), size(limit))
		}
	}
	if a, b := m.besideOff().at(400*MiB), m.besideOff().at(800*MiB); a != 60*MiB || b < 100*MiB {
		t.Errorf("beside the heap: %s, of twice the heap %s", size(a), size(b))
	}
}

// Objects that stay lie among as much garbage as there was room for when they were
// made: under GOGC=off all of the limit. The less there was, the fewer gaps a
// limit counts now, and the observed setting itself knows of no other start.
func TestWhatStaysLiesWhereItWasMade(t *testing.T) {
	goal := func(old float64, s Setting) Bytes {
		o := processes["steady"].observe(100, 0, 60)
		o.Memory.NonHeap, o.Memory.Gaps, o.Memory.At, o.Memory.Old = 60*MiB, 40*MiB, 400*MiB, old
		return fit(t, o).limitGoal(s, 0)
	}
	const limit = 600 * MiB
	renewed, stays := goal(0, Setting{Off, limit}), goal(0.8, Setting{Off, limit})
	if stays > renewed-10*MiB {
		t.Errorf("what was made while little was live lies apart: goal %s, of objects that are replaced %s", size(stays), size(renewed))
	}
	if a, b := goal(0, Setting{800, limit}), goal(0, Setting{50, limit}); a != b || a != renewed {
		t.Errorf("where all is replaced the start says nothing: goals %s, %s and %s", size(a), size(b), size(renewed))
	}
	last := Bytes(math.Inf(1))
	for _, g := range []Percent{25, 50, 100, 200, 400, 800} {
		at := goal(0.8, Setting{g, limit})
		if at > last || at < stays {
			t.Errorf("GOGC=%v leaves a goal of %s, a lower one %s, off %s", g, size(at), size(last), size(stays))
		}
		last = at
	}
}

// The cost of a collection grows with the heap where garbage keeps spans in use
// and the spans are what costs, and not otherwise.
func TestGrowthBySpans(t *testing.T) {
	growth := func(spread, perByte float64) float64 {
		p := processes["steady"]
		p.perByte = perByte
		o := p.observe(100, 0, 60)
		o.Memory.Spread = spread
		return fit(t, o).growth
	}
	if g := growth(0.6, 0.2e-9); g < 0.35 {
		t.Errorf("large objects all over the heap: γ = %.2f", g)
	}
	if g := growth(0.6, 1.5e-9); g > 0.1 {
		t.Errorf("small objects: γ = %.2f", g)
	}
	if g := growth(0.03, 0.2e-9); g > 0.1 {
		t.Errorf("objects apart from the garbage: γ = %.2f", g)
	}
	if g := growth(0, 0.2e-9); g != usualGrowth {
		t.Errorf("nothing is known: γ = %.2f", g)
	}
}

// Pools that collections empty make the allocation rate fall with their number;
// a second observation measures that.
func TestPoolsAreMeasured(t *testing.T) {
	const pooled = 10 * mib // allocated anew after each collection
	at := func(gogc, seconds float64) (process, Observation) {
		p := processes["steady"]
		for range 20 { // until rate and cadence agree
			p.rate = 100*mib + pooled*float64(p.observe(gogc, 0, seconds).Cadence.Every)
		}
		return p, p.observe(gogc, 0, seconds)
	}
	_, first := at(100, 60)
	_, second := at(300, 60)
	m := fit(t, first)
	naive := m.Predict(Setting{400, 0}).Cycles.Mid
	if !m.Second(second) || m.slope <= 0 {
		t.Fatalf("the rate falls from %v to %v B/s, which is not seen: ω = %v", first.Alloc, second.Alloc, m.slope)
	}
	_, is := at(400, 120)
	got := m.Predict(Setting{400, 0}).Cycles.Mid
	if e := math.Abs(float64(got/is.Cadence.Every) - 1); e > 0.04 || e > math.Abs(float64(naive/is.Cadence.Every)-1) {
		t.Errorf("GOGC=400: %.3f cycles/s, without the second observation %.3f, are %.3f", float64(got), float64(naive), float64(is.Cadence.Every))
	}
}

// A second observation moves γ from what is usual to what it shows, the further
// the more samples there are, and makes it more certain.
func TestGrowthIsLearned(t *testing.T) {
	p := processes["steady"]
	m := fit(t, p.observe(100, 0, 60))
	usual, unsure := m.growth, m.growthSD
	if !m.Second(p.observe(400, 0, 60)) || math.Abs(m.growth) > usual/2 || m.growthSD > 0.75*unsure {
		t.Errorf("γ = %.2f ± %.2f of %.2f ± %.2f, is 0", m.growth, m.growthSD, usual, unsure)
	}
	few := p.observe(400, 0, 60)
	few.CPU.Samples = 5
	n := fit(t, p.observe(100, 0, 60))
	if !n.Second(few) || n.growth < 1.5*m.growth {
		t.Errorf("five samples say as much as hundreds: γ = %.2f, %.2f", n.growth, m.growth)
	}
}
