package exectrace

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/exp/trace"
)

const (
	// MaxOldTrace is the size in bytes of the largest trace of Go 1.11 to 1.21.
	MaxOldTrace = 32 << 20
	// Other is the only frame of what stands for all stacks above the limit.
	Other = "(other stacks)"

	defaultStacks = 8192
	firstVersion  = 11 // of the formats that golang.org/x/exp/trace reads
	streamVersion = 22 // from here on generation by generation
)

// Options bounds a summary. The zero value is good.
type Options struct {
	MaxStacks int // distinct stacks that are told apart, 0 = 8192
}

// Summarize reads a trace to its end. A trace that is damaged or cut short gives
// what could be read, with Truncated set; the error is for input of which
// nothing could be read.
func Summarize(r io.Reader, opts Options) (*Summary, error) {
	if opts.MaxStacks <= 0 {
		opts.MaxStacks = defaultStacks
	}
	br := bufio.NewReaderSize(r, 64<<10)
	src, err := checkHeader(br)
	if err != nil {
		return nil, err
	}
	s := newSummer(opts)
	err = s.readAll(src)
	if s.sum.Events == 0 {
		if err == nil {
			err = errors.New("no events in it: was tracing stopped before it began?")
		}
		return nil, fmt.Errorf("execution trace: read: %w", err)
	}
	if err != nil {
		s.sum.Truncated = fmt.Sprintf("after %d events: %v", s.sum.Events, err)
	}
	return s.finish(), nil
}

// checkHeader looks at the first 16 bytes, "go 1.22 trace\0\0\0", so that a file
// of another kind is told from a trace of a version that cannot be read.
func checkHeader(br *bufio.Reader) (io.Reader, error) {
	head, err := br.Peek(16)
	if len(head) == 0 {
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("execution trace: read header: %w", err)
		}
		return nil, errors.New("execution trace: read header: empty input")
	}
	text, ok := strings.CutPrefix(string(head), "go 1.")
	text, _, isTrace := strings.Cut(text, " trace\x00")
	minor, err := strconv.Atoi(text)
	if !ok || !isTrace || err != nil {
		return nil, fmt.Errorf("execution trace: read header: begins with %q, not with a trace header such as \"go 1.26 trace\"", head)
	}
	switch {
	case minor < firstVersion:
		return nil, fmt.Errorf("execution trace: made by go 1.%d: readable are the traces of go 1.%d and later", minor, firstVersion)
	case minor < streamVersion:
		return &limited{r: br, left: MaxOldTrace}, nil
	}
	return br, nil
}

// limited fails above its limit, where io.LimitedReader pretends an end.
type limited struct {
	r    io.Reader
	left int64
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	l.left -= int64(n)
	if l.left < 0 {
		return 0, fmt.Errorf("more than %d MiB: traces of go 1.11 to 1.21 must be held in memory whole; record a shorter one", MaxOldTrace>>20)
	}
	return n, err
}

// readAll hands all events over. The reader of the library panics on some
// damaged input; that is an error of the input here.
func (s *summer) readAll(r io.Reader) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged: %s", firstLine(fmt.Sprint(p)))
		}
	}()
	tr, err := trace.NewReader(r)
	if err != nil {
		return errors.New(firstLine(err.Error()))
	}
	for {
		ev, err := tr.ReadEvent()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errors.New(firstLine(err.Error()))
		}
		s.event(&ev)
	}
}

// firstLine drops the dumps of the library's own state behind its messages.
func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if len(line) > 200 {
		line = strings.ToValidUTF8(line[:200], "") + "..."
	}
	return strings.TrimSuffix(line, ":")
}

// summer takes events in the order of time.
type summer struct {
	sum    Summary
	began  bool
	first  trace.Time
	last   trace.Time
	synced trace.Time // begin of the generation

	goroutines map[trace.GoID]*goroutine
	procs      map[trace.ProcID]trace.Time // since when running
	procSeen   map[trace.ProcID]bool
	procTime   time.Duration

	stacks  *stackTable
	waits   map[waitKey]*wait
	starts  map[string]*start
	longest longest[Slice]
	pauses  longest[Pause]

	latency  histogram
	stops    histogram
	stopping map[trace.GoID]stop // by the goroutine that asked
	marking  bool
	markFrom trace.Time
	gc       collector
}

type stop struct {
	at     trace.Time
	reason string
	stack  int32
}

func newSummer(opts Options) *summer {
	return &summer{
		goroutines: map[trace.GoID]*goroutine{},
		procs:      map[trace.ProcID]trace.Time{},
		procSeen:   map[trace.ProcID]bool{},
		stacks:     newStackTable(opts.MaxStacks),
		waits:      map[waitKey]*wait{},
		starts:     map[string]*start{},
		stopping:   map[trace.GoID]stop{},
	}
}

