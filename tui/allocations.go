package tui

import (
	paths "path"

	"github.com/goperf/goperf/listing"
	"github.com/goperf/goperf/profile"
)

// allocations is what lines allocate, themselves or in what they call: bytes since
// the start of the process, or in a second where two snapshots say when.
type allocations struct {
	by   map[int64]int64
	rate bool
}

// allocated is the sample type of what was allocated; others are of what is live.
const allocated = "alloc_space"

// allocations are those of a function by the snapshots of the heap, nil without any
// or when it is they that are looked at.
func (d *Data) allocations(of *listing.Function, shown string) *allocations {
	if shown == allocated {
		return nil
	}
	for i := range d.Profiles {
		p := &d.Profiles[i]
		if p.Kind != "heap" && p.Kind != "allocs" || p.Base != nil {
			continue
		}
		if col, ok := p.SampleType(allocated); ok {
			a := p.allocations(of, col)
			if len(a.by) == 0 {
				return nil
			}
			return a
		}
	}
	return nil
}

func (p *Profile) allocations(of *listing.Function, col int) *allocations {
	if n := len(p.Parts); n > 1 {
		first, last := p.Parts[0], p.Parts[n-1]
		over := float64(last.TimeNanos-first.TimeNanos) / 1e9
		if from, ok := first.SampleType(allocated); ok && first.TimeNanos > 0 && over > 0 {
			a := &allocations{by: bytesByLine(last, col, of), rate: true}
			for line, v := range bytesByLine(first, from, of) {
				a.by[line] -= v
			}
			for line, v := range a.by {
				if a.by[line] = int64(float64(v) / over); a.by[line] <= 0 { // nothing, or another process
					delete(a.by, line)
				}
			}
			return a
		}
	}
	return &allocations{by: bytesByLine(p.Profile, col, of)}
}

// bytesByLine is the values of a column by the lines of a function that samples
// pass, each once.
func bytesByLine(p *profile.Profile, col int, of *listing.Function) map[int64]int64 {
	ours := make([]bool, len(p.Functions))
	for i := range p.Functions {
		f := &p.Functions[i]
		ours[i] = f.Name == of.Name && (of.File == "" || paths.Clean(f.File) == of.File)
	}
	by, last := map[int64]int64{}, map[int64]int{}
	for i := range p.NumSamples() {
		v := p.Value(i, col)
		if v == 0 {
			continue
		}
		for _, loc := range p.Stack(i) {
			for _, l := range p.Locations[loc].Lines {
				if l.Function >= 0 && ours[l.Function] && last[l.Line] != i+1 {
					last[l.Line] = i + 1
					by[l.Line] += v
				}
			}
		}
	}
	return by
}

// text is what a line allocates, "" when no sample says that it does.
func (a *allocations) text(line int64) string {
	if a == nil || a.by[line] == 0 {
		return ""
	}
	text := value(a.by[line], profile.ValueType{Type: allocated, Unit: "bytes"})
	if a.rate {
		text += "/s"
	}
	return text
}
