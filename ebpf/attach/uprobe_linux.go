package attach

import (
	"fmt"

	"github.com/cilium/ebpf/link"

	"github.com/goperf/goperf/ebpf/probe"
)

// pushFrame is the instruction push %rbp, which the kernel emulates instead of
// executing it out of line.
const pushFrame = 0x55

// Push is where a function of the process pushes the frame pointer, as an offset
// in the executable: there the stack pointer first stands a word below the
// return address.
func (p *Process) Push(function string) (uint64, error) {
	f, ok := p.table.FuncByName(function)
	if !ok {
		return 0, p.wrong("has no "+function, "")
	}
	for pc := f.Entry; pc < f.End; pc++ {
		size, ok := p.table.SPDelta(pc)
		if !ok || size == 0 {
			continue
		}
		code, ok := p.constant(pc-1+p.bias, 1)
		if !ok || size != 8 || pc == f.Entry || code[0] != pushFrame {
			break
		}
		return p.offset(pc - 1)
	}
	return 0, p.wrong(function+" does not begin by pushing the frame pointer", "")
}

// offset is where an address lies in the executable.
func (p *Process) offset(addr uint64) (uint64, error) {
	for _, seg := range p.table.Segments() {
		if seg.Executable && addr >= seg.Start && addr < seg.End {
			return seg.Offset + addr - seg.Start, nil
		}
	}
	return 0, p.wrong("has code outside of its file", "")
}

// UprobesSupported says whether the kernel is new enough for [Collection.Uprobe]:
// before 6.10 it takes the number of the process for that of a thread (commit
// 46ba0e49b642).
func UprobesSupported() error {
	major, minor := release()
	if !older(major, minor, 6, 10) {
		return nil
	}
	return probe.Refuse(fmt.Sprintf("kernel %d.%d cannot limit user probes to one process", major, minor), "it takes Linux 6.10", nil)
}

// Uprobe runs a program whenever the process comes to a place of its executable.
// Nothing is replaced on the stack: there is no return probe.
func (c *Collection) Uprobe(p *Process, program string, offsets ...uint64) error {
	if err := UprobesSupported(); err != nil {
		return err
	}
	exe, err := link.OpenExecutable(p.file("exe"))
	if err != nil {
		return fmt.Errorf("attaching %s: %w", program, root(err))
	}
	l, err := exe.UprobeMulti(nil, c.programs[program], &link.UprobeMultiOptions{Addresses: offsets, PID: uint32(p.PID)})
	if err != nil {
		return explain("attaching "+program, err)
	}
	c.attached = append(c.attached, l)
	return nil
}
