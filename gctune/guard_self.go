package gctune

import (
	"math"
	"runtime/metrics"
)

// ReadSelf reads this process. It stops nothing and takes some ten
// microseconds.
func ReadSelf() Reading {
	samples := []metrics.Sample{
		{Name: "/gc/gogc:percent"},
		{Name: "/gc/gomemlimit:bytes"},
		{Name: "/gc/heap/live:bytes"},
		{Name: "/gc/scan/stack:bytes"},
		{Name: "/gc/scan/globals:bytes"},
		{Name: "/gc/heap/goal:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
		{Name: "/gc/cycles/total:gc-cycles"},
	}
	metrics.Read(samples)
	value := func(i int) int64 {
		if samples[i].Value.Kind() != metrics.KindUint64 {
			return 0
		}
		return int64(min(samples[i].Value.Uint64(), math.MaxInt64))
	}
	r := Reading{
		GOGC: -1, MemoryLimit: value(1), Live: value(2), Stacks: value(3), Globals: value(4), Goal: value(5),
		Objects: value(6), Free: value(7), Mapped: value(8) - value(9), Cycles: uint64(value(10)),
	}
	if gogc := value(0); gogc <= math.MaxInt32 { // off is the largest number
		r.GOGC = int(gogc)
	}
	return r
}
