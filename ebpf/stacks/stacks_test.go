package stacks

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/profile"
)

// raw writes struct stack as stack.h lays it out.
func raw(n uint32, pushed byte, pcs ...uint64) []byte {
	b := make([]byte, stackBytes)
	binary.NativeEndian.PutUint32(b, n)
	b[4] = pushed
	for i, pc := range pcs {
		binary.NativeEndian.PutUint64(b[8+8*i:], pc)
	}
	return b
}

// rawLabels writes struct labels as labels.h lays it out.
func rawLabels(n, cut uint32, text ...string) []byte {
	b := make([]byte, labelBytes)
	binary.NativeEndian.PutUint32(b, n)
	b[4] = byte(cut)
	for i, s := range text {
		at := 8 + i/2*(keyBytes+valueBytes) + i%2*keyBytes
		copy(b[at:], s)
	}
	return b
}

func TestDecode(t *testing.T) {
	s, err := DecodeStack(raw(4, 1, 10, 20, 30, 40))
	if want := (Stack{PC: []uint64{10, 30, 40}, Caller: 20, Pushed: true}); err != nil || cmp.Diff(want, s) != "" {
		t.Errorf("stack: %v %s", err, cmp.Diff(want, s))
	}
	for _, b := range [][]byte{nil, raw(0, 0), raw(1, 0), raw(maxFrames+1, 0), raw(3, 0)[:100]} {
		if s, err := DecodeStack(b); err == nil {
			t.Errorf("%d bytes are read as %+v", len(b), s)
		}
	}
	if s, err := DecodeStack(raw(maxFrames, 0)); err != nil || !s.Cut {
		t.Errorf("a full stack is not cut: %v", err)
	}
	l, err := DecodeLabels(rawLabels(3, 1, "op", "pay", "", "lost", "\xffk", "\x1b[31m\xc3"), nil)
	want := Labels{Cut: true, List: []profile.Label{{Key: "op", Str: "pay"}, {Key: "\uFFFDk", Str: "\x1b[31m\uFFFD"}}}
	if err != nil || cmp.Diff(want, l) != "" {
		t.Errorf("labels: %v %s", err, cmp.Diff(want, l))
	}
	for _, b := range [][]byte{nil, rawLabels(maxLabels+1, 0), rawLabels(1, 0)[:50]} {
		if l, err := DecodeLabels(b, nil); err == nil {
			t.Errorf("%d bytes are read as %+v", len(b), l)
		}
	}
}

// A string that was not in memory is looked up by its address.
func TestDecodeLabelsElsewhere(t *testing.T) {
	b := rawLabels(3, 0, "", "pay", "k", "", "lost", "x")
	b[6], b[7] = 0b101, 0b010
	address := func(at int, addr, n uint64) {
		binary.NativeEndian.PutUint64(b[at:], addr)
		binary.NativeEndian.PutUint64(b[at+8:], n)
	}
	address(8, 0x4000, 2)
	address(8+keyBytes+valueBytes+keyBytes, 0x5000, 5)
	address(8+2*(keyBytes+valueBytes), 0x6000, 1<<40)
	l, err := DecodeLabels(b, func(addr uint64, n int) ([]byte, bool) {
		s, ok := map[uint64]string{0x4000: "op", 0x5000: "value"}[addr]
		return []byte(s), ok && len(s) == n
	})
	want := Labels{Cut: true, List: []profile.Label{{Key: "op", Str: "pay"}, {Key: "k", Str: "value"}}}
	if err != nil || cmp.Diff(want, l) != "" {
		t.Errorf("%v %s", err, cmp.Diff(want, l))
	}
}

// table is a program of functions of a hundred bytes: f0 at 1000, f1 at 1100 ...
// The frame of a function is set up from its byte 10 on.
type table struct{}

func (table) Frames(pc uint64) []Frame {
	switch {
	case pc >= 2000:
		return []Frame{{Function: "[vdso]"}}
	case pc >= 1880:
		break
	case pc >= 1870:
		return []Frame{{Function: "w", Wrapper: true}}
	case pc >= 1860:
		return []Frame{{Function: "inlined", File: "f.go"}, {Function: "w", Wrapper: true}}
	case pc >= 1800:
		return []Frame{{Function: "time.now"}}
	case pc >= 1700:
		return []Frame{{Function: "f[...]", Symbol: "f[int]"}}
	}
	switch {
	case pc >= 1900:
		return []Frame{{Function: "runtime.goexit"}}
	}
	return []Frame{{Function: fmt.Sprintf("f%d", (pc-1000)/100), File: "f.go", Line: int(pc)}}
}

func (table) FrameSize(pc uint64) (int, bool) {
	switch at := pc % 100; {
	case pc >= 2000:
		return 0, false
	case at == 0:
		return 0, true
	case at < 10:
		return 8, true
	}
	return 64, true
}

func (table) Mapping(pc uint64) (profile.Mapping, bool) {
	return profile.Mapping{Start: 1000, Limit: 2000, File: "/srv/shop"}, pc < 2000
}

func (table) Text() (start, end uint64) { return 1000, 2000 }

