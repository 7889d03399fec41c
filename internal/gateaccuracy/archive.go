package main

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/goperf/goperf/profile"
)

// archive is all recorded runs, as stacks of functions and counts: of a profile
// it leaves out the lines, the addresses and the order.
//
// Its text, which is compressed, has a line for each thing:
//
//	f NAME<tab>FILE<tab>LINE     a function and where it begins
//	n PARENT FUNCTION            a node of the call tree, PARENT nodes before it; 0 is a root
//	r ARM ROUND OPS CPU WALL ALLOC MALLOCS
//	s KIND NODE:VALUE,VALUE...   samples of the run above, nodes counted from the one before
type archive struct {
	of        program
	functions []function
	nodes     []node
	runs      []*recorded

	fn map[function]int
	at map[node]int
}

type function struct {
	name, file string
	line       int64
}

// node is a function as it was called by the parent, -1 for nobody.
type node struct{ parent, function int }

// recorded is one run.
type recorded struct {
	arm     string
	round   int
	ops     float64
	cpu     float64 // s
	wall    float64 // s
	alloc   float64 // B
	mallocs float64
	kinds   map[string][]sample
}

// sample is a stack by its leaf, and values in the columns of its kind.
type sample struct {
	node   int
	values [2]int64
}

// columns are the sample types that are kept of a kind.
var columns = map[string][]string{
	"cpu":    {"samples"},
	"allocs": {"alloc_objects", "alloc_space"},
	"mutex":  {"contentions", "delay"},
	"block":  {"contentions", "delay"},
}

// kinds are those of columns, in order.
var kinds = []string{"cpu", "allocs", "mutex", "block"}

func newArchive(of program) *archive {
	return &archive{of: of, fn: map[function]int{}, at: map[node]int{}}
}

// String says how much was recorded.
func (a *archive) String() string {
	count := map[string]int{}
	var cpu float64
	for _, r := range a.runs {
		count[r.arm]++
		cpu += r.cpu
	}
	s := []string{fmt.Sprintf("%d runs of %.1f CPU-seconds on average", len(a.runs), cpu/float64(len(a.runs)))}
	for _, arm := range a.of.arms() {
		s = append(s, fmt.Sprintf("%d of %s", count[arm.name], arm.name))
	}
	return strings.Join(s, ", ")
}

// add puts the samples of a profile into a run.
func (a *archive) add(r *recorded, kind string, p *profile.Profile) error {
	var cols []int
	for _, name := range columns[kind] {
		i, ok := p.SampleType(name)
		if !ok {
			return fmt.Errorf("%s: has no %s", kind, name)
		}
		cols = append(cols, i)
	}
	var all []sample
	for i := range p.NumSamples() {
		s := sample{node: a.leaf(p, i)}
		for k, c := range cols {
			s.values[k] = p.Value(i, c)
		}
		all = append(all, s)
	}
	r.kinds[kind] = joined(kind, all)
	return nil
}

// joined adds up the samples of a stack. Objects of different sizes stay apart:
// how far their number can be trusted depends on the size.
func joined(kind string, all []sample) []sample {
	type like struct {
		node int
		size int64
	}
	sums := map[like][2]int64{}
	for _, s := range all {
		k := like{node: s.node}
		if kind == "allocs" && s.values[0] > 0 {
			k.size = (s.values[1] + s.values[0]/2) / s.values[0]
		}
		v := sums[k]
		sums[k] = [2]int64{v[0] + s.values[0], v[1] + s.values[1]}
	}
	var out []sample
	for k, v := range sums {
		if v != [2]int64{} {
			out = append(out, sample{k.node, v})
		}
	}
	slices.SortFunc(out, func(x, y sample) int {
		return cmp.Or(cmp.Compare(x.node, y.node), cmp.Compare(x.values[0], y.values[0]), cmp.Compare(x.values[1], y.values[1]))
	})
	return out
}

// leaf is the node of a sample's stack.
func (a *archive) leaf(p *profile.Profile, i int) int {
	at := -1
	for _, loc := range slices.Backward(p.Stack(i)) {
		for _, line := range slices.Backward(p.Locations[loc].Lines) {
			if line.Function < 0 {
				continue
			}
			f := &p.Functions[line.Function]
			at = a.node(node{at, a.function(function{f.Name, f.File, f.StartLine})})
		}
	}
	return at
}

