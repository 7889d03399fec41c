package observe

import (
	"github.com/goperf/goperf/gctune/pacer"
)

// A page of metrics is one moment: its counters give means over the life of
// the process, and nothing says how the heap moved.

// uptime is how long the process has been running.
func (o *observer) uptime() float64 {
	start, ok := o.known("process_start_time_seconds")
	if !ok || o.set.To.IsZero() || start <= 0 {
		return 0
	}
	return float64(o.set.To.UnixNano())/1e9 - start
}

// pageRates are means over the life of the process.
func (o *observer) pageRates() {
	up := o.uptime()
	allocated, ok1 := o.known("go_memstats_alloc_bytes_total", "/gc/heap/allocs:bytes")
	cycles, ok2 := o.known("go_gc_duration_seconds_count", "/gc/cycles/total:gc-cycles")
	if up <= 1 || !ok1 || !ok2 || allocated == 0 || cycles == 0 {
		return
	}
	forced, _ := o.known("/gc/cycles/forced:gc-cycles", "go_gc_cycles_forced_gc_cycles_total")
	forced = min(forced, cycles)
	o.out.Sources = append(o.out.Sources, "metrics")
	o.out.Window = pacer.Seconds(up)
	o.out.Alloc = pacer.Rate(allocated / up)
	o.out.Cadence = pacer.Cadence{Every: pacer.Frequency((cycles - forced) / up), Count: cycles - forced, Forced: pacer.Frequency(forced / up)}
	o.doubt(2, "one page of metrics gives means over the life of the process", "observe the service itself, or give two pages")
}

// liveFromPages is the live heap as metrics have it, or as their goal implies.
func (o *observer) liveFromPages() {
	live, ok := o.known("/gc/heap/live:bytes", "go_gc_heap_live_bytes")
	if !ok {
		next, has := o.known("go_memstats_next_gc_bytes", "/gc/heap/goal:bytes")
		g := float64(o.out.Setting.GOGC) / 100
		if !has || g <= 0 {
			return
		}
		live = (next - g*float64(o.out.Scan.Bytes)) / (1 + g)
	}
	o.addLive(0, pacer.Bytes(live))
	f := &o.out.Memory
	if rss, ok := o.known("process_resident_memory_bytes"); ok && f.Peak == 0 {
		f.Peak = pacer.Bytes(rss)
	}
}

// pageCPU is the mean over the life of the process.
func (o *observer) pageCPU() pacer.Cores {
	spent, ok := o.known("process_cpu_seconds_total")
	if up := o.uptime(); ok && up > 1 {
		return pacer.Cores(spent / up)
	}
	return 0
}
