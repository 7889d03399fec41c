package tui

import (
	"testing"
	"time"

	"github.com/goperf/goperf/listing"
	"github.com/goperf/goperf/profile"
)

// What a line allocates is a rate between two snapshots, each sample once however
// often recursion passes the line; without times it is the sum, and of what is
// counted down, as after a restart, nothing.
func TestAllocations(t *testing.T) {
	before := parsed(t, "main.main:3;main.walk:7;main.walk:7;runtime.mallocgc:9 2MiB 1MiB\nmain.main:3;main.walk:8 6MiB 1MiB", "heap")
	after := parsed(t, "main.main:3;main.walk:7;main.walk:7;runtime.mallocgc:9 12MiB 1MiB\nmain.main:3;main.walk:8 4MiB 1MiB\nmain.main:3;main.other:7 9MiB 1MiB", "heap")
	of := &listing.Function{Name: "main.walk"}
	if col, _ := after.SampleType(allocated); after.Total(col) == 0 {
		t.Fatal("nothing is allocated")
	}
	d := &Data{Profiles: []Profile{{Kind: "cpu", Profile: parsed(t, shopCPU, "cpu")}, {Kind: "heap", Profile: after}}}
	a := d.allocations(of, "cpu")
	if a == nil || a.text(7) != "12MB" || a.text(8) != "4MB" || a.text(9) != "" {
		t.Errorf("of one snapshot: %+v, %q", a, a.text(7))
	}
	after.TimeNanos = before.TimeNanos + int64(5*time.Second)
	d.Profiles[1].Parts = []*profile.Profile{before, after}
	if a = d.allocations(of, "cpu"); a.text(7) != "2MB/s" || a.text(8) != "" {
		t.Errorf("in 5 s: %+v, %q and %q", a, a.text(7), a.text(8))
	}
	if d.allocations(of, allocated) != nil || d.allocations(&listing.Function{Name: "main.none"}, "cpu") != nil {
		t.Error("there is a column that says nothing")
	}
	if (*allocations)(nil).text(7) != "" {
		t.Error("nothing known says something")
	}
}
