package gctune

import "github.com/goperf/goperf/cgroup"

// setting is the two numbers that steer the collector.
type setting struct {
	gogc  int   // percent, -1 is off
	limit int64 // B, NoLimit is none
}

// What a container keeps free for what nobody accounts for: page tables, the
// kernel's buffers, growth between two looks.
const (
	freeShare = 0.05
	leastFree = 16 << 20
)

// leastHeap is the heap that a limit always leaves: below, cycles have fixed
// costs that no model covers, and memory is not where it would be saved.
const leastHeap = 32 << 20

// room is the memory limit that fits into the container beside what the runtime
// does not govern: other processes, memory of C code and of mappings. It is
// [NoLimit] when no container bounds the process, and may be below 0.
func room(m cgroup.Memory, r Reading, anon, reserve int64) int64 {
	limit := m.Limit()
	if limit == 0 {
		return NoLimit
	}
	others := int64(0)
	if m.Held > 0 && anon > 0 {
		others = max(m.Held-anon, 0)
	}
	outside := max(anon-r.Mapped, 0)
	return limit - max(int64(float64(limit)*freeShare), leastFree) - others - outside - reserve
}

// decide is what to set, from what is wished, what fits, and what is set now.
func (o Options) decide(r Reading, wish, now setting, fits int64) setting {
	next := setting{gogc: o.chooseGOGC(r, wish.gogc, now.gogc)}
	least := o.MinGOGC
	if next.gogc >= 0 {
		least = min(least, next.gogc) // who sets GOGC=10 wants 10
	}
	next.limit = chooseLimit(r.limitFor(least), max(min(wish.limit, fits), r.floor(wish.limit, fits)), now.limit)
	return next
}

// floor is the least sensible limit where a container sets it.
func (r Reading) floor(wish, fits int64) int64 {
	if fits >= wish {
		return 0
	}
	return min(r.nonHeap()+leastHeap, wish)
}

// chooseGOGC raises GOGC while the heap is so small that its goal would be below
// the least, as a ballast would, and never above the ceiling.
func (o Options) chooseGOGC(r Reading, wish, now int) int {
	if o.MaxGOGC > 0 && (wish < 0 || wish > o.MaxGOGC) {
		wish = o.MaxGOGC
	}
	if o.MinHeapGoal <= 0 || wish < 0 {
		return wish
	}
	want := wish
	if missing := o.MinHeapGoal - r.Live; missing > 0 {
		want = int(min(float64(o.MaxGOGC), 100*float64(missing)/float64(r.scan())))
	}
	want = max(want, wish)
	if now > wish && want > wish && now <= o.MaxGOGC && near(int64(want), int64(now), 8) {
		return now
	}
	return want
}

// chooseLimit is the wished limit when it leaves what is needed. Otherwise it is
// a little more than the need, and follows it: a limit beyond the container is
// set too, because a process that is killed starts again, and one that only
// collects does not.
func chooseLimit(need, wish, now int64) int64 {
	raised := now > wish && now < NoLimit
	switch {
	case need > wish && raised && now >= need && now <= need+need/8:
		return now
	case need > wish:
		return (need + need/32 + 1<<20) &^ (1<<20 - 1)
	case raised && need > wish-wish/16 && now <= need+need/8:
		return now // back only when there is some distance, or it would flap
	case now < NoLimit && wish < NoLimit && now >= need && near(wish, now, 64):
		return now // others' memory trembles
	}
	return wish
}

// near says whether two numbers differ by less than a part of the second.
func near(a, b, part int64) bool { return max(a-b, b-a) < max(b/part, 1) }
