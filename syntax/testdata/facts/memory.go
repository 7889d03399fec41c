package p

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
)

type cache struct {
	items  map[string][]byte
	log    []string
	ring   []int
	byID   map[int]string
	lazy   map[string]int
	remote foreign
}

var registry = map[string]int{}

var table []int

func newCache() *cache {
	c := &cache{} // want composite-literal
	c.items = make(map[string][]byte) // want make-map make-map-nohint
	c.log = append(c.log, "made") // want append
	return c
}

func (c *cache) put(k string, v []byte) { // want delete-present
	c.items[k] = v // want field-map-assign map-assign never-deleted:items
	c.byID[len(k)] = k // want field-map-assign map-assign
	c.log = append(c.log, k) // want append field-append never-deleted:log
	c.ring = append(c.ring, 1) // want append field-append
	if c.lazy == nil {
		c.lazy = map[string]int{} // want map-literal
	}
	c.lazy[k]++ // want field-map-assign map-assign never-deleted:lazy
	registry[k] = 1 // want field-map-assign map-assign never-deleted:registry
	table = append(table, 2) // want append field-append
	elsewhere[k] = v // want field-index-assign never-deleted:elsewhere
	elsewhere[0] = v
	c.remote.index[k] = v // want field-index-assign never-deleted:index
	c.remote.list[len(k)%3] = v
}

func (c *cache) drop(k string) {
	delete(c.byID, 3)
	c.ring = c.ring[1:]
	table = nil
}

func slicesOf(xs []int, names map[string]bool) []string {
	var grown []string
	sized := make([]string, 0, len(xs)) // want make-slice
	empty := make([]int, 0) // want make-slice
	for _, x := range xs { // want loop=58-62 depth=1 range over="xs"
		grown = append(grown, fmt.Sprint(x)) // want append append-grow call-in-loop fmt-call
		sized = append(sized, "a") // want append
		empty = append(empty, x) // want append append-grow
	}
	xs = append([]int{1}, xs...) // want append append-front slice-literal
	xs = append(xs[:1], append([]int{2}, xs[1:]...)...) // want append append-front slice-literal
	xs = append(xs[:1], xs[2:]...) // want append slice-delete
	copy(xs[1:], xs) // want append-front
	xs = slices.Insert(xs, 0, 1) // want append-front
	other := append([]int(nil), xs...) // want append copy-slice
	copy(other, xs) // want copy-slice
	if names["a"] { // want map-index
		names["b"] = true // want map-assign
	}
	for n := range names { // want loop=73-75 depth=1 range over="names" map-range
		grown = append(grown, n) // want append append-grow
	}
	m := make(map[int]int) // want make-map make-map-nohint
	m2 := make(map[int]int, 8) // want make-map
	m[1], m2[2] = 3, 4 // want map-assign
	_ = map[string]int{"a": 1} // want map-literal
	_ = []any{1, xs} // want interface-conv slice-literal
	_ = cache{} // want composite-literal
	_ = &cache{} // want composite-literal
	_ = new(cache) // want new
	_ = any(xs) // want interface-conv
	return grown
}

func text(b []byte, xs []string, n fmt.Stringer) string {
	s := ""
	for _, x := range xs { // want loop=90-96 depth=1 range over="xs"
		s += x // want string-concat string-concat-loop
		s = s + "," + x // want string-concat string-concat-loop
		local := "a" + x // want string-concat
		local += "b" // want string-concat
		_ = local + x // want string-concat
	}
	const c = "a" + "b"
	if string(b) == "x" {
		return string(b) // want bytes-to-string
	}
	m := map[string]int{} // want map-literal
	_ = m[string(b)] // want map-index
	_ = []byte(s) // want string-to-bytes
	_ = []byte(string(b[:3])) // want bytes-to-string string-to-bytes
	raw, _ := os.ReadFile(s) // want read-all
	_ = string(raw) // want bytes-to-string
	k := kind(3)
	_ = string(k)
	_ = 1 + len(s)
	var sb strings.Builder // want string-builder
	sb.WriteString(s) // want string-builder
	var buf bytes.Buffer // want string-builder
	buf.WriteString(s) // want string-builder
	return fmt.Sprintf("%v", n) + buf.String() // want fmt-call string-builder string-concat
}

type kind int
