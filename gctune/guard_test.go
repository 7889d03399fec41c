package gctune

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goperf/goperf/cgroup"
)

// fake is a process with a live heap and a container that a test turns.
type fake struct {
	mu     sync.Mutex
	r      Reading
	memory cgroup.Memory
	rss    int64
	sets   []setting
}

func (f *fake) world() world {
	return world{
		read: func() Reading { f.mu.Lock(); defer f.mu.Unlock(); return f.r },
		set: func(s setting) setting {
			f.mu.Lock()
			defer f.mu.Unlock()
			old := setting{f.r.GOGC, f.r.MemoryLimit}
			f.r.GOGC, f.r.MemoryLimit = s.gogc, s.limit
			f.sets = append(f.sets, s)
			return old
		},
		memory: func() cgroup.Memory { f.mu.Lock(); defer f.mu.Unlock(); return f.memory },
		anon:   func() int64 { f.mu.Lock(); defer f.mu.Unlock(); return f.rss },
	}
}

// live makes the heap one with so much alive, as it is right after a cycle.
func (f *fake) live(bytes int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.r.Live, f.r.Objects, f.r.Free, f.r.Mapped = bytes, bytes, 0, bytes+10*mib
	f.r.Stacks, f.r.Globals = mib, 0
}

func newFake(gogc int, limit, live int64) *fake {
	f := &fake{r: Reading{GOGC: gogc, MemoryLimit: limit}}
	f.live(live)
	return f
}

