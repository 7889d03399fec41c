package tui

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/goperf/goperf/report"
)

// diffView is which functions of a comparison are listed, and in which order.
type diffView struct {
	sort  int
	hide  int  // index into hideSteps
	fresh bool // those alone that one side does not have
}

// diffSorts are the orders, the usual one first: what changed most.
var diffSorts = []struct {
	name    string
	compare func(a, b func(column string) report.Cell) int
}{
	{"change", func(a, b func(string) report.Cell) int {
		return cmp.Compare(math.Abs(b("change").Value), math.Abs(a("change").Value))
	}},
	{"before", func(a, b func(string) report.Cell) int { return cmp.Compare(b("before").Value, a("before").Value) }},
	{"after", func(a, b func(string) report.Cell) int { return cmp.Compare(b("after").Value, a("after").Value) }},
	{"name", func(a, b func(string) report.Cell) int {
		return strings.Compare(a("function").Text, b("function").Text)
	}},
}

// hideSteps are the shares of the total below which a change is not listed unless it
// is sure, the usual one first.
var hideSteps = []float64{0.005, 0.01, 0.05, 0}

// fewRows are listed whatever they are.
const fewRows = 5

// narrowed is a table of functions by what is wanted of it, and what that leaves out.
func (v diffView) narrowed(e *report.Exhibit) (t *report.Table, left string) {
	get := named(e)
	out := *e.Table
	out.Rows = nil
	least, hidden := hideSteps[v.hide], 0
	for _, row := range e.Table.Rows {
		name, sure := get(row, "function").Text, surely(get(row, "verdict").Text)
		switch {
		case v.fresh && !strings.HasSuffix(name, " NEW") && !strings.HasSuffix(name, " GONE"):
		case math.Abs(get(row, "change").Value) < least && !sure && len(out.Rows) >= fewRows:
			hidden++
		default:
			out.Rows = append(out.Rows, row)
		}
	}
	if v.sort > 0 {
		slices.SortStableFunc(out.Rows, func(a, b []report.Cell) int {
			return diffSorts[v.sort].compare(func(c string) report.Cell { return get(a, c) }, func(c string) report.Cell { return get(b, c) })
		})
	}
	if hidden > 0 {
		left = fmt.Sprintf("%d more below %s", hidden, report.FormatValue(least, "ratio"))
	}
	return &out, left
}

// surely says that a verdict is one.
func surely(verdict string) bool {
	return strings.Contains(verdict, "worse") || strings.Contains(verdict, "better") || strings.Contains(verdict, "moved")
}

// act changes what is listed; false for other keys.
func (v *diffView) act(a action) bool {
	switch a {
	case sortBy:
		v.sort = (v.sort + 1) % len(diffSorts)
	case hideSmall:
		v.hide = (v.hide + 1) % len(hideSteps)
	case onlyFresh:
		v.fresh = !v.fresh
	default:
		return false
	}
	return true
}

// words is what a view is, in the notes of the tables.
func (v diffView) words(left string, keys hand) string {
	var out []string
	if left != "" {
		out = append(out, left+keys.note(" (", hideSmall, ")"))
	}
	if v.fresh {
		out = append(out, "new and gone alone"+keys.note(" (", onlyFresh, ")"))
	}
	if v.sort > 0 {
		out = append(out, "by "+diffSorts[v.sort].name)
	}
	return strings.Join(out, ", ")
}

// flags are a view in the words of the command.
func (v diffView) flags() (words []string) {
	if v.sort > 0 {
		words = append(words, "--sort", diffSorts[v.sort].name)
	}
	if v.hide > 0 {
		words = append(words, "--hide", strconv.FormatFloat(100*hideSteps[v.hide], 'g', 3, 64))
	}
	if v.fresh {
		words = append(words, "--only-new")
	}
	return words
}

// diff is what a view says of the comparison.
func (v View) diff() diffView {
	out := diffView{fresh: v.Fresh}
	for i := range diffSorts {
		if diffSorts[i].name == v.Sort {
			out.sort = i
		}
	}
	if v.Hide != nil {
		for i, step := range hideSteps { // the nearest there is
			if math.Abs(100*step-*v.Hide) < math.Abs(100*hideSteps[out.hide]-*v.Hide) {
				out.hide = i
			}
		}
	}
	return out
}
