package rules_test

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/rules"
)

// TestCostOfGrowingConnections: a leak costs the same per second however long it
// has been going on.
func TestCostOfGrowingConnections(t *testing.T) {
	_, cases := readArchive(t, filepath.Join(archives, "leaked-connections.txtar"))
	for _, c := range cases {
		if c.name != "fires-code-for-hours" {
			continue
		}
		r := diagnose.Run(rules.All(), c.set(t), diagnose.Limits{})
		if len(r.Findings) == 0 {
			t.Fatal("no finding")
		}
		cost := r.Findings[0].Cost
		if cost.Share != 0.9 || math.Abs(cost.Amount-5.4) > 1e-9 || cost.Unit != "count/s" {
			t.Errorf("cost %+v: 54 of 60 that grew in 10 s", cost)
		}
		return
	}
	t.Fatal("no such case")
}
