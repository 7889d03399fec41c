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
		return 0, fmt.Errorf("pid:%d: has no %s", p.known.PID, function)
	}
	for pc := f.Entry; pc < f.End; pc++ {
		size, ok := p.table.SPDelta(pc)
		if !ok || size == 0 {
			continue
		}
		code, ok := p.Constant(pc-1+p.bias, 1)
		if !ok || size != 8 || pc == f.Entry || code[0] != pushFrame {
			break
		}
		return p.offset(pc - 1)
	}
	return 0, fmt.Errorf("pid:%d: %s does not begin by pushing the frame pointer", p.known.PID, function)
}

// offset is where an address lies in the executable.
func (p *Process) offset(addr uint64) (uint64, error) {
	for _, seg := range p.table.Segments() {
		if seg.Executable && addr >= seg.Start && addr < seg.End {
			return seg.Offset + addr - seg.Start, nil
		}
	}
	return 0, fmt.Errorf("pid:%d: has code outside of its file", p.known.PID)
}

// WaitReasons are the names of the reasons to wait, by the runtime's number.
func (p *Process) WaitReasons() ([]string, error) { return p.known.WaitReasons() }

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
	exe, err := link.OpenExecutable(fmt.Sprintf("/proc/%d/exe", p.known.PID))
	if err != nil {
		return fmt.Errorf("attaching %s: %w", program, root(err))
	}
	l, err := exe.UprobeMulti(nil, c.programs[program], &link.UprobeMultiOptions{Addresses: offsets, PID: uint32(p.known.PID)})
	if err != nil {
		return explain("attaching "+program, err)
	}
	c.attached = append(c.attached, l)
	return nil
}
