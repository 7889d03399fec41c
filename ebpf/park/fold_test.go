package park

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/ebpf/stacks"
	"github.com/goperf/goperf/kernel"
	"github.com/goperf/goperf/profile"
)

// symbols has a function for each hundred addresses.
type symbols struct{}

func (symbols) Frames(pc uint64) []stacks.Frame {
	names := map[uint64]string{1: "runtime.gopark", 2: "main.work", 3: "runtime.bgsweep", 4: "runtime.goexit"}
	return []stacks.Frame{{Function: names[pc/100], File: "x.go", Line: int(pc % 100)}}
}
func (symbols) FrameSize(uint64) (int, bool)           { return 8, true }
func (symbols) Mapping(uint64) (profile.Mapping, bool) { return profile.Mapping{}, false }
func (symbols) Text() (start, end uint64)              { return 100, 500 }

func TestFold(t *testing.T) {
	at := time.Unix(10, 0)
	d := &drained{
		from: at, to: at.Add(time.Second), reasons: []string{"", "GC assist marking", "IO wait"},
		stacks: map[uint64]stacks.Stack{7: {PC: []uint64{110, 220, 410}}, 8: {PC: []uint64{110, 320, 410}}},
		waits: []sum{
			{wait: wait{stack: 7, reason: 2}, waits: 3, ns: 2e9, longest: 1e9},
			{wait: wait{stack: 7, reason: 200}, ns: 5e8, longest: 5e8},
			{wait: wait{stack: 8, reason: 1}, waits: 9, ns: 9e9, longest: 9e9}, // the runtime's own
		},
		counters: []uint64{12, 12, 1, 0, 0, 2},
	}
	m, err := fold(d, symbols{})
	if err != nil {
		t.Fatal(err)
	}
	want := [][]kernel.Cell{
		{{Value: 2}, {Value: 3}, {Value: 1}, {Text: "IO wait"}, {Text: "main.work"}},
		{{Value: 0.5}, {Value: 0}, {Value: 0.5}, {Text: "wait reason 200"}, {Text: "main.work"}},
	}
	if diff := cmp.Diff(want, m.Tables[0].Rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if n, _ := m.Count("waits that ended"); n != 3 || m.Lost() != 3 || m.Profile.Total(1) != 25e8 {
		t.Errorf("%v waits, %d lost, %d ns in the profile", n, m.Lost(), m.Profile.Total(1))
	}
}

func TestDecode(t *testing.T) {
	words := func(w ...uint64) (b []byte) {
		for _, v := range w {
			b = binary.NativeEndian.AppendUint64(b, v)
		}
		return b
	}
	got, err := decodeSum(words(1, 2, 3), words(4, 5, 6))
	if want := (sum{wait: wait{1, 2, 3}, waits: 4, ns: 5, longest: 6}); err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	got, err = decodeParked(words(9), words(40, 1, 2, 3), 100)
	if want := (sum{wait: wait{1, 2, 3}, ns: 60, longest: 60}); err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
	if got, err = decodeParked(words(9), words(140, 1, 2, 3), 100); err != nil || got.ns != 0 {
		t.Errorf("a wait that begins in the future: %+v, %v", got, err)
	}
	for _, n := range []int{0, 8, 23, 25} {
		if _, err := decodeSum(make([]byte, n), make([]byte, 24)); err == nil {
			t.Errorf("a key of %d bytes is taken", n)
		}
		if _, err := decodeParked(make([]byte, 8), make([]byte, n), 0); err == nil {
			t.Errorf("a goroutine of %d bytes is taken", n)
		}
	}
}

func TestBrake(t *testing.T) {
	if err := tooMany(1000, 200*time.Millisecond); err != nil {
		t.Errorf("5,000 hits a second: %v", err)
	}
	if err := tooMany(10_000, 200*time.Millisecond); err == nil {
		t.Error("50,000 hits a second are no trouble")
	}
}
