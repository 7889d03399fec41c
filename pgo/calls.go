// Package pgo makes profiles for go build -pgo as small as they can be, and says
// what the compiler will get out of them.
//
// The compiler reads less of a profile than it holds: of each stack the leaf and
// its caller, with what is inlined into them, and of those the pairs of caller
// and callee with the distance of the call from the caller's first line
// (cmd/internal/pgo and internal/profile of Go 1.22 and later). [Read] computes
// the same pairs, [Minimal] writes a profile that has nothing else, and
// [Judge] compares them with a binary.
package pgo

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goperf/goperf/profile"
)

// Call is a pair of functions as the compiler's NamedCallEdge tells them apart.
type Call struct {
	Caller, Callee string
	Offset         int64 // line of the call, counted from the caller's first line
}

// Weighted is a call and how often it was seen, in units of the profile's column.
type Weighted struct {
	Call
	Weight int64
}

// Calls are all calls of a profile, heaviest first, in the compiler's order.
type Calls struct {
	All   []Weighted
	Total int64 // sum of the weights
	Hot   int   // the first Hot calls are those that the compiler optimises for
	Type  profile.ValueType
}

// hotPercent is how much of the total weight the compiler calls hot
// (inlineCDFHotCallSiteThresholdPercent of cmd/compile/internal/inline).
const hotPercent = 99

// ErrNotCPU says that a profile counts something other than CPU time.
var ErrNotCPU = errors.New("not a CPU profile")

// Read computes the calls of a CPU profile. The error is ErrNotCPU, or says that
// no function has a first line, as in profiles before Go 1.20: the compiler
// refuses such a profile.
func Read(p *profile.Profile) (*Calls, error) {
	column, err := weightColumn(p)
	if err != nil {
		return nil, err
	}
	s := newSites(p)
	weights := map[Call]int64{}
	for i := range p.NumSamples() {
		if w := p.Value(i, column); w != 0 {
			for _, call := range s.calls(p.Stack(i)) {
				weights[call] += w
			}
		}
	}
	if len(weights) > 0 && !s.started {
		return nil, errors.New("no function has a first line (start_line), which the compiler counts lines from; Go 1.20 and later record it")
	}
	c := &Calls{Type: p.SampleTypes[column], All: make([]Weighted, 0, len(weights))}
	for call, w := range weights {
		c.All = append(c.All, Weighted{call, w})
		c.Total += w
	}
	slices.SortFunc(c.All, heavier)
	c.Hot = hot(c.All, c.Total)
	return c, nil
}

// weightColumn is the column that the compiler takes.
func weightColumn(p *profile.Profile) (int, error) {
	i := slices.IndexFunc(p.SampleTypes, func(t profile.ValueType) bool {
		return t == profile.ValueType{Type: "samples", Unit: "count"} || t == profile.ValueType{Type: "cpu", Unit: "nanoseconds"}
	})
	if i >= 0 {
		return i, nil
	}
	var has []string
	for _, t := range p.SampleTypes {
		has = append(has, t.Type+"/"+t.Unit)
	}
	return 0, fmt.Errorf("%w: it counts %s; -pgo takes samples/count or cpu/nanoseconds", ErrNotCPU, cmp.Or(strings.Join(has, ", "), "nothing"))
}

// heavier is the order of sortByWeight in cmd/internal/pgo: it decides which of
// the calls of equal weight are still hot.
func heavier(a, b Weighted) int {
	return cmp.Or(
		cmp.Compare(b.Weight, a.Weight),
		cmp.Compare(a.Caller, b.Caller),
		cmp.Compare(a.Callee, b.Callee),
		cmp.Compare(a.Offset, b.Offset),
	)
}

// hot counts the calls up to the one that passes hotPercent.
func hot(all []Weighted, total int64) int {
	var sum int64
	for i, c := range all {
		if sum += c.Weight; float64(sum)/float64(total)*100 > hotPercent {
			return i + 1
		}
	}
	return len(all)
}

// node is a place in a function; the compiler's graph has one for each
// (profile.NodeInfo of internal/profile).
type node struct {
	address  uint64
	function int32 // -1 without a symbol
	line     int64
}

// sites finds the calls in the stacks of a profile.
type sites struct {
	p       *profile.Profile
	nodes   [][]node // of each location, outermost first
	started bool     // a function has a first line
	stack   []node
	seen    [][2]node
	found   []Call
}

func newSites(p *profile.Profile) *sites {
	s := &sites{p: p, nodes: make([][]node, len(p.Locations))}
	for i, l := range p.Locations {
		if len(l.Lines) == 0 {
			s.nodes[i] = []node{{address: l.Address, function: -1}}
		}
		for _, line := range slices.Backward(l.Lines) {
			n := node{address: l.Address, function: line.Function}
			if line.Function >= 0 {
				n.line = line.Line
				s.started = s.started || p.Functions[line.Function].StartLine != 0
			}
			s.nodes[i] = append(s.nodes[i], n)
		}
	}
	return s
}

// read is how many locations of a stack the compiler looks at.
const read = 2

// calls are the calls of a stack, leaf first, each pair of nodes once. They are
// good until the next call.
func (s *sites) calls(stack []uint32) []Call {
	s.stack, s.seen, s.found = s.stack[:0], s.seen[:0], s.found[:0]
	for _, l := range slices.Backward(stack[:min(len(stack), read)]) {
		s.stack = append(s.stack, s.nodes[l]...)
	}
	for i := 1; i < len(s.stack); i++ {
		pair := [2]node{s.stack[i-1], s.stack[i]}
		if pair[0] == pair[1] || slices.Contains(s.seen, pair) {
			continue
		}
		s.seen = append(s.seen, pair)
		s.found = append(s.found, s.call(pair[0], pair[1]))
	}
	return s.found
}

func (s *sites) call(from, to node) Call {
	c := Call{Callee: s.name(to), Caller: s.name(from), Offset: from.line}
	if from.function >= 0 {
		c.Offset -= s.p.Functions[from.function].StartLine
	}
	return c
}

func (s *sites) name(n node) string {
	if n.function < 0 {
		return ""
	}
	return s.p.Functions[n.function].Name
}
