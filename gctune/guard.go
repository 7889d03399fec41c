package gctune

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/goperf/goperf/cgroup"
)

// Options say what a guard holds. The zero value holds the GOGC and GOMEMLIMIT
// that the process was started with, in a container at most what fits into it,
// and an effective GOGC of 25.
type Options struct {
	// MinGOGC is the least effective GOGC in percent; 0 is 25. When the live
	// heap comes so near to the memory limit that less is left, the limit is
	// raised, beyond the container too: a process that only collects is worse
	// than one that is killed and starts again.
	MinGOGC int

	// MaxGOGC is the ceiling: the guard never sets more. 0 is the GOGC in force.
	MaxGOGC int

	// MinHeapGoal, in bytes, does what a ballast is allocated for: while the
	// live heap is small, GOGC is raised as far as MaxGOGC so that the heap may
	// grow to this size between two cycles. 0 is none.
	MinHeapGoal int64

	// MemoryLimit, in bytes, holds while the live heap permits. 0 is the limit
	// in force, which is that of GOMEMLIMIT.
	MemoryLimit int64

	// Reserve, in bytes, is left in the container for what cannot be seen now:
	// C libraries, page cache, processes that come later.
	Reserve int64

	// Interval is the time between two looks; 0 is 500 ms. A look takes some
	// ten microseconds.
	Interval time.Duration

	// OnChange, when set, is called after each change that follows the first
	// look, one call at a time, from the guard's goroutine.
	OnChange func(State)
}

const (
	defaultMinGOGC  = 25
	defaultInterval = 500 * time.Millisecond
	shortest        = 10 * time.Millisecond
)

// Guard keeps this process from dying by its own collector, until ctx ends; then
// it sets what it found again. It reads the heap and the control groups every
// Interval, follows a container that is resized, and takes over what others
// set with [debug.SetGCPercent] and [debug.SetMemoryLimit] as what is wished.
//
// The error says which option makes no sense. Outside of Linux there is no
// container to see, and the rest holds.
func Guard(ctx context.Context, o Options) (*Keeper, error) {
	k, err := newKeeper(o, self())
	if err != nil {
		return nil, err
	}
	ticker := time.NewTicker(k.options.Interval)
	go func() {
		defer ticker.Stop()
		k.run(ctx, ticker.C)
	}()
	return k, nil
}

// world is what a guard sees and does of the process it is in.
type world struct {
	read   func() Reading
	set    func(setting) setting // returns what was set before
	memory func() cgroup.Memory
	anon   func() int64 // anonymous memory that is resident, B; 0 is unknown
}

// self is the world of this process.
func self() world {
	mounted := os.DirFS("/sys/fs/cgroup")
	return world{
		read: ReadSelf,
		set: func(s setting) setting {
			return setting{debug.SetGCPercent(s.gogc), debug.SetMemoryLimit(s.limit)}
		},
		memory: func() cgroup.Memory {
			groups, err := os.ReadFile("/proc/self/cgroup")
			if err != nil {
				return cgroup.Memory{}
			}
			return cgroup.Parse(groups).Memory(mounted)
		},
		anon: func() int64 {
			status, err := os.ReadFile("/proc/self/status")
			if err != nil {
				return 0
			}
			_, rest, _ := strings.Cut(string(status), "\nRssAnon:")
			kib, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
			n, err := strconv.ParseInt(kib, 10, 64)
			if err != nil {
				return 0
			}
			return n << 10
		},
	}
}

// Keeper is a guard at work. Its methods may be called at any time, also after
// the guard has stopped.
type Keeper struct {
	options Options
	world   world
	done    chan struct{}

	mu    sync.Mutex
	found setting // when the guard began
	wish  setting
	now   setting // as far as the guard knows
	state State
}

func newKeeper(o Options, w world) (*Keeper, error) {
	r := w.read()
	if err := o.check(r); err != nil {
		return nil, err
	}
	if o.MinGOGC == 0 {
		o.MinGOGC = defaultMinGOGC
	}
	o.Interval = max(o.Interval, shortest)
	found := setting{r.GOGC, r.MemoryLimit}
	k := &Keeper{options: o, world: w, done: make(chan struct{}), found: found, wish: found, now: found}
	if o.MemoryLimit > 0 {
		k.wish.limit = o.MemoryLimit
	}
	k.look()
	return k, nil
}

