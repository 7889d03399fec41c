package exectrace

import (
	"cmp"
	"slices"
	"time"

	"golang.org/x/exp/trace"
)

const (
	shortLife  = 100 * time.Microsecond
	longSlice  = 20 * time.Millisecond
	maxStarts  = 8192 // start functions that are told apart
	maxPending = 64   // latencies that wait for the goroutine's name
)

// goroutine is one that exists.
type goroutine struct {
	name    string // start function
	state   trace.GoState
	since   trace.Time
	seen    bool // to come into the state, at since
	reason  string
	stack   int32
	created bool // in the window

	running, runnable, waiting, syscall time.Duration

	pending    []time.Duration // latencies before the name was known
	worker     workerKind      // of the collector, as long as it runs
	assisting  bool
	assistFrom trace.Time
}

func (s *summer) goroutineEvent(t trace.Time, st trace.StateTransition) {
	id := st.Resource.Goroutine()
	from, to := st.Goroutine()
	g := s.goroutines[id]
	switch {
	case from == trace.GoNotExist:
		g = &goroutine{created: true, since: t, stack: noStack}
		s.sum.Created++
		s.goroutines[id] = g
	case g == nil:
		g = &goroutine{since: s.synced, state: from, stack: noStack}
		s.goroutines[id] = g
	case from == to || from == trace.GoUndetermined:
		// A new generation restates what is known.
		if to == trace.GoWaiting && g.stack == noStack {
			g.stack = s.stacks.id(st.Stack)
		}
		s.name(g, st.Stack)
		return
	}
	s.name(g, st.Stack)
	if from != trace.GoUndetermined {
		s.leave(g, t, to)
		g.since, g.seen = t, true
	}
	g.state = to
	switch to {
	case trace.GoWaiting:
		g.reason, g.stack = st.Reason, s.stacks.id(st.Stack)
	case trace.GoSyscall:
		g.reason, g.stack = "syscall", s.stacks.id(st.Stack)
	case trace.GoNotExist:
		s.settle(g, true)
		delete(s.goroutines, id)
	}
}

// name finds the start function: the outermost frame of any stack.
func (s *summer) name(g *goroutine, stack trace.Stack) {
	if g.name != "" || stack == trace.NoStack {
		return
	}
	for f := range stack.Frames() {
		g.name = f.Func
	}
	if g.name == "" || len(g.pending) == 0 {
		return
	}
	st := s.start(g.name)
	for _, took := range g.pending {
		st.latency.add(took)
	}
	g.pending = nil
}

// leave accounts for the state that g was in until t.
func (s *summer) leave(g *goroutine, t trace.Time, to trace.GoState) {
	took := between(g.since, t)
	switch g.state {
	case trace.GoRunning:
		g.running += took
		s.sum.Running += took
		s.gc.worked(g.worker, took)
		g.worker = noWorker
		if took > longSlice {
			s.longest.add(took, func() Slice { return Slice{Start: g.name, Took: took} })
		}
		if g.assisting {
			s.sum.Assist += between(max(g.since, g.assistFrom), t)
		}
	case trace.GoRunnable:
		g.runnable += took
		s.sum.Runnable += took
		if to == trace.GoRunning {
			s.ran(g, took)
		}
	case trace.GoWaiting:
		g.waiting += took
		s.sum.Waiting += took
		s.waited(g, took, to != trace.GoUndetermined)
	case trace.GoSyscall:
		g.syscall += took
		s.sum.Syscall += took
		s.waited(g, took, to != trace.GoUndetermined)
	}
}

func (s *summer) ran(g *goroutine, took time.Duration) {
	s.latency.add(took)
	switch {
	case g.name != "":
		s.start(g.name).latency.add(took)
	case len(g.pending) < maxPending:
		g.pending = append(g.pending, took)
	}
}

// assistEvent counts only the running part of an assist: a goroutine that waits
// for credit inside of it uses no CPU.
func (s *summer) assistEvent(t trace.Time, id trace.GoID, kind trace.EventKind) {
	g := s.goroutines[id]
	if g == nil {
		return
	}
	switch {
	case kind == trace.EventRangeEnd && g.assisting:
		g.assisting = false
		if g.state == trace.GoRunning {
			s.sum.Assist += between(max(g.since, g.assistFrom), t)
		}
	case kind != trace.EventRangeEnd && !g.assisting:
		g.assisting, g.assistFrom = true, t
		if kind == trace.EventRangeActive {
			g.assistFrom = s.synced
		}
	}
}

