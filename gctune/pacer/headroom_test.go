package pacer

import (
	"strings"
	"testing"
)

// A short look leaves room for what it has not seen, a day's does not, and no
// longer look leaves more.
func TestUnseen(t *testing.T) {
	if got := unseen(45); got != 0.25 {
		t.Errorf("45 s: %v", got)
	}
	if got := unseen(86400); got != 0 {
		t.Errorf("a day: %v", got)
	}
	for w := Seconds(1); w < 1e6; w *= 1.5 {
		if unseen(1.5*w) > unseen(w) {
			t.Errorf("%v s: %v, longer: %v", w, unseen(w), unseen(1.5*w))
		}
	}
}

// A heap that did not vary may burst all the same: a factor is one of the heap
// and not only of what it varied by.
func TestABurstOfAHeapThatNeverVaried(t *testing.T) {
	m := fit(t, processes["steady"].observe(100, 0, 60))
	top := m.Worst(1)
	for _, times := range []float64{1.5, 2, 3} {
		if got := m.Worst(times); got < Bytes(times)*top*0.99 {
			t.Errorf("%vx of %s: %s", times, size(top), size(got))
		}
	}
	varied := fit(t, processes["bursts"].observe(100, 0, 60))
	if most, _ := varied.seen(); varied.Worst(1) < 1.05*most || varied.Worst(2) < 2*most {
		t.Errorf("bursts up to %s: %s, twice: %s", size(most), size(varied.Worst(1)), size(varied.Worst(2)))
	}
}

// A setting that bears what was seen and would thrash a quarter above it is not
// called fine, and the risk has a name.
func TestThrashRiskIsNamed(t *testing.T) {
	m := fit(t, processes["steady"].observe(100, 0, 60)) // 200 MiB live
	near := m.Recommend(Terms{Container: 310 * MiB})
	if !near.Advised || near.Best.Verdict != Tight || !strings.HasPrefix(near.Doubt, "thrash risk: at a live heap of 2") {
		t.Errorf("310 MiB: advised %v: %v, %s, doubt %q", near.Advised, near.Best.Setting, near.Best.Verdict, near.Doubt)
	}
	far := m.Recommend(Terms{Container: 600 * MiB})
	if !far.Advised || far.Doubt != "" || far.Best.Verdict == Tight {
		t.Errorf("600 MiB: advised %v: %v, %s, doubt %q", far.Advised, far.Best.Setting, far.Best.Verdict, far.Doubt)
	}
	long := processes["steady"].observe(100, 0, 60)
	long.Window = 86400
	if a := fit(t, long).Recommend(Terms{Container: 310 * MiB}); a.Doubt != "" {
		t.Errorf("a day: doubt %q", a.Doubt)
	}
	if a := m.Recommend(Terms{Container: 310 * MiB, Burst: 1.5}); a.Advised {
		t.Errorf("a burst that thrashes: %v is advised", a.Best.Setting)
	}
	applied := fit(t, processes["steady"].observe(100, 285*mib, 60)).Recommend(Terms{})
	if applied.Level != Amber || !strings.Contains(applied.Risk, "thrash risk") {
		t.Errorf("the present limit: %s (%s)", applied.Level, applied.Risk)
	}
}

// A container that holds what was seen without a limit, and not a quarter more.
func TestUnheldGrowth(t *testing.T) {
	m := fit(t, processes["steady"].observe(100, 0, 60))
	need := m.sizeAt(m.base.top)
	if a := m.Recommend(Terms{Container: need * 1.15}); a.Level != Amber || !strings.Contains(a.Risk, "no limit holds it") {
		t.Errorf("%s (%s)", a.Level, a.Risk)
	}
	if a := m.Recommend(Terms{Container: need * 1.4}); a.Level != Green {
		t.Errorf("%s (%s)", a.Level, a.Risk)
	}
}

// A larger container leaves more for a limit, and none gives all of it.
func TestSafetyGrowsSlowerThanTheContainer(t *testing.T) {
	for c := 8 * MiB; c < 100*gib; c += max(c/50, MiB/2) {
		next := c + max(c/50, MiB/2)
		if safety(next)-safety(c) >= next-c || safety(c) >= c || safety(c) < 0.05*c || safety(c) > safety(next) {
			t.Errorf("%s: %s", size(c), size(safety(c)))
		}
	}
}

// Where a lower GOGC than now would cost more than the limit does, the usual heap
// goes up to the limit.
func TestASmallContainerIsFilled(t *testing.T) {
	m := fit(t, processes["steady"].observe(100, 0, 60))
	terms := Terms{Container: 400 * MiB}.filled()
	limit := m.LimitFor(terms)
	low, _ := m.search(terms, limit)
	best, why := m.best(terms, limit)
	if low.GC.Mid < m.obs.CPU.GC {
		t.Fatalf("%v costs less than now: no case for this test", low.Setting)
	}
	if best.GC.Mid >= low.GC.Mid || best.Setting.GOGC <= low.Setting.GOGC || !strings.Contains(why, "small") {
		t.Errorf("%v at %v cores, away from the limit %v at %v: %s", best.Setting, best.GC.Mid, low.Setting, low.GC.Mid, why)
	}
	terms.Policy = MinMem
	if p, _ := m.best(terms, limit); p.RSS.Mid > low.RSS.Mid {
		t.Errorf("the least memory is %v", p.Setting)
	}
}

// Mapped files can be dropped, and what of them is in use needs room all the same:
// more of them never leave more for a limit, and a part of them is kept room for.
func TestMappedFilesKeepRoom(t *testing.T) {
	limit := func(file Bytes) Bytes {
		o := processes["steady"].observe(100, 0, 60)
		o.Memory.Outside, o.Memory.File = o.Memory.Outside+file, file
		o.Memory.Peak += file
		return fit(t, o).LimitFor(Terms{Container: 600 * MiB}.filled())
	}
	none, some := limit(0), limit(60*MiB)
	if kept := none - some; kept < 55*MiB || kept > 66*MiB {
		t.Errorf("60 MiB of files leave %s less for the limit", size(kept))
	}
	for f := Bytes(0); f < 300*MiB; f += 10 * MiB {
		if limit(f+10*MiB) > limit(f) {
			t.Errorf("%s of files: %s, 10 MiB more: %s", size(f), size(limit(f)), size(limit(f+10*MiB)))
		}
	}
}
