// Package goproc looks into running Go processes from outside, without stopping
// them: it reads their memory with process_vm_readv, which needs no privilege
// for processes of the same user, no endpoint and no cooperation.
//
// [Open] finds the executable (also a deleted one, and one in a container), its
// function table, where it was loaded, and where the fields of the runtime's
// structs lie; [Process.Dump] lists the goroutines with their stacks, unwound by
// the runtime's own frame sizes, so exact without frame pointers.
//
// The target runs on while it is read. What was read is read again, and a
// goroutine that moved in between is tried again; one that never holds still is
// counted as torn and has no stack. A goroutine that is running has its stack in
// the registers of a processor, not in memory: it is listed as running, with the
// function it began in.
//
// Facts about the runtime are from runtime/runtime2.go, runtime/proc.go and
// runtime/traceback.go of Go 1.18 to 1.27; the tests hold the offsets against the
// DWARF of programs of each version.
package goproc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/goperf/goperf/ebpf/gosym"
)

// Sentinels in the chain of errors of this package.
var (
	ErrVanished   = errors.New("there is no such process")
	ErrPermission = errors.New("not permitted")
	ErrLayout     = errors.New("runtime whose structs goperf does not know")
)

// Process is a running Go process. Its methods are for one goroutine at a time.
type Process struct {
	PID    int
	Table  *gosym.Table // by link-time addresses
	Bias   uint64       // runtime address = link-time address + Bias
	Layout Layout
	Notes  []string // doubts

	exe     *os.File
	mem     memory
	allgs   uint64 // address of runtime.allgs, 0 until it was found
	reasons []string
	frames  map[uint64][]gosym.Frame // at an instruction
	calls   map[uint64][]gosym.Frame // at a return address, without wrappers
	steps   map[uint64]step
	recent  [stepSlots]stepSlot // of steps
	starts  map[uint64]bool     // whether a function is where the runtime's own goroutines begin
	known   []knownStack        // by place in allgs
	parts   []part              // scratch
	order   []place
	in      []int32
	buf     []byte
	scanned []byte // a piece of the variables
}

// Open finds a Go process by its number in this process's PID namespace. The
// error is one line and says, in its Hint method, what to do about it.
func Open(pid int) (*Process, error) {
	const proc = "/proc"
	if !supported {
		return nil, hinted(fmt.Errorf("process %d: the memory of processes is read on Linux only: %w", pid, errors.ErrUnsupported), "run goperf on the machine of the service")
	}
	if err := sameNamespace(proc); err != nil {
		return nil, err
	}
	dir := filepath.Join(proc, strconv.Itoa(pid))
	exe, err := os.Open(filepath.Join(dir, "exe"))
	if err != nil {
		return nil, refused(pid, dir, err)
	}
	p := &Process{
		PID: pid, exe: exe, mem: remote(pid),
		frames: map[uint64][]gosym.Frame{}, calls: map[uint64][]gosym.Frame{}, steps: map[uint64]step{}, starts: map[uint64]bool{},
	}
	if err := p.load(dir); err != nil {
		exe.Close()
		return nil, err
	}
	return p, nil
}

// Close releases the executable.
func (p *Process) Close() error { return p.exe.Close() }

func (p *Process) load(dir string) error {
	var err error
	p.Table, err = gosym.Open(p.exe)
	if errors.Is(err, gosym.ErrNotGo) {
		name, _ := os.Readlink(filepath.Join(dir, "exe"))
		return hinted(fmt.Errorf("process %d: %s: %w", p.PID, strconv.Quote(name), err), "give the number of the Go process: a shell, a launcher or a container's init is not it")
	}
	if err != nil {
		return fmt.Errorf("process %d: %w", p.PID, err)
	}
	auxv, err := os.ReadFile(filepath.Join(dir, "auxv"))
	if err != nil {
		return refused(p.PID, dir, err)
	}
	entry, ok := entryOf(auxv)
	if !ok {
		return fmt.Errorf("process %d: %w", p.PID, ErrVanished) // a zombie has no auxiliary vector
	}
	p.Bias = entry - p.Table.Entry()
	p.Layout, err = layoutOf(p.exe, p.Table)
	if err != nil {
		return fmt.Errorf("process %d: %w", p.PID, err)
	}
	if p.Layout.Guessed {
		p.Notes = append(p.Notes, fmt.Sprintf("%s is newer than the versions that goperf knows, and its structs were taken to be those of Go 1.%d", p.Table.GoVersion(), newest))
	}
	return nil
}

