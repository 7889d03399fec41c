package convert

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/goperf/goperf/profile"
)

// The processed format of the Firefox Profiler: src/types/profile.js of
// firefox-devtools/profiler, as of preprocessed version 49.
type firefox struct {
	Meta    map[string]any  `json:"meta"`
	Libs    []any           `json:"libs"`
	Threads []firefoxThread `json:"threads"`
	Shared  struct {
		Strings []string `json:"stringArray"`
	} `json:"shared,omitzero"`
}

type firefoxThread struct {
	Name    string         `json:"name"`
	Strings []string       `json:"stringArray"`
	Frames  firefoxFrames  `json:"frameTable"`
	Funcs   firefoxFuncs   `json:"funcTable"`
	Stacks  firefoxStacks  `json:"stackTable"`
	Samples firefoxSamples `json:"samples"`
}

type firefoxFrames struct {
	Length int      `json:"length"`
	Func   []int    `json:"func"`
	Line   []*int64 `json:"line"`
}

type firefoxFuncs struct {
	Length int    `json:"length"`
	Name   []int  `json:"name"`
	File   []*int `json:"fileName"`
}

type firefoxStacks struct {
	Length int    `json:"length"`
	Prefix []*int `json:"prefix"`
	Frame  []int  `json:"frame"`
}

type firefoxSamples struct {
	Length     int       `json:"length"`
	Stack      []*int    `json:"stack"`
	Weight     []float64 `json:"weight"`
	WeightType string    `json:"weightType"`
}

func writeFirefox(w io.Writer, p *profile.Profile, _ int) error {
	f := firefoxWriter{p: p, strings: map[string]int{}, funcs: map[frame]int{}, frames: map[frame]int{}, stacks: map[[2]int]int{}}
	at := make([]*int, p.NumSamples())
	var fs []frame
	for i := range at {
		fs = frames(p, i, fs[:0])
		parent := -1
		for _, fr := range slices.Backward(fs) {
			parent = f.stack(parent, f.frame(fr))
		}
		if parent >= 0 {
			at[i] = &parent
		}
	}
	threads := []any{}
	for t := range p.SampleTypes {
		threads = append(threads, f.thread(t, at))
	}
	doc := map[string]any{"meta": firefoxMeta(p), "libs": []any{}, "pages": []any{}, "threads": threads}
	return json.NewEncoder(w).Encode(doc)
}

func firefoxMeta(p *profile.Profile) map[string]any {
	return map[string]any{
		"version": 24, "preprocessedProfileVersion": 49, "product": "goperf", "processType": 0, "stackwalk": 1, "debug": 0,
		"startTime": float64(p.TimeNanos) / 1e6, "interval": 1, "symbolicated": true, "usesOnlyOneStackType": true,
		"doesNotUseFrameImplementation": true, "sourceCodeIsNotOnSearchfox": true, "markerSchema": []any{}, "pausedRanges": []any{},
		"extensions":  map[string]any{"length": 0, "baseURL": []any{}, "id": []any{}, "name": []any{}},
		"categories":  []any{map[string]any{"name": "Other", "color": "grey", "subcategories": []string{"Other"}}},
		"sampleUnits": map[string]string{"time": "ms", "eventDelay": "ms", "threadCPUDelta": "µs"},
	}
}

type firefoxWriter struct {
	p       *profile.Profile
	strings map[string]int
	table   []string
	funcs   map[frame]int
	funcTab firefoxFuncs
	frames  map[frame]int
	frmTab  firefoxFrames
	stacks  map[[2]int]int
	stkTab  firefoxStacks
}

func (f *firefoxWriter) str(s string) int {
	id, ok := f.strings[s]
	if !ok {
		id = len(f.table)
		f.strings[s] = id
		f.table = append(f.table, s)
	}
	return id
}

func (f *firefoxWriter) frame(fr frame) int {
	if id, ok := f.frames[fr]; ok {
		return id
	}
	key := frame{name: fr.name, file: fr.file}
	fn, ok := f.funcs[key]
	if !ok {
		fn = len(f.funcs)
		f.funcs[key] = fn
		f.funcTab.Name = append(f.funcTab.Name, f.str(fr.name))
		var file *int
		if fr.file != "" {
			n := f.str(fr.file)
			file = &n
		}
		f.funcTab.File = append(f.funcTab.File, file)
	}
	id := len(f.frames)
	f.frames[fr] = id
	f.frmTab.Func = append(f.frmTab.Func, fn)
	var line *int64
	if fr.line != 0 {
		line = &fr.line
	}
	f.frmTab.Line = append(f.frmTab.Line, line)
	return id
}

