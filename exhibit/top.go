package exhibit

import (
	"strings"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

// Top is the functions of a profile with the largest flat values, and the
// largest cumulative ones among the rest. False when the profile has no such
// sample type or it sums to nothing.
func Top(id, title string, p *profile.Profile, sampleType string) (report.Exhibit, bool) {
	t := profile.Top(p, profile.TopOptions{Type: sampleType})
	if t.Magnitude == 0 {
		return report.Exhibit{}, false
	}
	unit, factor := base(t.Type.Unit)
	total := float64(t.Magnitude)
	table := &report.Table{Columns: []report.Column{
		{Name: "flat", Unit: unit}, {Name: "flat %", Unit: "ratio"}, {Name: "cum", Unit: unit}, {Name: "cum %", Unit: "ratio"}, {Name: "function"},
	}}
	for _, row := range t.Rows[:min(topRows, len(t.Rows))] {
		flat, cum := float64(row.Flat), float64(row.Cum)
		table.Rows = append(table.Rows, []report.Cell{
			number(flat * factor), number(flat / total), number(cum * factor), number(cum / total), text(row.Name),
		})
	}
	return report.Exhibit{ID: id, Title: title, Table: table}, true
}

// base is the base unit of a profile's unit, and what its values are to be multiplied by.
func base(unit string) (string, float64) {
	switch strings.ToLower(unit) {
	case "nanoseconds", "ns":
		return "s", 1e-9
	case "microseconds", "us":
		return "s", 1e-6
	case "milliseconds", "ms":
		return "s", 1e-3
	case "seconds", "s":
		return "s", 1
	case "bytes":
		return "B", 1
	case "kilobytes", "kb":
		return "B", 1 << 10
	case "count", "":
		return "count", 1
	}
	return unit, 1
}
