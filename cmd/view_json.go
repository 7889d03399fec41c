package cmd

import (
	"io"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

// tableJSON is a table as programs read it. Values are in the unit of the
// profile, divided by --divide-by.
type tableJSON struct {
	Type  string    `json:"type"`
	Unit  string    `json:"unit"`
	Total int64     `json:"total"` // what shares are of
	Nodes int       `json:"nodes"` // before --nodecount
	Rows  []rowJSON `json:"rows"`

	Repairs *repairsJSON `json:"repairs,omitempty"`
}

type rowJSON struct {
	frameJSON
	Flat    int64      `json:"flat"`
	Cum     int64      `json:"cum"`
	Callers []edgeJSON `json:"callers,omitempty"`
	Callees []edgeJSON `json:"callees,omitempty"`
}

type frameJSON struct {
	Name    string `json:"name"`
	File    string `json:"file,omitempty"`
	Line    int64  `json:"line,omitempty"`
	Address uint64 `json:"address,omitempty"`
	Inlined bool   `json:"inlined,omitempty"`
}

type edgeJSON struct {
	frameJSON
	Value int64 `json:"value"`
}

// frame leaves out what the granularity does not tell apart.
func (v *view) frame(f profile.Frame) frameJSON {
	out := frameJSON{Name: report.Clean(f.Name), Inlined: f.Inlined}
	if v.by == profile.ByLine || v.by == profile.ByAddress {
		out.File, out.Line, out.Address = report.Clean(f.File), f.Line, f.Address
	}
	return out
}

// writeTable writes the rows of a table or, when there is one, of a call graph.
func writeTable(env Env, opts *viewOptions, v *view, t *profile.Table, g *callGraph) error {
	s := valueScale{ratio: 1 / v.divide}
	out := tableJSON{
		Type: report.Clean(t.Type.Type), Unit: report.Clean(t.Type.Unit),
		Total: s.divide(t.Magnitude), Nodes: len(t.Rows), Rows: []rowJSON{}, Repairs: v.repairsJSON(),
	}
	row := func(r profile.Row) rowJSON {
		return rowJSON{frameJSON: v.frame(r.Frame), Flat: s.divide(r.Flat), Cum: s.divide(r.Cum)}
	}
	edge := func(e profile.Edge, other int) edgeJSON {
		j := edgeJSON{v.frame(t.Rows[other].Frame), s.divide(e.Value)}
		j.Inlined = e.Inlined
		return j
	}
	if g == nil {
		for _, r := range firstRows(t, opts.nodes) {
			out.Rows = append(out.Rows, row(r))
		}
		return writeJSONFile(env, opts.file, out)
	}
	out.Nodes = len(g.order)
	for _, i := range g.shown {
		r := row(t.Rows[i])
		for _, e := range g.callers[i] {
			r.Callers = append(r.Callers, edge(e, e.Caller))
		}
		for _, e := range g.callees[i] {
			r.Callees = append(r.Callees, edge(e, e.Callee))
		}
		out.Rows = append(out.Rows, r)
	}
	return writeJSONFile(env, opts.file, out)
}

func writeJSONFile(env Env, file string, value any) error {
	return env.writeFile(file, func(w io.Writer) error { return writeJSON(w, value) })
}
