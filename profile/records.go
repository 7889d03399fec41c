package profile

import (
	"fmt"
	"slices"
)

// records are the samples of a file, checked and compact: length of the stack,
// stack and values as they stood in the file, then number of labels and labels.
// They are for a builder, which goes through them once all tables are known: laid
// out as a [Profile] they would take three times as much.
type records struct {
	blocks blocks
	n      int
	frames int    // of all stacks
	used   []bool // whether a stack has a location of this id, the low ones; nil or at least 2*maxShort long
	high   uint64 // the highest id
	zero   bool   // some sample is
	text   uint32 // highest string of a label
	locs   index  // the way from ids to locations

	stack, values, labels []byte // of the sample that is being read
	count, labelCount     int
	any                   uint64 // not 0 if a value is not
}

func newRecords() *records { return &records{} }

// maxShort is the first id that takes more than a byte or two.
const maxShort = 1 << 14

// clear forgets all and keeps the room for it.
func (r *records) clear() {
	r.blocks.clear()
	clear(r.used)
	r.n, r.frames, r.high, r.zero, r.text, r.locs = 0, 0, 0, false, 0, index{}
}

// begin forgets the sample before.
func (r *records) begin() {
	r.stack, r.values, r.labels = r.stack[:0], r.values[:0], r.labels[:0]
	r.count, r.labelCount, r.any = 0, 0, 0
}

// id notes a location of a stack that is about to be copied.
func (r *records) id(x uint64) {
	r.high = max(r.high, x)
	r.frames++
	if x >= uint64(len(r.used)) {
		if x >= bigID || x > 64*uint64(r.frames+maxShort) {
			return // an id that stands for nothing: it has no place in a list
		}
		r.used = append(r.used, make([]bool, max(int(x)+1, 2*maxShort))...)
	}
	r.used[x] = true
}

// packedLocations takes a packed list of location ids. It returns the index of
// a malformed number or -1.
func (r *records) packedLocations(b []byte) int {
	if r.used == nil {
		r.used = make([]bool, 2*maxShort)
	}
	short, frames := (*[maxShort]bool)(r.used), 0
	for i := 0; i < len(b); {
		c := uint(b[i])
		if c < 0x80 {
			short[c] = true
			i, frames = i+1, frames+1
			continue
		}
		if i+1 < len(b) && b[i+1] < 0x80 {
			short[c&0x7f|uint(b[i+1])<<7] = true
			i, frames = i+2, frames+1
			continue
		}
		x, j := uvarint(b, i)
		if j < 0 {
			return i
		}
		r.id(x)
		i = j
	}
	r.frames += frames
	r.stack = append(r.stack, b...)
	return -1
}

func (r *records) packedValues(b []byte) int {
	for i := 0; i < len(b); r.count++ {
		x, j := uvarint(b, i)
		if j < 0 {
			return i
		}
		r.any |= x
		i = j
	}
	r.values = append(r.values, b...)
	return -1
}

func (r *records) location(id uint64) {
	r.id(id)
	r.stack = putUvarint(r.stack, id)
}

func (r *records) value(v uint64) {
	r.values = putUvarint(r.values, v)
	r.any |= v
	r.count++
}

func (r *records) label(l labelRec) {
	r.text = max(r.text, l.key, l.str, l.unit)
	r.labels = putUvarint(putUvarint(r.labels, uint64(l.key)), uint64(l.str))
	r.labels = putUvarint(putUvarint(r.labels, uint64(l.unit)), uint64(l.num))
	r.labelCount++
}

// highest is the highest id in any stack.
func (r *records) highest() uint64 {
	for i := maxShort - 1; r.high < maxShort && r.used != nil && i > 0; i-- {
		if r.used[i] {
			return uint64(i)
		}
	}
	return r.high
}

// end stores the sample.
func (r *records) end() {
	size := len(r.stack) + len(r.values) + len(r.labels) + 20
	block := append(putUvarint(r.blocks.room(size), uint64(len(r.stack))), r.stack...)
	block = append(block, r.values...)
	block = append(putUvarint(block, uint64(r.labelCount)), r.labels...)
	r.blocks.replace(block)
	r.zero = r.zero || r.any == 0
	r.n++
}

