package evidence

import (
	"math"
	"strings"
	"time"
)

const (
	runtimeNames   = 500    // metrics of the runtime that are kept of one page
	runtimeSamples = 10_000 // pages
)

// RuntimeSample is what one page said of the Go runtime: metrics of package
// runtime/metrics by their own names, and those of client_golang by theirs.
type RuntimeSample struct {
	At     time.Time // zero when the page does not say and was read from a file
	Values map[string]float64
}

// number keeps a number of a page.
func (d *decoder) number(name string, v float64) {
	d.set.addVar(name, v)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return
	}
	if isClock(name) && v > 1e9 && v < 1e11 {
		d.runtime.At = time.Unix(0, int64(v*1e9)).UTC()
		return
	}
	key, ok := runtimeName(name)
	if !ok || len(d.runtime.Values) >= runtimeNames {
		return
	}
	if d.runtime.Values == nil {
		d.runtime.Values = map[string]float64{}
	}
	d.runtime.Values[key] = v
	if key != name {
		d.set.addVar(key, v)
	}
}

// runtimeName is the runtime's own name of a metric, whatever map it is in.
func runtimeName(name string) (string, bool) {
	for _, class := range []string{"/gc/", "/memory/classes/", "/cpu/classes/", "/sched/"} {
		if i := strings.Index(name, class); i >= 0 {
			return name[i:], true
		}
	}
	return name, strings.HasPrefix(name, "go_") || strings.HasPrefix(name, "process_")
}

func isClock(name string) bool { return name == "time" || name == "ts" || name == "timestamp" }

// keepRuntime closes a page.
func (d *decoder) keepRuntime() {
	if len(d.runtime.Values) > 0 && len(d.set.Runtime) < runtimeSamples {
		d.set.Runtime = append(d.set.Runtime, d.runtime)
	}
	d.runtime = RuntimeSample{}
}
