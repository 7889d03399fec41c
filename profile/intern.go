package profile

import "hash/maphash"

// interner is an open-addressing hash table from hashes to numbers. Who uses it
// keeps the things that the numbers stand for and says when they are equal. The
// hashes are salted, so that no input can be made to collide; numbers do not
// depend on the salt.
type interner struct {
	salt  uint64
	slots []slot
	n     int
}

// slot is one look at memory for both its parts. Half a hash is enough: the low
// bits choose the slot, the others keep all but one in thousands from equal.
type slot struct {
	hash   uint32
	number uint32 // and one, 0 is free
}

// find returns the number of an equal thing, or adds fresh under this hash.
func (t *interner) find(hash uint64, equal func(uint32) bool, fresh uint32) (id uint32, found bool) {
	t.reserve(t.n + 1)
	h := uint32(mix(hash ^ t.salt))
	mask := uint32(len(t.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		s := t.slots[i]
		if s.number == 0 {
			t.slots[i] = slot{h, fresh + 1}
			t.n++
			return fresh, false
		}
		if s.hash == h && equal(s.number-1) {
			return s.number - 1, true
		}
	}
}

// touch looks at where these hashes would be, so that finding them does not
// wait for memory one by one.
func (t *interner) touch(samples []waiting) (any uint32) {
	t.reserve(t.n + len(samples))
	mask := uint32(len(t.slots) - 1)
	for _, s := range samples {
		any |= t.slots[uint32(mix(s.hash^t.salt))&mask].number
	}
	return any
}

// reserve makes room for n numbers at once.
func (t *interner) reserve(n int) {
	size := max(len(t.slots), 64)
	for 4*n > 3*size {
		size *= 2
	}
	if size > len(t.slots) {
		t.resize(size)
	}
}

func (t *interner) resize(n int) {
	if t.salt == 0 {
		t.salt = maphash.String(maphash.MakeSeed(), "")
	}
	old := t.slots
	t.slots = make([]slot, n)
	mask := uint32(n - 1)
	for _, s := range old {
		if s.number == 0 {
			continue
		}
		i := s.hash & mask
		for t.slots[i].number != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = s
	}
}

// mix spreads the bits of x (the finaliser of splitmix64).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}
