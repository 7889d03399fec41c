package evidence

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/unit"
)

// skewLimit is how far a target's clock may be off before it is worth a word:
// profiles carry the time at which they began, to the nearest request.
const skewLimit = 5 * time.Second

// entry is a profile with the blob that it was read from.
type entry struct {
	blob    *Blob
	profile *profile.Profile
	repairs profile.Repairs
}

// labelledBytes is the size up to which labels of a CPU profile are kept.
const labelledBytes = 1 << 20

// profile reads a blob of a profile kind. Labels are kept where they say what
// stands still; they can be most of a large CPU profile, no rule asks for them.
func (d *decoder) profile(b *Blob) error {
	keep := b.Kind == Goroutine || b.Kind == GoroutineLeak || b.Kind == OffCPU || b.Kind == Wall || b.Kind == CPU && len(b.Data) <= labelledBytes
	p := b.read
	if p == nil || keep {
		var err error
		if p, err = profile.Parse(b.Data, profile.Options{Labels: keep}); err != nil {
			return errors.Unwrap(err) // without "profile:"
		}
	} else {
		p = new(*p) // another may decode the same
	}
	if p.NumSamples() > 0 && len(p.Functions) == 0 {
		return errors.New("holds addresses and no function names: the target's binary is needed to name them")
	}
	for _, w := range p.Warnings {
		d.note(b, w)
	}
	if p.TimeNanos == 0 && !b.To.IsZero() {
		p.TimeNanos = b.To.UnixNano()
	}
	if p.DurationNanos == 0 && b.Kind == CPU && b.Asked > 0 && b.To.After(b.From) {
		p.DurationNanos = b.To.Sub(b.From).Nanoseconds()
		d.note(b, "does not say how long it took: the time of the request stands for it")
	}
	fixed, repairs := p.Repair(false)
	d.entries = append(d.entries, entry{b, fixed, repairs})
	return nil
}

// profiles sorts what was read by time and sums up its doubts.
func (d *decoder) profiles() {
	timed := !slices.ContainsFunc(d.entries, func(e entry) bool { return e.profile.TimeNanos == 0 })
	if timed { // by the target's clock; else in the order of the requests
		slices.SortStableFunc(d.entries, func(a, b entry) int { return cmp.Compare(a.profile.TimeNanos, b.profile.TimeNanos) })
	}
	s := d.set
	samples := map[Kind]int{}
	var kinds []Kind
	for _, e := range d.entries {
		k := e.blob.Kind
		if len(s.Profiles[k]) == 0 {
			kinds = append(kinds, k)
		}
		s.Profiles[k] = append(s.Profiles[k], e.profile)
		n := e.profile.NumSamples()
		s.Repairs[k] = addRepairs(s.Repairs[k], samples[k], e.repairs, n)
		samples[k] += n
	}
	var all []*profile.Profile
	for _, k := range kinds {
		d.doubts(k)
		all = append(all, s.Profiles[k]...)
	}
	if differentBuilds(all) {
		s.Notes = append(s.Notes, "the profiles are of different builds of the program: line numbers may not match")
	}
	full := func(e entry) bool { return e.profile.NumSamples() > 0 }
	if slices.ContainsFunc(d.entries, full) && !slices.ContainsFunc(d.entries, func(e entry) bool { return isGo(e.profile) }) {
		s.Notes = append(s.Notes, "the profiles do not look like those of a Go program: none of their functions is of package runtime or in a .go file")
	}
	d.window()
}

// addRepairs joins what Repair said of two profiles with n and m samples.
func addRepairs(a profile.Repairs, n int, b profile.Repairs, m int) profile.Repairs {
	mean := func(x, y float64) float64 {
		if n+m == 0 {
			return 0
		}
		return (x*float64(n) + y*float64(m)) / float64(n+m)
	}
	return profile.Repairs{
		Folded: a.Folded + b.Folded, FoldedShare: mean(a.FoldedShare, b.FoldedShare),
		Truncated: a.Truncated + b.Truncated, TruncatedShare: mean(a.TruncatedShare, b.TruncatedShare),
		DepthLimit: max(a.DepthLimit, b.DepthLimit),
		Grafted:    a.Grafted + b.Grafted, GraftedShare: mean(a.GraftedShare, b.GraftedShare),
	}
}

