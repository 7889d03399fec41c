package pgo

import (
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/profile"
)

// Binary is a build of the program that the profile is meant for.
type Binary struct {
	Name      string
	Module    string
	Package   string // import path of package main
	GoVersion string
	BuildID   string
	Same      bool              // the profile was taken from this very build
	Committed time.Time         // of the sources, zero when unknown
	Has       func(string) bool // whether a function of this name is in it; nil when that could not be read
	Why       string            // why Has is nil
}

// State is what the compiler can make of a call.
type State string

// The states of calls; all but Usable are of no use to the compiler.
const (
	Usable    State = "usable"
	Gone      State = "not in the binary"
	Renamed   State = "main by its import path" // a test binary calls package main so; the compiler does not
	Unnamed   State = "no symbol"
	Shortened State = "generic name cut to [...]" // Go before 1.21; the compiler compares full names
	Foreign   State = "not Go"
)

// state tells what can be told from the names, and from the binary if there is one.
func (c Call) state(b *Binary) State {
	switch {
	case c.Caller == "" || c.Callee == "":
		return Unnamed
	case strings.Contains(c.Caller, "[...]") || strings.Contains(c.Callee, "[...]"):
		return Shortened
	case !isGo(c.Caller) || !isGo(c.Callee):
		return Foreign
	case b == nil || b.Has == nil || b.Has(c.Caller) && b.Has(c.Callee):
		return Usable
	case b.hasAsMain(c.Caller) && b.hasAsMain(c.Callee):
		return Renamed
	}
	return Gone
}

// hasAsMain is true for functions of package main that the profile calls by the
// package's import path.
func (b *Binary) hasAsMain(name string) bool {
	if b.Has(name) {
		return true
	}
	rest, ok := strings.CutPrefix(name, b.Package+".")
	return ok && b.Package != "" && b.Has("main."+rest)
}

// isGo is true for names with a package: C has none.
func isGo(name string) bool { return strings.Contains(name, ".") }

// Verdict is what to do with a profile.
type Verdict string

// The verdicts, from best to worst.
const (
	Matching Verdict = "taken from this build"
	Fresh    Verdict = "fits the binary"
	Aging    Verdict = "fits most of the binary"
	Stale    Verdict = "stale"
	Untold   Verdict = "not compared with a binary"
	Empty    Verdict = "holds no calls"
)

// Shares of the hot weight that must be usable. PGO degrades by call: what is
// gone costs only itself, so that a profile of last month is better than none
// (go.dev/doc/pgo, "source stability"). Below the lower bound a new profile is
// worth its minutes.
const (
	freshShare = 0.9
	staleShare = 0.7
)

// steadyCount is how often a call must have been sampled to be in the next
// profile as well: ten, give or take three.
const steadyCount = 10

// Part is the hot calls in one state.
type Part struct {
	State State
	Calls int
	Share float64 // of the hot weight
}

// Judgement is what the compiler will get out of a profile.
type Judgement struct {
	Verdict  Verdict
	Parts    []Part  // usable first, then by weight
	Covered  float64 // share of the hot weight that the compiler can use
	Present  float64 // of the hot weight with proper names, the share that is in the binary; 1 without one
	Steady   float64 // share of the hot weight in calls that were sampled often enough to be believed
	HotShare float64 // hot weight of all weight
}

// Judge compares the hot calls with a binary; b may be nil. Samples is how much
// weight one sample has: 1 for samples/count, the period for cpu/nanoseconds.
func Judge(c *Calls, b *Binary, perSample int64) Judgement {
	sums := map[State]int64{}
	counts := map[State]int{}
	var all, steady int64
	for _, call := range c.All[:c.Hot] {
		s := call.state(b)
		sums[s] += call.Weight
		counts[s]++
		all += call.Weight
		if call.Weight >= steadyCount*max(perSample, 1) {
			steady += call.Weight
		}
	}
	if all <= 0 {
		return Judgement{Verdict: Empty}
	}
	share := func(w int64) float64 { return float64(w) / float64(all) }
	j := Judgement{Covered: share(sums[Usable]), Present: 1, Steady: share(steady), HotShare: float64(all) / float64(c.Total)}
	if named := sums[Usable] + sums[Gone] + sums[Renamed]; named > 0 {
		j.Present = float64(sums[Usable]) / float64(named)
	}
	for s, w := range sums {
		j.Parts = append(j.Parts, Part{s, counts[s], share(w)})
	}
	slices.SortFunc(j.Parts, func(x, y Part) int {
		switch {
		case x.State == Usable:
			return -1
		case y.State == Usable:
			return 1
		}
		return strings.Compare(string(x.State), string(y.State))
	})
	j.Verdict = j.verdict(b)
	return j
}

func (j Judgement) verdict(b *Binary) Verdict {
	switch {
	case b == nil || b.Has == nil && !b.Same:
		return Untold
	case b.Same:
		return Matching
	case j.Present >= freshShare:
		return Fresh
	case j.Present >= staleShare:
		return Aging
	}
	return Stale
}

// PerSample is the weight of one sample in the column that the compiler reads.
func PerSample(p *profile.Profile, c *Calls) int64 {
	if c.Type.Unit == "nanoseconds" {
		return max(p.Period, 1)
	}
	return 1
}
