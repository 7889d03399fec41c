package tui

import (
	"slices"
	"testing"

	"github.com/goperf/goperf/report"
)

// Groups that are equal in what they are sorted by stand in one order, however often
// they were sorted before: a copied command has to select the same one.
func TestGroupsStandInOneOrder(t *testing.T) {
	d := &Data{}
	for i, state := range []string{"select", "IO wait", "chan receive", "running"} {
		d.Groups = append(d.Groups, Group{State: state, Count: 2, Before: 2 - i%2, Frames: []report.Frame{{Function: "main.a"}}})
	}
	order := func(m *Model) (states []string) {
		for _, g := range m.screens[goroutineScreen].(*goroutines).groups {
			states = append(states, g.State)
		}
		return states
	}
	for i, by := range groupSorts {
		o := trueColor
		o.View.Screen, o.View.Sort = "goroutines", by.name
		want := order(began(t, d, o, 100, 30))
		m := began(t, d, trueColor, 100, 30)
		m.press("4")
		for range len(groupSorts) + i {
			m.press("S")
		}
		if got := order(m); !slices.Equal(got, want) {
			t.Errorf("by %s: %q after other orders, %q at once", by.name, got, want)
		}
	}
}
