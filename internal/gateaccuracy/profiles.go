package main

import (
	"bytes"
	"fmt"

	pprof "github.com/google/pprof/profile"

	"github.com/goperf/goperf/compare"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
)

const (
	tick       = 10_000_000 // ns between samples of the CPU
	memoryRate = 512 << 10  // B between samples of the heap
)

var evidenceOf = map[string]evidence.Kind{
	"cpu": evidence.CPU, "allocs": evidence.Allocs, "mutex": evidence.Mutex, "block": evidence.Block,
}

// run makes what compare takes of a recorded run.
func (a *archive) run(r *recorded) (compare.Run, error) {
	out := compare.Run{
		Label: fmt.Sprintf("%s/%d", r.arm, r.round), Work: r.ops, Unit: a.of.unit, CPU: r.cpu, Wall: r.wall, Alloc: r.alloc, Mallocs: r.mallocs,
		Profiles: map[evidence.Kind]*profile.Profile{}, Env: compare.Env{Module: a.of.module},
	}
	for _, kind := range kinds {
		p, err := a.profile(kind, r.kinds[kind], r.wall)
		if err != nil {
			return out, fmt.Errorf("%s: %s: %w", out.Label, kind, err)
		}
		out.Profiles[evidenceOf[kind]] = p
	}
	return out, nil
}

// profile is samples as goperf reads them from a file.
func (a *archive) profile(kind string, samples []sample, wall float64) (*profile.Profile, error) {
	e := &encoder{a: a, locations: map[int]*pprof.Location{}}
	typ := func(name, unit string) {
		e.p.SampleType = append(e.p.SampleType, &pprof.ValueType{Type: name, Unit: unit})
	}
	e.p.DurationNanos = int64(wall * 1e9)
	switch kind {
	case "cpu":
		typ("samples", "count")
		typ("cpu", "nanoseconds")
		e.p.PeriodType, e.p.Period = &pprof.ValueType{Type: "cpu", Unit: "nanoseconds"}, tick
	case "allocs":
		typ("alloc_objects", "count")
		typ("alloc_space", "bytes")
		e.p.PeriodType, e.p.Period = &pprof.ValueType{Type: "space", Unit: "bytes"}, memoryRate
	default:
		typ("contentions", "count")
		typ("delay", "nanoseconds")
	}
	for _, s := range samples {
		v := s.values
		if kind == "cpu" {
			v[1] = v[0] * tick
		}
		e.p.Sample = append(e.p.Sample, &pprof.Sample{Location: e.stack(s.node), Value: v[:]})
	}
	var buf bytes.Buffer
	if err := e.p.WriteUncompressed(&buf); err != nil {
		return nil, err
	}
	return profile.Parse(buf.Bytes(), profile.Options{})
}

// encoder makes a profile with a location for each function.
type encoder struct {
	a         *archive
	p         pprof.Profile
	locations map[int]*pprof.Location
}

func (e *encoder) stack(n int) []*pprof.Location {
	var out []*pprof.Location
	for ; n >= 0; n = e.a.nodes[n].parent {
		out = append(out, e.location(e.a.nodes[n].function))
	}
	return out
}

func (e *encoder) location(f int) *pprof.Location {
	if l := e.locations[f]; l != nil {
		return l
	}
	of := e.a.functions[f]
	fn := &pprof.Function{ID: uint64(len(e.p.Function) + 1), Name: of.name, SystemName: of.name, Filename: of.file, StartLine: of.line}
	l := &pprof.Location{ID: fn.ID, Line: []pprof.Line{{Function: fn, Line: of.line}}}
	e.p.Function, e.p.Location = append(e.p.Function, fn), append(e.p.Location, l)
	e.locations[f] = l
	return l
}
