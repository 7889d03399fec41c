package compare

import (
	"math"

	"github.com/goperf/goperf/evidence"
)

// Result is what changed.
type Result struct {
	Base, New SideInfo
	Pairs     int     // runs that were taken in turns, 0 when they were not
	Totals    []Row   // one for each metric that says something of the whole, then benchmarks
	Functions []Row   // by metric, what changed most first
	Packages  []Row   // of family Package, in the same order
	Causes    []Cause // what changed surely, explained; largest first
	Noise     []Noise // one for each metric of profiles
	Notes     []string
}

// SideInfo is what is known of a side.
type SideInfo struct {
	Name  string
	Runs  int
	Work  float64 // of all runs, 0 when unknown
	Unit  string  // of work: "op", "request"
	CPU   float64 // s, of all runs, 0 when unknown
	Env   Env
	Build string // build ids and versions in words, "" when unknown
}

// Verdict is what can be said of a row.
type Verdict string

// The verdicts. Unknown says that the data do not tell, and Row.Settle what would.
const (
	Changed   Verdict = "changed"
	Unchanged Verdict = "no change"
	Unknown   Verdict = "cannot tell"
)

// Class says what kind of a change a changed row is.
type Class string

// The classes. A shift is cost that moved to or from another function of the same
// code: nothing is more expensive than before.
const (
	Regression  Class = "regression"
	Improvement Class = "improvement"
	Shift       Class = "shift"
)

// Row is one quantity before and after.
type Row struct {
	Metric  string // "cpu", "alloc_space", "mutex_delay", "sec/op"...
	Family  Family
	Name    string // the function, as the new side calls it; the benchmark
	Was     string // the name on the base side, when it is another
	Guess   string // why Was is thought to be the same function, "" when that is sure
	Unit    string // of the five quantities below: "s/op", "B/request", "s/s", "share"
	Before  float64
	After   float64 // with the drift of the machine taken out, see Noise
	Delta   float64 // After - Before
	Low     float64 // interval of Delta
	High    float64
	MDE     float64 // an increase of this size would have been found with probability Options.Power
	Of      float64 // the total of the base side in Unit: what shares are of
	Q       float64 // false discovery rate at which it counts as changed
	Verdict Verdict
	Class   Class
	Settle  string // what would settle it, for a row that is unknown
	Where   Place
	Samples [2]float64 // raw samples behind Before and After, 0 for what is counted
	power   power
}

// power is what the runs needed for an effect follow from, and what is ruled out.
type power struct {
	runs  int     // on the side that has fewer
	floor float64 // in the unit of the row
	most  float64 // one-sided bound of Delta in the unit of the row, 0 when it has none of its own
}

// AtMost is what Delta is less than as surely as the interval says, in the unit
// of the row: the bound of one side, which is nearer than the end of an interval
// of both (a test of non-inferiority).
func (r *Row) AtMost() float64 {
	if r.power.most == 0 {
		return r.High
	}
	return r.power.most
}

// RunsFor is about how many runs on each side would find an increase of an
// effect, in the unit of the row; 0 when no number would.
func (r *Row) RunsFor(effect float64) int {
	if r.power.runs == 0 || effect <= r.power.floor || r.MDE <= r.power.floor {
		return 0
	}
	times := (r.MDE - r.power.floor) / (effect - r.power.floor)
	return max(int(math.Ceil(float64(r.power.runs)*times*times)), 1)
}

// Share is the change as a share of the total of the base side.
func (r *Row) Share() float64 { return over(r.Delta, r.Of) }

// Ratio is the change as a share of what there was before; 0 when that was nothing.
func (r *Row) Ratio() float64 { return over(r.Delta, r.Before) }

func over(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// Place is where a function or a call stands in the source of the new side.
type Place struct {
	File string
	Line int
}

// Cause is a change that is sure, with who is responsible.
type Cause struct {
	Row     Row      // of family Own when a function of the main module is responsible, else Fold
	Culprit string   // deepest function that explains it; may be Row.Name itself
	Share   float64  // of the change that Culprit explains
	Path    []string // from Row.Name down to Culprit
	Call    Place    // where Row.Name calls the next of Path, or spends more itself; where Caller calls it
	Caller  string   // function of the main module that calls Row.Name, when that is code of others and most of it is its
	Text    string   // the sentence, without a period
	With    []string // changed functions of family Fold that are part of it
}

// Scheduler is what the samples are given to that the runtime took to look for
// work and to sleep. It grows when a machine is busy or idle, whatever the code does.
const Scheduler = "[scheduler]"

// Noise is how noisy a metric was.
type Noise struct {
	Metric     string
	Kind       evidence.Kind
	Samples    [2]float64 // of the base and the new side
	Dispersion float64    // variance over that of sampling, of functions in general
	Drift      float64    // what all functions of the new side changed by together, ratio - 1; 0 when it is not known
	Grown      float64    // what the total is more by, as the functions alone tell that did not change: ratio - 1
	GrownLow   float64    // interval of it; both 0 when it is not known
	GrownHigh  float64
	Scale      float64 // raw values of the new side times this compare with those of the base
	PairSD     float64 // standard deviation of the log ratio of CPU time in a pair, 0 when unknown
	Smallest   float64 // share of the total: what an increase of a function that had none must be to be found
	Tested     int     // functions
	Per        string  // what values are divided by: "op", "request", "s", "total", "" for a level
	Needs      string  // what would have to be known to judge any function, "" when they are judged
}
