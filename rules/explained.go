package rules

import (
	"github.com/goperf/goperf/blame"
)

// explained is the share of what is below a function that one library call
// accounts for: where it is large, another rule has said what is wrong.
func explained(t *blame.Table, fn int32) float64 {
	by := map[blame.Concept]int64{}
	var most int64
	below := reachedFrom(t, fn)
	for _, c := range t.Cells {
		if !below[c.Owner] || unspecific(c.Concept) {
			continue
		}
		by[c.Concept] += c.Near
		most = max(most, by[c.Concept])
	}
	return clamp(ratio(most, t.Funcs[fn].Cum))
}

// unspecific concepts are what any loop is made of.
func unspecific(c blame.Concept) bool {
	switch c {
	case blame.OwnCode, blame.Alloc, blame.Memmove, blame.StringSearch, blame.StringSplit, blame.MapGet, blame.MapIter, blame.MapHash, blame.Slices, blame.TypeAssert, blame.UTF8, blame.ListHeap:
		return true
	}
	return false
}

// reachedFrom is a function and everything in reach that it leads to.
func reachedFrom(t *blame.Table, fn int32) map[int32]bool {
	seen := map[int32]bool{fn: true}
	for todo := []int32{fn}; len(todo) > 0; {
		at := todo[0]
		todo = todo[1:]
		for e := range t.Edges {
			if e.From == at && !seen[e.To] {
				seen[e.To] = true
				todo = append(todo, e.To)
			}
		}
	}
	return seen
}

// doesIO says that most of what is below a function is input and output.
func doesIO(t *blame.Table, fn int32) bool {
	var sum int64
	below := reachedFrom(t, fn)
	for _, c := range t.Cells {
		switch c.Concept {
		case blame.NetRead, blame.NetWrite, blame.FileRead, blame.FileWrite, blame.FileSync, blame.FileOpen, blame.FileReadWhole, blame.Syscall, blame.HTTPClient, blame.SQL:
			if below[c.Owner] {
				sum += c.Near
			}
		}
	}
	return ratio(sum, t.Funcs[fn].Cum) > 0.5
}
