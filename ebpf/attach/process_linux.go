package attach

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/goperf/goperf/ebpf/goproc"
)

// Process is a running Go process as probes need to know it.
type Process struct {
	*Symbols
	Notes []string // what is known only in part

	host   uint32 // thread group in the initial PID namespace
	layout goproc.Layout
	known  *goproc.Process
	exe    *os.File
}

// Open looks at a process. The executable stays open, so that addresses can be
// named after the process has ended.
func Open(pid int) (*Process, error) {
	known, err := goproc.Open(pid)
	if err != nil {
		return nil, err
	}
	p := &Process{known: known, layout: known.Layout, Notes: known.Notes}
	if err := p.complete(pid); err != nil {
		_ = p.Close()
		return nil, err
	}
	return p, nil
}

func (p *Process) complete(pid int) error {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return fmt.Errorf("pid:%d: memory map: %w", pid, err)
	}
	if p.exe, err = os.Open(fmt.Sprintf("/proc/%d/exe", pid)); err != nil {
		return fmt.Errorf("pid:%d: %w", pid, err)
	}
	p.Symbols = newSymbols(p.known.Table, p.known.Bias, parseMaps(string(maps)))
	p.host, err = HostPID(pid)
	return err
}

// Main is the path of the program's main module, "" when it does not tell.
func (p *Process) Main() string {
	info, err := buildinfo.Read(p.exe)
	if err != nil {
		return ""
	}
	return info.Main.Path
}

// Constant reads bytes that the process has from its executable.
func (p *Process) Constant(addr uint64, n int) ([]byte, bool) {
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
func (p *Process) Close() error {
	if p.exe != nil {
		_ = p.exe.Close()
	}
	return p.known.Close()
}

// Constants are what the programs of a probe are told before they are loaded
// (ebpf/bpf/golang.h, ebpf/bpf/stack.h).
func (p *Process) Constants() map[string]any {
	start, end := p.Text()
	l := p.layout
	constants := map[string]any{
		"target": p.host, "text_start": start, "text_end": end,
		"go_m": uint32(l.GM), "go_curg": uint32(l.MCurG), "go_goid": uint32(l.GGoid), "go_labels": uint32(l.GLabels),
	}
	if l.GSyscallBP > 0 {
		constants["go_syscallpc"], constants["go_syscallbp"] = uint32(l.GSyscallPC), uint32(l.GSyscallBP)
	}
	if l.TLSG != 0 {
		constants["go_tls"] = int32(l.TLSG)
	}
	return Options(constants, map[string]bool{"go_label_map": l.LabelMap})
}

// Build is what the program says of its making, nil when it says nothing.
func (p *Process) Build() *debug.BuildInfo { return p.table.Build() }