func (f *firefoxWriter) stack(prefix, frame int) int {
	key := [2]int{prefix, frame}
	id, ok := f.stacks[key]
	if !ok {
		id = len(f.stacks)
		f.stacks[key] = id
		var up *int
		if prefix >= 0 {
			up = &prefix
		}
		f.stkTab.Prefix, f.stkTab.Frame = append(f.stkTab.Prefix, up), append(f.stkTab.Frame, frame)
	}
	return id
}

// same is a column of a table that has one value throughout.
func same(n int, v any) []any {
	out := make([]any, n)
	for i := range out {
		out[i] = v
	}
	return out
}

func (f *firefoxWriter) thread(t int, at []*int) map[string]any {
	vt := f.p.SampleTypes[t]
	scale, kind := 1.0, "samples"
	switch vt.Unit {
	case "nanoseconds":
		scale, kind = 1e6, "tracing-ms"
	case "bytes":
		kind = "bytes"
	}
	stacks, weights, times := []*int{}, []float64{}, []float64{}
	for i, s := range at {
		if v := f.p.Value(i, t); v != 0 && s != nil {
			times = append(times, float64(len(times)))
			stacks, weights = append(stacks, s), append(weights, float64(v)/scale)
		}
	}
	n, nf, ns := len(f.frmTab.Func), len(f.funcTab.Name), len(f.stkTab.Frame)
	none := map[string]any{"length": 0, "address": []any{}, "functionSize": []any{}, "libIndex": []any{}, "name": []any{}}
	return map[string]any{
		"name": vt.Type, "isMainThread": t == 0, "processName": "goperf", "processType": "default", "pid": "1", "tid": t + 1,
		"processStartupTime": 0, "processShutdownTime": nil, "registerTime": 0, "unregisterTime": nil, "pausedRanges": []any{},
		"stringArray": append([]string{}, f.table...), "nativeSymbols": none,
		"resourceTable": map[string]any{"length": 0, "lib": []any{}, "name": []any{}, "host": []any{}, "type": []any{}},
		"markers":       map[string]any{"length": 0, "category": []any{}, "data": []any{}, "endTime": []any{}, "name": []any{}, "phase": []any{}, "startTime": []any{}},
		"samples":       map[string]any{"length": len(stacks), "stack": stacks, "time": times, "weight": weights, "weightType": kind},
		"stackTable": map[string]any{
			"length": ns, "prefix": append([]*int{}, f.stkTab.Prefix...), "frame": append([]int{}, f.stkTab.Frame...),
			"category": same(ns, 0), "subcategory": same(ns, 0),
		},
		"frameTable": map[string]any{
			"length": n, "address": same(n, -1), "inlineDepth": same(n, 0), "category": same(n, 0), "subcategory": same(n, 0),
			"func": append([]int{}, f.frmTab.Func...), "line": append([]*int64{}, f.frmTab.Line...), "column": same(n, nil), "nativeSymbol": same(n, nil),
			"innerWindowID": same(n, 0), "implementation": same(n, nil), "optimizations": same(n, nil),
		},
		"funcTable": map[string]any{
			"length": nf, "name": append([]int{}, f.funcTab.Name...), "fileName": append([]*int{}, f.funcTab.File...),
			"isJS": same(nf, false), "relevantForJS": same(nf, false), "resource": same(nf, -1), "lineNumber": same(nf, nil), "columnNumber": same(nf, nil),
		},
	}
}

