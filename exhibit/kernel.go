package exhibit

import (
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/kernel"
	"github.com/goperf/goperf/report"
)

// Kernel is what probes measured: their histograms and tables, and everything
// they could have lost, also when they lost nothing.
func Kernel(set *evidence.Set) []report.Exhibit {
	var out []report.Exhibit
	for i := range set.Kernel {
		m := &set.Kernel[i]
		for _, h := range m.Histograms {
			out = append(out, report.Exhibit{ID: slug(m.Probe, h.Name), Title: h.Name, Histogram: histogram(h)})
		}
		for _, t := range m.Tables {
			out = append(out, report.Exhibit{ID: slug(m.Probe, t.Name), Title: t.Name, Table: table(t)})
		}
		if len(m.Losses) > 0 {
			out = append(out, report.Exhibit{ID: slug(m.Probe, "losses"), Title: "Lost by the " + m.Probe + " probe", Table: losses(m.Losses)})
		}
	}
	return out
}

// slug is a name for an exhibit: lower case, no blanks.
func slug(probe, name string) string {
	b := []byte(probe + "-" + name)
	for i, c := range b {
		switch {
		case c >= 'A' && c <= 'Z':
			b[i] = c + 'a' - 'A'
		case c < '0' || c > '9' && c < 'a' || c > 'z':
			b[i] = '-'
		}
	}
	return string(b)
}

func histogram(h kernel.Histogram) *report.Histogram {
	out := &report.Histogram{Unit: h.Unit, Bounds: h.Bounds, Counts: make([]float64, len(h.Counts))}
	for i, n := range h.Counts {
		out.Counts[i] = float64(n)
	}
	return out
}

func table(t kernel.Table) *report.Table {
	out := &report.Table{}
	for _, c := range t.Columns {
		out.Columns = append(out.Columns, report.Column(c))
	}
	for _, row := range t.Rows {
		cells := make([]report.Cell, len(row))
		for i, c := range row {
			cells[i] = report.Cell(c)
		}
		out.Rows = append(out.Rows, cells)
	}
	return out
}

func losses(all []kernel.Loss) *report.Table {
	t := &report.Table{Columns: []report.Column{{Name: "lost", Unit: "count"}, {Name: "of", Unit: "count"}, {Name: "what"}}}
	for _, l := range all {
		t.Rows = append(t.Rows, []report.Cell{number(float64(l.Count)), number(float64(l.Of)), text(l.What)})
	}
	return t
}

// kernelVitals is the numbers of the probes.
func kernelVitals(set *evidence.Set) []report.Fact {
	var out []report.Fact
	for i := range set.Kernel {
		for _, c := range set.Kernel[i].Counts {
			out = append(out, report.Fact{Text: c.Name, Value: c.Value, Unit: c.Unit, Source: string(evidence.Kernel)})
		}
	}
	return out
}
