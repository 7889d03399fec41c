// Package compare says what changed between two sets of runs of a program, how
// sure that is, and who is responsible.
//
// A [Side] is one or more [Run]s of one build under one load. [Compare] takes
// two and gives a [Result]:
//
//  1. It refuses what cannot be compared (other platforms, kinds, units).
//  2. It attributes each sample to functions ([Fold], [Own], [Cum]) under names
//     that survive inlining, generics, closures and moves.
//  3. It takes out what all functions share (the machine), and tests what is
//     left against the error of sampling and the spread between runs.
//  4. It walks each change down to the deepest frame that explains it.
//
// All of it is in closed form: the same runs in any order give the same result.
// The package does no I/O, reads no clock and knows no policy.
package compare

import (
	"cmp"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
)

// Side is the runs of one build.
type Side struct {
	Name string
	Runs []Run
}

// Run is one run of the program, or one profile of it.
type Run struct {
	Label    string  // where it came from, for messages
	Pair     int     // the runs of the two sides with this number were taken in turns; 0 when they were not
	Work     float64 // operations or requests that were done, 0 when unknown
	Unit     string  // what Work counts: "op", "request"
	CPU      float64 // CPU time of the process in s, 0 when unknown
	Wall     float64 // length in s, 0 when unknown
	Alloc    float64 // allocated in B by the process's own count, 0 when unknown
	Mallocs  float64 // allocations by the process's own count, 0 when unknown
	Profiles map[evidence.Kind]*profile.Profile
	Bench    []Benchmark
	Env      Env
}

// Benchmark is one result of a Go benchmark in base units: "sec/op", "B/op".
type Benchmark struct {
	Package string // import path, "" when unknown
	Name    string // as go test prints it, without "Benchmark": "Encode/json-8"
	Iters   int
	Values  map[string]float64
}

// Env is what a run ran on and how it was built; "" and 0 are unknown.
type Env struct {
	GOOS, GOARCH string
	CPUModel     string
	GoVersion    string
	BuildID      string
	Commit       string
	Module       string // path of the main module
	GOMAXPROCS   int
	GOGC         string
	GOMEMLIMIT   string
	PGO          string // the profile that it was built by, "" when that is not known or none
	Level        string // of the architecture: GOAMD64=v3
	Modules      string // path@version of dependencies, in order, a space between them
}

// Options say how sure is sure. The zero value is what [Defaults] says.
type Options struct {
	Module     string          // path of the main module, "" for what the runs say
	Kinds      []evidence.Kind // only these, nil for all that both sides have
	Q          float64         // false discoveries among those that are called changed
	Confidence float64         // of intervals
	Floor      float64         // share of the total that a function must have changed by at least
	MinShare   float64         // functions below this share of the total are not tested
	Budget     float64         // share of the total: a function that surely changed by less did not change
	TotalQ     float64         // level of the test of totals
	TotalFloor float64         // change of a total that is below this is none
	Power      float64         // of the smallest effect that is said to be detectable
}

// Defaults are the options that the accuracy of the comparison was measured with.
func Defaults() Options {
	return Options{
		Q: 0.01, Confidence: 0.95, Floor: 0.0025, MinShare: 0.003, Budget: 0.01,
		TotalQ: 0.002, TotalFloor: 0.01, Power: 0.8,
	}
}

func (o Options) orDefaults() Options {
	d := Defaults()
	for _, f := range []struct{ have, or *float64 }{
		{&o.Q, &d.Q},
		{&o.Confidence, &d.Confidence},
		{&o.Floor, &d.Floor},
		{&o.MinShare, &d.MinShare},
		{&o.Budget, &d.Budget},
		{&o.TotalQ, &d.TotalQ},
		{&o.TotalFloor, &d.TotalFloor},
		{&o.Power, &d.Power},
	} {
		if *f.have == 0 {
			*f.have = *f.or
		}
	}
	return o
}

// Family says what a row sums up.
type Family string

// The families.
const (
	Total   Family = "total"   // the whole program
	Fold    Family = "fold"    // the leaf, with frames of the runtime given to who called it
	Own     Family = "own"     // the nearest function of the main module
	Cum     Family = "cum"     // the function and all it calls
	Package Family = "package" // all functions of a package, as in Fold
	Bench   Family = "bench"   // a Go benchmark
)

// Or is e, with what it does not know taken from other.
func (e Env) Or(other Env) Env {
	return Env{
		GOOS: cmp.Or(e.GOOS, other.GOOS), GOARCH: cmp.Or(e.GOARCH, other.GOARCH), CPUModel: cmp.Or(e.CPUModel, other.CPUModel),
		GoVersion: cmp.Or(e.GoVersion, other.GoVersion), BuildID: cmp.Or(e.BuildID, other.BuildID), Commit: cmp.Or(e.Commit, other.Commit),
		Module: cmp.Or(e.Module, other.Module), GOMAXPROCS: cmp.Or(e.GOMAXPROCS, other.GOMAXPROCS),
		GOGC: cmp.Or(e.GOGC, other.GOGC), GOMEMLIMIT: cmp.Or(e.GOMEMLIMIT, other.GOMEMLIMIT),
		PGO: cmp.Or(e.PGO, other.PGO), Level: cmp.Or(e.Level, other.Level), Modules: cmp.Or(e.Modules, other.Modules),
	}
}