// doubts says what is odd about the profiles of one kind.
func (d *decoder) doubts(k Kind) {
	s := d.set
	note := func(format string, args ...any) {
		s.Notes = append(s.Notes, string(k)+": "+fmt.Sprintf(format, args...))
	}
	if r := s.Repairs[k]; r.Folded > 0 {
		note("%s (%.1f%%) had a preemption or signal frame on top and were given to the function below", unit.Count(r.Folded, "stack"), 100*r.FoldedShare)
	}
	if r := s.Repairs[k]; r.Grafted > 0 && k != ThreadCreate { // no rule looks at the callers of threads
		note("%s (%.1f%%) cut at the runtime's limit of %d frames got their callers from whole stacks with the same outermost frames", unit.Count(r.Grafted, "stack"), 100*r.GraftedShare, r.DepthLimit)
	}
	if r := s.Repairs[k]; r.Truncated > r.Grafted && k != ThreadCreate {
		note("%s (%.1f%%) cut at the runtime's limit of %d frames: their callers are unknown", unit.Count(r.Truncated-r.Grafted, "stack"), 100*(r.TruncatedShare-r.GraftedShare), r.DepthLimit)
	}
	last, _ := s.Last(k)
	if (k == Mutex || k == Block) && last.NumSamples() == 0 && !s.wanted(k) {
		call := "runtime.SetMutexProfileFraction(100)"
		if k == Block {
			call = "runtime.SetBlockProfileRate(10_000)"
		}
		s.Gaps = append(s.Gaps, Gap{
			Want: k, Why: "the profile is empty: it is switched off in the target, which is the default, or nothing has waited yet",
			Hint: "call " + call + " in the target's main",
		})
	}
}

// wanted reports whether a gap of that kind is there already.
func (s *Set) wanted(k Kind) bool {
	return slices.ContainsFunc(s.Gaps, func(g Gap) bool { return g.Want == k })
}

func isGo(p *profile.Profile) bool {
	return slices.ContainsFunc(p.Functions, func(f profile.Function) bool {
		return strings.HasPrefix(f.Name, "runtime.") || strings.HasSuffix(f.File, ".go")
	})
}

// window fills in the time of evidence that came from files.
func (d *decoder) window() {
	s := d.set
	if slices.ContainsFunc(d.entries, func(e entry) bool { return !e.blob.From.IsZero() }) || len(d.entries) == 0 {
		return
	}
	from, to := int64(math.MaxInt64), int64(0)
	for _, e := range d.entries {
		if t := e.profile.TimeNanos; t != 0 {
			from, to = min(from, t), max(to, t+e.profile.DurationNanos)
		}
	}
	if to > 0 {
		s.From, s.To = time.Unix(0, from).UTC(), time.Unix(0, to).UTC()
	}
}

// clock compares what profiles say of their time with when they were asked for.
func (d *decoder) clock() {
	var worst time.Duration
	for _, e := range d.entries {
		if e.blob.URL == "" || e.blob.From.IsZero() || e.profile.TimeNanos == 0 {
			continue
		}
		at := time.Unix(0, e.profile.TimeNanos)
		var off time.Duration
		switch {
		case at.Before(e.blob.From):
			off = at.Sub(e.blob.From)
		case at.After(e.blob.To):
			off = at.Sub(e.blob.To)
		}
		if off.Abs() > worst.Abs() {
			worst = off
		}
	}
	if worst.Abs() > skewLimit {
		side := "ahead of"
		if worst < 0 {
			side = "behind"
		}
		d.set.Notes = append(d.set.Notes, fmt.Sprintf("the target's clock is %s %s ours: times in it are the target's", worst.Abs().Round(time.Second), side))
	}
}
