package flame

// candidate is a node that may be: the samples from:to go through it.
type candidate struct {
	share    float64 // of the column in which it is largest
	parent   int32
	frame    uint32
	from, to uint32
	born     uint32 // number of nodes when it came up
}

// candidates is a heap, the largest first; of equals the one that is older. It
// is container/heap without an allocation for each of a million entries.
type candidates []candidate

func (c candidates) before(i, j int) bool {
	a, b := &c[i], &c[j]
	if a.share != b.share {
		return a.share > b.share
	}
	return a.born < b.born || a.born == b.born && a.from < b.from
}

func (c *candidates) push(x candidate) {
	*c = append(*c, x)
	h := *c
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if !h.before(i, up) {
			return
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
}

func (c *candidates) pop() candidate {
	h := *c
	x, last := h[0], len(h)-1
	h[0] = h[last]
	h = h[:last]
	*c = h
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			return x
		}
		if child+1 < last && h.before(child+1, child) {
			child++
		}
		if !h.before(child, i) {
			return x
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}
