package offcpu

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/ebpf/stacks"
	"github.com/goperf/goperf/profile"
)

func words(ws ...uint64) []byte {
	var b []byte
	for _, w := range ws {
		b = binary.NativeEndian.AppendUint64(b, w)
	}
	return b
}

func TestDecodeRow(t *testing.T) {
	key := binary.NativeEndian.AppendUint32(words(1, 2, 3, 4, 5, 6), 0xffffffff)
	key = binary.NativeEndian.AppendUint32(key, 2)
	got, err := decodeRow(key, words(100, 400, 3, 90))
	want := row{goid: 1, labels: 2, stack: 3, kernelStack: 4, wakerGoid: 5, wakerStack: 6, sysno: -1, state: 2, ns: 100, queuedNS: 100, n: 3, maxNS: 90}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for _, b := range [][2][]byte{{key[:55], words(1, 2, 3, 4)}, {key, words(1, 2, 3)}, {nil, nil}} {
		if _, err := decodeRow(b[0], b[1]); err == nil {
			t.Errorf("%d and %d bytes are read", len(b[0]), len(b[1]))
		}
	}
}

func TestDecodeKernelStack(t *testing.T) {
	b := make([]byte, 8*kernelFrames)
	copy(b, words(7, 8, 9))
	if got, err := decodeKernelStack(b); err != nil || cmp.Diff([]uint64{7, 8, 9}, got) != "" {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := decodeKernelStack(b[1:]); err == nil {
		t.Error("a short stack is read")
	}
}

func TestStateName(t *testing.T) {
	for _, c := range []struct {
		state uint32
		sysno int32
		want  string
	}{{0, -1, "preempted"}, {0, 24, "yielded"}, {1, 0, "sleeping"}, {2, 74, "uninterruptible"}, {4, -1, "stopped"}, {8, 1, "stopped"}, {0x40, 1, "other"}} {
		if got := stateName(c.state, c.sysno); got != c.want {
			t.Errorf("state %#x in call %d is %s, want %s", c.state, c.sysno, got, c.want)
		}
	}
	if got := syscallName(100_000); got != "syscall 100000" {
		t.Errorf("an unknown call is %q", got)
	}
}

// names calls addresses by their first digit.
type names struct{}

func (names) Frames(pc uint64) []stacks.Frame {
	if pc >= 2000 {
		return []stacks.Frame{{Function: "runtime.futex"}}
	}
	return []stacks.Frame{{Function: "main.pay"}}
}
func (names) FrameSize(uint64) (int, bool)           { return 8, true }
func (names) Mapping(uint64) (profile.Mapping, bool) { return profile.Mapping{}, false }
func (names) Text() (start, end uint64)              { return 0, 1 << 40 }

func TestFold(t *testing.T) {
	at := time.Unix(1_790_000_000, 0)
	d := &drained{
		from: at, to: at.Add(time.Second), wakers: true,
		rows: []row{
			{goid: 7, labels: 5, stack: 1, kernelStack: 9, wakerGoid: 8, wakerStack: 2, sysno: 0, state: 1, ns: 5e8, queuedNS: 1e8, n: 10, maxNS: 2e8},
			{goid: 7, stack: 1, sysno: -1, ns: 3e7, queuedNS: 3e7, n: 3, maxNS: 1e7},
		},
		stacks:   map[uint64]stacks.Stack{1: {PC: []uint64{2001, 1001}}, 2: {PC: []uint64{1500}}},
		labels:   map[uint64]stacks.Labels{5: {List: []profile.Label{{Key: "op", Str: "pay"}}}},
		kernel:   map[uint64][]stacks.Frame{9: {{Function: "schedule"}, {Function: "do_futex"}}},
		counters: make([]uint64, numCounters),
	}
	d.counters[switches], d.counters[idleNS], d.counters[rowsLost] = 20, 4e9, 2
	m, err := fold(d, names{})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]float64{"waits": 13, "blocked": 0.4, "waiting for a CPU": 0.13, "preemptions": 3, "longest wait": 0.2, "threads without work, left out": 4} {
		if got, ok := m.Count(name); !ok || got < want-1e-9 || got > want+1e-9 {
			t.Errorf("%s = %v, want %v", name, got, want)
		}
	}
	if m.Lost() != 2 {
		t.Errorf("%d lost: %+v", m.Lost(), m.Losses)
	}
	p := m.Profile
	var leaf []string
	for _, loc := range p.Stack(0) {
		leaf = append(leaf, p.Functions[p.Locations[loc].Lines[0].Function].Name)
	}
	if d := cmp.Diff([]string{"schedule", "do_futex", "runtime.futex", "main.pay"}, leaf); d != "" {
		t.Errorf("the stack of the first row: %s", d)
	}
	if got := p.SampleTypes[p.DefaultType()].Type; got != "blocked" || p.Total(p.DefaultType()) != 4e8 {
		t.Errorf("default column %s sums to %d", got, p.Total(p.DefaultType()))
	}
	if len(m.Tables) != 1 || m.Tables[0].Rows[0][2].Text != "main.pay" || m.Tables[0].Rows[0][3].Text != "main.pay" {
		t.Errorf("wakers: %+v", m.Tables)
	}
	// A table without rows says that nobody waited; none, that it was not asked for.
	d.rows = nil
	if m, err := fold(d, names{}); err != nil || len(m.Tables) != 1 || len(m.Tables[0].Rows) != 0 {
		t.Errorf("wakers of nothing: %+v, %v", m, err)
	}
	d.wakers = false
	if m, err := fold(d, names{}); err != nil || len(m.Tables) != 0 {
		t.Errorf("wakers that were not asked for: %+v, %v", m, err)
	}
}
