package oncpu

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/goperf/goperf/ebpf/stacks"
	"github.com/goperf/goperf/profile"
)

func TestDecodeSample(t *testing.T) {
	var key, value []byte
	for _, w := range []uint64{7, 8, 9} {
		key = binary.NativeEndian.AppendUint64(key, w)
	}
	value = binary.NativeEndian.AppendUint64(value, 3)
	if s, err := decodeSample(key, value); err != nil || s != (sample{7, 8, 9, 3}) {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := decodeSample(key[:23], value); err == nil {
		t.Error("a short key is read")
	}
	if _, err := decodeSample(key, nil); err == nil {
		t.Error("an empty value is read")
	}
}

// named names every address after itself.
type named struct{}

func (named) Frames(pc uint64) []stacks.Frame {
	return []stacks.Frame{{Function: "main.f"}}
}
func (named) FrameSize(uint64) (int, bool)           { return 8, true }
func (named) Mapping(uint64) (profile.Mapping, bool) { return profile.Mapping{}, false }
func (named) Text() (start, end uint64)              { return 0, 1 << 40 }

func TestFold(t *testing.T) {
	at := time.Unix(1_790_000_000, 0)
	d := &drained{
		from: at, to: at.Add(2 * time.Second), hertz: 100,
		samples:  []sample{{goid: 0, stack: 1, count: 50}, {goid: 9, stack: 1, labels: 5, count: 150}},
		stacks:   map[uint64]stacks.Stack{1: {PC: []uint64{100}}},
		labels:   map[uint64]stacks.Labels{5: {List: []profile.Label{{Key: "op", Str: "pay"}}}},
		counters: []uint64{seen: 203, samplesLost: 3, numCounters - 1 + 1: 0},
	}
	m, err := fold(d, named{})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{"samples": 200, "CPU time": 2, "CPU": 1, "samples without a goroutine (scheduler, collector)": 50} {
		if got, ok := m.Count(name); !ok || got != want {
			t.Errorf("%s = %v, %v, want %v", name, got, ok, want)
		}
	}
	if m.Lost() != 3 {
		t.Errorf("%d lost, want 3: %+v", m.Lost(), m.Losses)
	}
	p := m.Profile
	if i, ok := p.SampleType("cpu"); !ok || p.Total(i) != 2e9 || p.DurationNanos != 2e9 || p.Period != 1e7 {
		t.Errorf("the profile says %+v", p)
	}
}
