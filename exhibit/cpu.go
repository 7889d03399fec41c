package exhibit

import (
	"cmp"
	"slices"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/report"
)

// CPU says what the CPU time was spent on: own code, libraries, allocation,
// the collector, the scheduler, system calls. The parts add up to all of it.
// The cores column is left out when cores is 0, that is unknown.
func CPU(t *blame.Table, cores float64) (report.Exhibit, bool) {
	if t == nil || t.Total <= 0 {
		return report.Exhibit{}, false
	}
	type part struct {
		name  blame.Activity
		value int64
	}
	var parts []part
	for a, v := range t.Classes {
		if v != 0 {
			parts = append(parts, part{a, v})
		}
	}
	slices.SortFunc(parts, func(a, b part) int {
		return cmp.Or(cmp.Compare(b.value, a.value), cmp.Compare(a.name, b.name))
	})
	table := &report.Table{Columns: []report.Column{{Name: "spent on"}, {Name: "share", Unit: "ratio"}}}
	if cores > 0 {
		table.Columns = append(table.Columns, report.Column{Name: "cores", Unit: "cores"})
	}
	row := func(name string, s float64) {
		cells := []report.Cell{text(name), number(s)}
		if cores > 0 {
			cells = append(cells, number(s*cores))
		}
		table.Rows = append(table.Rows, cells)
	}
	for _, p := range parts {
		row(string(p.name), share(float64(p.value), float64(t.Total)))
	}
	row("all", 1)
	return report.Exhibit{ID: "cpu", Title: "What the CPU time went to", Table: table}, true
}
