package pacer

import (
	"fmt"
	"math"
	"strings"
)

// Policy is what matters to the user.
type Policy string

// The policies.
const (
	Balanced Policy = "balanced"
	MinCPU   Policy = "min-cpu"
	MinMem   Policy = "min-mem"
)

// Policies lists them, the default first.
var Policies = []Policy{Balanced, MinCPU, MinMem}

// Terms are what a recommendation has to keep to.
type Terms struct {
	Container Bytes   // memory limit of the container, 0 = none
	Reserve   Bytes   // of it, for other processes, the page cache and C
	Policy    Policy  // "" is Balanced
	Price     Cores   // what a GiB of memory is worth, 0 = 0.13
	Load      float64 // times the observed load, 0 = 1
	Burst     float64 // times the largest live heap, and of what it rose by, 0 = 1
	full      bool    // the usual heap may go up to the limit
	Applied   bool    // the present setting is one that was recommended: only what is clearly better takes its place
}

// listPrice is what a GiB costs in cores at the clouds' list prices.
const listPrice Cores = 0.13

const gib = 1024 * MiB

func (t Terms) filled() Terms {
	if t.Policy == "" {
		t.Policy = Balanced
	}
	if t.Price <= 0 {
		t.Price = listPrice
	}
	if t.Load <= 0 {
		t.Load = 1
	}
	if t.Burst <= 0 {
		t.Burst = 1
	}
	return t
}

// ParsePolicy reads a policy; the error lists them.
func ParsePolicy(text string) (Policy, error) {
	var names []string
	for _, p := range Policies {
		if string(p) == text {
			return p, nil
		}
		names = append(names, string(p))
	}
	return "", fmt.Errorf("policy %.40q: want one of %s", text, strings.Join(names, ", "))
}

// Loaded is the model under so many times the load: the program allocates as
// much faster and, as most services do, keeps as much more alive.
func (m *Model) Loaded(times float64) *Model {
	if times == 1 {
		return m
	}
	n := *m
	n.alloc *= Rate(times)
	n.live, n.all = scaled(m.live, times), scaled(m.all, times)
	n.markAlloc *= times
	n.runway *= times
	o := &n.obs
	o.Live = scaled(m.obs.Live, times)
	o.CPU.Process = m.obs.CPU.GC + (m.obs.CPU.Process-m.obs.CPU.GC)*Cores(times)
	if m.second != nil {
		n.second = m.second.Loaded(times)
	}
	return &n
}

func scaled(live []Live, times float64) []Live {
	out := make([]Live, len(live))
	for i, l := range live {
		out[i] = Live{l.At, l.Marked * Bytes(times)}
	}
	return out
}

// EffectiveAt is the GOGC that a setting amounts to at a marked heap.
func (m *Model) EffectiveAt(s Setting, marked Bytes) Percent {
	goal, _ := m.goal(s, marked)
	return m.effective(goal, marked)
}

// Survives is the largest live heap at which a limit still amounts to GOGC=25.
func (m *Model) Survives(limit Bytes) Bytes {
	if limit <= 0 {
		return Bytes(math.Inf(1))
	}
	goal := m.limitGoal(Setting{Off, limit}, 0)
	return max((goal-Bytes(tight/100)*m.scan)/Bytes(1+tight/100), 0)
}

// room is what a container leaves for what the runtime counts.
func (t Terms) room() Bytes { return max(t.Container-t.Reserve-safety(t.Container), 0) }

// Room is the GOMEMLIMIT for a container of a process of which nothing else is
// known, 0 when there is none.
func (t Terms) Room() Bytes { return wholeMiB(t.room()) }

func wholeMiB(b Bytes) Bytes { return Bytes(math.Floor(float64(b/MiB))) * MiB }

// outside is the memory that neither the limit nor, without harm, the kernel can
// take back.
func (m *Model) outside() Bytes { return max(m.obs.Memory.Outside-m.Droppable(), 0) }

// Droppable is what a process does not miss of its mapped files. The kernel can drop
// every page of them, and does so before it kills: but the program's own code, the
// first 64 MiB, has to be read again at once, and a container without room for it does
// little else (etcd, Caddy and Prometheus have 35 to 60 MB of it in use). Files of data
// are taken to be in use by a quarter.
func (m *Model) Droppable() Bytes {
	const code, inUse = 64 * MiB, 0.25
	return (1 - inUse) * max(m.obs.Memory.File-code, 0)
}

// LimitFor is the GOMEMLIMIT for a container, 0 when there is no room for one.
func (m *Model) LimitFor(t Terms) Bytes {
	if t.Container <= 0 {
		return 0
	}
	limit := wholeMiB(t.room() - 1.05*m.outside())
	if limit < m.obs.Memory.NonHeap+tinyGoal {
		return 0
	}
	return limit
}

// limitFor is the limit under which a live heap still gets an effective GOGC of 50.
func (m *Model) limitFor(marked Bytes) Bytes {
	const comfortable = 0.5
	goal := marked + comfortable*(marked+m.scan)
	return max(goal/(1-goalHeadroom), goal+MiB) + m.besideOff().at(goal)
}

// SmallestContainer is the container in which the worst live heap still gets an
// effective GOGC of 50.
func (m *Model) SmallestContainer(t Terms) Bytes {
	t = t.filled()
	worst := m.Worst(t.Burst)
	need := m.limitFor(worst) + m.outside() + t.Reserve
	need = max(need/0.95, need+16*MiB)
	return Bytes(math.Ceil(float64(need/(8*MiB)))) * 8 * MiB
}