// record is one of them. The labels are still in bytes.
type record struct {
	stack  []byte
	values []int64
	zero   bool // all values are
	labels []labelRec
}

// next reads the record at the beginning of b into r and returns what follows.
func (r *record) next(b []byte, columns int) []byte {
	n, i := uvarint(b, 0)
	r.stack, i = b[i:i+int(n)], i+int(n)
	r.values, r.zero = r.values[:0], true
	for range columns {
		var v uint64
		v, i = uvarint(b, i)
		r.zero = r.zero && v == 0
		r.values = append(r.values, int64(v))
	}
	n, i = uvarint(b, i)
	r.labels = r.labels[:0]
	for range n {
		var v [4]uint64
		for k := range v {
			v[k], i = uvarint(b, i)
		}
		r.labels = append(r.labels, labelRec{key: uint32(v[0]), str: uint32(v[1]), unit: uint32(v[2]), num: int64(v[3])})
	}
	return b[i:]
}

// each goes through the records with their numbers, until one is not wanted.
func (r *records) each(columns int, want func(int, *record) bool) {
	var rec record
	n := 0
	for _, b := range r.blocks.all {
		for len(b) > 0 {
			b = rec.next(b, columns)
			if !want(n, &rec) {
				return
			}
			n++
		}
	}
}

// resolveRecords checks that the tables hold what the records name. In most
// files the ids are one to so many, and the highest says it all.
func (d *decoder) resolveRecords(strs []string) error {
	r := d.records
	locs := &r.locs
	if r.n == 0 {
		return nil
	}
	n := len(d.locIDs.defined)
	if r.frames > 0 && (locs.sparse != nil || n != int(d.locIDs.used)-1 || len(r.used) > 0 && r.used[0] || r.highest() > uint64(n)) {
		if nth := d.firstRecord(func(rec *record) bool { return !d.known(rec.stack) }); nth >= 0 {
			return unknownLocation(nth)
		}
	}
	if have := uint32(max(len(strs), 1)); r.text >= have {
		return unknownString(d.firstRecord(func(rec *record) bool {
			return slices.ContainsFunc(rec.labels, func(l labelRec) bool { return max(l.key, l.str, l.unit) >= have })
		}), have)
	}
	return d.boundRecords()
}

// firstRecord is the number of the first one that is so, or -1.
func (d *decoder) firstRecord(is func(*record) bool) int {
	at := -1
	d.records.each(d.nvals, func(i int, rec *record) bool {
		if is(rec) {
			at = i
		}
		return at < 0
	})
	return at
}

// known says that all locations of a stack are in the table.
func (d *decoder) known(stack []byte) bool {
	for i := 0; i < len(stack); {
		var x uint64
		x, i = uvarint(stack, i)
		if d.records.locs.at(d.locIDs.ref(x)) == noIndex {
			return false
		}
	}
	return true
}

// boundRecords is boundFrames for records.
func (d *decoder) boundRecords() error {
	limit := 16*d.in.offset() + 1<<20
	if d.mostLines()*int64(d.records.frames) <= limit {
		return nil
	}
	frames := int64(0)
	nth := d.firstRecord(func(rec *record) bool {
		for i := 0; i < len(rec.stack); {
			var x uint64
			x, i = uvarint(rec.stack, i)
			frames += int64(max(1, len(d.p.Locations[d.records.locs.at(d.locIDs.ref(x))].Lines)))
		}
		return frames > limit
	})
	if nth < 0 {
		return nil
	}
	return d.tooManyFrames(nth, frames)
}

func unknownLocation(nth int) error {
	return &tableError{fieldSample, nth, fmt.Sprintf("sample %d names a location that the profile does not hold", nth)}
}

func unknownString(nth int, have uint32) error {
	return &tableError{fieldSample, nth, fmt.Sprintf("a label of sample %d names a string beyond the %d of the table", nth, have)}
}
