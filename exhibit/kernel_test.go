package exhibit_test

import (
	"testing"

	"github.com/goperf/goperf/exhibit"
	"github.com/goperf/goperf/profile"
)

// The profiler waits all the time, and is not what anybody looks for.
func TestProfilerWaitsLast(t *testing.T) {
	b := profile.NewBuilder(true, profile.ValueType{Type: "waits", Unit: "count"}, profile.ValueType{Type: "runqueue", Unit: "nanoseconds"}, profile.ValueType{Type: "blocked", Unit: "nanoseconds"})
	at := func(address uint64, name string) uint32 {
		line := profile.Line{Function: b.Function(profile.Function{Name: name, SystemName: name})}
		return b.Location(profile.Location{Address: address, Mapping: -1, Lines: []profile.Line{line}})
	}
	futex := at(1, "runtime.futex")
	b.Sample([]uint32{futex, at(2, "runtime/pprof.readProfile"), at(3, "runtime/pprof.profileWriter")}, []int64{9, 0, 20e9})
	b.Sample([]uint32{at(4, "syscall.read"), at(5, "main.load")}, []int64{3, 1e6, 5e6})
	p, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	e, ok := exhibit.Waits(p)
	if !ok || len(e.Table.Rows) != 2 {
		t.Fatalf("%+v", e)
	}
	for i, want := range []string{"main.load", "(the CPU profiler)"} {
		if got := e.Table.Rows[i][5].Text; got != want {
			t.Errorf("row %d is %q, want %q", i, got, want)
		}
	}
}