func TestFold(t *testing.T) {
	for _, c := range []struct {
		name     string
		stack    Stack
		want     string
		repaired int64
	}{
		{"ordinary", Stack{PC: []uint64{1050, 1150, 1250}}, "f0 f1 f2", 0},
		{"garbage on the stack is no caller", Stack{PC: []uint64{1050, 1150}, Caller: 1350}, "f0 f1", 0},
		{"frameless leaf", Stack{PC: []uint64{1000, 1250}, Caller: 1150}, "f0 f1 f2", 1},
		{"frame pointer just pushed", Stack{PC: []uint64{1001, 1250}, Caller: 1150, Pushed: true}, "f0 f1 f2", 1},
		{"frame pointer set up", Stack{PC: []uint64{1005, 1250}, Caller: 1150}, "f0 f2", 0},
		{"the vDSO counts for its caller", Stack{PC: []uint64{2500, 1150}, Caller: 1250}, "f1", 0},
		{"the clock's assembly counts for its caller", Stack{PC: []uint64{1850, 1150, 1250}}, "f1 f2", 0},
		{"that and the vDSO below it", Stack{PC: []uint64{2500, 1850, 1200, 1250}}, "f1 f2", 0},
		{"the clock's assembly that was called is a caller", Stack{PC: []uint64{1050, 1850, 1150}}, "f0 time.now f1", 0},
		{"a wrapper is left out", Stack{PC: []uint64{1050, 1875, 1150}}, "f0 f1", 0},
		{"a wrapper at the leaf too", Stack{PC: []uint64{1875, 1150}}, "f1", 0},
		{"a wrapper alone is not", Stack{PC: []uint64{1875}}, "w", 0},
		{"what was inlined into a wrapper is kept", Stack{PC: []uint64{1865, 1150}}, "inlined f1", 0},
		{"instances of generic functions are apart", Stack{PC: []uint64{1750, 1150}}, "f[int] f1", 0},
		{"the vDSO alone", Stack{PC: []uint64{2500}}, "[vdso]", 0},
		{"a return address at a function's end is in the call before", Stack{PC: []uint64{1050, 1200}}, "f0 f1", 0},
		{"goexit is left out", Stack{PC: []uint64{1050, 1950}}, "f0", 0},
		{"goexit alone is not", Stack{PC: []uint64{1950}}, "runtime.goexit", 0},
	} {
		labels := map[uint64]Labels{7: {List: []profile.Label{{Key: "op", Str: "pay"}}}}
		f := NewFolder(table{}, map[uint64]Stack{1: c.stack}, labels, profile.ValueType{Type: "samples", Unit: "count"})
		f.Add(1, 7, 3, []int64{3}, profile.Label{Key: "goroutine", Num: 4})
		f.Add(1, 7, 1, []int64{1}, profile.Label{Key: "goroutine", Num: 4})
		p, err := f.Finish(&profile.Profile{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, loc := range p.Stack(0) {
			got = append(got, p.Functions[p.Locations[loc].Lines[0].Function].Name)
		}
		if strings.Join(got, " ") != c.want || p.NumSamples() != 1 || p.Value(0, 0) != 4 {
			t.Errorf("%s: %v of %d samples, want %s", c.name, got, p.NumSamples(), c.want)
		}
		if f.Repaired != 4*c.repaired {
			t.Errorf("%s: %d repaired", c.name, f.Repaired)
		}
		if want := []profile.Label{{Key: "goroutine", Num: 4}, {Key: "op", Str: "pay"}}; !slices.Contains([]bool{cmp.Equal(p.Labels(0), want), cmp.Equal(p.Labels(0), []profile.Label{want[1], want[0]})}, true) {
			t.Errorf("%s: labels %+v", c.name, p.Labels(0))
		}
		if p.Mappings[0].File != "/srv/shop" {
			t.Errorf("%s: the program is not the first mapping", c.name)
		}
	}
}

func TestStackThatWasNotKept(t *testing.T) {
	f := NewFolder(table{}, nil, nil, profile.ValueType{Type: "samples", Unit: "count"})
	f.Add(0, 0, 2, []int64{2})
	p, err := f.Finish(&profile.Profile{})
	if err != nil || p.Total(0) != 2 || p.Functions[0].Name != lostStack {
		t.Errorf("%v: %+v", err, p)
	}
}

// FuzzDecode reads any bytes that a map could hold and folds them: no panic, and
// a profile that others can read.
func FuzzDecode(f *testing.F) {
	f.Add(raw(3, 0, 1000, 1100, 1250), rawLabels(1, 0, "op", "pay"))
	f.Add(raw(maxFrames, 1, 2500), rawLabels(8, 1))
	f.Fuzz(func(t *testing.T, stack, labels []byte) {
		s, err := DecodeStack(stack)
		if err != nil {
			return
		}
		l, err := DecodeLabels(labels, func(addr uint64, n int) ([]byte, bool) { return make([]byte, n), addr%2 == 0 })
		if err != nil {
			return
		}
		fold := NewFolder(table{}, map[uint64]Stack{1: s}, map[uint64]Labels{1: l}, profile.ValueType{Type: "samples", Unit: "count"})
		fold.Add(1, 1, 1, []int64{1})
		p, err := fold.Finish(&profile.Profile{})
		if err != nil {
			t.Fatal(err)
		}
		data, err := profile.Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		back, err := profile.Parse(data, profile.Options{Labels: true})
		if err != nil || back.Total(0) != 1 || len(back.Stack(0)) == 0 {
			t.Fatalf("%v: %+v", err, back)
		}
	})
}
