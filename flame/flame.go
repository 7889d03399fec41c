// Package flame makes flame graphs of profiles: it merges the stacks of a
// [profile.Profile] into one call tree with all its sample types ([Build]), says
// where the boxes are ([Tree.Layout]), and draws them as an interactive HTML page
// ([HTML]), as SVG ([SVG]), on a terminal ([Text]) or as data ([JSON]).
//
// A tree has at most as many nodes as is asked for: the largest ones. What is
// below a node and has no node of its own is kept in a child called "(small)", so
// that sums stay whole, and [Tree.Pruned] says how much that is.
//
// A profile with values below zero is a difference. Then each value has two
// sides, what is new and what was in the base, and the width of a box is their
// sum: what is gone is as easy to see as what came.
//
// The package does no I/O but to the writer it is given; the same profile makes
// the same bytes.
package flame

import (
	"math"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/symbol"
)

// Class says whose code a frame is. It decides the colour.
type Class uint8

// The classes, in the order of legends.
const (
	Own        Class = iota // the main module
	ThirdParty              // another module
	Std                     // the standard library
	Runtime                 // the runtime but for its collector
	GC                      // the garbage collector, and what it calls of the runtime
	Native                  // C, the kernel, and code without symbols
	Neutral                 // the root, and "(small)"
)

// String returns the name that legends use.
func (c Class) String() string {
	switch c {
	case Own:
		return "your code"
	case ThirdParty:
		return "third party"
	case Std:
		return "stdlib"
	case Runtime:
		return "runtime"
	case GC:
		return "GC"
	case Native:
		return "native"
	}
	return "other"
}

// legend is the class in a legend: of what is no code only "(small)" has values.
func (c Class) legend() string {
	if c == Neutral {
		return "(small)"
	}
	return c.String()
}

// ClassOf classifies a function by its name.
func ClassOf(name, file string, cl symbol.Classifier) Class {
	name = symbol.Home(symbol.Unwrap(name), file)
	switch cl.Of(name) {
	case symbol.Own:
		return Own
	case symbol.ThirdParty:
		return ThirdParty
	case symbol.Std:
		return Std
	case symbol.Runtime:
		if symbol.IsCollector(name) {
			return GC
		}
		return Runtime
	}
	return Native
}

// below is the class of a frame under a parent: what the collector calls of the
// runtime is the collector's.
func (c Class) below(parent Class) Class {
	if c == Runtime && parent == GC {
		return GC
	}
	return c
}

// Frame is what boxes of one name have in common. Names are clean: they hold
// nothing that could act on a terminal or in a document.
type Frame struct {
	Name, File string
	Line       int64 // 0 when the granularity has none
	Class      Class
}

// Frames that stand for no code.
const (
	rootFrame  = 0
	smallFrame = 1
)

// Column is the values of all nodes in one sample type, in its unit. Cum of a
// node is its Self and the Cum of its children.
type Column struct {
	Type      profile.ValueType
	Self, Cum []int64
	// The other side of a difference: what there was before. nil otherwise.
	BaseSelf, BaseCum []int64
	// Whole is what percentages are of.
	Whole int64
	wide  []int64 // widths of nodes, see Widen; nil for the usual ones
}

// Tree is a call tree, callers above callees. Nodes are numbered row by row from
// the root, which is 0; the children of node n are First[n] to First[n+1]-1, the
// heaviest first.
type Tree struct {
	Frames  []Frame
	Columns []Column
	Column  int // the one that decides the order and that is shown first
	Frame   []int32
	Parent  []int32
	First   []int32 // one more than nodes
	Rows    []int32 // first node of each row, and the number of nodes
	Class   []Class // of each node
	Signed  bool    // a difference: columns have two sides
	Pruned  Pruned
}

// Pruned is what has no node of its own.
type Pruned struct {
	Subtrees int     // merged into their parents' "(small)"
	Parents  int     // how many of those there are
	Value    int64   // how much they have in the tree's column, without sign
	Below    float64 // all of them have at most this share, in every column
}

// Size is the number of nodes.
func (t *Tree) Size() int { return len(t.Frame) }

// Name is the name of node n.
func (t *Tree) Name(n int32) string { return t.Frames[t.Frame[n]].Name }

// Width is how wide node n is drawn in a column: its value, or both sides of it.
func (c *Column) Width(n int32) int64 {
	switch {
	case c.wide != nil:
		return c.wide[n]
	case c.BaseCum == nil:
		return c.Cum[n]
	}
	return addSat(c.Cum[n], c.BaseCum[n])
}

// Change is the value of node n that is to be told: what it has, or how much
// more it has than the base.
func (c *Column) Change(n int32) int64 {
	if c.BaseCum == nil {
		return c.Cum[n]
	}
	return c.Cum[n] - c.BaseCum[n]
}

// Lean says which way a node of a difference went: -1 it is gone, 0 nothing
// changed, 1 it is new. It is the change as a share of both sides.
func (c *Column) Lean(n int32) float64 {
	if c.BaseCum == nil {
		return 0
	}
	w := addSat(c.Cum[n], c.BaseCum[n])
	if w == 0 {
		return 0
	}
	return float64(c.Change(n)) / float64(w)
}

// addSat adds two numbers above zero without wrapping around.
func addSat(a, b int64) int64 {
	if s := a + b; s >= 0 {
		return s
	}
	return math.MaxInt64
}
