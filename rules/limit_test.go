package rules_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/rules"
)

// Rules that name a GOMEMLIMIT name the same one, and it is that of goperf gc.
func TestOneLimit(t *testing.T) {
	t.Parallel()
	named := regexp.MustCompile(`GOMEMLIMIT=(\d+MiB)`)
	_, cases := readArchive(t, archives+"/gc-setting.txtar")
	for _, c := range cases {
		if c.name != "fires" {
			continue
		}
		var limits, from []string
		for _, f := range diagnose.Run(rules.All(), c.set(t), diagnose.Limits{}).Findings {
			for _, advice := range f.Advice {
				for _, m := range named.FindAllStringSubmatch(advice, -1) {
					limits, from = append(limits, m[1]), append(from, f.Rule)
				}
			}
		}
		if !slices.Contains(from, "gc-setting") || !slices.Contains(from, "no-memory-limit") || len(slices.Compact(limits)) != 1 {
			t.Errorf("%v by %v", limits, from)
		}
		return
	}
	t.Fatal("no case fires")
}
