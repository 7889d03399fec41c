package source

import (
	gprof "github.com/google/pprof/profile"

	"github.com/goperf/goperf/evidence"
)

// gprofile makes a profile of samples with one frame each, by google/pprof, so
// that it does not depend on what reads it.
func gprofile(kind evidence.Kind, frames []frame) *gprof.Profile {
	types := map[evidence.Kind][]*gprof.ValueType{
		evidence.CPU:       {{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}},
		evidence.Heap:      {{Type: "inuse_objects", Unit: "count"}, {Type: "inuse_space", Unit: "bytes"}},
		evidence.Mutex:     {{Type: "contentions", Unit: "count"}, {Type: "delay", Unit: "nanoseconds"}},
		evidence.Goroutine: {{Type: "goroutine", Unit: "count"}},
	}[kind]
	p := &gprof.Profile{SampleType: types, PeriodType: types[0], Period: 1, TimeNanos: 1}
	for i, f := range frames {
		id := uint64(i + 1)
		fn := &gprof.Function{ID: id, Name: f.function, SystemName: f.function, Filename: f.file}
		loc := &gprof.Location{ID: id, Address: id, Line: []gprof.Line{{Function: fn, Line: f.line}}}
		values := make([]int64, len(types))
		for j := range values {
			values[j] = f.value
		}
		p.Function = append(p.Function, fn)
		p.Location = append(p.Location, loc)
		p.Sample = append(p.Sample, &gprof.Sample{Location: []*gprof.Location{loc}, Value: values})
	}
	return p
}
