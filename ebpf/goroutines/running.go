package goroutines

import (
	"github.com/goperf/goperf/ebpf/goproc"
	"github.com/goperf/goperf/profile"
)

// IDLabel is the key of the numeric label with which on-CPU samples name their
// goroutine.
const IDLabel = "goroutine"

// sampled is the stack that was seen most often.
type sampled struct {
	stack int // number of the sample that has it
	n     int64
}

// Sampled gives each goroutine that was running when the memory was read, and so
// has its stack in registers, the one that on-CPU samples of the time around saw
// most often of it; or of the goroutines that began in the same function, when it
// was never met itself. It returns how many it gave one.
func Sampled(frames Frames, d *goproc.Dump, cpu *profile.Profile) int {
	byID, byStart := mostOften(cpu)
	given := 0
	for i := range d.Goroutines {
		g := &d.Goroutines[i]
		if g.Stack != nil || g.Status != goproc.Running && !g.Torn {
			continue
		}
		s, ok := byID[int64(g.ID)]
		if !ok {
			s, ok = byStart[startOf(frames, g).Symbol]
		}
		if ok {
			g.Stack = Addresses(cpu, s.stack)
			given++
		}
	}
	return given
}

// mostOften are the stacks of goroutines by their number and by the function that
// they began in. Of two that were seen as often the first counts.
func mostOften(cpu *profile.Profile) (byID map[int64]sampled, byStart map[string]sampled) {
	byID, byStart = map[int64]sampled{}, map[string]sampled{}
	for i := range cpu.NumSamples() {
		id, ok := idOf(cpu, i)
		start := Start(cpu, i)
		if !ok || start == "" {
			continue
		}
		s := sampled{i, cpu.Value(i, 0)}
		if s.n > byID[id].n {
			byID[id] = s
		}
		if s.n > byStart[start].n {
			byStart[start] = s
		}
	}
	return byID, byStart
}

func idOf(cpu *profile.Profile, sample int) (int64, bool) {
	for _, l := range cpu.Labels(sample) {
		if l.Key == IDLabel && l.Str == "" {
			return l.Num, true
		}
	}
	return 0, false
}

// Start is the function that the goroutine of a sample began in, "" when it has
// no stack.
func Start(cpu *profile.Profile, sample int) string {
	stack := cpu.Stack(sample)
	if len(stack) == 0 {
		return ""
	}
	lines := cpu.Locations[stack[len(stack)-1]].Lines
	if len(lines) == 0 || lines[len(lines)-1].Function < 0 {
		return ""
	}
	return cpu.Functions[lines[len(lines)-1].Function].Name
}

// Addresses is the stack of a sample as memory has it: return addresses.
func Addresses(cpu *profile.Profile, sample int) []uint64 {
	stack := cpu.Stack(sample)
	pcs := make([]uint64, len(stack))
	for i, l := range stack {
		pcs[i] = cpu.Locations[l].Address + 1
	}
	return pcs
}
