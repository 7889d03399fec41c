// Package goroutines turns what was read of a process's goroutines into what
// tools know: a goroutine profile, the text of a debug=2 page, and groups of
// equal stacks.
//
// A goroutine that was running has no stack in memory: it stands at the function
// it began in, and its state says so; or where on-CPU samples met it ([Sampled]). The runtime's own goroutines are left out,
// as the runtime does it.
package goroutines

import (
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/ebpf/goproc"
	"github.com/goperf/goperf/ebpf/gosym"
	"github.com/goperf/goperf/profile"
)

// Frames names the addresses of a goroutine's stack; [goproc.Process] does.
type Frames interface {
	// CallFrames is nil where there is no Go code, and empty for a wrapper.
	CallFrames(ret uint64) []gosym.Frame
	Frames(pc uint64) []gosym.Frame
}

// exit is what every goroutine returns to; profiles leave it out.
const exit = "runtime.goexit"

// Folder makes a profile of goroutines.
type Folder struct {
	frames    Frames
	builder   *profile.Builder
	mapping   int32
	locations map[uint64]uint32
	starts    map[uint64]uint32
	stack     []uint32
}

// NewFolder starts a profile with these columns. The mapping is the program's.
func NewFolder(frames Frames, program profile.Mapping, types ...profile.ValueType) *Folder {
	f := &Folder{
		frames: frames, builder: profile.NewBuilder(true, types...),
		locations: map[uint64]uint32{}, starts: map[uint64]uint32{},
	}
	f.mapping = f.builder.Mapping(program)
	return f
}

// Add adds values, one for each column, to the stack of a goroutine.
func (f *Folder) Add(g *goproc.Goroutine, values []int64, labels ...profile.Label) {
	f.stack = f.stack[:0]
	for _, pc := range g.Stack {
		l, ok := f.locations[pc]
		if !ok {
			l = f.location(pc, f.frames.CallFrames(pc))
			f.locations[pc] = l
		}
		if l != skip {
			f.stack = append(f.stack, l)
		}
	}
	if len(f.stack) == 0 {
		l, ok := f.starts[g.Start]
		if !ok {
			l = f.location(g.Start+1, f.frames.Frames(g.Start))
			f.starts[g.Start] = l
		}
		if l != skip {
			f.stack = append(f.stack, l)
		}
	}
	f.builder.Sample(f.stack, values, labels...)
}

// skip stands for a location that profiles leave out.
const skip = ^uint32(0)

func (f *Folder) location(ret uint64, frames []gosym.Frame) uint32 {
	if frames != nil && len(frames) == 0 {
		return skip // a wrapper alone
	}
	l := profile.Location{Address: ret - 1, Mapping: f.mapping}
	for _, fr := range frames {
		if fr.Func == exit {
			return skip
		}
		fn := f.builder.Function(profile.Function{Name: fr.Symbol, SystemName: fr.Symbol, File: fr.File, StartLine: int64(fr.StartLine)})
		l.Lines = append(l.Lines, profile.Line{Function: fn, Line: int64(fr.Line)})
	}
	if len(frames) == 0 {
		l.Mapping = -1 // of C code, or of no code at all
	}
	return f.builder.Location(l)
}

// Finish gives the profile; its header is taken from h.
func (f *Folder) Finish(h *profile.Profile) (*profile.Profile, error) {
	f.builder.SetHeader(h)
	return f.builder.Finish()
}

// Profile is the goroutine profile of a dump, as /debug/pprof/goroutine has it,
// with the state of each goroutine as a label beside its own.
func Profile(frames Frames, program profile.Mapping, d *goproc.Dump, at time.Time) (*profile.Profile, error) {
	count := profile.ValueType{Type: "goroutine", Unit: "count"}
	f := NewFolder(frames, program, count)
	running, known := 0, 0
	for i := range d.Goroutines {
		g := &d.Goroutines[i]
		if g.System {
			continue
		}
		if g.Status == goproc.Running {
			running++
			if g.Stack != nil {
				known++
			}
		}
		f.Add(g, []int64{1}, labelsOf(g)...)
	}
	return f.Finish(&profile.Profile{PeriodType: count, Period: 1, TimeNanos: at.UnixNano(), Comments: comments(d, running, known)})
}

// StateLabel is the key of the label that says what a goroutine waits for.
const StateLabel = "state"

func labelsOf(g *goproc.Goroutine) []profile.Label {
	labels := []profile.Label{{Key: StateLabel, Str: g.State()}}
	for _, l := range g.Labels {
		if l.Key != StateLabel {
			labels = append(labels, profile.Label{Key: l.Key, Str: l.Value})
		}
	}
	return labels
}

// frame is a call of a stack, as it is printed.
type frame = gosym.Frame

// calls are the calls of a goroutine that a traceback shows: without the
// scheduler's inner ones (showfuncinfo in runtime/traceback.go), unless nothing
// else is there.
func calls(frames Frames, g *goproc.Goroutine) []frame {
	var all, shown []frame
	for _, pc := range g.Stack {
		for _, f := range frames.CallFrames(pc) {
			if f.Func == exit {
				continue
			}
			all = append(all, f)
			if visible(f.Func) {
				shown = append(shown, f)
			}
		}
	}
	if len(shown) == 0 {
		return all
	}
	return shown
}

func visible(name string) bool {
	rest, ok := strings.CutPrefix(name, "runtime.")
	return !ok || rest != "" && rest[0] >= 'A' && rest[0] <= 'Z' || name == "runtime.gopanic"
}

// startOf is the function that a goroutine began in.
func startOf(frames Frames, g *goproc.Goroutine) frame {
	if fs := frames.Frames(g.Start); len(fs) > 0 {
		return fs[len(fs)-1]
	}
	return frame{Func: "unknown function"}
}

// creator is where a goroutine was started, "" for the main one.
func creator(frames Frames, g *goproc.Goroutine) frame {
	fs := frames.CallFrames(g.Creator)
	if g.Creator == 0 || len(fs) == 0 {
		return frame{}
	}
	// The go statement is at the innermost position, and belongs to the function
	// that was compiled, which is the name that the runtime prints.
	c := fs[len(fs)-1]
	c.File, c.Line = fs[0].File, fs[0].Line
	return c
}

// users are the goroutines that are not the runtime's.
func users(d *goproc.Dump) []*goproc.Goroutine {
	var list []*goproc.Goroutine
	for i := range d.Goroutines {
		if !d.Goroutines[i].System {
			list = append(list, &d.Goroutines[i])
		}
	}
	slices.SortFunc(list, func(a, b *goproc.Goroutine) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return list
}
