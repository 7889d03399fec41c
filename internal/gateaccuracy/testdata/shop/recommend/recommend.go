// Package recommend ranks what else a customer might like.
package recommend

import (
	"math"
	"sort"

	"example.com/shop/catalog"
	"example.com/shop/wire"
)

const dimensions = 24

// Model has a vector for each product.
type Model struct {
	catalog *catalog.Catalog
	vectors [][dimensions]float64
}

// New makes a model of the first n products.
func New(c *catalog.Catalog, n int) *Model {
	m := &Model{catalog: c, vectors: make([][dimensions]float64, n)}
	for i := range m.vectors {
		for d := range dimensions {
			m.vectors[i][d] = math.Sin(float64(i*dimensions + d))
		}
	}
	return m
}

// Rank gives the products that are nearest to a basket.
func (m *Model) Rank(items []wire.Item, candidates, keep int) []wire.Ranked {
	var taste [dimensions]float64
	for _, item := range items {
		v := &m.vectors[m.catalog.Number(item.SKU)%len(m.vectors)]
		for d := range dimensions {
			taste[d] += v[d] * float64(item.Quantity)
		}
	}
	start := m.catalog.Number(items[0].SKU)
	ranked := make([]wire.Ranked, candidates)
	for i := range ranked {
		at := (start + i*17) % len(m.vectors)
		ranked[i] = wire.Ranked{SKU: m.catalog.At(at).SKU, Score: similarity(&taste, &m.vectors[at])}
	}
	sort.Slice(ranked, func(i, j int) bool { return ranked[i].Score > ranked[j].Score })
	return ranked[:keep]
}

//go:noinline
func similarity(a, b *[dimensions]float64) float64 {
	var dot, x, y float64
	for d := range dimensions {
		dot += a[d] * b[d]
		x += a[d] * a[d]
		y += b[d] * b[d]
	}
	return dot / math.Sqrt(x*y+1e-9)
}
