// Package profgen makes large profiles that look like those of a Go service:
// random walks over a made-up call graph, the same bytes for the same Spec.
//
// It writes profile.proto with an encoder of its own, so that what the profile
// package reads was never written by the profile package.
package profgen

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
)

// Spec describes a profile.
type Spec struct {
	Seed      uint64 // of the program
	Walk      uint64 // of what was sampled: another Walk is another profile of the same program
	Samples   int
	Functions int
	Depth     int  // mean depth of the stacks
	Heap      bool // four columns and a numeric label; otherwise CPU with two columns
	Requests  int  // distinct request_id labels, 0 for none
	Negative  bool // every fifth sample is below zero, as in a difference
	Raw       bool // not gzipped
}

// site is a program counter: a line of a function and what it may call.
type site struct {
	function, line int
	inlined        int // function inlined here, -1 when none
	callees        []int
}

// generator holds the program that the profile is of.
type generator struct {
	spec  Spec
	rnd   *rand.Rand
	names []string
	files []string
	sites []site
	of    [][]int // sites of each function
	strs  map[string]int
	table []string
	out   *bufio.Writer
	msg   []byte
	list  []byte
}

// Write writes the profile of spec to w.
func Write(w io.Writer, spec Spec) error {
	g := &generator{
		spec: spec, rnd: rand.New(rand.NewPCG(spec.Seed, 20)),
		strs: map[string]int{"": 0}, table: []string{""},
	}
	g.program()
	if spec.Walk != 0 {
		g.rnd = rand.New(rand.NewPCG(spec.Seed, spec.Walk))
	}
	var zw *gzip.Writer
	if !spec.Raw {
		zw = gzip.NewWriter(w)
		w = zw
	}
	g.out = bufio.NewWriter(w)
	g.types()
	g.samples()
	g.tables()
	g.strings()
	if err := g.out.Flush(); err != nil {
		return err
	}
	if zw != nil {
		return zw.Close()
	}
	return nil
}

// program invents packages, functions and call sites.
func (g *generator) program() {
	verbs := []string{"Get", "Put", "encode", "decode", "handle", "flush", "parse", "Write", "Read", "merge", "lookup", "next", "init", "Close"}
	nouns := []string{"Order", "Session", "Cache", "Index", "Buffer", "Row", "Request", "Batch", "Token", "Stream", "Page", "Block"}
	n := g.spec.Functions
	for i := range n {
		pkg := fmt.Sprintf("example.com/shop/internal/%s%d", nouns[i/40%len(nouns)], i/40)
		verb, noun := verbs[g.rnd.IntN(len(verbs))], nouns[g.rnd.IntN(len(nouns))]
		name := fmt.Sprintf("%s.(*%s).%s%d", pkg, noun, verb, i)
		if i%7 == 0 {
			name = fmt.Sprintf("%s.%s%s%d", pkg, verb, noun, i)
		}
		if i%11 == 0 {
			name += ".func1"
		}
		g.names = append(g.names, name)
		g.files = append(g.files, fmt.Sprintf("/home/ci/src/%s/%s.go", pkg, noun))
	}
	g.of = make([][]int, n)
	for f := range n {
		for range 1 + g.rnd.IntN(6) {
			s := site{function: f, line: 10 + g.rnd.IntN(900), inlined: -1}
			if g.rnd.IntN(6) == 0 {
				s.inlined = g.rnd.IntN(n)
			}
			for range 1 + g.rnd.IntN(3) {
				// Mostly near by, as calls are; sometimes anywhere, recursion included.
				to := (f + 1 + g.rnd.IntN(60)) % n
				if g.rnd.IntN(5) == 0 {
					to = g.rnd.IntN(n)
				}
				s.callees = append(s.callees, to)
			}
			g.of[f] = append(g.of[f], len(g.sites))
			g.sites = append(g.sites, s)
		}
	}
}

func (g *generator) str(s string) uint64 {
	i, ok := g.strs[s]
	if !ok {
		i = len(g.table)
		g.strs[s] = i
		g.table = append(g.table, s)
	}
	return uint64(i)
}

func varint(b []byte, x uint64) []byte {
	for ; x >= 0x80; x >>= 7 {
		b = append(b, byte(x)|0x80)
	}
	return append(b, byte(x))
}

func num(b []byte, id int, x uint64) []byte { return varint(varint(b, uint64(id<<3)), x) }

func bytes(b []byte, id int, body []byte) []byte {
	return append(varint(varint(b, uint64(id<<3|2)), uint64(len(body))), body...)
}

// emit writes a top-level message.
func (g *generator) emit(id int, body []byte) {
	var head [20]byte
	g.write(varint(varint(head[:0], uint64(id<<3|2)), uint64(len(body))))
	g.write(body)
}

