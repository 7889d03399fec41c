package profile

import "hash/maphash"

// interner is an open-addressing hash table from hashes to numbers. Who uses it
// keeps the things that the numbers stand for and says when they are equal. The
// hashes are salted, so that no input can be made to collide; numbers do not
// depend on the salt.
type interner struct {
	salt   uint64
	slots  []uint32 // number+1, 0 is free
	hashes []uint64 // of each slot
	n      int
}

// find returns the number of an equal thing, or adds fresh under this hash.
func (t *interner) find(hash uint64, equal func(uint32) bool, fresh uint32) (id uint32, found bool) {
	if 4*t.n >= 3*len(t.slots) {
		t.grow()
	}
	hash = mix(hash ^ t.salt)
	mask := uint64(len(t.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		s := t.slots[i]
		if s == 0 {
			t.slots[i], t.hashes[i] = fresh+1, hash
			t.n++
			return fresh, false
		}
		if t.hashes[i] == hash && equal(s-1) {
			return s - 1, true
		}
	}
}

func (t *interner) grow() {
	if t.n == 0 {
		t.salt = maphash.String(maphash.MakeSeed(), "")
	}
	old, hashes := t.slots, t.hashes
	n := max(2*len(old), 64)
	t.slots, t.hashes = make([]uint32, n), make([]uint64, n)
	mask := uint64(n - 1)
	for k, s := range old {
		if s == 0 {
			continue
		}
		i := hashes[k] & mask
		for t.slots[i] != 0 {
			i = (i + 1) & mask
		}
		t.slots[i], t.hashes[i] = s, hashes[k]
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
