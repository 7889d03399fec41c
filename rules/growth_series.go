package rules

import (
	"cmp"
	"maps"
	"slices"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
)

// biggestGrowth is each owner's cell with the most growth.
func biggestGrowth(d *diagnose.Delta) map[string]*blame.Cell {
	out := map[string]*blame.Cell{}
	for _, c := range d.Cells {
		name := d.Funcs[c.Owner].Name
		if o := out[name]; o == nil || c.Near > o.Near {
			out[name] = c
		}
	}
	return out
}

// inuseSeries is the live bytes of each owner and of the whole heap in every snapshot.
func inuseSeries(p *diagnose.Pass) (map[string][]int64, []int64) {
	ps := p.Set.Profiles[p.Heap()]
	out := map[string][]int64{}
	total := make([]int64, len(ps))
	for i, t := range p.Each(p.Heap(), "inuse_space") {
		if t == nil {
			continue
		}
		total[i] = t.Total
		for _, f := range t.Funcs {
			if f.Near == 0 {
				continue
			}
			if out[f.Name] == nil {
				out[f.Name] = make([]int64, len(ps))
			}
			out[f.Name][i] = f.Near
		}
	}
	return out, total
}

// allocatedAt is the bytes that the growing lines allocated in the window.
func allocatedAt(p *diagnose.Pass, g *grower) int64 {
	d := p.Delta(p.Heap(), "alloc_space")
	if d == nil {
		return 0
	}
	return atLines(d.Table, g)
}

// atLines is the value of the grower's cell in another table, at its growing lines.
func atLines(t *blame.Table, g *grower) int64 {
	i, ok := t.Lookup(g.fn)
	if !ok {
		return 0
	}
	c := t.Cell(i, g.cell.Concept)
	if c == nil {
		return 0
	}
	var sum int64
	for line, v := range g.cell.Lines {
		if v > 0 {
			sum += c.Lines[line]
		}
	}
	return sum
}

// averageSize is the mean size of the owner's live objects, B.
func averageSize(p *diagnose.Pass, fn string) float64 {
	space, objects := p.Last(p.Heap(), "inuse_space"), p.Last(p.Heap(), "inuse_objects")
	if space == nil || objects == nil {
		return 0
	}
	i, ok := space.Lookup(fn)
	j, ok2 := objects.Lookup(fn)
	if !ok || !ok2 {
		return 0
	}
	return ratio(space.Funcs[i].Near, objects.Funcs[j].Near)
}

func firstOf(s []int64) int64 {
	if len(s) == 0 {
		return 0
	}
	return s[0]
}

// linesByValue is the owner's lines, the costliest first.
func linesByValue(c *blame.Cell) []int32 {
	lines := slices.Collect(maps.Keys(c.Lines))
	slices.SortFunc(lines, func(a, b int32) int { return cmp.Or(cmp.Compare(c.Lines[b], c.Lines[a]), cmp.Compare(a, b)) })
	return lines
}