// start is a start function in the making.
type start struct {
	sum     StartFunc
	latency histogram
}

func (s *summer) start(name string) *start {
	st := s.starts[name]
	if st == nil {
		if len(s.starts) >= maxStarts && name != Other {
			return s.start(Other)
		}
		st = &start{sum: StartFunc{Function: name}}
		s.starts[name] = st
	}
	return st
}

// settle adds a goroutine to its start function.
func (s *summer) settle(g *goroutine, ended bool) {
	st := s.start(g.name)
	st.sum.Count++
	st.sum.Running += g.running
	st.sum.Runnable += g.runnable
	st.sum.Waiting += g.waiting
	st.sum.Syscall += g.syscall
	for _, took := range g.pending {
		st.latency.add(took)
	}
	if !g.created {
		return
	}
	st.sum.Created++
	if ended && g.running < shortLife {
		s.sum.ShortLived++
	}
}

func (s *summer) startFuncs() []StartFunc {
	list := make([]StartFunc, 0, len(s.starts))
	for _, st := range s.starts {
		st.sum.RunnableP99 = st.latency.distribution().P99
		list = append(list, st.sum)
	}
	slices.SortFunc(list, func(a, b StartFunc) int {
		return cmp.Or(cmp.Compare(b.life(), a.life()), cmp.Compare(a.Function, b.Function))
	})
	return list
}

func (f StartFunc) life() time.Duration { return f.Running + f.Runnable + f.Waiting + f.Syscall }

type waitKey struct {
	reason string
	stack  int32
}

type wait struct {
	count      int64
	total, max time.Duration
	lengths    Lengths
}

func (s *summer) waited(g *goroutine, took time.Duration, ended bool) {
	key := waitKey{g.reason, g.stack}
	if key.reason == "" {
		key.reason = reasonOf(s.stacks.frames(g.stack))
	}
	w := s.waits[key]
	if w == nil {
		w = &wait{}
		s.waits[key] = w
	}
	w.count++
	w.total += took
	w.max = max(w.max, took)
	if g.seen && ended {
		w.lengths.add(took)
	}
}

// reasons are those of the runtime (traceBlockReasonStrings in
// runtime/traceruntime.go) by the functions that park for them.
var reasons = map[string]string{
	"runtime.chanrecv1": "chan receive", "runtime.chanrecv2": "chan receive", "runtime.chanrecv": "chan receive",
	"runtime.chansend1": "chan send", "runtime.chansend": "chan send", "runtime.selectgo": "select",
	"runtime.netpollblock": "network", "internal/poll.runtime_pollWait": "network", "time.Sleep": "sleep",
	"sync.runtime_Semacquire": "sync", "sync.runtime_SemacquireMutex": "sync", "internal/sync.runtime_SemacquireMutex": "sync",
	"sync.runtime_SemacquireRWMutexR": "sync", "sync.runtime_SemacquireRWMutex": "sync",
	"sync.runtime_SemacquireWaitGroup": "sync", "runtime.semacquire": "sync", "sync.runtime_notifyListWait": "sync.(*Cond).Wait",
	"runtime.block": "forever", "runtime.bgsweep": "GC background sweeper wait",
	"runtime.bgscavenge": "system goroutine wait", "runtime.forcegchelper": "system goroutine wait",
	"runtime.runFinalizers": "system goroutine wait", "runtime.runfinq": "system goroutine wait",
	"runtime.gcBgMarkWorker": "system goroutine wait",
}

// reasonOf finds the reason that the trace does not give for a goroutine that
// was parked before the window.
func reasonOf(stack []Frame) string {
	for _, f := range stack[:min(len(stack), 6)] {
		if reason := reasons[f.Function]; reason != "" {
			return reason
		}
	}
	return "unknown"
}

func (s *summer) waitList() []Wait {
	list := make([]Wait, 0, len(s.waits))
	for key, w := range s.waits {
		list = append(list, Wait{
			Reason: key.reason, Stack: s.stacks.frames(key.stack), Count: w.count, Total: w.total, Max: w.max, Lengths: w.lengths,
		})
	}
	slices.SortFunc(list, func(a, b Wait) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Reason, b.Reason), slices.CompareFunc(a.Stack, b.Stack, compareFrames))
	})
	return list
}

func compareFrames(a, b Frame) int {
	return cmp.Or(cmp.Compare(a.Function, b.Function), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
}
