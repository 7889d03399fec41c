// Package price says what a basket costs.
package price

import "example.com/shop/wire"

// Book holds the discounts by amount, in steps.
type Book struct {
	steps [256]int64

	// Scenarios is how many discounts are tried for an item.
	Scenarios int
}

// NewBook makes the book of discounts.
func NewBook(scenarios int) *Book {
	b := &Book{Scenarios: scenarios}
	for i := range b.steps {
		b.steps[i] = int64(i*i%97) + 1
	}
	return b
}

// Quote is the best price of an item over all discounts.
//
//go:noinline
func (b *Book) Quote(item wire.Item) int64 {
	best := item.Cents * int64(item.Quantity)
	sum := best
	for s := range b.Scenarios {
		off := b.steps[(s*7+item.Quantity)&255]
		sum += (sum>>7)*off/100 - off
		if off > 90 && sum&15 == 0 {
			sum++
		}
	}
	return best - sum&7
}

// Tax is what is due on top, by the items' tags.
//
//go:noinline
func (b *Book) Tax(items []wire.Item) int64 {
	var due int64
	for _, item := range items {
		rate := int64(19)
		for _, tag := range item.Tags {
			h := uint32(2166136261)
			for range 6 {
				for i := range len(tag) {
					h = (h ^ uint32(tag[i])) * 16777619
				}
			}
			if h&3 == 0 {
				rate = 7
			}
		}
		due += item.Cents * int64(item.Quantity) * rate / 100
	}
	return due
}