// write leaves an error to the writer, which tells the first of them on Flush.
func (g *generator) write(b []byte) { _, _ = g.out.Write(b) }

func (g *generator) valueType(id int, typ, unit string) {
	g.emit(id, num(num(nil, 1, g.str(typ)), 2, g.str(unit)))
}

func (g *generator) types() {
	if g.spec.Heap {
		g.valueType(1, "alloc_objects", "count")
		g.valueType(1, "alloc_space", "bytes")
		g.valueType(1, "inuse_objects", "count")
		g.valueType(1, "inuse_space", "bytes")
		g.valueType(11, "space", "bytes")
		g.write(num(num(nil, 12, 512<<10), 14, g.str("inuse_space")))
	} else {
		g.valueType(1, "samples", "count")
		g.valueType(1, "cpu", "nanoseconds")
		g.valueType(11, "cpu", "nanoseconds")
		g.write(num(num(nil, 12, 10_000_000), 10, 30_000_000_000))
	}
	g.write(num(nil, 9, 1_700_000_000_000_000_000))
}

func (g *generator) samples() {
	var stack []int
	for range g.spec.Samples {
		stack = g.walk(stack[:0])
		g.list = g.list[:0]
		for i := len(stack) - 1; i >= 0; i-- {
			g.list = varint(g.list, uint64(stack[i]+1))
		}
		g.msg = bytes(g.msg[:0], 1, g.list)
		k := int64(1 + g.rnd.IntN(50))
		if g.spec.Negative && g.rnd.IntN(5) == 0 {
			k = -k
		}
		size := int64(16 << g.rnd.IntN(12))
		values := []int64{k, k * 10_000_000}
		if g.spec.Heap {
			values = []int64{k * 20, k * 20 * size, k, k * size}
		}
		g.list = g.list[:0]
		for _, v := range values {
			g.list = varint(g.list, uint64(v))
		}
		g.msg = bytes(g.msg, 2, g.list)
		if g.spec.Heap {
			g.list = num(num(num(g.list[:0], 1, g.str("bytes")), 3, uint64(size)), 4, g.str("bytes"))
			g.msg = bytes(g.msg, 3, g.list)
		}
		if n := g.spec.Requests; n > 0 {
			g.label("request_id", fmt.Sprintf("req-%08x", g.rnd.IntN(n)))
			g.label("endpoint", fmt.Sprintf("/api/v1/r%d", g.rnd.IntN(40)))
		}
		g.emit(2, g.msg)
	}
}

func (g *generator) label(key, value string) {
	g.list = num(num(g.list[:0], 1, g.str(key)), 2, g.str(value))
	g.msg = bytes(g.msg, 3, g.list)
}

// walk goes from one of a few roots down the call graph, root first.
func (g *generator) walk(stack []int) []int {
	f := g.rnd.IntN(min(12, g.spec.Functions))
	for {
		s := g.of[f][g.favour(len(g.of[f]))]
		stack = append(stack, s)
		if len(stack) >= 64 || len(stack) > 4 && g.rnd.IntN(max(1, g.spec.Depth-4)) == 0 {
			return stack
		}
		f = g.sites[s].callees[g.favour(len(g.sites[s].callees))]
	}
}

// favour picks the first of n most of the time: programs have hot paths, and
// profiles compress as well as they do because of them.
func (g *generator) favour(n int) int {
	if g.rnd.IntN(20) < 17 {
		return 0
	}
	return g.rnd.IntN(n)
}

// tables writes mapping, locations and functions behind the samples, where the
// usual writers put them.
func (g *generator) tables() {
	b := num(num(num(nil, 1, 1), 2, 0x400000), 3, 0x4000000)
	b = num(num(b, 5, g.str("/usr/bin/shop")), 6, g.str("5d41402abc4b2a76b9719d911017c592"))
	g.emit(3, num(num(num(b, 7, 1), 8, 1), 9, 1))
	for i, s := range g.sites {
		b := num(num(num(b[:0], 1, uint64(i+1)), 2, 1), 3, uint64(0x401000+i*37))
		if s.inlined >= 0 {
			b = bytes(b, 4, num(num(nil, 1, uint64(s.inlined+1)), 2, uint64(s.line/2+1)))
		}
		b = bytes(b, 4, num(num(nil, 1, uint64(s.function+1)), 2, uint64(s.line)))
		g.emit(4, b)
	}
	for i, name := range g.names {
		id := g.str(name)
		b := num(num(num(num(b[:0], 1, uint64(i+1)), 2, id), 3, id), 4, g.str(g.files[i]))
		g.emit(5, num(b, 5, uint64(5+i%300)))
	}
}

func (g *generator) strings() {
	for _, s := range g.table {
		g.emit(6, []byte(s))
	}
}
