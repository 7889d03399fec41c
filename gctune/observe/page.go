package observe

import (
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/gctune/pacer"
)

// Metrics have the names of package runtime/metrics, or those that client_golang
// gives them. Several pages with times are a series; one page is one moment: its
// counters give means over the life of the process, and nothing says how the
// heap moved.
var (
	allocated = []string{"/gc/heap/allocs:bytes", "go_gc_heap_allocs_bytes_total", "go_memstats_alloc_bytes_total"}
	cycles    = []string{"/gc/cycles/total:gc-cycles", "go_gc_cycles_total_gc_cycles_total", "go_gc_duration_seconds_count"}
	forced    = []string{"/gc/cycles/forced:gc-cycles", "go_gc_cycles_forced_gc_cycles_total"}
	liveHeap  = []string{"/gc/heap/live:bytes", "go_gc_heap_live_bytes"}
	heapGoal  = []string{"/gc/heap/goal:bytes", "go_gc_heap_goal_bytes", "go_memstats_next_gc_bytes"}
	spent     = []string{"process_cpu_seconds_total"}
	resident  = []string{"process_resident_memory_bytes"}
)

// value is the first of the names that a page has.
func value(s evidence.RuntimeSample, names []string) (float64, bool) {
	for _, n := range names {
		if v, ok := s.Values[n]; ok && v >= 0 {
			return v, true
		}
	}
	return 0, false
}

// pages are the timed pages since the process began: counters only grow.
func (o *observer) pages() []evidence.RuntimeSample {
	var out []evidence.RuntimeSample
	for _, s := range o.set.Runtime {
		now, ok := value(s, allocated)
		if s.At.IsZero() || !ok {
			continue
		}
		if n := len(out); n > 0 {
			before, _ := value(out[n-1], allocated)
			if now < before {
				out = nil // another process
			} else if !s.At.After(out[n-1].At) {
				continue
			}
		}
		out = append(out, s)
	}
	return out
}

// pageRates reads the rates off metrics.
func (o *observer) pageRates() {
	ps := o.pages()
	if len(ps) < 2 || ps[len(ps)-1].At.Sub(ps[0].At) < time.Second {
		o.lifetimeRates()
		return
	}
	first, last := ps[0], ps[len(ps)-1]
	window := last.At.Sub(first.At).Seconds()
	grown := func(names []string) float64 {
		a, ok1 := value(first, names)
		b, ok2 := value(last, names)
		if !ok1 || !ok2 {
			return 0
		}
		return max(b-a, 0)
	}
	all := grown(cycles)
	byHand := min(grown(forced), all)
	o.begin = first.At
	o.out.Window = pacer.Seconds(window)
	o.out.Alloc = pacer.Rate(grown(allocated) / window)
	o.out.Cadence = pacer.Cadence{Every: pacer.Frequency((all - byHand) / window), Count: all - byHand, Forced: pacer.Frequency(byHand / window)}
	o.out.Sources = append(o.out.Sources, "metrics")
	for i, s := range ps[1:] {
		a, _ := value(ps[i], allocated)
		b, _ := value(s, allocated)
		o.out.Steady = append(o.out.Steady, pacer.Rate((b-a)/s.At.Sub(ps[i].At).Seconds()))
	}
}

// lifetimeRates are means over the life of the process.
func (o *observer) lifetimeRates() {
	up := o.uptime()
	bytes, ok1 := o.known(allocated...)
	all, ok2 := o.known(cycles...)
	if up <= 1 || !ok1 || !ok2 || bytes == 0 || all == 0 {
		return
	}
	byHand, _ := o.known(forced...)
	byHand = min(byHand, all)
	o.out.Sources = append(o.out.Sources, "metrics")
	o.out.Window = pacer.Seconds(up)
	o.out.Alloc = pacer.Rate(bytes / up)
	o.out.Cadence = pacer.Cadence{Every: pacer.Frequency((all - byHand) / up), Count: all - byHand, Forced: pacer.Frequency(byHand / up)}
	o.doubt(2, "one page of metrics gives means over the life of the process", "observe the service itself, or give two pages")
}

// uptime is how long the process had been running when its page was made.
func (o *observer) uptime() float64 {
	at := o.set.To
	if n := len(o.set.Runtime); n > 0 && !o.set.Runtime[n-1].At.IsZero() {
		at = o.set.Runtime[n-1].At
	}
	start, ok := o.known("process_start_time_seconds")
	if !ok || at.IsZero() || start <= 0 {
		return 0
	}
	return float64(at.UnixNano())/1e9 - start
}

// liveFromPages is the live heap as metrics have it, or as their goal implies.
func (o *observer) liveFromPages() {
	ps := o.pages()
	if len(ps) == 0 {
		ps = []evidence.RuntimeSample{{At: o.begin, Values: o.set.Vars}}
	}
	if o.begin.IsZero() {
		o.begin = ps[0].At
	}
	g := float64(o.out.Setting.GOGC) / 100
	for _, s := range ps {
		live, ok := value(s, liveHeap)
		if !ok {
			goal, has := value(s, heapGoal)
			if !has || g <= 0 {
				continue
			}
			live = (goal - g*float64(o.out.Scan.Bytes)) / (1 + g)
		}
		o.addLive(seconds(s.At.Sub(o.begin)), pacer.Bytes(live))
		if rss, ok := value(s, resident); ok && len(o.mem) == 0 {
			o.rss = max(o.rss, pacer.Bytes(rss))
		}
	}
}

// pageCPU is the mean over the window, or over the life of the process.
func (o *observer) pageCPU() pacer.Cores {
	if ps := o.pages(); len(ps) > 1 {
		a, ok1 := value(ps[0], spent)
		b, ok2 := value(ps[len(ps)-1], spent)
		if d := ps[len(ps)-1].At.Sub(ps[0].At).Seconds(); ok1 && ok2 && d > 1 && b >= a {
			return pacer.Cores((b - a) / d)
		}
	}
	total, ok := o.known(spent...)
	if up := o.uptime(); ok && up > 1 {
		return pacer.Cores(total / up)
	}
	return 0
}

// pageMemory is what metrics say of the memory of the process.
func (o *observer) pageMemory() {
	f := &o.out.Memory
	if f.Peak == 0 {
		f.Peak = o.rss
	}
	if f.NonHeap > 0 || len(o.mem) > 0 {
		return
	}
	v := func(name string) float64 { n, _ := o.known(name); return n }
	if all := v("/memory/classes/total:bytes"); all > 0 {
		f.NonHeap = pacer.Bytes(max(all-v("/memory/classes/heap/objects:bytes")-v("/memory/classes/heap/free:bytes")-v("/memory/classes/heap/released:bytes"), 0))
		f.Mapped = pacer.Bytes(all - v("/memory/classes/heap/released:bytes"))
	} else if sys := v("go_memstats_sys_bytes"); sys > 0 {
		f.NonHeap = pacer.Bytes(max(sys-v("go_memstats_heap_idle_bytes")-v("go_memstats_heap_alloc_bytes"), 0))
		f.Mapped = pacer.Bytes(sys - v("go_memstats_heap_released_bytes"))
	}
	if f.Peak > 0 && f.Mapped > 0 {
		f.Outside = f.Peak - f.Mapped
	}
}
