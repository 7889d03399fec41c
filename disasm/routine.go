package disasm

import (
	"slices"

	"github.com/goperf/goperf/ebpf/gosym"
)

// maxFunction is larger than any function that a compiler has finished with.
const maxFunction = 4 << 20

// routine is the instructions of a function within a compiled one.
func (l *lister) routine(w want) (Routine, bool) {
	f, ok := l.prog.Func(w.entry)
	if !ok || f.End <= f.Entry || f.End-f.Entry > maxFunction {
		return Routine{}, false
	}
	code := make([]byte, f.End-f.Entry)
	n, _ := l.prog.ReadAt(code, int64(f.Entry)) // what is missing is not shown
	r := Routine{Name: w.name}
	if bare(f.Name) != bare(w.name) {
		r.Into = f.Name
	}
	end := uint64(0)
	for _, in := range decode(l.prog.Arch(), code[:n], f.Entry, l.symbol, l.prog) {
		frames := l.prog.Frames(in.Addr)
		own := slices.IndexFunc(frames, func(fr gosym.Frame) bool { return fr.Func == w.name })
		if r.Into == "" {
			own = len(frames) - 1
		}
		if own < 0 {
			continue
		}
		line := Line{Instruction: in, Frames: frames[:own+1], Gap: end != 0 && in.Addr != end}
		for at := in.Addr; at < in.Addr+uint64(in.Len); at++ {
			c := l.costs[at]
			line.Flat, line.Cum = line.Flat+c.flat, line.Cum+c.cum
		}
		if r.Start == 0 {
			r.Start, r.File = in.Addr, frames[own].File
		}
		end = in.Addr + uint64(in.Len)
		r.End, r.Flat, r.Cum = end, r.Flat+line.Flat, r.Cum+line.Cum
		r.Lines = append(r.Lines, line)
	}
	r.trim()
	return r, len(r.Lines) > 0
}

// trim takes off the padding behind the last instruction of a function.
func (r *Routine) trim() {
	for n := len(r.Lines); n > 1; n = len(r.Lines) {
		last := r.Lines[n-1]
		if last.Cum != 0 || last.Text != "INT $0x3" && last.Text != "?" {
			return
		}
		r.Lines, r.End = r.Lines[:n-1], last.Addr
	}
}

// symbol names the target of a call or a jump.
func (l *lister) symbol(addr uint64) (string, uint64) {
	if f, ok := l.prog.Func(addr); ok {
		return f.Name, f.Entry
	}
	return "", 0
}
