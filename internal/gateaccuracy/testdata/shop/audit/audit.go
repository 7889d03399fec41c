// Package audit writes a line for each request.
package audit

import (
	"fmt"
	"strings"

	"example.com/shop/wire"
)

// Line says what a basket had in it.
func Line(b *wire.Basket, total int64) string {
	var s strings.Builder
	fmt.Fprintf(&s, "customer=%s total=%d items=", b.Customer, total)
	for i := range b.Items {
		fmt.Fprintf(&s, "%s/%d,", b.Items[i].SKU, b.Items[i].Quantity)
	}
	return s.String()
}

// Trail is what of a basket is kept for the auditors.
//
//go:noinline
func Trail(b *wire.Basket, copies int) []string {
	trail := make([]string, 0, 4)
	for c := range copies {
		for i := range b.Items {
			entry := make([]byte, 0, 96)
			entry = append(entry, b.Customer...)
			entry = append(entry, byte('0'+c%10), ' ')
			entry = append(entry, b.Items[i].Title...)
			trail = append(trail, string(entry))
		}
	}
	return trail
}
