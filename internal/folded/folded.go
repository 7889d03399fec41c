// Package folded makes profiles of folded stacks, so that what a test rests on
// can be read.
//
//	# at=10s duration=10s period=10ms
//	runtime.main;main.main:12;main.load:40;regexp.Compile 35
//
// A line is frames from the root to the leaf and one value for each column. A
// frame is a function and, after a colon, the line in it that is executed; one
// that begins with ~ was inlined into the frame before it. Lines that begin with #
// hold settings, or a remark when there is no = in them.
//
// The columns follow the kind: cpu has the number of samples, heap and allocs the
// bytes allocated and the bytes in use, goroutine and goroutineleak a count, mutex
// and block the number of contentions and the delay, offcpu the number of waits,
// the time in the run queue and the time blocked. Values take a unit: 64MiB, 3.5s.
//
// The bytes are written by github.com/google/pprof, which goperf's own reader has
// nothing in common with.
package folded

import (
	"bytes"
	"fmt"
	"math"
	"path"
	"strconv"
	"strings"
	"time"

	pprof "github.com/google/pprof/profile"

	"github.com/goperf/goperf/profile/symbol"
)

// Profile is a profile as a target would serve it.
type Profile struct {
	Data     []byte        // gzipped profile.proto
	At       time.Duration // when it was taken, after the start
	Duration time.Duration // 0 for a snapshot
}

