package gctune

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
)

// State is what a guard sees and does. Sizes are bytes.
type State struct {
	Reading
	EffectiveGOGC float64 `json:"effective_gogc"` // percent, under the present setting; -1 when nothing bounds the heap
	Footprint     int64   `json:"footprint"`      // what the runtime will have mapped at the heap goal; NoLimit when nothing bounds it
	WishedGOGC    int     `json:"wished_gogc"`    // what holds when nothing is in the way
	WishedLimit   int64   `json:"wished_limit"`
	Container     int64   `json:"container"` // smallest limit of the control groups; 0 is none
	Room          int64   `json:"room"`      // memory limit that fits into the container; NoLimit without one
	Raised        bool    `json:"raised"`    // the limit is above the wished one, for MinGOGC
	Beyond        bool    `json:"beyond"`    // and above what fits: the container is too small for this live heap
	Changes       uint64  `json:"changes"`   // how often the guard has set something
	Stopped       bool    `json:"stopped"`   // the context has ended and what was found is set again
}

// String is the state as JSON: a [Keeper] is an expvar.Var.
func (s State) String() string {
	text, err := json.Marshal(s)
	if err != nil { // numbers only: it cannot be
		return "{}"
	}
	return string(text)
}

// WriteMetrics writes the state in the Prometheus text format.
func (s State) WriteMetrics(w io.Writer) error {
	var b strings.Builder
	gauge := func(name, help string, value float64) {
		fmt.Fprintf(&b, "# HELP gctune_%s %s\n# TYPE gctune_%s gauge\ngctune_%s %g\n", name, help, name, name, value)
	}
	gauge("effective_gogc_percent", "GOGC that the present setting comes down to at the present live heap; -1 when nothing bounds the heap.", s.EffectiveGOGC)
	gauge("gogc_percent", "GOGC in force; -1 is off.", float64(s.GOGC))
	gauge("memory_limit_bytes", "GOMEMLIMIT in force.", float64(s.MemoryLimit))
	gauge("wished_gogc_percent", "GOGC that holds when nothing is in the way; -1 is off.", float64(s.WishedGOGC))
	gauge("wished_memory_limit_bytes", "GOMEMLIMIT that holds when the live heap permits.", float64(s.WishedLimit))
	gauge("live_heap_bytes", "Heap that the last cycle found alive.", float64(s.Live))
	gauge("heap_goal_bytes", "Heap at which the next cycle should end.", float64(s.Goal))
	gauge("footprint_bytes", "Memory that the runtime will have mapped at its heap goal.", float64(s.Footprint))
	gauge("container_limit_bytes", "Smallest memory limit of the control groups; 0 is none.", float64(s.Container))
	gauge("room_bytes", "Memory limit that fits into the container beside what the runtime does not govern.", float64(s.Room))
	gauge("limit_raised", "1 while the memory limit is above the wished one for the least effective GOGC.", bit(s.Raised))
	gauge("limit_beyond_container", "1 while it is above what fits into the container.", bit(s.Beyond))
	const changes = "gctune_changes_total"
	fmt.Fprintf(&b, "# HELP %s Settings that the guard has made.\n# TYPE %s counter\n%s %d\n", changes, changes, changes, s.Changes)
	_, err := io.WriteString(w, b.String())
	return err
}

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// finite is a number that JSON can say.
func finite(x float64) float64 {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return -1
	}
	return x
}