func keep(t *testing.T, f *fake, o Options) *Keeper {
	t.Helper()
	k, err := newKeeper(o, f.world())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// TestGuardRaises follows a live heap that grows into its limit, past the
// container, and shrinks again.
func TestGuardRaises(t *testing.T) {
	t.Parallel()
	f := newFake(-1, 200*mib, 50*mib)
	f.memory = cgroup.Memory{Version: 2, Max: 400 * mib}
	k := keep(t, f, Options{})
	if s := k.State(); s.Raised || s.MemoryLimit != 200*mib || s.Changes != 0 || s.Room != 380*mib {
		t.Fatalf("at rest: %+v", s)
	}
	f.live(170 * mib)
	if e := f.r.EffectiveGOGC(-1, 200*mib); e > 10 {
		t.Fatalf("effective GOGC %v: the case is not one", e)
	}
	_, s := k.look()
	if !s.Raised || s.Beyond || s.EffectiveGOGC < 25 || s.EffectiveGOGC > 35 {
		t.Errorf("170 MiB alive: %+v", s)
	}
	f.live(340 * mib)
	if _, s = k.look(); !s.Beyond || s.EffectiveGOGC < 25 {
		t.Errorf("more than the container holds: %+v", s)
	}
	f.live(170 * mib)
	if _, s = k.look(); s.Beyond || !s.Raised || s.EffectiveGOGC > 35 {
		t.Errorf("back: %+v", s)
	}
	f.live(60 * mib)
	if _, s = k.look(); s.Raised || s.MemoryLimit != 200*mib {
		t.Errorf("small again: %+v", s)
	}
}

// TestGuardBeforeFirstCycle does not take what nobody has looked at for alive:
// with GOGC=off the limit alone makes the first cycle come.
func TestGuardBeforeFirstCycle(t *testing.T) {
	t.Parallel()
	f := newFake(-1, 200*mib, 0)
	k := keep(t, f, Options{})
	f.r.Objects, f.r.Mapped = 199*mib, 209*mib
	if changed, s := k.look(); changed || s.MemoryLimit != 200*mib {
		t.Errorf("raised: %+v", s)
	}
}

// TestGuardFollowsContainer holds what fits, and follows a resized container
// and memory that others take.
func TestGuardFollowsContainer(t *testing.T) {
	t.Parallel()
	f := newFake(100, NoLimit, 100*mib)
	k := keep(t, f, Options{Reserve: 20 * mib})
	if s := k.State(); s.Changes != 0 || s.Container != 0 || s.Room != NoLimit {
		t.Fatalf("no container: %+v", s)
	}
	step := func(what string, want int64) {
		t.Helper()
		if _, s := k.look(); s.MemoryLimit != want || s.GOGC != 100 {
			t.Errorf("%s: limit %d MiB, want %d MiB: %+v", what, s.MemoryLimit/mib, want/mib, s)
		}
	}
	f.memory = cgroup.Memory{Version: 2, Max: 1000 * mib}
	step("a container", 930*mib)
	f.memory.Max = 2000 * mib
	step("grown", 1880*mib)
	f.memory.High = 1000 * mib
	step("stalled above high", 930*mib)
	f.memory.Held, f.rss = 300*mib, 100*mib
	step("a neighbour", 730*mib)
	f.memory.Held, f.rss = 410*mib, 210*mib
	step("and C code", 630*mib)
	f.memory.Held, f.rss = 412*mib, 210*mib
	step("a tremble", 630*mib)
	f.memory = cgroup.Memory{}
	step("none any more", NoLimit)
}

// TestGuardSmallContainer leaves a heap that is worth having.
func TestGuardSmallContainer(t *testing.T) {
	t.Parallel()
	f := newFake(100, NoLimit, 2*mib)
	f.memory = cgroup.Memory{Version: 1, Max: 20 * mib}
	if s := keep(t, f, Options{}).State(); s.MemoryLimit != 42*mib || !s.Beyond {
		t.Errorf("%+v", s)
	}
}

// TestGuardBallast holds a least heap goal, under a ceiling.
func TestGuardBallast(t *testing.T) {
	t.Parallel()
	f := newFake(100, NoLimit, 9*mib)
	o := Options{MinHeapGoal: 64 * mib, MaxGOGC: 400}
	k := keep(t, f, o)
	if s := k.State(); s.GOGC != 400 {
		t.Errorf("9 MiB: %+v", s)
	}
	f.live(19 * mib)
	_, s := k.look()
	if s.GOGC != 225 || s.Goal != 64*mib {
		t.Errorf("19 MiB: %+v", s)
	}
	f.live(20 * mib)
	if changed, _ := k.look(); changed {
		t.Error("20 MiB: a change for nothing")
	}
	f.live(100 * mib)
	if _, s = k.look(); s.GOGC != 100 {
		t.Errorf("100 MiB: %+v", s)
	}
	f.memory = cgroup.Memory{Version: 2, Max: 60 * mib} // the container is stronger than the wish
	f.live(19 * mib)
	if _, s = k.look(); s.Footprint > s.Container {
		t.Errorf("footprint %d MiB in %d MiB", s.Footprint/mib, s.Container/mib)
	}
}

// TestGuardOthers takes over what others set, and leaves what it found.
func TestGuardOthers(t *testing.T) {
	t.Parallel()
	f := newFake(100, 300*mib, 50*mib)
	k := keep(t, f, Options{MemoryLimit: 200 * mib})
	if s := k.State(); s.MemoryLimit != 200*mib {
		t.Fatalf("%+v", s)
	}
	f.world().set(setting{60, 250 * mib})
	if changed, s := k.look(); changed || s.WishedGOGC != 60 || s.WishedLimit != 250*mib {
		t.Errorf("set by another: %v %+v", changed, s)
	}
	if gogc, limit := k.Set(150, 280*mib); gogc != 60 || limit != 250*mib {
		t.Errorf("Set returned %d, %d", gogc, limit)
	}
	if s := k.State(); s.GOGC != 150 || s.MemoryLimit != 280*mib {
		t.Errorf("after Set: %+v", s)
	}
	f.world().set(setting{70, 280 * mib})
	k.stop()
	if f.r.GOGC != 70 || f.r.MemoryLimit != 300*mib {
		t.Errorf("left %d, %d MiB: GOGC is another's, the limit the guard's", f.r.GOGC, f.r.MemoryLimit/mib)
	}
	k.Set(80, NoLimit)
	if f.r.GOGC != 80 || f.r.MemoryLimit != NoLimit {
		t.Errorf("Set after the end: %+v", f.r)
	}
}

// TestGuardRuns drives the loop with a clock of its own.
func TestGuardRuns(t *testing.T) {
	t.Parallel()
	f := newFake(-1, 100*mib, 10*mib)
	var changes []State
	k := keep(t, f, Options{OnChange: func(s State) { changes = append(changes, s) }})
	ctx, cancel := context.WithCancel(context.Background())
	ticks := make(chan time.Time)
	go k.run(ctx, ticks)
	ticks <- time.Time{}
	f.live(90 * mib)
	ticks <- time.Time{}
	ticks <- time.Time{} // taken only when the look before is over
	cancel()
	<-k.Done()
	if len(changes) != 1 || !changes[0].Raised {
		t.Errorf("%d changes: %+v", len(changes), changes)
	}
	if s := k.State(); !s.Stopped || f.r.MemoryLimit != 100*mib || f.r.GOGC != -1 {
		t.Errorf("stopped: %+v; left %+v", s, f.r)
	}
}

func TestGuardOptions(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]Options{
		"negative":       {MinGOGC: -1},
		"below MinGOGC":  {MinGOGC: 50, MaxGOGC: 40},
		"does nothing":   {MinHeapGoal: mib},
		"which must be ": {MinHeapGoal: mib, MaxGOGC: 100},
	} {
		_, err := newKeeper(o, newFake(100, NoLimit, mib).world())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", o, err, want)
		}
	}
}

