package evidence

import (
	"cmp"
	"slices"
	"time"

	"github.com/goperf/goperf/profile"
)

// Has reports whether there is evidence of a kind. Heap and allocs are the same
// data: one stands for the other.
func (s *Set) Has(k Kind) bool {
	switch k {
	case HeapText:
		return len(s.Memory) > 0
	case GoroutineText:
		return len(s.Goroutines) > 0
	case Trace:
		return s.Sched != nil
	case GCTrace:
		return s.GC != nil
	case Vars, Metrics:
		return len(s.Vars) > 0
	case Cmdline:
		return len(s.Build.Cmdline) > 0
	case BuildInfo:
		return len(s.Build.Modules) > 0 || len(s.Build.Settings) > 0
	case HostLimits:
		return s.Host != Limits{}
	case Syntax:
		return len(s.Syntax) > 0
	case Kernel:
		return len(s.Probed()) > 0
	case Heap, Allocs:
		return len(s.Profiles[Heap]) > 0 || len(s.Profiles[Allocs]) > 0
	}
	return len(s.Profiles[k]) > 0
}

// Window is the time from the first to the last evidence.
func (s *Set) Window() time.Duration { return max(0, s.To.Sub(s.From)) }

// First is the earliest profile of a kind.
func (s *Set) First(k Kind) (*profile.Profile, bool) {
	ps := s.Profiles[k]
	if len(ps) == 0 {
		return nil, false
	}
	return ps[0], true
}

// Last is the latest profile of a kind.
func (s *Set) Last(k Kind) (*profile.Profile, bool) {
	ps := s.Profiles[k]
	if len(ps) == 0 {
		return nil, false
	}
	return ps[len(ps)-1], true
}

// Growth is what happened between the first and the last snapshot of a kind,
// and the time between them. It is false when there are not two, or when they
// do not say that time passed.
func (s *Set) Growth(k Kind) (delta *profile.Profile, over time.Duration, ok bool) {
	first, _ := s.First(k)
	last, _ := s.Last(k)
	if first == last {
		return nil, 0, false
	}
	over = time.Duration(last.TimeNanos - first.TimeNanos)
	if first.TimeNanos == 0 || over <= 0 {
		return nil, 0, false
	}
	return profile.Sub(last, first), over, true
}

// Utilization is how many cores the target kept busy while its CPU was
// profiled. Time that two profiles cover counts once. It is false without a CPU
// profile that says how long it took.
func (s *Set) Utilization() (cores float64, ok bool) {
	ps := slices.DeleteFunc(slices.Clone(s.Profiles[CPU]), func(p *profile.Profile) bool { return p.DurationNanos <= 0 })
	slices.SortStableFunc(ps, func(a, b *profile.Profile) int { return cmp.Compare(a.TimeNanos, b.TimeNanos) })
	var busy, wall float64
	var end int64
	for _, p := range ps {
		used, known := cpuSeconds(p)
		if !known {
			continue
		}
		fresh := p.DurationNanos
		if p.TimeNanos != 0 {
			stop := p.TimeNanos + p.DurationNanos
			fresh = min(fresh, max(0, stop-end))
			end = max(end, stop)
		}
		busy += used * float64(fresh) / float64(p.DurationNanos)
		wall += float64(fresh) / 1e9
	}
	if wall == 0 {
		return 0, false
	}
	return busy / wall, true
}

// cpuSeconds is the sum of a CPU profile.
func cpuSeconds(p *profile.Profile) (float64, bool) {
	if i, ok := p.SampleType("cpu"); ok {
		switch p.SampleTypes[i].Unit {
		case "nanoseconds":
			return float64(p.Total(i)) / 1e9, true
		case "microseconds":
			return float64(p.Total(i)) / 1e6, true
		case "milliseconds":
			return float64(p.Total(i)) / 1e3, true
		case "seconds":
			return float64(p.Total(i)), true
		}
	}
	i, ok := p.SampleType("samples")
	if !ok || p.Period <= 0 || p.PeriodType != (profile.ValueType{Type: "cpu", Unit: "nanoseconds"}) {
		return 0, false
	}
	return float64(p.Total(i)) * float64(p.Period) / 1e9, true
}
