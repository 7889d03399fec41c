package gctune

import "math"

// NoLimit is the memory limit of a process that has none, as
// [runtime/debug.SetMemoryLimit] says it.
const NoLimit = math.MaxInt64

// Reading is what a process says of its heap and its collector at one moment.
// All sizes are bytes; the names of runtime/metrics stand behind them.
type Reading struct {
	GOGC        int    `json:"gogc"`         // percent; -1 is off (/gc/gogc:percent)
	MemoryLimit int64  `json:"memory_limit"` // NoLimit is none (/gc/gomemlimit:bytes)
	Live        int64  `json:"live"`         // marked by the last cycle; 0 before the first (/gc/heap/live:bytes)
	Stacks      int64  `json:"stacks"`       // scannable (/gc/scan/stack:bytes)
	Globals     int64  `json:"globals"`      // scannable (/gc/scan/globals:bytes)
	Goal        int64  `json:"goal"`         // heap at which the cycle should end (/gc/heap/goal:bytes)
	Objects     int64  `json:"objects"`      // garbage included (/memory/classes/heap/objects:bytes)
	Free        int64  `json:"free"`         // of the heap, kept and unused (/memory/classes/heap/free:bytes)
	Mapped      int64  `json:"mapped"`       // by the runtime and not returned: what the limit counts (total less heap/released)
	Cycles      uint64 `json:"cycles"`       // (/gc/cycles/total:gc-cycles)
}

// headroom is what the runtime keeps free below the limit: 3 % of the goal and
// at least 1 MiB (memoryLimitHeapGoal in runtime/mgcpacer.go).
const (
	headroomShare = 0.03
	leastHeadroom = 1 << 20
)

// nonHeap is what the limit counts besides objects: stacks, the runtime's own
// memory, and what fragmentation takes.
func (r Reading) nonHeap() int64 { return max(r.Mapped-r.Free-r.Objects, 0) }

// scan is what a cycle goes through, and what GOGC is a percentage of.
func (r Reading) scan() int64 { return max(r.Live+r.Stacks+r.Globals, 1) }

// goalUnder is the heap at which a cycle ends under a setting
// (runtime/mgcpacer.go: commit and memoryLimitHeapGoal).
func (r Reading) goalUnder(gogc int, limit int64) int64 {
	goal := float64(NoLimit)
	if gogc >= 0 {
		goal = max(float64(r.Live)+float64(r.scan())*float64(gogc)/100, 4<<20*float64(gogc)/100)
	}
	if limit < NoLimit {
		under := float64(max(limit-r.nonHeap(), 0))
		goal = min(goal, under-max(under*headroomShare, leastHeadroom))
	}
	return int64(min(max(goal, float64(r.Live)), math.MaxInt64/2))
}

// EffectiveGOGC is the GOGC that a setting comes down to at this live heap, in
// percent: how much may be allocated between two cycles for each byte that a
// cycle scans. A memory limit near the live heap makes it small however large
// GOGC is; below 10 the collector takes most of the CPU. It is +Inf when
// nothing bounds the heap.
func (r Reading) EffectiveGOGC(gogc int, limit int64) float64 {
	if gogc < 0 && limit >= NoLimit {
		return math.Inf(1)
	}
	return 100 * float64(r.goalUnder(gogc, limit)-r.Live) / float64(r.scan())
}

// Footprint is what the runtime will have mapped when the heap is at its goal
// under a setting, in bytes; [NoLimit] when nothing bounds the heap.
func (r Reading) Footprint(gogc int, limit int64) int64 {
	if gogc < 0 && limit >= NoLimit {
		return NoLimit
	}
	return r.goalUnder(gogc, limit) + r.nonHeap()
}

// limitFor is the memory limit under which the effective GOGC is gogc.
func (r Reading) limitFor(gogc int) int64 {
	heap := float64(r.Live) + float64(r.scan())*float64(gogc)/100
	return r.nonHeap() + int64(max(heap/(1-headroomShare), heap+leastHeadroom))
}
