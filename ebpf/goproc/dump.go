package goproc

import (
	"fmt"
	"time"
)

// Status is what a goroutine does (the _G constants of runtime/runtime2.go).
type Status uint8

// The statuses that a living goroutine can have.
const (
	Runnable  Status = 1
	Running   Status = 2
	Syscall   Status = 3
	Waiting   Status = 4
	CopyStack Status = 8
	Preempted Status = 9
	Leaked    Status = 10 // found unreachable by a goroutineleak profile, from Go 1.26
)

const (
	statusIdle = 0
	statusMax  = 11 // deadextra, from Go 1.26
	scanBit    = 0x1000
)

// String is the status as a debug=2 page has it.
func (s Status) String() string {
	names := map[Status]string{Runnable: "runnable", Running: "running", Syscall: "syscall", Waiting: "waiting", CopyStack: "copystack", Preempted: "preempted", Leaked: "leaked"}
	if name, ok := names[s]; ok {
		return name
	}
	return fmt.Sprintf("status %d", uint8(s))
}

func (s Status) alive() bool {
	return s >= Runnable && s <= Waiting || s >= CopyStack && s <= Leaked
}

// Label is a label that runtime/pprof attached to a goroutine.
type Label struct{ Key, Value string }

// Goroutine is one goroutine at one moment.
type Goroutine struct {
	ID      uint64
	Parent  uint64 // who started it, 0 when unknown (Go before 1.21)
	Status  Status
	Reason  string        // of a waiting one: "chan receive", "" when there is none
	Waited  time.Duration // at least so long, 0 when unknown: a collection notes who waits
	Creator uint64        // the address after the go statement
	Start   uint64        // the function it began in
	Labels  []Label       // sorted by key

	// Stack are runtime addresses, innermost first: where it will go on, then
	// return addresses. It is nil when the goroutine is running or was torn.
	Stack  []uint64
	Cut    bool // the stack goes on, in C code or deeper than goperf follows
	Torn   bool // it moved each time it was looked at
	System bool // it belongs to the runtime

	addr   uint64
	slot   int // in allgs, whose order stays
	labels uint64
}

// State is the status, or the reason that a waiting goroutine has.
func (g *Goroutine) State() string {
	if g.Status == Waiting && g.Reason != "" {
		return g.Reason
	}
	return g.Status.String()
}

// Dump is all goroutines of a process, looked at one after another.
type Dump struct {
	Goroutines []Goroutine // in the order of creation, roughly
	Total      int         // g structs of the process, the dead ones included
	Torn       int         // goroutines that moved each time they were looked at
	Unreadable int         // g structs that could not be read
}

// Bounds on one dump.
const (
	maxGoroutines = 16 << 20
	maxDepth      = 256
	batchSize     = 1024
	rounds        = 4 // of reading stacks: for deeper ones, and for what moved
	window        = 512
)

// pending is a goroutine whose stack is still to be read.
type pending struct {
	i          int // in Dump.Goroutines
	pc, sp, hi uint64
	status     Status
	window     uint64
	changed    bool // it moved while it was read
	ended      bool
}

// knownStack is a stack that was unwound, and what must be equal for it to be so still.
type knownStack struct {
	goid, sp, pc uint64
	status       Status
	stack        []uint64
	cut          bool
}

// Dump lists the goroutines. With labels it reads their pprof labels, too.
func (p *Process) Dump(labels bool) (*Dump, error) {
	d, err := p.dump(labels)
	if err != nil {
		return nil, refused(p.PID, fmt.Sprintf("/proc/%d", p.PID), err)
	}
	return d, nil
}