func (a *archive) function(f function) int {
	i, ok := a.fn[f]
	if !ok {
		i = len(a.functions)
		a.functions, a.fn[f] = append(a.functions, f), i
	}
	return i
}

func (a *archive) node(n node) int {
	i, ok := a.at[n]
	if !ok {
		i = len(a.nodes)
		a.nodes, a.at[n] = append(a.nodes, n), i
	}
	return i
}

// write writes the archive, always the same bytes for the same runs.
func (a *archive) write(w io.Writer) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(z)
	for _, f := range a.functions {
		fmt.Fprintf(b, "f %s\t%s\t%d\n", f.name, f.file, f.line)
	}
	for i, n := range a.nodes {
		parent := 0
		if n.parent >= 0 {
			parent = i - n.parent
		}
		fmt.Fprintf(b, "n %d %d\n", parent, n.function)
	}
	for _, r := range a.runs {
		fmt.Fprintf(b, "r %s %d %v %v %v %v %v\n", r.arm, r.round, r.ops, r.cpu, r.wall, r.alloc, r.mallocs)
		for _, kind := range kinds {
			fmt.Fprintf(b, "s %s", kind)
			last := 0
			for _, s := range r.kinds[kind] {
				fmt.Fprintf(b, " %d:%d", s.node-last, s.values[0])
				if len(columns[kind]) > 1 {
					fmt.Fprintf(b, ",%d", s.values[1])
				}
				last = s.node
			}
			fmt.Fprintln(b)
		}
	}
	return errors.Join(b.Flush(), z.Close())
}

// readArchive is the inverse of write.
func readArchive(of program, r io.Reader) (*archive, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, err
	}
	a := newArchive(of)
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 16<<20)
	for n := 1; lines.Scan(); n++ {
		if err := a.line(lines.Text()); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return a, lines.Err()
}

func (a *archive) line(text string) error {
	what, rest, _ := strings.Cut(text, " ")
	var err error
	switch what {
	case "f":
		parts := strings.Split(rest, "\t")
		if len(parts) != 3 {
			return fmt.Errorf("function %q", rest)
		}
		f := function{name: parts[0], file: parts[1]}
		f.line, err = strconv.ParseInt(parts[2], 10, 64)
		a.functions = append(a.functions, f)
	case "n":
		var n node
		_, err = fmt.Sscan(rest, &n.parent, &n.function)
		if n.parent > 0 {
			n.parent = len(a.nodes) - n.parent
		} else {
			n.parent = -1
		}
		a.nodes = append(a.nodes, n)
	case "r":
		run := &recorded{kinds: map[string][]sample{}}
		_, err = fmt.Sscan(rest, &run.arm, &run.round, &run.ops, &run.cpu, &run.wall, &run.alloc, &run.mallocs)
		a.runs = append(a.runs, run)
	case "s":
		err = a.samples(strings.Fields(rest))
	default:
		err = fmt.Errorf("%q", text)
	}
	return err
}

func (a *archive) samples(fields []string) error {
	if len(a.runs) == 0 || len(fields) == 0 {
		return errors.New("samples of no run")
	}
	run, kind, last := a.runs[len(a.runs)-1], fields[0], 0
	for _, f := range fields[1:] {
		at, values, _ := strings.Cut(f, ":")
		step, err := strconv.Atoi(at)
		if err != nil {
			return err
		}
		last += step
		if last < -1 || last >= len(a.nodes) {
			return fmt.Errorf("sample %q: no such node", f)
		}
		s := sample{node: last}
		for k, v := range strings.Split(values, ",") {
			if k == len(s.values) {
				return fmt.Errorf("sample %q: too many values", f)
			}
			if s.values[k], err = strconv.ParseInt(v, 10, 64); err != nil {
				return err
			}
		}
		run.kinds[kind] = append(run.kinds[kind], s)
	}
	return nil
}

// arm are the runs of an arm, by round.
func (a *archive) arm(name string) map[int]*recorded {
	out := map[int]*recorded{}
	for _, r := range a.runs {
		if r.arm == name {
			out[r.round] = r
		}
	}
	return out
}
