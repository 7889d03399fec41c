package goproc

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goperf/goperf/ebpf/gosym"
)

// prepare finds what a dump needs once: runtime.allgs and the names of the
// reasons to wait.
func (p *Process) prepare() error {
	main, ok := p.Table.FuncByName("runtime.main")
	if !ok {
		return fmt.Errorf("%w: there is no runtime.main", ErrLayout)
	}
	start := main.Entry + p.Bias
	if s, ok := p.Table.Symbol("runtime.allgs"); ok {
		good, err := p.isAllgs([]uint64{s.Start + p.Bias}, start)
		if err != nil {
			return err
		}
		if len(good) > 0 {
			p.allgs = good[0]
		}
	}
	if p.allgs == 0 {
		if err := p.scanAllgs(start); err != nil {
			return err
		}
	}
	p.findReasons()
	p.scanned = nil
	return nil
}

// scanChunk is how much of the variables is read at a time.
const scanChunk = 1 << 20

// scan calls visit with the variables in pieces that overlap by n bytes.
func (p *Process) scan(n int, visit func(b []byte, addr uint64) (done bool, err error)) error {
	if p.scanned == nil {
		p.scanned = make([]byte, scanChunk)
	}
	ranges := p.Table.Data()
	// runtime.allgs is zero at the start and has pointers: it is in the third, bss.
	if len(ranges) > 2 {
		ranges = append([]gosym.Range{ranges[2]}, ranges...)
	}
	for _, r := range ranges {
		for from := r.Start; from < r.End; from += scanChunk - uint64(n) {
			b := p.scanned[:min(scanChunk, r.End-from)]
			if err := read(p.mem, b, from+p.Bias); err != nil {
				if errors.Is(err, errUnmapped) {
					continue
				}
				return err
			}
			if done, err := visit(b, from+p.Bias); done || err != nil {
				return err
			}
		}
	}
	return nil
}

// scanAllgs finds runtime.allgs in a program without symbols: the slice of
// pointers to g structs that begins with the main goroutine, which has number 1
// and began in runtime.main.
func (p *Process) scanAllgs(start uint64) error {
	err := p.scan(24, func(b []byte, addr uint64) (bool, error) {
		var at []uint64
		for i := 0; i+24 <= len(b); i += 8 {
			ptr, n, c := u64(b[i:]), u64(b[i+8:]), u64(b[i+16:])
			if n > 0 && n <= c && c <= maxGoroutines && plausible(ptr) {
				at = append(at, addr+uint64(i))
			}
		}
		good, err := p.isAllgs(at, start)
		if len(good) > 0 {
			p.allgs = good[0]
		}
		return p.allgs != 0, err
	})
	if err == nil && p.allgs == 0 {
		err = fmt.Errorf("%w: the list of goroutines was not found (%s)", ErrLayout, p.Table.GoVersion())
	}
	return err
}

// plausible says whether a word can be a pointer into the heap or the variables.
func plausible(ptr uint64) bool { return ptr >= 1<<16 && ptr < 1<<47 && ptr%8 == 0 }

// isAllgs keeps those addresses at which a list of goroutines stands.
func (p *Process) isAllgs(at []uint64, start uint64) ([]uint64, error) {
	next := at
	for range 2 { // the slice's pointer, then the first element
		ptrs, err := p.pointers(next)
		if err != nil {
			return nil, err
		}
		next = ptrs
	}
	l := &p.Layout
	wants := make([]want, 0, len(at))
	var of []uint64
	for i, g := range next {
		if g != 0 {
			wants = append(wants, want{addr: g, n: l.header()})
			of = append(of, at[i])
		}
	}
	heads, err := p.gather(wants, 0)
	if err != nil {
		return nil, err
	}
	var good []uint64
	for i, b := range heads {
		if b != nil && u64(b[l.GGoid:]) == 1 && u64(b[l.GStartPC:]) == start && u64(b) < u64(b[8:]) {
			good = append(good, of[i])
		}
	}
	return good, nil
}

// pointers reads a pointer at each address; 0 stands for none.
func (p *Process) pointers(at []uint64) ([]uint64, error) {
	wants := make([]want, len(at))
	for i, a := range at {
		if a != 0 {
			wants[i] = want{addr: a, n: 8}
		}
	}
	words, err := p.gather(wants, 64)
	if err != nil {
		return nil, err
	}
	out := make([]uint64, len(at))
	for i, b := range words {
		if len(b) == 8 && plausible(u64(b)) {
			out[i] = u64(b)
		}
	}
	return out, nil
}

// firstReason is the text of the second element of runtime.waitReasonStrings;
// the first is empty.
const firstReason = "GC assist marking"

// maxReasons bounds the table; g.waitreason is one byte.
const maxReasons = 256

// findReasons reads the names of the reasons to wait from the process itself:
// their numbers change with almost every version.
func (p *Process) findReasons() {
	_ = p.scan(16*maxReasons, func(b []byte, addr uint64) (bool, error) {
		for i := 0; i+32 <= len(b); i += 8 {
			if u64(b[i+24:]) != uint64(len(firstReason)) || u64(b[i+8:]) != 0 || p.text(u64(b[i+16:]), len(firstReason)) != firstReason {
				continue
			}
			p.reasons = []string{""}
			for at := i + 16; at+16 <= len(b) && len(p.reasons) < maxReasons; at += 16 {
				name := p.text(u64(b[at:]), int(min(u64(b[at+8:]), maxReason+1)))
				if name == "" {
					break
				}
				p.reasons = append(p.reasons, name)
			}
			return true, nil
		}
		return false, nil
	})
}

// maxReason is longer than any reason.
const maxReason = 64

// text reads a short printable string; "" when it is none.
func (p *Process) text(addr uint64, n int) string {
	if n <= 0 || n > maxReason || addr < 1<<12 {
		return ""
	}
	b := make([]byte, n)
	if read(p.mem, b, addr) != nil {
		return ""
	}
	for _, c := range b {
		if c < ' ' || c > '~' {
			return ""
		}
	}
	return string(b)
}

func (p *Process) reason(n byte) string {
	switch {
	case int(n) < len(p.reasons):
		return p.reasons[n]
	case n == 0:
		return ""
	}
	return fmt.Sprintf("wait reason %d", n)
}

// system says whether the runtime started a goroutine for itself
// (runtime.isSystemGoroutine).
func (p *Process) system(start uint64) bool {
	f, ok := p.starts[start]
	if !ok {
		fn, _ := p.Table.Func(start - p.Bias)
		f = strings.HasPrefix(fn.Name, "runtime.") && fn.Name != "runtime.main" && fn.Name != "runtime.corostart" && fn.Name != "runtime.handleAsyncEvent"
		p.starts[start] = f
	}
	return f
}

// WaitReasons are the names of the reasons to wait, by the runtime's number.
func (p *Process) WaitReasons() ([]string, error) {
	if p.reasons == nil {
		p.findReasons()
	}
	if p.reasons == nil {
		return nil, fmt.Errorf("%w: the names of wait reasons were not found", ErrLayout)
	}
	return p.reasons, nil
}