func (o *Options) check(r Reading) error {
	if o.Interval == 0 {
		o.Interval = defaultInterval
	}
	switch {
	case o.MinGOGC < 0 || o.MaxGOGC < 0 || o.MinHeapGoal < 0 || o.MemoryLimit < 0 || o.Reserve < 0 || o.Interval < 0:
		return fmt.Errorf("gctune: guard: an option is negative: %+v", *o)
	case o.MaxGOGC > 0 && o.MaxGOGC < o.MinGOGC:
		return fmt.Errorf("gctune: guard: MaxGOGC %d is below MinGOGC %d", o.MaxGOGC, o.MinGOGC)
	case o.MinHeapGoal > 0 && r.GOGC >= 0 && o.MaxGOGC <= r.GOGC:
		return fmt.Errorf("gctune: guard: MinHeapGoal does nothing: it raises GOGC as far as MaxGOGC, which must be above the %d in force", r.GOGC)
	}
	return nil
}

// run looks at every tick, and cleans up when ctx ends.
func (k *Keeper) run(ctx context.Context, ticks <-chan time.Time) {
	defer close(k.done)
	for {
		select {
		case <-ctx.Done():
			k.stop()
			return
		case <-ticks:
			if changed, s := k.look(); changed && k.options.OnChange != nil {
				k.options.OnChange(s)
			}
		}
	}
}

// look reads the process once and sets what is to be set.
func (k *Keeper) look() (changed bool, s State) {
	k.mu.Lock()
	defer k.mu.Unlock()
	r, memory := k.world.read(), k.world.memory()
	k.adopt(r)
	fits := room(memory, r, k.world.anon(), k.options.Reserve)
	next := k.options.decide(r, k.wish, k.now, fits)
	if changed = next != k.now; changed {
		before := k.world.set(next)
		k.now = next
		k.state.Changes++
		k.overtaken(before, r)
		r.GOGC, r.MemoryLimit = next.gogc, next.limit
		r.Goal = r.goalUnder(next.gogc, next.limit)
	}
	k.state = State{
		Reading: r, EffectiveGOGC: finite(r.EffectiveGOGC(r.GOGC, r.MemoryLimit)), Footprint: r.Footprint(r.GOGC, r.MemoryLimit),
		WishedGOGC: k.wish.gogc, WishedLimit: k.wish.limit, Container: memory.Limit(), Room: fits,
		Raised: next.limit > min(k.wish.limit, fits), Beyond: next.limit > fits, Changes: k.state.Changes,
	}
	return changed, k.state
}

// adopt takes over what somebody else has set since the last look.
func (k *Keeper) adopt(r Reading) {
	if r.GOGC != k.now.gogc {
		k.wish.gogc, k.now.gogc = r.GOGC, r.GOGC
	}
	if r.MemoryLimit != k.now.limit {
		k.wish.limit, k.now.limit = r.MemoryLimit, r.MemoryLimit
	}
}

// overtaken takes over what somebody else has set between reading and setting.
// The next look weighs it.
func (k *Keeper) overtaken(before setting, r Reading) {
	if before.gogc != r.GOGC {
		k.wish.gogc = before.gogc
	}
	if before.limit != r.MemoryLimit {
		k.wish.limit = before.limit
	}
}

// stop sets what was found, unless somebody else has set something since.
func (k *Keeper) stop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	r := k.world.read()
	last := setting{r.GOGC, r.MemoryLimit}
	if last.gogc == k.now.gogc {
		last.gogc = k.found.gogc
	}
	if last.limit == k.now.limit {
		last.limit = k.found.limit
	}
	k.world.set(last)
	k.state.GOGC, k.state.MemoryLimit, k.state.Stopped = last.gogc, last.limit, true
}

// Set changes what is wished: GOGC in percent, -1 for off, and the memory limit
// in bytes, [NoLimit] for none. It returns what was wished before. The guard
// applies it at once, within its options; after the guard has stopped it is
// set as it stands.
func (k *Keeper) Set(gogc int, limit int64) (oldGOGC int, oldLimit int64) {
	k.mu.Lock()
	k.adopt(k.world.read())
	old := k.wish
	k.wish = setting{gogc, limit}
	stopped := k.state.Stopped
	if stopped {
		k.world.set(k.wish)
		k.now = k.wish
	}
	k.mu.Unlock()
	if !stopped {
		k.look()
	}
	return old.gogc, old.limit
}

// State is what the guard saw and did last.
func (k *Keeper) State() State {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.state
}

// String is the state as JSON, which makes a Keeper an expvar.Var:
//
//	expvar.Publish("gctune", keeper)
func (k *Keeper) String() string { return k.State().String() }

// Done is closed when the guard has stopped and has set what it found.
func (k *Keeper) Done() <-chan struct{} { return k.done }
