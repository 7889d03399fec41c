package sched

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDecodeOther(t *testing.T) {
	key := binary.NativeEndian.AppendUint32(nil, 42)
	value := make([]byte, 16, 32)
	copy(value, "link\x00x\xff")
	value = binary.NativeEndian.AppendUint64(value, 3)
	value = binary.NativeEndian.AppendUint64(value, 1000)
	if got, err := decodeOther(key, value); err != nil || got != (other{42, "link", 3, 1000}) {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := decodeOther(key[:3], value); err == nil {
		t.Error("a short key is read")
	}
	if _, err := decodeOther(key, value[:31]); err == nil {
		t.Error("a short value is read")
	}
}

func TestFold(t *testing.T) {
	at := time.Unix(1_790_000_000, 0)
	latency := make([]uint64, 40)
	latency[0], latency[10], latency[20] = 1, 98, 1
	d := &drained{
		from: at, to: at.Add(2 * time.Second), target: 7, latency: latency,
		others:   []other{{pid: 7, n: 5, ns: 10}, {pid: 0, n: 1, ns: 1000}, {pid: 9, comm: "link", n: 2, ns: 100}},
		counters: []uint64{runs: 100, queuedNS: 1e9, preemptions: 4, migrations: 3, unseen: 2},
		quota:    throttling{20, 5, 300 * time.Millisecond}, limited: true,
	}
	m := fold(d)
	for name, want := range map[string]float64{
		"waiting for a CPU": 1, "mean run-queue latency": 0.01, "run-queue latency, 99 of 100 below": 2048e-9,
		"preemptions": 4, "migrations": 3, "threads waiting for a CPU on average": 0.5,
		"cgroup periods throttled": 5, "throttled by the cgroup's quota": 0.3,
	} {
		if got, ok := m.Count(name); !ok || got != want {
			t.Errorf("%s = %v, %v, want %v", name, got, ok, want)
		}
	}
	h := m.Histograms[0]
	if len(h.Bounds) != 22 || len(h.Counts) != 21 || h.Bounds[0] != 0 || h.Bounds[21] != 2097152e-9 {
		t.Errorf("histogram: %d bounds from %v to %v, %d counts", len(h.Bounds), h.Bounds[0], h.Bounds[len(h.Bounds)-1], len(h.Counts))
	}
	var who []string
	for _, row := range m.Tables[0].Rows {
		who = append(who, row[2].Text)
	}
	if d := cmp.Diff([]string{"nobody: the CPU was idle and had to be woken", "link (9)", "the process itself"}, who); d != "" {
		t.Error(d)
	}
	if m.Lost() != 2 {
		t.Errorf("%d lost", m.Lost())
	}
	empty := fold(&drained{from: at, to: at, latency: make([]uint64, 40), counters: make([]uint64, numCounters)})
	if len(empty.Histograms) != 0 || empty.Lost() != 0 {
		t.Errorf("of nothing: %+v", empty)
	}
}

func TestQuotaOf(t *testing.T) {
	root := t.TempDir()
	write := func(name, text string) {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("shop/cpu.stat", "usage_usec 9\nnr_periods 20\nnr_throttled 4\nthrottled_usec 1500\n")
	write("cpu,cpuacct/old/cpu.stat", "nr_periods 7\nnr_throttled 1\nthrottled_time 2000000\n")
	write("plain/cpu.stat", "usage_usec 9\n")
	for _, c := range []struct {
		name, cgroups string
		want          throttling
		ok            bool
	}{
		{"version 2", "0::/shop\n", throttling{20, 4, 1500 * time.Microsecond}, true},
		{"version 1", "9:memory:/x\n4:cpu,cpuacct:/old\n", throttling{7, 1, 2 * time.Millisecond}, true},
		{"no quota", "0::/plain\n", throttling{}, false},
		{"nowhere", "0::/gone\nnonsense\n", throttling{}, false},
	} {
		if got, ok := quotaOf(c.cgroups, root); got != c.want || ok != c.ok {
			t.Errorf("%s: %+v, %v", c.name, got, ok)
		}
	}
}
