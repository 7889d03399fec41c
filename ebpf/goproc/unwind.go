package goproc

// step is what unwinding needs of an instruction.
type step struct {
	delta int32
	known bool
	top   bool
}

// walk is a stack as it was unwound.
type walk struct {
	stack  []uint64
	rest   []uint64 // of the arena that stack is in
	cut    bool     // in code that is not Go's, or too deep
	deeper bool     // the window ended before the stack did
}

// unwind follows return addresses from a goroutine's stack pointer up. b is the
// memory from there on. It does what runtime/traceback.go does: the distance to
// the return address is in the function table for each instruction.
func (p *Process) unwind(arena []uint64, t pending, b []byte) walk {
	from := len(arena)
	w := walk{rest: arena}
	if b == nil {
		w.cut = true
		return w
	}
	end := func() walk {
		w.stack = w.rest[from:len(w.rest):len(w.rest)]
		return w
	}
	pc, look, sp := t.pc, t.pc, t.sp
	for len(w.rest)-from < maxDepth {
		w.rest = append(w.rest, pc)
		s := p.step(look)
		if !s.known {
			w.cut = true
			return end()
		}
		if s.top {
			return end()
		}
		at, next := sp+uint64(s.delta), sp+uint64(s.delta)+8
		if p.Table.LinkRegister() {
			at, next = sp, sp+uint64(s.delta)
		}
		if at+8 > t.hi || next <= sp {
			w.cut = true
			return end()
		}
		o := at - t.sp
		if o+8 > uint64(len(b)) {
			w.deeper = true
			return end()
		}
		ret := u64(b[o:])
		if ret == 0 {
			return end()
		}
		pc, look, sp = ret, ret-1, next
	}
	w.cut = true
	return end()
}

// stepSlots is how many instructions the first look-up remembers: those that wait
// are few, and the goroutines of a process wait at the same ones.
const stepSlots = 1 << stepBits

const stepBits = 10

// stepSlot is what is known of one instruction.
type stepSlot struct {
	pc uint64
	step
}

// step looks up an instruction by its runtime address.
func (p *Process) step(pc uint64) step {
	const spread = 0x9e3779b97f4a7c15 // of neighbours over the slots
	slot := &p.recent[pc*spread>>(64-stepBits)]
	if slot.pc != pc {
		*slot = stepSlot{pc, p.findStep(pc)}
	}
	return slot.step
}

func (p *Process) findStep(pc uint64) step {
	if s, ok := p.steps[pc]; ok {
		return s
	}
	if len(p.steps) > maxKnown {
		clear(p.steps)
	}
	var s step
	if f, ok := p.Table.Func(pc - p.Bias); ok {
		delta, known := p.Table.SPDelta(pc - p.Bias)
		s = step{delta: int32(delta), known: known, top: f.Top}
	}
	p.steps[pc] = s
	return s
}