func readFirefox(data []byte, _ profile.ValueType) (*profile.Profile, error) {
	var doc firefox
	if err := decode("firefox", data, &doc); err != nil {
		return nil, err
	}
	if len(doc.Threads) == 0 {
		return nil, errors.New("firefox: holds no threads")
	}
	ours := doc.Meta["product"] == "goperf"
	var types []profile.ValueType
	of := make([]int, len(doc.Threads))
	for i, t := range doc.Threads {
		vt, ok := map[string]profile.ValueType{
			"": {Type: "samples", Unit: "count"}, "samples": {Type: "samples", Unit: "count"},
			"tracing-ms": {Type: "time", Unit: "nanoseconds"}, "bytes": {Type: "space", Unit: "bytes"},
		}[t.Samples.WeightType]
		if !ok {
			return nil, fmt.Errorf("firefox: thread %d: weights of type %.30q: unknown", i, t.Samples.WeightType)
		}
		if ours {
			vt.Type = t.Name
		}
		if of[i] = slices.Index(types, vt); of[i] < 0 {
			if of[i] = len(types); of[i] == 64 {
				return nil, errors.New("firefox: more than 64 columns")
			}
			types = append(types, vt)
		}
	}
	m := newMaker(len(data), types...)
	for i := range doc.Threads {
		t := &doc.Threads[i]
		if len(t.Strings) == 0 {
			t.Strings = doc.Shared.Strings
		}
		var labels []profile.Label
		if !ours && t.Name != "" {
			labels = []profile.Label{{Key: "thread", Str: t.Name}}
		}
		if err := t.samples(m, of[i], make([]int64, len(types)), labels); err != nil {
			return nil, fmt.Errorf("firefox: thread %d: %w", i, err)
		}
	}
	return m.finish(profile.Profile{DefaultSampleType: types[0].Type})
}

// samples adds the samples of a thread.
func (t *firefoxThread) samples(m *maker, column int, values []int64, labels []profile.Label) error {
	locations, err := t.locations(m)
	if err != nil {
		return err
	}
	for i, up := range t.Stacks.Prefix {
		if up != nil && (*up < 0 || *up >= i) {
			return fmt.Errorf("stack %d: its prefix %d is not before it", i, *up)
		}
	}
	var stack []uint32
	for i, s := range t.Samples.Stack {
		weight := 1.0
		if i < len(t.Samples.Weight) {
			weight = t.Samples.Weight[i]
		}
		if t.Samples.WeightType == "tracing-ms" {
			weight *= 1e6
		}
		v, ok := number(weight)
		if !ok {
			return fmt.Errorf("sample %d: weight %v: is no number of 64 bits", i, weight)
		}
		if stack, err = t.stack(stack[:0], s, locations, m.limit); err != nil {
			return fmt.Errorf("sample %d: %w", i, err)
		}
		values[column] = v
		if err := m.sample(stack, values, labels...); err != nil {
			return fmt.Errorf("sample %d: %w", i, err)
		}
	}
	return nil
}

// stack appends the locations of stack s, of which none may be longer than limit.
func (t *firefoxThread) stack(dst []uint32, s *int, locations []uint32, limit int) ([]uint32, error) {
	for ; s != nil; s = t.Stacks.Prefix[*s] {
		if *s < 0 || *s >= len(t.Stacks.Prefix) || *s >= len(t.Stacks.Frame) {
			return nil, fmt.Errorf("names stack %d of %d", *s, len(t.Stacks.Frame))
		}
		f := t.Stacks.Frame[*s]
		if f < 0 || f >= len(locations) {
			return nil, fmt.Errorf("stack %d: names frame %d of %d", *s, f, len(locations))
		}
		if len(dst) == limit {
			return nil, errDeep
		}
		dst = append(dst, locations[f])
	}
	return dst, nil
}

// locations are those of the thread's frames.
func (t *firefoxThread) locations(m *maker) ([]uint32, error) {
	str := func(n int) (string, error) {
		if n < 0 || n >= len(t.Strings) {
			return "", fmt.Errorf("string %d of %d", n, len(t.Strings))
		}
		return t.Strings[n], nil
	}
	out := make([]uint32, len(t.Frames.Func))
	for i, fn := range t.Frames.Func {
		if fn < 0 || fn >= len(t.Funcs.Name) {
			return nil, fmt.Errorf("frame %d: names function %d of %d", i, fn, len(t.Funcs.Name))
		}
		var f frame
		var err error
		if f.name, err = str(t.Funcs.Name[fn]); err != nil {
			return nil, fmt.Errorf("function %d: names %w", fn, err)
		}
		if fn < len(t.Funcs.File) && t.Funcs.File[fn] != nil {
			if f.file, err = str(*t.Funcs.File[fn]); err != nil {
				return nil, fmt.Errorf("function %d: names %w", fn, err)
			}
		}
		if i < len(t.Frames.Line) && t.Frames.Line[i] != nil {
			f.line = *t.Frames.Line[i]
		}
		out[i] = m.location(f)
	}
	return out, nil
}
