package profile

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"
)

// Encode writes p as gzipped profile.proto, which go tool pprof opens. Parse
// reads back what was written.
func Encode(p *Profile) ([]byte, error) {
	var buf bytes.Buffer
	if err := p.Write(&buf); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// encoder collects the string table while it writes.
type encoder struct {
	index map[string]int64
	table []string
	tmp   []byte
	inner []byte
	to    io.Writer
	err   error // the first of to
}

// flush writes what is in b and gives its room back.
func (e *encoder) flush(b []byte) []byte {
	if e.err == nil && len(b) > 0 {
		_, e.err = e.to.Write(b)
	}
	return b[:0]
}

// full writes b when it is worth a call.
func (e *encoder) full(b []byte) []byte {
	if len(b) < chunkSize {
		return b
	}
	return e.flush(b)
}

func (e *encoder) str(s string) int64 {
	i, ok := e.index[s]
	if !ok {
		i = int64(len(e.table))
		e.index[s] = i
		e.table = append(e.table, s)
	}
	return i
}

func putUvarint(b []byte, x uint64) []byte {
	for x >= 0x80 {
		b = append(b, byte(x)|0x80)
		x >>= 7
	}
	return append(b, byte(x))
}

// putNum writes a number field; 0 is the default and is left out.
func putNum(b []byte, id int, x uint64) []byte {
	if x == 0 {
		return b
	}
	return putUvarint(putUvarint(b, uint64(id<<3|wireVarint)), x)
}

func putBool(b []byte, id int, v bool) []byte {
	if v {
		return putNum(b, id, 1)
	}
	return b
}

func putBytes(b []byte, id int, body []byte) []byte {
	b = putUvarint(putUvarint(b, uint64(id<<3|wireBytes)), uint64(len(body)))
	return append(b, body...)
}

func (e *encoder) valueType(b []byte, id int, t ValueType) []byte {
	e.tmp = putNum(e.tmp[:0], 1, uint64(e.str(t.Type)))
	e.tmp = putNum(e.tmp, 2, uint64(e.str(t.Unit)))
	return putBytes(b, id, e.tmp)
}

// samples writes the types and the samples.
func (e *encoder) samples(p *Profile) {
	var out []byte
	for _, t := range p.SampleTypes {
		out = e.valueType(out, fieldSampleType, t)
	}
	ids := words(p.Locations)
	for i := range p.NumSamples() {
		b := e.tmp[:0]
		e.inner = putStack(e.inner[:0], p, i, ids)
		if len(e.inner) > 0 {
			b = putBytes(b, 1, e.inner)
		}
		e.inner = e.inner[:0]
		for _, v := range p.Values(i) {
			e.inner = putUvarint(e.inner, uint64(v))
		}
		b = putBytes(b, 2, e.inner)
		for _, r := range p.labels.of(i) {
			l := p.labels.label(r)
			e.inner = putLabel(e.inner[:0], labelRec{key: uint32(e.str(l.Key)), str: uint32(e.str(l.Str)), num: l.Num, unit: uint32(e.str(l.Unit))})
			b = putBytes(b, 3, e.inner)
		}
		e.tmp = b
		out = e.full(putBytes(out, fieldSample, b))
	}
	e.flush(out)
}

func putLabel(b []byte, r labelRec) []byte {
	b = putNum(b, 1, uint64(r.key))
	b = putNum(b, 2, uint64(r.str))
	b = putNum(b, 3, uint64(r.num))
	return putNum(b, 4, uint64(r.unit))
}

// sums writes the types and the samples of a builder, whose labels name strings
// by the numbers that they have there: no other was asked for before.
func (e *encoder) sums(b *builder) {
	e.table, e.index = slices.Clone(b.p.labels.strs), b.strings
	var out []byte
	for _, t := range b.p.SampleTypes {
		out = e.valueType(out, fieldSampleType, t)
	}
	n := len(b.p.SampleTypes)
	for i := range b.samples.n {
		stack, labels := parts(b.samples.key(i))
		e.inner = e.inner[:0]
		for _, v := range b.samples.row(i, n) {
			e.inner = putUvarint(e.inner, uint64(v))
		}
		e.tmp = e.tmp[:0]
		if len(stack) > 0 {
			e.tmp = putBytes(e.tmp, 1, stack)
		}
		e.tmp = append(putBytes(e.tmp, 2, e.inner), labels...)
		out = e.full(putBytes(out, fieldSample, e.tmp))
	}
	e.flush(out)
}

// words are the ids of locations as words. nil if one is too long.
func words(locations []Location) []uint64 {
	ids := make([]uint64, len(locations))
	for i := range locations {
		if ids[i] = word(locations[i].ID); ids[i] == 0 {
			return nil
		}
	}
	return ids
}

// putStack writes the ids of a stack: a word for each of the short ones, of
// which the next one writes over what is too much.
func putStack(b []byte, p *Profile, sample int, ids []uint64) []byte {
	stack := p.Stack(sample)
	if ids == nil {
		for _, loc := range stack {
			b = putUvarint(b, p.Locations[loc].ID)
		}
		return b
	}
	b = slices.Grow(b, 8*len(stack))
	w := b[:cap(b)]
	n := len(b)
	for _, loc := range stack {
		id := ids[loc]
		binary.LittleEndian.PutUint64(w[n:], id)
		n += int(id >> 56)
	}
	return b[:n]
}

// tables writes mappings, locations and functions.
func (e *encoder) tables(p *Profile) {
	var out []byte
	for _, m := range p.Mappings {
		b := putNum(e.tmp[:0], 1, m.ID)
		b = putNum(b, 2, m.Start)
		b = putNum(b, 3, m.Limit)
		b = putNum(b, 4, m.Offset)
		b = putNum(b, 5, uint64(e.str(m.File)))
		b = putNum(b, 6, uint64(e.str(m.BuildID)))
		b = putBool(b, 7, m.HasFunctions)
		b = putBool(b, 8, m.HasFilenames)
		b = putBool(b, 9, m.HasLineNumbers)
		b = putBool(b, 10, m.HasInlines)
		e.tmp = b
		out = putBytes(out, fieldMapping, b)
	}
	for _, l := range p.Locations {
		b := putNum(e.tmp[:0], 1, l.ID)
		if l.Mapping >= 0 {
			b = putNum(b, 2, p.Mappings[l.Mapping].ID)
		}
		b = putNum(b, 3, l.Address)
		for _, line := range l.Lines {
			e.inner = e.inner[:0]
			if line.Function >= 0 {
				e.inner = putNum(e.inner, 1, p.Functions[line.Function].ID)
			}
			e.inner = putNum(e.inner, 2, uint64(line.Line))
			e.inner = putNum(e.inner, 3, uint64(line.Column))
			b = putBytes(b, 4, e.inner)
		}
		b = putBool(b, 5, l.IsFolded)
		e.tmp = b
		out = e.full(putBytes(out, fieldLocation, b))
	}
	for _, f := range p.Functions {
		b := putNum(e.tmp[:0], 1, f.ID)
		b = putNum(b, 2, uint64(e.str(f.Name)))
		b = putNum(b, 3, uint64(e.str(f.SystemName)))
		b = putNum(b, 4, uint64(e.str(f.File)))
		b = putNum(b, 5, uint64(f.StartLine))
		e.tmp = b
		out = e.full(putBytes(out, fieldFunction, b))
	}
	e.flush(out)
}

func (e *encoder) header(p *Profile) []byte {
	b := putNum(nil, fieldDropFrames, uint64(e.str(p.DropFrames)))
	b = putNum(b, fieldKeepFrames, uint64(e.str(p.KeepFrames)))
	b = putNum(b, fieldTime, uint64(p.TimeNanos))
	b = putNum(b, fieldDuration, uint64(p.DurationNanos))
	if p.PeriodType != (ValueType{}) {
		b = e.valueType(b, fieldPeriodType, p.PeriodType)
	}
	b = putNum(b, fieldPeriod, uint64(p.Period))
	for _, c := range p.Comments {
		// Not putNum: an empty comment is still a comment.
		b = putUvarint(putUvarint(b, fieldComment<<3|wireVarint), uint64(e.str(c)))
	}
	b = putNum(b, fieldDefaultType, uint64(e.str(p.DefaultSampleType)))
	return putNum(b, fieldDocURL, uint64(e.str(p.DocURL)))
}

func (e *encoder) strings() {
	var b []byte
	for _, s := range e.table {
		b = putUvarint(putUvarint(b, fieldString<<3|wireBytes), uint64(len(s)))
		b = e.full(append(b, s...))
	}
	e.flush(b)
}
