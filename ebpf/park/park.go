// Package park is the exact form of the wall probe: instead of looking at the
// goroutines now and then it notes each time the runtime parks one and runs it
// again, by uprobes on runtime.gopark and runtime.execute.
//
// A hit costs about half a microsecond, and a stack as much again, so the hits
// are counted first, for a fifth of a second, and the probe refuses when it
// would take more than a fiftieth of a core. There are no return probes: they
// replace return addresses, which kills a Go program as soon as a stack grows.
package park

import (
	"fmt"
	"time"
)

const doc = "how long goroutines wait, each wait by stack, reason and labels: exact, at about 1 µs for each"

// The cost of the probe: what one hit takes of the target with its stack (those
// of execute take half of it), and the share of a core that it may take.
const (
	hitCost = 1100 * time.Nanosecond
	budget  = 0.02
	trial   = 200 * time.Millisecond
)

// tooMany says why a process parks too often to be measured exactly; nil when it
// does not. hits are those of gopark and execute together.
func tooMany(hits uint64, took time.Duration) error {
	rate := float64(hits) / max(took.Seconds(), 1e-9)
	if share := rate * hitCost.Seconds(); share > budget {
		return fmt.Errorf("goroutines are parked and run %.0f times a second: measuring each would take %.1f %% of a core, and %.0f %% is the most", rate, 100*share, 100*budget)
	}
	return nil
}
