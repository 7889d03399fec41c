package evidence

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestGroups(t *testing.T) {
	at := func(function string, line int, args string) DumpFrame {
		return DumpFrame{Function: function, File: "/src/x.go", Line: line, Args: args}
	}
	d := GoroutineDump{Goroutines: []GoroutineState{
		{ID: 1, State: "running", Frames: []DumpFrame{at("main.main", 1, "")}},
		{ID: 9, State: "chan send", Wait: 3 * time.Minute, Frames: []DumpFrame{at("main.f", 5, "0x1")}, CreatedBy: at("main.g", 7, ""), Creator: 1},
		{ID: 4, State: "chan send", Wait: 12 * time.Minute, Frames: []DumpFrame{at("main.f", 5, "0x2")}, CreatedBy: at("main.g", 7, ""), Creator: 2, Leaked: true},
		{ID: 5, State: "chan send", Frames: []DumpFrame{at("main.f", 6, "")}, CreatedBy: at("main.g", 7, "")},
		{ID: 6, State: "chan receive", Frames: []DumpFrame{at("main.f", 5, "")}, CreatedBy: at("main.g", 7, ""), Locked: true},
		{ID: 7, State: "chan send", Frames: []DumpFrame{at("main.f", 5, "")}, CreatedBy: at("main.h", 7, "")},
	}}
	got := d.Groups()
	if len(got) != 5 {
		t.Fatalf("%d groups: %+v", len(got), got)
	}
	want := GoroutineGroup{
		State: "chan send", Frames: d.Goroutines[1].Frames, CreatedBy: at("main.g", 7, ""),
		Count: 2, IDs: []int64{4, 9}, Oldest: 12 * time.Minute, Stale: 1, Leaked: 1,
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, g := range got {
		if (g.Locked == 1) != (g.State == "chan receive") {
			t.Errorf("locked: %+v", g)
		}
	}
	if empty := (&GoroutineDump{}).Groups(); len(empty) != 0 {
		t.Errorf("groups of nothing: %+v", empty)
	}
}

// TestGroupsDoNotDependOnOrder: a dump lists goroutines in any order.
func TestGroupsDoNotDependOnOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	var d GoroutineDump
	for i := range 200 {
		d.Goroutines = append(d.Goroutines, GoroutineState{
			ID: int64(i + 1), State: fmt.Sprint("state ", rnd.IntN(3)), Wait: time.Duration(rnd.IntN(20)) * time.Minute,
			Frames: []DumpFrame{{Function: fmt.Sprint("f", rnd.IntN(4))}}, CreatedBy: DumpFrame{Function: fmt.Sprint("g", rnd.IntN(2))},
		})
	}
	want := d.Groups()
	for range 20 {
		rnd.Shuffle(len(d.Goroutines), func(i, j int) { d.Goroutines[i], d.Goroutines[j] = d.Goroutines[j], d.Goroutines[i] })
		if diff := cmp.Diff(want, d.Groups()); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	}
}