// entryOf is AT_ENTRY of an auxiliary vector: the program's entry as loaded,
// which tells the load bias whatever names and mappings look like.
func entryOf(auxv []byte) (uint64, bool) {
	const atEntry = 9 // include/uapi/linux/auxvec.h
	for ; len(auxv) >= 16; auxv = auxv[16:] {
		if u64(auxv) == atEntry {
			return u64(auxv[8:]), true
		}
	}
	return 0, false
}

// sameNamespace says whether the proc file system numbers processes as this
// process does.
func sameNamespace(proc string) error {
	self, err := os.Readlink(filepath.Join(proc, "self"))
	if err != nil {
		return hinted(fmt.Errorf("%s shows another PID namespace, or no processes: %w", proc, cause(err)), "mount the proc file system of this PID namespace")
	}
	if self != strconv.Itoa(os.Getpid()) {
		return hinted(fmt.Errorf("%s shows another PID namespace: this process is %d, and %s there", proc, os.Getpid(), self),
			"run goperf in the namespace whose numbers you give: nsenter -t PID -p -m, or docker run --pid=host")
	}
	return nil
}

// refused says why a process cannot be looked into.
func refused(pid int, dir string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, errGone):
		// One that has just ended stands in the table until its parent looks.
		if _, statErr := os.Stat(dir); statErr == nil && !errors.Is(err, errGone) {
			return hinted(fmt.Errorf("process %d has no executable: %w", pid, gosym.ErrNotGo), "it is a kernel thread or a zombie")
		}
		return hinted(fmt.Errorf("process %d: %w", pid, ErrVanished), "numbers are those of this PID namespace: ps shows them; from inside a container, those of the host are others")
	case errors.Is(err, fs.ErrPermission):
		return denied(pid, dir)
	}
	return fmt.Errorf("process %d: %w", pid, cause(err))
}

// denied names the least that would do.
func denied(pid int, dir string) error {
	owner, same := ownerOf(dir)
	switch scope := yama(); {
	case !same:
		return hinted(fmt.Errorf("process %d belongs to user %s: reading its memory is %w", pid, owner, ErrPermission), "run goperf as that user, or with CAP_SYS_PTRACE")
	case scope != "" && scope != "0":
		return hinted(fmt.Errorf("kernel.yama.ptrace_scope is %s: reading the memory of process %d is %w", scope, pid, ErrPermission), "sysctl kernel.yama.ptrace_scope=0, or run goperf with CAP_SYS_PTRACE")
	}
	return hinted(fmt.Errorf("reading the memory of process %d is %w although it is of the same user", pid, ErrPermission),
		"it has more capabilities than goperf, or is not dumpable (setuid, file capabilities), or a seccomp filter or security module forbids it: run goperf with CAP_SYS_PTRACE")
}

func yama() string {
	b, err := os.ReadFile("/proc/sys/kernel/yama/ptrace_scope")
	if err != nil || len(b) == 0 {
		return ""
	}
	return string(b[:1])
}

// cause is what the system said, without the path.
func cause(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

// advised is an error with what to try.
type advised struct {
	error
	hint string
}

func hinted(err error, hint string) error { return &advised{err, hint} }

// Hint is what to try.
func (a *advised) Hint() string  { return a.hint }
func (a *advised) Unwrap() error { return a.error }

// Frames are the functions at a runtime address, the innermost first. For a
// return address use [Process.CallFrames].
func (p *Process) Frames(pc uint64) []gosym.Frame {
	if f, ok := p.frames[pc]; ok {
		return f
	}
	if len(p.frames) > maxKnown {
		clear(p.frames)
	}
	f := p.Table.Frames(pc - p.Bias)
	p.frames[pc] = f
	return f
}

// CallFrames are the functions at an address of a goroutine's stack: those of
// the call that it returns to. Wrappers are left out, as profiles do it: of a
// wrapper alone nothing is left, and the result is empty. It is nil outside of Go code.
func (p *Process) CallFrames(ret uint64) []gosym.Frame {
	if f, ok := p.calls[ret]; ok {
		return f
	}
	if len(p.calls) > maxKnown {
		clear(p.calls)
	}
	pc := ret - 1
	if f, ok := p.Table.Func(ret - p.Bias); ok && f.Entry == ret-p.Bias {
		pc = ret // not begun: nothing was called
	}
	all := p.Frames(pc)
	frames := all[:0:0]
	for _, f := range all {
		if !f.Wrapper {
			frames = append(frames, f)
		}
	}
	p.calls[ret] = frames
	return frames
}

// maxKnown bounds what is remembered of a process.
const maxKnown = 1 << 20

func u32(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
func u64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
