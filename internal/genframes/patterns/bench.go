package main

import (
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"strings"
	"text/template"
)

// bench is what the pieces work on. Results go to the sinks, so that the
// compiler cannot drop the work.
type bench struct {
	sink    any
	number  int
	str     string
	raw     []byte
	words   []string
	prose   string
	doc     []byte // one item as JSON
	item    *item
	ints    map[int]int
	strings map[string]int
	keys    []string
	heap    []*node
	big     [2][]byte
	search  *regexp.Regexp
	once    *regexp.Regexp
	page    *template.Template
	dir     string
	keysRSA keys
	keysEC  keys
	peers   peers
}

// item is an object of some depth, as services exchange them.
type item struct {
	ID     int               `json:"id" xml:"id"`
	Name   string            `json:"name" xml:"name"`
	Price  float64           `json:"price" xml:"price"`
	Labels []string          `json:"labels" xml:"labels>label"`
	Attrs  map[string]string `json:"attrs" xml:"-"`
	Part   *item             `json:"part,omitempty" xml:"part,omitempty"`
}

// node is a small object with pointers.
type node struct {
	left, right *node
	value       int
}

// wide is a value that is expensive to copy.
type wide struct{ cells [64]int64 }

// point is a key that needs a hash function of its own.
type point struct {
	zone string
	x, y int
}

func newBench() (*bench, error) {
	dir, err := os.MkdirTemp("", "goperf-patterns-*")
	if err != nil {
		return nil, err
	}
	b := &bench{
		words: strings.Fields(strings.Repeat("Every brown cart carries 365 cases of café crème to the harbour ", 60)),
		item: &item{
			ID: 71, Name: "anchor chain", Price: 129.5, Labels: []string{"steel", "heavy", "sea"},
			Attrs: map[string]string{"unit": "m", "origin": "Kiel"}, Part: &item{ID: 72, Name: "link"},
		},
		ints: make(map[int]int), strings: make(map[string]int),
		heap:   make([]*node, 200_000),
		big:    [2][]byte{make([]byte, 4<<20), make([]byte, 4<<20)},
		search: regexp.MustCompile(`(cart|c[aeiou]+r|ca)+s? .*(harbour|haven)?x`),
		once:   regexp.MustCompile(`^([a-z]+)=([0-9]+);$`),
		page:   template.Must(template.New("page").Parse(pageText)),
		dir:    dir,
	}
	b.prose = strings.Join(b.words, " ")
	b.raw = []byte(b.prose)
	if b.doc, err = json.Marshal(b.item); err != nil {
		return nil, err
	}
	for i := range 20_000 {
		key := "key/" + strconv.Itoa(i*7919)
		b.keys = append(b.keys, key)
		b.strings[key] = i
		b.ints[i*7919] = i
	}
	if b.keysRSA, err = newKeysRSA(); err != nil {
		return nil, err
	}
	if b.keysEC, err = newKeysEC(); err != nil {
		return nil, err
	}
	return b, b.peers.start(b)
}

func (b *bench) close() {
	b.peers.stop()
	_ = os.RemoveAll(b.dir)
}
