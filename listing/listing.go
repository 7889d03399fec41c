// Package listing joins the lines of a profile with the text of their source:
// what each line of a function took, and what was inlined into it.
//
// The sums are those of pprof's -list. A line has the samples in which it is
// anywhere on the stack, each once; a function has the sum of its lines, so
// that a sample which passes two lines of it, by recursion, counts twice there.
// [Function.Once] counts it once.
package listing

import (
	"cmp"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/goperf/goperf/profile"
)

// Function is a function with its sampled lines. One whose code comes from
// several files is there for each of them.
type Function struct {
	Name  string
	File  string // as the profile has it, "" when it does not say
	Start int64  // the line where it begins in the build, 0 when not known
	Flat  int64
	Cum   int64
	Once  int64 // Cum with each sample once
	Lines []Line
}

// Line is what one line of a function took. N is 0 when the profile has no line.
type Line struct {
	N         int64
	Flat, Cum int64
	Calls     []Call
}

// Call is a function that was inlined at a line, with the part of the line's
// cum that went through it.
type Call struct {
	Name string
	Cum  int64
}

// Functions are the functions of a profile by name, and the table of all its
// lines. Column is the name of the sample type, "" is the default one.
func Functions(p *profile.Profile, column string) (*profile.Table, []Function) {
	table := profile.Top(p, profile.TopOptions{By: profile.ByLine, Type: column})
	all := map[spot]*Function{}
	for _, row := range table.Rows {
		if row.Function < 0 || p.Functions[row.Function].Name == "" {
			continue
		}
		at := spot{row.Name, row.File}
		f := all[at]
		if f == nil {
			f = &Function{Name: row.Name, File: row.File, Start: p.Functions[row.Function].StartLine}
			all[at] = f
		}
		f.Flat, f.Cum = f.Flat+row.Flat, f.Cum+row.Cum
		f.Lines = append(f.Lines, Line{N: row.Line, Flat: row.Flat, Cum: row.Cum})
	}
	var list []Function
	for _, f := range all {
		slices.SortFunc(f.Lines, func(a, b Line) int { return cmp.Compare(a.N, b.N) })
		list = append(list, *f)
	}
	slices.SortFunc(list, func(a, b Function) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.File, b.File))
	})
	newCounter(p, column, list).run()
	return table, list
}

// spot is a function in a file.
type spot struct{ name, file string }

// counter goes through the samples for what a table of lines does not hold.
type counter struct {
	p      *profile.Profile
	column int
	list   []Function
	at     [][]passage // by location: where it passes functions of the list
	once   []int       // by function: the last sample that was counted
	calls  map[callKey]*callSum
}

// passage is a location in a line of a function of the list; callee is what is
// inlined there, "" for none.
type passage struct {
	function int
	call     callKey
}

type callKey struct {
	function int
	line     int64
	callee   string
}

type callSum struct {
	cum  int64
	last int
}

func newCounter(p *profile.Profile, column string, list []Function) *counter {
	c := &counter{p: p, list: list, at: make([][]passage, len(p.Locations)), once: make([]int, len(list)), calls: map[callKey]*callSum{}}
	c.column = p.DefaultType()
	if column != "" {
		c.column, _ = p.SampleType(column)
	}
	index := map[spot]int{}
	for i, f := range list {
		index[spot{f.Name, f.File}] = i
	}
	of := make([]int, len(p.Functions))
	for i := range p.Functions {
		f := p.Functions[i]
		of[i] = -1
		if k, ok := index[spot{f.Name, cleanPath(f.File)}]; ok && f.Name != "" {
			of[i] = k
		}
	}
	for i := range p.Locations {
		lines := p.Locations[i].Lines
		for k, line := range lines {
			if line.Function < 0 || of[line.Function] < 0 {
				continue
			}
			pass := passage{function: of[line.Function]}
			if k > 0 && lines[k-1].Function >= 0 {
				pass.call = callKey{pass.function, line.Line, p.Functions[lines[k-1].Function].Name}
			}
			c.at[i] = append(c.at[i], pass)
		}
	}
	return c
}

func (c *counter) run() {
	if c.column < 0 || len(c.list) == 0 {
		return
	}
	for i := range c.p.NumSamples() {
		v := c.p.Value(i, c.column)
		if v == 0 {
			continue
		}
		for _, loc := range c.p.Stack(i) {
			for _, pass := range c.at[loc] {
				c.count(pass, i+1, v)
			}
		}
	}
	c.lay()
}

// count adds a sample to a passage, once.
func (c *counter) count(pass passage, sample int, v int64) {
	if c.once[pass.function] != sample {
		c.once[pass.function] = sample
		c.list[pass.function].Once += v
	}
	if pass.call.callee == "" {
		return
	}
	sum := c.calls[pass.call]
	if sum == nil {
		sum = &callSum{}
		c.calls[pass.call] = sum
	}
	if sum.last != sample {
		sum.last = sample
		sum.cum += v
	}
}

// lay puts the sums of inlined calls at their lines.
func (c *counter) lay() {
	for key, sum := range c.calls {
		lines := c.list[key.function].Lines
		at, ok := slices.BinarySearchFunc(lines, key.line, func(l Line, n int64) int { return cmp.Compare(l.N, n) })
		if ok && sum.cum != 0 {
			lines[at].Calls = append(lines[at].Calls, Call{key.callee, sum.cum})
		}
	}
	for i := range c.list {
		for _, line := range c.list[i].Lines {
			slices.SortFunc(line.Calls, func(a, b Call) int {
				return cmp.Or(cmp.Compare(magnitude(b.Cum), magnitude(a.Cum)), strings.Compare(a.Name, b.Name))
			})
		}
	}
}

func magnitude(v int64) int64 {
	if v == math.MinInt64 {
		return math.MaxInt64
	}
	return max(v, -v)
}

// cleanPath is a file as the rows of a table have it.
func cleanPath(file string) string {
	if file == "" {
		return ""
	}
	return path.Clean(file)
}
