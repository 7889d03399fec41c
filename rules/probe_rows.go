package rules

import (
	"slices"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/kernel"
)

// probeRow is a row of a table of a probe.
type probeRow struct {
	columns []kernel.Column
	cells   []kernel.Cell
}

func (r probeRow) cell(column string) kernel.Cell {
	i := slices.IndexFunc(r.columns, func(c kernel.Column) bool { return c.Name == column })
	if i < 0 || i >= len(r.cells) {
		return kernel.Cell{}
	}
	return r.cells[i]
}

func (r probeRow) number(column string) float64 { return r.cell(column).Value }

func (r probeRow) text(column string) string { return r.cell(column).Text }

// tcpRows is the rows of a table of the tcp probe.
func tcpRows(p *diagnose.Pass, table string) []probeRow { return probeRows(p, "tcp", table) }

// probeRows is the rows of a table of a probe.
func probeRows(p *diagnose.Pass, probe, table string) []probeRow {
	var rows []probeRow
	for _, m := range p.Set.Kernel {
		for _, t := range m.Tables {
			if m.Probe != probe || t.Name != table {
				continue
			}
			for _, cells := range t.Rows {
				rows = append(rows, probeRow{t.Columns, cells})
			}
		}
	}
	return rows
}