func (p *Process) dump(labels bool) (*Dump, error) {
	if p.allgs == 0 {
		if err := p.prepare(); err != nil {
			return nil, err
		}
	}
	addrs, err := p.list()
	if err != nil {
		return nil, err
	}
	d := &Dump{Total: len(addrs), Goroutines: make([]Goroutine, 0, len(addrs))}
	if more := len(addrs) - len(p.known); more > 0 {
		p.known = append(p.known, make([]knownStack, more)...)
	}
	for from := 0; from < len(addrs); from += batchSize {
		if err := p.batch(d, addrs[from:min(from+batchSize, len(addrs))], from); err != nil {
			return nil, err
		}
	}
	if labels {
		if err := p.readLabels(d); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// batch reads some of the goroutines, whole: what is read for one batch stays in
// the processor's cache, and goroutines have little time to move.
func (p *Process) batch(d *Dump, addrs []uint64, from int) error {
	todo, err := p.heads(d, addrs, from)
	for round := 0; err == nil && len(todo) > 0; round++ {
		todo, err = p.stacks(d, todo, round+1 < rounds)
	}
	return err
}

// list is the addresses of all g structs.
func (p *Process) list() ([]uint64, error) {
	var h [16]byte
	if err := read(p.mem, h[:], p.allgs); err != nil {
		return nil, err
	}
	n := u64(h[8:])
	if n > maxGoroutines {
		return nil, fmt.Errorf("%w: it lists %d goroutines", ErrLayout, n)
	}
	b := make([]byte, 8*n)
	if n == 0 {
		return nil, nil
	}
	if err := read(p.mem, b, u64(h[:])); err != nil {
		return nil, err
	}
	addrs := make([]uint64, n)
	for i := range addrs {
		addrs[i] = u64(b[8*i:])
	}
	return addrs, nil
}

// heads reads the g structs from one of allgs on, and says whose stacks are to be
// read.
func (p *Process) heads(d *Dump, addrs []uint64, from int) ([]pending, error) {
	n := p.Layout.header()
	wants := make([]want, len(addrs))
	for i, a := range addrs {
		wants[i] = want{addr: a, n: n}
	}
	heads, err := p.gather(wants, headGap)
	if err != nil {
		return nil, err
	}
	now := monotonic()
	todo := make([]pending, 0, len(heads))
	for i, b := range heads {
		if b == nil {
			d.Unreadable++
			continue
		}
		status := p.status(b)
		if !status.alive() {
			continue
		}
		d.Goroutines = append(d.Goroutines, p.goroutine(b, addrs[i], now))
		g := &d.Goroutines[len(d.Goroutines)-1]
		g.slot = from + i
		if next, ok := p.place(b, g, len(d.Goroutines)-1); ok {
			todo = append(todo, next)
		}
	}
	return todo, nil
}

// headGap joins the g structs of one span: they are of one size class.
const headGap = 512

// stackGap joins small stacks that lie side by side.
const stackGap = 2048

func (p *Process) status(b []byte) Status {
	s := u32(b[p.Layout.GStatus:]) &^ scanBit
	if s > statusMax {
		return statusIdle
	}
	return Status(s)
}

func (p *Process) goroutine(b []byte, addr uint64, now int64) Goroutine {
	l := &p.Layout
	g := Goroutine{
		ID: u64(b[l.GGoid:]), Status: p.status(b), Creator: u64(b[l.GGoPC:]), Start: u64(b[l.GStartPC:]),
		addr: addr, labels: u64(b[l.GLabels:]),
	}
	if l.GParentGoid >= 0 {
		g.Parent = u64(b[l.GParentGoid:])
	}
	if g.Status == Waiting || g.Status == Leaked {
		g.Reason = p.reason(b[l.GWaitReason])
	}
	if since := int64(u64(b[l.GWaitSince:])); since > 0 && since < now && g.Status != Running && g.Status != Runnable {
		g.Waited = time.Duration(now - since)
	}
	g.System = p.system(g.Start)
	return g
}

// place says where a goroutine's stack is to be read, unless it has none in
// memory or is known from the dump before.
func (p *Process) place(b []byte, g *Goroutine, i int) (pending, bool) {
	next := p.where(b)
	next.i, next.window = i, window
	if next.sp == 0 {
		return next, false
	}
	k := &p.known[g.slot]
	if k.goid == g.ID && k.sp == next.sp && k.pc == next.pc && k.status == next.status {
		g.Stack, g.Cut = k.stack, k.cut
		return next, false
	}
	return next, true
}

// where is what a g says of its stack; sp is 0 when it is not in memory.
func (p *Process) where(b []byte) pending {
	l := &p.Layout
	at := pending{hi: u64(b[8:]), status: p.status(b)}
	switch at.status {
	case Syscall:
		at.sp, at.pc = u64(b[l.GSyscallSP:]), u64(b[l.GSyscallPC:])
	case Runnable, Waiting, CopyStack, Preempted, Leaked:
		at.sp, at.pc = u64(b[l.GSched:]), u64(b[l.GSched+8:])
	}
	if lo := u64(b); at.sp < lo || at.sp >= at.hi || at.sp%8 != 0 {
		at.sp = 0
	}
	return at
}

// stacks reads the stacks of goroutines, then their g structs once more: what
// moved meanwhile, and what is deeper than the window, is returned to be read
// again, unless this is the last round.
func (p *Process) stacks(d *Dump, todo []pending, again bool) ([]pending, error) {
	wants := make([]want, len(todo))
	for k, t := range todo {
		wants[k] = want{addr: t.sp, n: int(min(t.window, t.hi-t.sp))}
	}
	windows, err := p.gather(wants, stackGap)
	if err != nil {
		return nil, err
	}
	var more []pending
	arena := make([]uint64, 0, 8*len(todo))
	walks := make([]walk, len(todo))
	for k, t := range todo {
		walks[k] = p.unwind(arena, t, windows[k])
		arena = walks[k].rest
	}
	if err := p.recheck(d, todo); err != nil {
		return nil, err
	}
	for k, t := range todo {
		g := &d.Goroutines[t.i]
		switch w := &walks[k]; {
		case t.changed && again && t.sp != 0 && !t.ended:
			t.changed = false
			more = append(more, t)
		case t.changed && (t.sp != 0 || t.ended):
			g.Torn = true
			d.Torn++
		case t.changed: // it runs now
		case w.deeper && again:
			t.window *= 16
			more = append(more, t)
		default:
			g.Stack, g.Cut = w.stack, w.cut || w.deeper
			p.known[g.slot] = knownStack{goid: g.ID, sp: t.sp, pc: t.pc, status: t.status, stack: g.Stack, cut: g.Cut}
		}
	}
	return more, nil
}

// recheck reads the g structs again and notes, in todo and in the dump, what changed.
func (p *Process) recheck(d *Dump, todo []pending) error {
	wants := make([]want, len(todo))
	for k, t := range todo {
		wants[k] = want{addr: d.Goroutines[t.i].addr, n: p.Layout.header()}
	}
	heads, err := p.gather(wants, headGap)
	if err != nil {
		return err
	}
	now := monotonic()
	for k := range todo {
		t := &todo[k]
		b, g := heads[k], &d.Goroutines[t.i]
		if b == nil {
			t.changed, t.ended = true, true
			continue
		}
		at := p.where(b)
		if at.sp == t.sp && at.pc == t.pc && at.status == t.status && u64(b[p.Layout.GGoid:]) == g.ID {
			continue
		}
		t.changed, t.sp, t.pc, t.hi, t.status = true, at.sp, at.pc, at.hi, at.status
		if at.status.alive() { // the g may have a new goroutine: all of it is new
			*g = p.goroutine(b, g.addr, now)
		} else {
			t.ended = true
		}
	}
	return nil
}