func (s *summer) event(ev *trace.Event) {
	t := ev.Time()
	if !s.began {
		s.began, s.first, s.last, s.synced = true, t, t, t
	}
	s.last = max(s.last, t)
	switch ev.Kind() {
	case trace.EventSync:
		s.synced = t
		s.stacks.nextGeneration()
		return
	case trace.EventStateTransition:
		st := ev.StateTransition()
		switch st.Resource.Kind {
		case trace.ResourceGoroutine:
			s.goroutineEvent(t, st)
		case trace.ResourceProc:
			s.procEvent(t, st)
		}
	case trace.EventRangeBegin, trace.EventRangeActive, trace.EventRangeEnd:
		s.rangeEvent(t, ev)
	case trace.EventMetric:
		m := ev.Metric()
		if m.Name == "/sched/gomaxprocs:threads" && m.Value.Kind() == trace.ValueUint64 {
			s.sum.Procs = max(s.sum.Procs, int(min(m.Value.Uint64(), 1<<20)))
		}
		s.gc.metric(m)
	case trace.EventLabel:
		l := ev.Label()
		if g := s.goroutines[goroutineOf(l.Resource)]; g != nil {
			g.worker = worker(l.Label)
		}
	}
	s.sum.Events++
}

func (s *summer) procEvent(t trace.Time, st trace.StateTransition) {
	id := st.Resource.Proc()
	from, to := st.Proc()
	since, running := s.procs[id]
	if from == trace.ProcUndetermined && !running && to == trace.ProcRunning {
		s.procs[id], running = s.synced, true
	}
	s.procSeen[id] = true
	switch {
	case to == trace.ProcRunning && !running:
		s.procs[id] = t
	case to != trace.ProcRunning && running:
		s.procTime += between(since, t)
		delete(s.procs, id)
	}
}

func (s *summer) rangeEvent(t trace.Time, ev *trace.Event) {
	r := ev.Range()
	switch {
	case r.Name == "GC concurrent mark phase":
		s.markEvent(t, ev.Kind())
	case r.Name == "GC mark assist":
		s.assistEvent(t, r.Scope.Goroutine(), ev.Kind())
	case strings.HasPrefix(r.Name, "stop-the-world"):
		s.stopEvent(t, r, ev)
	}
}

func goroutineOf(r trace.ResourceID) trace.GoID {
	if r.Kind != trace.ResourceGoroutine {
		return trace.NoGoroutine
	}
	return r.Goroutine()
}

func (s *summer) markEvent(t trace.Time, kind trace.EventKind) {
	switch kind {
	case trace.EventRangeBegin:
		s.gc.begin(between(s.first, t))
	case trace.EventRangeEnd:
		s.gc.end(between(s.first, t))
	}
	switch {
	case kind == trace.EventRangeEnd && s.marking:
		s.sum.GCActive += between(s.markFrom, t)
		s.marking = false
	case kind != trace.EventRangeEnd && !s.marking:
		s.marking, s.markFrom = true, t
		if kind == trace.EventRangeActive {
			s.markFrom = s.synced
		}
	}
}

func (s *summer) stopEvent(t trace.Time, r trace.Range, ev *trace.Event) {
	id := r.Scope.Goroutine()
	if ev.Kind() != trace.EventRangeEnd {
		reason := strings.TrimSuffix(strings.TrimPrefix(r.Name, "stop-the-world ("), ")")
		s.stopping[id] = stop{at: t, reason: reason, stack: s.stacks.id(ev.Stack())}
		return
	}
	begun, ok := s.stopping[id]
	if !ok {
		return
	}
	delete(s.stopping, id)
	took := between(begun.at, t)
	s.stops.add(took)
	s.pauses.add(took, func() Pause {
		return Pause{Reason: begun.reason, Took: took, Stack: s.stacks.frames(begun.stack)}
	})
}

// finish closes what is still open at the end of the window.
func (s *summer) finish() *Summary {
	for _, g := range s.openGoroutines() {
		s.leave(g, s.last, trace.GoUndetermined)
		s.settle(g, false)
	}
	for _, since := range s.procs {
		s.procTime += between(since, s.last)
	}
	if s.marking {
		s.sum.GCActive += between(s.markFrom, s.last)
	}
	sum := &s.sum
	sum.Window = between(s.first, s.last)
	sum.Collector = s.gc.sum
	if sum.Procs == 0 {
		sum.Procs = len(s.procSeen)
	}
	if sum.Window > 0 {
		sum.Parallel = float64(s.procTime) / float64(sum.Window)
	}
	sum.RunnableLat = s.latency.distribution()
	sum.Pauses = s.stops.distribution()
	sum.STW = s.pauses.descending()
	sum.LongSlices = s.longest.descending()
	sum.Starts = s.startFuncs()
	sum.Waits = s.waitList()
	return sum
}

func (s *summer) openGoroutines() []*goroutine {
	ids := make([]trace.GoID, 0, len(s.goroutines))
	for id := range s.goroutines {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	open := make([]*goroutine, len(ids))
	for i, id := range ids {
		open[i] = s.goroutines[id]
	}
	return open
}

// between is never negative, whatever a damaged trace claims.
func between(from, to trace.Time) time.Duration {
	return max(0, to.Sub(from))
}
