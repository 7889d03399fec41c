// Package catalog finds products by their words.
package catalog

import (
	"fmt"
	"strings"
)

// Product is something that the shop sells.
type Product struct {
	SKU   string
	Title string
	Words []string
}

// Catalog is all that the shop sells.
type Catalog struct {
	products []Product
	bySKU    map[string]int
}

var nouns = []string{"lamp", "chair", "table", "shelf", "carpet", "mirror", "clock", "vase", "stool", "couch"}
var adjectives = []string{"red", "small", "oak", "steel", "soft", "round", "tall", "bright", "old", "plain"}

// New makes a catalog of n products, the same ones each time.
func New(n int) *Catalog {
	c := &Catalog{bySKU: map[string]int{}}
	for i := range n {
		title := fmt.Sprintf("%s %s %s", adjectives[i%10], adjectives[(i/10)%10], nouns[(i/3)%10])
		p := Product{SKU: fmt.Sprintf("sku-%05d", i), Title: title, Words: strings.Fields(title)}
		c.bySKU[p.SKU] = i
		c.products = append(c.products, p)
	}
	return c
}

// At gives a product by number.
func (c *Catalog) At(i int) Product { return c.products[i%len(c.products)] }

// Find gives the best matches for a query among n products from a start.
func (c *Catalog) Find(query string, start, n int) []string {
	words := strings.Fields(query)
	best, second := -1, -1
	top, next := 0, 0
	for i := range n {
		at := (start + i) % len(c.products)
		switch s := score(words, c.products[at].Words); {
		case s > top:
			second, next = best, top
			best, top = at, s
		case s > next:
			second, next = at, s
		}
	}
	var found []string
	for _, at := range []int{best, second} {
		if at >= 0 {
			found = append(found, c.products[at].SKU)
		}
	}
	return found
}

// score counts the letters that words have in common, those at the front more.
//
//go:noinline
func score(query, words []string) int {
	sum := 0
	for _, q := range query {
		for _, w := range words {
			n := min(len(q), len(w))
			for i := range n {
				if q[i] == w[i] {
					sum += n - i
				}
			}
		}
	}
	return sum
}

// Number gives the number of a product.
func (c *Catalog) Number(sku string) int { return c.bySKU[sku] }