// TestGuardLaw holds the promises for any heap, container and wish.
func TestGuardLaw(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	size := func(most int64) int64 { return int64(math.Exp(rng.Float64() * math.Log(float64(most)))) }
	for range 20_000 {
		live := size(16 << 30)
		r := Reading{Live: live, Objects: live + size(8<<30), Free: size(1 << 30), Stacks: size(1 << 30), Globals: size(1 << 24)}
		r.Mapped = r.Objects + r.Free + size(2<<30)
		o := Options{MinGOGC: 1 + rng.IntN(60), MaxGOGC: []int{0, 60, 100, 400}[rng.IntN(4)]}
		wish := setting{[]int{-1, 10, 50, 100, 800}[rng.IntN(5)], []int64{NoLimit, size(32 << 30)}[rng.IntN(2)]}
		if o.MaxGOGC > 0 && rng.IntN(2) == 0 {
			o.MinHeapGoal = size(1 << 30)
		}
		fits := []int64{NoLimit, size(32 << 30), -size(1 << 30)}[rng.IntN(3)]
		now := setting{[]int{-1, 10, 100, 400}[rng.IntN(4)], []int64{NoLimit, size(32 << 30)}[rng.IntN(2)]}
		next := o.decide(r, wish, now, fits)
		if o.MaxGOGC > 0 && (next.gogc < 0 || next.gogc > o.MaxGOGC) {
			t.Fatalf("GOGC %d above the ceiling %d", next.gogc, o.MaxGOGC)
		}
		least := float64(o.MinGOGC)
		if next.gogc >= 0 {
			least = min(least, float64(next.gogc))
		}
		if e := r.EffectiveGOGC(next.gogc, next.limit); e < least-0.01 {
			t.Fatalf("effective GOGC %v, want %v: %+v %+v %+v -> %+v", e, least, o, r, wish, next)
		}
		need := r.limitFor(int(least))
		if most := max(min(wish.limit, fits), need, r.nonHeap()+leastHeap); most < NoLimit && next.limit > most/16*19+2*mib {
			t.Fatalf("limit %d is far above the wish %d, what fits %d and the need %d", next.limit, wish.limit, fits, need)
		}
		if again := o.decide(r, wish, next, fits); again != next {
			t.Fatalf("it flaps: %+v, then %+v", next, again)
		}
	}
}

func TestStateForms(t *testing.T) {
	t.Parallel()
	k := keep(t, newFake(-1, NoLimit, 5*mib), Options{})
	var got map[string]any
	if err := json.Unmarshal([]byte(k.String()), &got); err != nil || got["live"] != float64(5*mib) || got["effective_gogc"] != -1.0 {
		t.Errorf("%v: %s", err, k)
	}
	var b strings.Builder
	if err := k.State().WriteMetrics(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# TYPE gctune_changes_total counter\ngctune_changes_total 0\n", "\ngctune_live_heap_bytes 5.24288e+06\n", "\ngctune_gogc_percent -1\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}