// Encode makes a profile of text. Times are counted from start; at is when the
// profile was taken unless the text says so.
func Encode(text, kind string, start time.Time, at time.Duration) (Profile, error) {
	e := encoder{kind: kind, at: at, period: 10 * time.Millisecond, object: 1 << 10, functions: map[string]*pprof.Function{}, locations: map[string]*pprof.Location{}}
	if kind == "cpu" {
		e.duration = 10 * time.Second
	}
	for i, line := range strings.Split(text, "\n") {
		if err := e.line(strings.TrimSpace(line)); err != nil {
			return Profile{}, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	p := &e.p
	p.TimeNanos, p.DurationNanos = start.Add(e.at).UnixNano(), int64(e.duration)
	if err := e.types(); err != nil {
		return Profile{}, err
	}
	for _, s := range p.Sample {
		if len(s.Value) != len(p.SampleType) {
			return Profile{}, fmt.Errorf("%d values for the %d columns of kind %s", len(s.Value), len(p.SampleType), kind)
		}
	}
	var buf bytes.Buffer
	if err := p.Write(&buf); err != nil {
		return Profile{}, err
	}
	return Profile{buf.Bytes(), e.at, e.duration}, nil
}

type encoder struct {
	kind      string
	at        time.Duration
	duration  time.Duration
	period    time.Duration
	object    int64 // mean size of objects, B
	p         pprof.Profile
	functions map[string]*pprof.Function
	locations map[string]*pprof.Location
}

func (e *encoder) types() error {
	p := &e.p
	typ := func(words ...string) {
		for i := 0; i < len(words); i += 2 {
			p.SampleType = append(p.SampleType, &pprof.ValueType{Type: words[i], Unit: words[i+1]})
		}
	}
	switch e.kind {
	case "cpu":
		typ("samples", "count", "cpu", "nanoseconds")
		p.PeriodType, p.Period = &pprof.ValueType{Type: "cpu", Unit: "nanoseconds"}, int64(e.period)
	case "heap", "allocs":
		typ("alloc_objects", "count", "alloc_space", "bytes", "inuse_objects", "count", "inuse_space", "bytes")
		p.PeriodType, p.Period = &pprof.ValueType{Type: "space", Unit: "bytes"}, 512<<10
	case "goroutine", "goroutineleak":
		typ(e.kind, "count")
	case "mutex", "block":
		typ("contentions", "count", "delay", "nanoseconds")
	case "offcpu":
		typ("waits", "count", "runqueue", "nanoseconds", "blocked", "nanoseconds")
	default:
		return fmt.Errorf("kind %q has no columns", e.kind)
	}
	return nil
}

func (e *encoder) line(s string) error {
	if s == "" {
		return nil
	}
	if rest, ok := strings.CutPrefix(s, "#"); ok {
		return e.settings(rest)
	}
	width := 1
	if e.kind != "cpu" && e.kind != "goroutine" && e.kind != "goroutineleak" {
		width = 2
	}
	if e.kind == "offcpu" {
		width = 3
	}
	values := make([]int64, width)
	for i := width - 1; i >= 0; i-- {
		cut := strings.LastIndexByte(s, ' ')
		if cut < 0 {
			return fmt.Errorf("%q: want %d values after the frames", s, width)
		}
		v, err := number(s[cut+1:])
		if err != nil {
			return err
		}
		values[i], s = v, strings.TrimRight(s[:cut], " ")
	}
	e.p.Sample = append(e.p.Sample, &pprof.Sample{Location: e.stack(s), Value: e.columns(values)})
	return nil
}

func (e *encoder) columns(v []int64) []int64 {
	switch e.kind {
	case "cpu":
		return []int64{v[0], times(v[0], int64(e.period))}
	case "heap", "allocs":
		return []int64{v[0] / e.object, v[0], v[1] / e.object, v[1]}
	}
	return v
}

// times multiplies and stays within 64 bits.
func times(a, b int64) int64 {
	if x := float64(a) * float64(b); math.Abs(x) >= math.MaxInt64 {
		return int64(math.Copysign(math.MaxInt64/2, x))
	}
	return a * b
}

func (e *encoder) settings(s string) error {
	if !strings.Contains(s, "=") {
		return nil
	}
	for word := range strings.FieldsSeq(s) {
		key, value, _ := strings.Cut(word, "=")
		v, err := number(value)
		if err != nil {
			return err
		}
		switch key {
		case "at":
			e.at = time.Duration(v)
		case "duration":
			e.duration = time.Duration(v)
		case "period":
			e.period = time.Duration(v)
		case "object":
			e.object = max(v, 1)
		default:
			return fmt.Errorf("%q: no such setting", key)
		}
	}
	return nil
}

// stack is the locations of frames, leaf first.
func (e *encoder) stack(s string) []*pprof.Location {
	var out []*pprof.Location
	for frames := split(s); len(frames) > 0; {
		n := 1 // one function and what is inlined into it
		for n < len(frames) && strings.HasPrefix(frames[n], "~") {
			n++
		}
		out = append(out, e.location(frames[:n]))
		frames = frames[n:]
	}
	for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// split cuts at semicolons, but not at those in the type arguments of a function:
// go.shape.struct { A int; B int }.
func split(s string) []string {
	var out []string
	depth, from := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '[':
			depth++
		case ']':
			depth--
		case ';':
			if depth <= 0 {
				out = append(out, s[from:i])
				from = i + 1
			}
		}
	}
	if from < len(s) {
		out = append(out, s[from:])
	}
	return out
}

func (e *encoder) location(frames []string) *pprof.Location {
	key := strings.Join(frames, ";")
	if l := e.locations[key]; l != nil {
		return l
	}
	id := uint64(len(e.p.Location) + 1)
	l := &pprof.Location{ID: id, Address: 0x400000 + id*16}
	for i := len(frames) - 1; i >= 0; i-- {
		name, line := frame(strings.TrimPrefix(frames[i], "~"))
		l.Line = append(l.Line, pprof.Line{Function: e.function(name), Line: line})
	}
	e.locations[key] = l
	e.p.Location = append(e.p.Location, l)
	return l
}

func (e *encoder) function(name string) *pprof.Function {
	f := e.functions[name]
	if f == nil {
		f = &pprof.Function{ID: uint64(len(e.p.Function) + 1), Name: name, SystemName: name, Filename: File(name)}
		e.functions[name] = f
		e.p.Function = append(e.p.Function, f)
	}
	return f
}

// File is where a function of that name is said to be: one file for each package.
func File(function string) string {
	pkg := symbol.Package(function)
	if pkg == "" {
		return ""
	}
	return pkg + "/" + path.Base(pkg) + ".go"
}

// frame cuts the line off.
func frame(s string) (name string, line int64) {
	if i := strings.LastIndexByte(s, ':'); i > 0 {
		if n, err := strconv.ParseInt(s[i+1:], 10, 64); err == nil {
			return s[:i], n
		}
	}
	return s, 0
}

// number reads a count, bytes (64MiB) or a time (3.5s, as nanoseconds).
func number(s string) (int64, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, nil
	}
	for i, unit := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if v, ok := strings.CutSuffix(s, unit); ok {
			f, err := strconv.ParseFloat(v, 64)
			return int64(f * math.Pow(1024, float64(i+1))), err
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("%q is no count, no bytes (64MiB) and no time (3.5s)", s)
	}
	return int64(d), nil
}
