// Package demo is a small web shop that is ill in a chosen way, with its own
// load and a real net/http/pprof endpoint on a loopback port.
//
// Each [Sickness] is production code in miniature: a handler that works, passes
// review and is slow, big or stalled for one known reason. It declares the
// mechanism and the function that a diagnosis has to name, so that goperf can
// be tried, shown and tested against something whose answer is known. The
// sickness called healthy is the same shop without one.
//
// Everything runs inside the calling process: the pprof endpoint, the shop and
// the clients that keep it busy, which together take about one core at most.
// The package serves loopback only and is not meant for anything else.
package demo

import (
	"fmt"
	"strings"
	"time"
)

// Sickness is one way of being slow, big or stalled.
type Sickness struct {
	Name      string   // as in demo:NAME
	Doc       string   // what is wrong, in a sentence or two
	Mechanism string   // the slug of report.Mechanisms that names it; "" when there is nothing to find
	Accept    []string // slugs that describe it as well
	Function  string   // symbol of the function whose change cures it
	Shows     string   // where: "cpu", "heap", "goroutine", "mutex" or "block"

	build func(*host) (*app, error)
}

// All lists the sicknesses; the first is the one that runs when none is named.
var All = []Sickness{
	shopSickness,
	healthySickness,
	allocSickness,
	busyLoopSickness,
	compressionSickness,
	connectionChurnSickness,
	contextLeakSickness,
	fileReadSickness,
	goroutineChurnSickness,
	goroutineLeakSickness,
	gzipSickness,
	hashingSickness,
	jsonSickness,
	linearScanSickness,
	lockContentionSickness,
	lockDuringIOSickness,
	loggingSickness,
	mapGrowthSickness,
	memoryLeakSickness,
	nPlusOneSickness,
	quadraticSickness,
	reflectionSickness,
	regexpSickness,
	rngSeedingSickness,
	sliceGrowthSickness,
	sortSickness,
	sprintfSickness,
	stringConcatSickness,
	stringSplitSickness,
	templateSickness,
	timerChurnSickness,
	unbufferedIOSickness,
}

// Find returns the sickness of that name, or the first one for "".
func Find(name string) (Sickness, error) {
	if name == "" {
		return All[0], nil
	}
	names := make([]string, len(All))
	for i, s := range All {
		if s.Name == name {
			return s, nil
		}
		names[i] = s.Name
	}
	return Sickness{}, fmt.Errorf("demo: no sickness named %q: there are %s", name, strings.Join(names, ", "))
}

// Options say how a service runs; the zero value is a good choice.
type Options struct {
	Rates *Rates        // nil means [DefaultRates]
	Life  time.Duration // when the service stops by itself; 0 means 15 minutes
}

// Rates are the sampling rates of the contention profiles. Zero switches a
// profile off, as it is in most services.
type Rates struct {
	Mutex int // see [runtime.SetMutexProfileFraction]
	Block int // see [runtime.SetBlockProfileRate], nanoseconds
}

// DefaultRates are what a careful operator leaves on in production.
func DefaultRates() Rates { return Rates{Mutex: 10, Block: 100_000} }

const defaultLife = 15 * time.Minute

// symbol is the full name of a function of this package.
func symbol(name string) string { return "github.com/goperf/goperf/demo." + name }
