package handler

import (
	"os"
	"runtime"
	"time"

	"github.com/goperf/goperf/cgroup"
	"github.com/goperf/goperf/gctune"
)

// State is what GET answers. Sizes are bytes, times seconds.
type State struct {
	Schema        string    `json:"schema"` // goperf.gctune/v1
	PID           int       `json:"pid"`
	Go            string    `json:"go"`
	Started       time.Time `json:"started"` // when the handler was made
	Setting       Setting   `json:"setting"`
	Trial         *Trial    `json:"trial,omitempty"` // of what POST has set
	EffectiveGOGC *float64  `json:"effective_gogc"`  // at the present live heap; null when nothing bounds the heap
	Container     *int64    `json:"container"`       // memory limit of the control groups; null without one
	Heap          Heap      `json:"heap"`
}

// Heap is what the runtime says of the heap: [gctune.Reading] without the setting,
// which State has in a form of its own. Bytes.
type Heap struct {
	Live    int64  `json:"live"` // marked by the last cycle; 0 before the first
	Stacks  int64  `json:"stacks"`
	Globals int64  `json:"globals"`
	Goal    int64  `json:"goal"`    // heap at which the cycle should end
	Objects int64  `json:"objects"` // garbage included
	Free    int64  `json:"free"`    // of the heap, kept and unused
	Mapped  int64  `json:"mapped"`  // and not returned: what the limit counts
	Cycles  uint64 `json:"cycles"`
}

// Setting is what steers the collector.
type Setting struct {
	GOGC        int    `json:"gogc"`         // percent, -1 is off
	MemoryLimit *int64 `json:"memory_limit"` // null is none
}

// Trial is a setting that holds for a while.
type Trial struct {
	Number  int       `json:"number"` // how many there have been
	Set     Setting   `json:"set"`
	Before  Setting   `json:"before"` // what is set at the end
	Until   time.Time `json:"until"`
	Seconds float64   `json:"seconds"` // that are left
}

// Schema is the name of the form of [State].
const Schema = "goperf.gctune/v1"

// State is what holds now.
func (h *Handler) State() State {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.read()
	s := State{Schema: Schema, PID: os.Getpid(), Go: runtime.Version(), Started: h.started, Heap: heapOf(r), Setting: pair{r.GOGC, r.MemoryLimit}.setting()}
	if r.GOGC >= 0 || r.MemoryLimit < gctune.NoLimit {
		e := r.EffectiveGOGC(r.GOGC, r.MemoryLimit)
		s.EffectiveGOGC = &e
	}
	if room := h.room(); room > 0 {
		s.Container = &room
	}
	if t := h.trial; t != nil {
		s.Trial = &Trial{Number: t.number, Set: t.ours.setting(), Before: t.before.setting(), Until: t.until, Seconds: max(t.until.Sub(h.now()).Seconds(), 0)}
	}
	return s
}

func heapOf(r gctune.Reading) Heap {
	return Heap{Live: r.Live, Stacks: r.Stacks, Globals: r.Globals, Goal: r.Goal, Objects: r.Objects, Free: r.Free, Mapped: r.Mapped, Cycles: r.Cycles}
}

func (p pair) setting() Setting {
	s := Setting{GOGC: p.gogc}
	if p.limit < gctune.NoLimit {
		s.MemoryLimit = &p.limit
	}
	return s
}

// container is the memory limit of the control groups of this process; 0 is none.
func container() int64 {
	groups, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return 0
	}
	return cgroup.Parse(groups).Memory(os.DirFS("/sys/fs/cgroup")).Limit()
}
