package attach

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/goperf/goperf/ebpf/gosym"
)

// Process is a running Go process as probes need to know it.
type Process struct {
	*Symbols
	PID   int
	Notes []string // what is known only in part

	host   uint32 // thread group in the initial PID namespace
	layout layout
	exe    *os.File
}

// Open looks at a process. The executable stays open, so that addresses can be
// named after the process has ended.
func Open(pid int) (*Process, error) {
	p := &Process{PID: pid}
	maps, err := os.ReadFile(p.file("maps"))
	if err != nil {
		return nil, p.cannot(err)
	}
	if p.exe, err = os.Open(p.file("exe")); err != nil {
		return nil, p.cannot(err)
	}
	if err := p.read(parseMaps(string(maps))); err != nil {
		_ = p.Close()
		return nil, err
	}
	if p.host, err = HostPID(pid); err != nil {
		_ = p.Close()
		return nil, err
	}
	return p, nil
}

func (p *Process) file(name string) string { return fmt.Sprintf("/proc/%d/%s", p.PID, name) }

// read finds the symbols and the layout of the runtime.
func (p *Process) read(maps []mapping) error {
	if len(maps) == 0 {
		return p.wrong("has no memory of its own: it is a thread of the kernel, or it has ended", "")
	}
	table, err := gosym.Open(p.exe)
	if errors.Is(err, gosym.ErrNotGo) {
		return p.wrong("is no Go program", "probes read goroutines and Go stacks; perf record -g -p "+fmt.Sprint(p.PID)+" looks at other programs")
	}
	if err != nil {
		return p.wrong(err.Error(), "")
	}
	name, _ := os.Readlink(p.file("exe"))
	bias, err := loadBias(table, maps, name)
	if err != nil {
		return p.wrong(err.Error(), "")
	}
	known := false
	if p.layout, known, err = layoutOf(table.GoVersion()); err != nil {
		return p.wrong(err.Error(), "")
	}
	if !known {
		p.Notes = append(p.Notes, fmt.Sprintf("built with %q, which is newer than goperf: goroutine numbers and labels may be missing", table.GoVersion()))
	}
	p.Symbols = newSymbols(table, bias, maps)
	return nil
}

// constant reads bytes that the process has from its executable.
func (p *Process) constant(addr uint64, n int) ([]byte, bool) {
	addr -= p.bias
	for _, seg := range p.table.Segments() {
		if addr >= seg.Start && addr < seg.End && !seg.Writable {
			b := make([]byte, n)
			_, err := p.exe.ReadAt(b, int64(seg.Offset+addr-seg.Start))
			return b, err == nil
		}
	}
	return nil, false
}

// Close lets go of the executable: addresses that were not named before have no
// name any more.
func (p *Process) Close() error { return p.exe.Close() }

// Constants are what the programs of a probe are told before they are loaded
// (ebpf/bpf/golang.h, ebpf/bpf/stack.h).
func (p *Process) Constants() map[string]any {
	start, end := p.Text()
	labelMap := uint32(0)
	if p.layout.labelMap {
		labelMap = 1
	}
	return map[string]any{
		"target": p.host, "text_start": start, "text_end": end,
		"go_curg": p.layout.curg, "go_goid": p.layout.goid, "go_labels": p.layout.labels, "go_label_map": labelMap,
	}
}

// wrong is an error about the process itself.
func (p *Process) wrong(what, hint string) error {
	name := "process"
	if comm, err := os.ReadFile(p.file("comm")); err == nil {
		name = strings.TrimSpace(string(comm))
	}
	return &processError{text: fmt.Sprintf("pid:%d (%s): %s", p.PID, name, what), hint: hint}
}

// cannot says why a file of the process cannot be read.
func (p *Process) cannot(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist) && !p.exists():
		return &processError{text: fmt.Sprintf("pid:%d: there is no such process", p.PID), hint: "inside a container, give the number that the process has there"}
	case errors.Is(err, fs.ErrNotExist):
		return p.wrong("has no executable: it is a thread of the kernel, or it has just ended", "")
	case errors.Is(err, fs.ErrPermission):
		return &processError{
			text: fmt.Sprintf("pid:%d: its memory map and executable may not be read: it belongs to another user, or its file has capabilities", p.PID),
			hint: "run goperf as that user or as root; the least that does is CAP_SYS_PTRACE",
		}
	}
	return &processError{text: fmt.Sprintf("pid:%d: %v", p.PID, err)}
}

func (p *Process) exists() bool {
	_, err := os.Stat(fmt.Sprintf("/proc/%d", p.PID))
	return err == nil
}

type processError struct{ text, hint string }

func (e *processError) Error() string { return e.text }

// Hint is what to try.
func (e *processError) Hint() string { return e.hint }
