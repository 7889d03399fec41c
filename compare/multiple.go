package compare

import (
	"cmp"
	"slices"
)

// adjust turns p-values into the false discovery rates at which each hypothesis
// is rejected (Benjamini and Hochberg 1995).
func adjust(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int { return cmp.Compare(p[j], p[i]) })
	q := make([]float64, len(p))
	least := 1.0
	for k, i := range order {
		rank := float64(len(p) - k)
		least = min(least, p[i]*float64(len(p))/rank)
		q[i] = least
	}
	return q
}

// weighted is a value with a weight.
type weighted struct{ value, weight float64 }

// median is the weighted median. It puts all in order.
func median(all []weighted) float64 {
	slices.SortFunc(all, func(a, b weighted) int {
		return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.weight, b.weight))
	})
	var total, sum float64
	for _, w := range all {
		total += w.weight
	}
	for i, w := range all {
		sum += w.weight
		if sum > total/2 || i == len(all)-1 {
			return w.value
		}
		if sum == total/2 {
			return (w.value + all[i+1].value) / 2
		}
	}
	return 0
}
