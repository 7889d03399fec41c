package profile

import (
	"encoding/binary"
	"hash/maphash"
)

// sums holds samples by their keys, the bytes that tell them apart: length of
// the rest, length of the stack, stack, labels. Stack and labels are as they
// stand in a file, so that writing one is copying them; they take half of what
// numbers would. Everything lies in blocks: what grows is never copied.
type sums struct {
	seed    maphash.Seed
	index   interner
	keys    blocks
	at      [][]uint64 // where keys begin, by rowBlock samples
	values  [][]int64  // row by row, as many rows in a block
	n       int
	next    int    // the sample that is likely next, 0 for none
	touched uint32 // so that what touch looks at is not left out
}

const rowBlock = 1 << 10

// blocks are bytes that are written once and stay where they are.
type blocks struct {
	all  [][]byte
	size int64
	free [][]byte // of a time before
}

const blockSize = 1 << 18

// room is the last block, with room for n more bytes.
func (s *blocks) room(n int) []byte {
	if last := len(s.all) - 1; last >= 0 && cap(s.all[last])-len(s.all[last]) >= n {
		return s.all[last]
	}
	if last := len(s.free) - 1; last >= 0 && cap(s.free[last]) >= n {
		s.all, s.free = append(s.all, s.free[last]), s.free[:last]
	} else {
		s.all = append(s.all, make([]byte, 0, max(n, int(min(s.size, blockSize)), 1<<10)))
	}
	return s.all[len(s.all)-1]
}

// clear forgets all and keeps the room for it.
func (s *blocks) clear() {
	for _, b := range s.all {
		s.free = append(s.free, b[:0])
	}
	s.all, s.size = s.all[:0], 0
}

// put appends b and says where: the block in the upper half of the number.
func (s *blocks) put(b []byte) uint64 {
	block := s.room(len(b))
	at := uint64(len(s.all)-1)<<32 | uint64(len(block))
	s.replace(append(block, b...))
	return at
}

// replace is the last block, with more at its end.
func (s *blocks) replace(last []byte) {
	had := &s.all[len(s.all)-1]
	s.size += int64(len(last) - len(*had))
	*had = last
}

// from is what was put at a place, and what followed it.
func (s *blocks) from(at uint64) []byte { return s.all[at>>32][uint32(at):] }

func (s *sums) key(i int) []byte { return s.keys.from(s.at[i/rowBlock][i%rowBlock]) }

// row is the values of sample i in n columns.
func (s *sums) row(i, n int) []int64 {
	return s.values[i/rowBlock][i%rowBlock*n:][:n:n]
}

func (s *sums) hash(key []byte) uint64 { return maphash.Bytes(s.seed, key) }

// same says that sample i has this key: a key says itself where it ends.
func (s *sums) same(i int, key []byte) bool {
	have := s.key(i)
	return len(have) >= len(key) && string(have[:len(key)]) == string(key)
}

// find is the values, in n columns, of the sample with this key, which may be new.
func (s *sums) find(key []byte, hash uint64, n int) []int64 {
	// Snapshots of one process list most stacks in the same order: behind one that
	// was found the next is likely, and looked at before the whole table is.
	if s.next > 0 && s.next < s.n && s.same(s.next, key) {
		s.next++
		return s.row(s.next-1, n)
	}
	id, found := s.index.find(hash, func(id uint32) bool { return s.same(int(id), key) }, uint32(s.n))
	if s.next = 0; found {
		s.next = int(id) + 1
		return s.row(int(id), n)
	}
	if s.n%rowBlock == 0 {
		s.at = append(s.at, make([]uint64, 0, rowBlock))
		s.values = append(s.values, make([]int64, rowBlock*n))
	}
	last := len(s.at) - 1
	s.at[last] = append(s.at[last], s.keys.put(key))
	s.n++
	return s.row(s.n-1, n)
}

// touch looks at where these would be, so that finding them does not wait for
// memory one by one.
func (s *sums) touch(samples []waiting) { s.touched = s.index.touch(samples) }

// keep drops all columns of have but these.
func (s *sums) keep(columns []int, have int) {
	for b, block := range s.values {
		kept := make([]int64, 0, rowBlock*len(columns))
		for i := 0; i < len(block); i += have {
			for _, c := range columns {
				kept = append(kept, block[i+c])
			}
		}
		s.values[b] = kept
	}
}

// parts takes a key apart. What comes after the key does no harm.
func parts(key []byte) (stack, labels []byte) {
	size, i := uvarint(key, 0)
	key = key[i : i+int(size)]
	n, i := uvarint(key, 0)
	return key[i : i+int(n)], key[i+int(n):]
}

// keyHead is room for the two lengths at the beginning of a key.
const keyHead = 2 * binary.MaxVarintLen32

// key makes one of b: keyHead free bytes, a stack up to mid, labels.
func key(b []byte, mid int) []byte {
	var room [keyHead]byte
	stack := binary.PutUvarint(room[:], uint64(mid-keyHead))
	from := keyHead - stack
	copy(b[from:], room[:stack])
	size := binary.PutUvarint(room[:], uint64(len(b)-from))
	copy(b[from-size:], room[:size])
	return b[from-size:]
}

// word is a number as a varint of at most seven bytes, the first the lowest;
// the highest byte is how many. 0 if it is longer.
func word(x uint64) uint64 {
	var b [10]byte
	v := putUvarint(b[:0], x)
	if len(v) > 7 {
		return 0
	}
	w := uint64(len(v)) << 56
	for k, c := range v {
		w |= uint64(c) << (8 * k)
	}
	return w
}
