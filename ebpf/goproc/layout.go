package goproc

import (
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"sync"

	"github.com/goperf/goperf/ebpf/gosym"
)

// Layout is where the runtime keeps what goperf reads, in bytes from the start
// of each struct; -1 means that this version has no such field. g.stack (lo and
// hi) is at 0, gobuf.sp and gobuf.pc at 0 and 8 of g.sched, in every version.
type Layout struct {
	GM          int // g.m
	GSched      int // g.sched, a gobuf
	GSyscallSP  int
	GSyscallPC  int
	GSyscallBP  int // from Go 1.23
	GStatus     int // g.atomicstatus
	GGoid       int
	GWaitSince  int
	GWaitReason int
	GParentGoid int // from Go 1.21
	GGoPC       int
	GStartPC    int
	GLabels     int
	GobufBP     int
	MProcID     int // m.procid, the thread's number
	MCurG       int
	LabelMap    bool // labels are a map[string]string, else a slice (from Go 1.24)
	// TLSG is where a thread's g is, from the thread pointer (amd64); 0 means
	// that it is not known, and on arm64 that g is in R28.
	TLSG    int
	Guessed bool // of a version newer than those that goperf knows
}

// newest is the newest minor version in the table.
const newest = 27

// byVersion are the layouts by Go's minor version. A version that is missing has
// the layout of the one before it.
func byVersion(minor int) Layout {
	l := Layout{GM: 48, GSched: 56, GSyscallSP: 112, GSyscallPC: 120, GSyscallBP: -1, GobufBP: 48, MProcID: 72, MCurG: 192, GParentGoid: -1}
	l.GStatus, l.GGoid, l.GWaitSince, l.GWaitReason = 144, 152, 168, 176
	l.GGoPC, l.GStartPC, l.GLabels = 296, 312, 360
	l.LabelMap = minor < 24
	if minor >= 21 {
		l.GParentGoid, l.GGoPC, l.GStartPC, l.GLabels = 272, 280, 296, 344
	}
	if minor >= 23 { // syscallbp
		l.GSyscallBP = 128
		l.GStatus, l.GGoid, l.GWaitSince, l.GWaitReason = 152, 160, 176, 184
		l.GParentGoid, l.GGoPC, l.GStartPC, l.GLabels = 280, 288, 304, 352
	}
	if minor >= 25 { // gobuf.ret is gone
		l.GSyscallSP, l.GSyscallPC, l.GSyscallBP, l.GobufBP = 104, 112, 120, 40
		l.GStatus, l.GGoid, l.GWaitSince, l.GWaitReason = 144, 152, 168, 176
		l.GParentGoid, l.GGoPC, l.GStartPC, l.GLabels = 272, 280, 296, 344
		l.MProcID, l.MCurG = 64, 184
	}
	if minor >= 26 {
		l.GParentGoid, l.GGoPC, l.GStartPC, l.GLabels = 280, 288, 304, 352
	}
	return l
}

var version = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\bgo1\.(\d+)`)
})

// layoutOf is the layout of an executable: by its version, or by its DWARF when
// goperf does not know the version.
func layoutOf(exe io.ReaderAt, t *gosym.Table) (Layout, error) {
	m := version().FindStringSubmatch(t.GoVersion())
	if m == nil {
		return Layout{}, fmt.Errorf("%w: the executable does not say its Go version", ErrLayout)
	}
	minor, _ := strconv.Atoi(m[1])
	l := byVersion(minor)
	if minor > newest {
		var err error
		if l, err = dwarfLayout(exe, l); err != nil {
			l.Guessed = true
		}
	}
	l.TLSG = t.TLSOffset()
	return l, nil
}

// dwarfLayout is the layout that DWARF describes; what it does not describe is
// taken from l.
func dwarfLayout(exe io.ReaderAt, l Layout) (Layout, error) {
	f, err := elf.NewFile(exe)
	if err != nil {
		return l, err
	}
	d, err := f.DWARF()
	if err != nil {
		return l, err
	}
	fields, err := structFields(d, "runtime.g", "runtime.m", "runtime.gobuf")
	if err != nil {
		return l, err
	}
	for name, to := range l.places() {
		if off, ok := fields[name]; ok {
			*to = off
		} else {
			*to = -1
		}
	}
	if l.GStatus < 0 || l.GGoid < 0 || l.GSched < 0 || l.GStartPC < 0 {
		return l, fmt.Errorf("%w: its DWARF has no runtime.g", ErrLayout)
	}
	return l, nil
}

// places are the offsets by the names of the fields.
func (l *Layout) places() map[string]*int {
	return map[string]*int{
		"runtime.g.m": &l.GM, "runtime.g.sched": &l.GSched,
		"runtime.g.syscallsp": &l.GSyscallSP, "runtime.g.syscallpc": &l.GSyscallPC, "runtime.g.syscallbp": &l.GSyscallBP,
		"runtime.g.atomicstatus": &l.GStatus, "runtime.g.goid": &l.GGoid,
		"runtime.g.waitsince": &l.GWaitSince, "runtime.g.waitreason": &l.GWaitReason,
		"runtime.g.parentGoid": &l.GParentGoid, "runtime.g.gopc": &l.GGoPC, "runtime.g.startpc": &l.GStartPC,
		"runtime.g.labels": &l.GLabels, "runtime.gobuf.bp": &l.GobufBP,
		"runtime.m.procid": &l.MProcID, "runtime.m.curg": &l.MCurG,
	}
}

// structFields are the offsets of the fields of structs.
func structFields(d *dwarf.Data, names ...string) (map[string]int, error) {
	want := map[string]bool{}
	for _, n := range names {
		want[n] = true
	}
	fields := map[string]int{}
	for r := d.Reader(); len(want) > 0; {
		e, err := r.Next()
		if err != nil {
			return nil, err
		}
		if e == nil {
			break
		}
		name, _ := e.Val(dwarf.AttrName).(string)
		if e.Tag != dwarf.TagStructType || !want[name] {
			continue
		}
		typ, err := d.Type(e.Offset)
		if err != nil {
			return nil, err
		}
		s, ok := typ.(*dwarf.StructType)
		if !ok {
			continue
		}
		for _, f := range s.Field {
			fields[name+"."+f.Name] = int(f.ByteOffset)
		}
		delete(want, name)
	}
	return fields, nil
}

// header is how much of a g is read.
func (l *Layout) header() int { return l.GLabels + 8 }
