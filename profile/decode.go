package profile

import (
	"errors"
	"fmt"
	"io"
)

const twoProfiles = "two profiles one behind the other"

// The fields of message Profile in profile.proto.
const (
	fieldSampleType  = 1
	fieldSample      = 2
	fieldMapping     = 3
	fieldLocation    = 4
	fieldFunction    = 5
	fieldString      = 6
	fieldDropFrames  = 7
	fieldKeepFrames  = 8
	fieldTime        = 9
	fieldDuration    = 10
	fieldPeriodType  = 11
	fieldPeriod      = 12
	fieldComment     = 13
	fieldDefaultType = 14
	fieldDocURL      = 15
)

// decoder reads profile.proto in one pass. Tables may come before or after what
// refers to them, so references stay raw until resolve.
type decoder struct {
	in     *input
	labels bool
	p      *Profile

	nvals      int // values of every sample, -1 before the first
	locIDs     idSpace
	funcIDs    idSpace
	mapIDs     idSpace
	tableStart [fieldString]int64 // offset of the first entry of a table
	lines      []Line             // of all locations; Function holds a reference
	lineEnd    []uint32           // location i has lines[lineEnd[i-1]:lineEnd[i]]
	funcStr    [][3]uint32
	mapStr     [][2]uint32
	typeStr    [][2]int64
	comments   []uint32
	header     map[uint64]int64
	period     [2]int64
	strBytes   []byte
	strEnd     []uint32

	// records hold the samples instead of p, for a builder.
	records *records

	// watch makes run stop at the nth message of a field: the second reading
	// that finds the offset of what resolve found wrong.
	watch struct {
		field uint64
		nth   int
	}
}

func newDecoder(in *input, opts Options) *decoder {
	return &decoder{in: in, labels: opts.Labels, p: &Profile{}, nvals: -1, header: make(map[uint64]int64, 8)}
}

// run decodes everything and resolves the references.
func (d *decoder) run() (*Profile, error) {
	if err := d.messages(); err != nil {
		return nil, err
	}
	if err := d.resolve(); err != nil {
		return nil, err
	}
	if d.in.src != nil {
		if n := d.in.src.Junk(); n > 0 {
			d.warn("%d bytes behind the gzip data, from byte %d of the file, were ignored", n, d.in.src.Offset())
		}
		if errors.Is(d.in.err, io.ErrUnexpectedEOF) {
			d.warn("the gzip data is cut off before its checksum; all that it held was read and is consistent")
		} else if err := d.in.gzipFault(); err != nil {
			return nil, err
		}
	}
	return d.p, nil
}

func (d *decoder) warn(format string, args ...any) {
	d.p.Warnings = append(d.p.Warnings, fmt.Sprintf(format, args...))
}

// maxHeader is the most that a tag and a length can take.
const maxHeader = 20

// messages walks the top-level fields.
func (d *decoder) messages() error {
	in := d.in
	for {
		if len(in.buf)-in.pos < maxHeader {
			if err := in.fill(maxHeader); err != nil {
				return err
			}
		}
		if in.pos == len(in.buf) {
			return nil
		}
		id, body, num, err := d.top()
		if err != nil {
			return err
		}
		if id == d.watch.field {
			if d.watch.nth--; d.watch.nth < 0 {
				return &offsetError{off: in.offset() - int64(len(body))}
			}
		}
		if err := d.message(id, body, num); err != nil {
			err.off += in.offset() - int64(len(body))
			return err
		}
	}
}

// top reads the next top-level field; the window is grown to hold it whole.
func (d *decoder) top() (id uint64, body []byte, num uint64, err error) {
	in, at := d.in, d.in.offset()
	tag, i := uvarint(in.buf, in.pos)
	if i < 0 {
		return 0, nil, 0, &offsetError{at, "cut or overlong field tag"}
	}
	if tag&7 == wireBytes && tag>>3 != 0 {
		n, j := uvarint(in.buf, i)
		if j < 0 {
			return 0, nil, 0, &offsetError{at, fmt.Sprintf("cut or overlong length of field %d", tag>>3)}
		}
		if n > uint64(len(in.buf)-j) {
			if n > uint64(in.limit) {
				return 0, nil, 0, &offsetError{at, fmt.Sprintf("field %d claims %d bytes", tag>>3, n)}
			}
			head := j - in.pos
			if err := in.fill(head + int(n)); err != nil {
				return 0, nil, 0, err
			}
			if j = in.pos + head; n > uint64(len(in.buf)-j) {
				return 0, nil, 0, &offsetError{at, fmt.Sprintf("field %d claims %d bytes, %d are left", tag>>3, n, len(in.buf)-j)}
			}
		}
		in.pos = j + int(n)
		return tag >> 3, in.buf[j:in.pos], 0, nil
	}
	var f field
	end, fe := next(in.buf, in.pos, &f)
	if fe != nil {
		fe.off += in.base
		return 0, nil, 0, fe
	}
	in.pos = end
	return f.id, nil, f.num, nil
}

// message decodes one top-level field. Offsets in its errors count from body.
func (d *decoder) message(id uint64, body []byte, num uint64) *offsetError {
	if isMessage := id <= fieldString || id == fieldPeriodType; isMessage != (body != nil) && id <= fieldDocURL && id != fieldComment {
		return fault(0, "field %d has the wire type of another kind", id)
	}
	switch id {
	case fieldSample:
		return d.sample(body)
	case fieldLocation:
		d.begins(id)
		return d.location(body)
	case fieldFunction:
		d.begins(id)
		return d.function(body)
	case fieldString:
		if err := d.boundTable("strings", len(d.strEnd), 20, 8); err != nil {
			return err
		}
		d.string(body)
	case fieldMapping:
		return d.mapping(body)
	case fieldSampleType:
		t, err := valueType(body)
		if d.typeStr = append(d.typeStr, t); len(d.typeStr) > maxTypes {
			return fault(0, "more than %d sample types", maxTypes)
		}
		return err
	case fieldPeriodType:
		t, err := valueType(body)
		d.period = t
		return err
	case fieldComment:
		return d.comment(body, num)
	case fieldTime:
		if d.header[id] != 0 {
			return fault(0, twoProfiles)
		}
		d.header[id] = int64(num)
	case fieldDropFrames, fieldKeepFrames, fieldDuration, fieldPeriod, fieldDefaultType, fieldDocURL:
		d.header[id] = int64(num)
	}
	return nil
}

// Far beyond what any profile has; each of these is large next to its bytes.
const (
	maxTypes    = 1 << 10
	maxMappings = 1 << 16 // Linux allows a process fewer (vm.max_map_count)
	maxComments = 1 << 16
)

// comment reads one comment, or a packed list when body is not nil.
func (d *decoder) comment(body []byte, num uint64) *offsetError {
	if body == nil {
		d.comments = append(d.comments, stringRef(num))
	}
	for i := 0; i < len(body); {
		x, j := uvarint(body, i)
		if j < 0 {
			return fault(i, "comment: cut or overlong number")
		}
		d.comments, i = append(d.comments, stringRef(x)), j
	}
	if len(d.comments) > maxComments {
		return fault(0, "more than %d comments", maxComments)
	}
	return nil
}

// The usual shares of tables in what follows the samples: locations, functions,
// strings, in this order.
const (
	shareLocations = 0.55
	shareFunctions = 0.25
)

// begins notes where a table starts.
func (d *decoder) begins(id uint64) {
	if d.tableStart[id] == 0 {
		d.tableStart[id] = d.in.offset()
	}
}

// string adds an entry of the string table.
func (d *decoder) string(s []byte) {
	if cap(d.strBytes)-len(d.strBytes) < len(s) {
		// Strings come last: what is left is about what they need.
		room := max(2*cap(d.strBytes), len(d.strBytes)+len(s))
		if left := d.in.expected - d.in.offset(); left > 0 && left < 64<<20 {
			room = max(len(d.strBytes)+len(s)+int(left), len(d.strBytes)*5/4)
		}
		d.strBytes = append(make([]byte, 0, room), d.strBytes...)
	}
	d.strBytes = append(d.strBytes, s...)
	d.strEnd = append(d.strEnd, uint32(len(d.strBytes)))
}

// sample decodes message Sample, the bulk of every profile.
func (d *decoder) sample(b []byte) *offsetError {
	p := d.p
	before := len(p.values)
	if d.records != nil {
		d.records.begin()
	}
	for i := 0; i < len(b); {
		var err *offsetError
		// Fields 1 (location_id) and 2 (value) are packed by every current writer.
		if c := b[i]; (c == packedStack || c == packedValue) && i+1 < len(b) {
			i, err = d.packed(b, i)
		} else {
			i, err = d.sampleField(b, i)
		}
		if err != nil {
			return err
		}
	}
	n := len(p.values) - before
	if d.records != nil {
		n = d.records.count
	}
	if n != d.nvals {
		if d.nvals >= 0 {
			return fault(0, "sample %d has %d values, the others have %d", d.samples(), n, d.nvals)
		}
		d.nvals = n
	}
	if d.records != nil {
		d.records.end()
		return nil
	}
	if len(p.offs) == 0 {
		p.offs = append(p.offs, 0)
	}
	p.offs = append(grown(d, p.offs, 1), uint32(len(p.stacks)))
	if d.labels {
		p.labels.endSample()
	}
	return nil
}

// samples is how many were read.
func (d *decoder) samples() int {
	if d.records != nil {
		return d.records.n
	}
	return d.p.NumSamples()
}

// The first bytes of the packed lists of a sample.
const (
	packedStack = 1<<3 | wireBytes
	packedValue = 2<<3 | wireBytes
)

// packed decodes the list that begins at b[i] and returns the index behind it.
func (d *decoder) packed(b []byte, i int) (int, *offsetError) {
	n, j := uvarint(b, i+1)
	if j < 0 || n > uint64(len(b)-j) {
		return 0, fault(i, "sample: a list claims more bytes than its message holds")
	}
	end := j + int(n)
	var bad int
	switch stack := b[i] == packedStack; {
	case stack && d.records != nil:
		bad = d.records.packedLocations(b[j:end])
	case stack:
		bad = d.packedLocations(b[j:end])
	case d.records != nil:
		bad = d.records.packedValues(b[j:end])
	default:
		bad = d.packedValues(b[j:end])
	}
	if bad >= 0 {
		return 0, fault(j+bad, "sample: cut or overlong number")
	}
	return end, nil
}

// sampleField decodes any other field of a sample.
func (d *decoder) sampleField(b []byte, i int) (int, *offsetError) {
	var f field
	j, err := next(b, i, &f)
	if err != nil {
		err.msg = "sample: " + err.msg
		return 0, err
	}
	switch {
	case f.id == 1 && f.wire == wireVarint && d.records != nil:
		d.records.location(f.num)
	case f.id == 2 && f.wire == wireVarint && d.records != nil:
		d.records.value(f.num)
	case f.id == 1 && f.wire == wireVarint:
		d.p.stacks = append(d.p.stacks, d.locIDs.ref(f.num))
	case f.id == 2 && f.wire == wireVarint:
		d.p.values = append(d.p.values, int64(f.num))
	case f.id == 3 && len(f.body) > 0 && d.labels:
		if err := d.label(f.body); err != nil {
			err.off += int64(j - len(f.body))
			return 0, err
		}
	}
	return j, nil
}

// grown makes room for n more elements of a list that runs through the whole
// input. Once enough was read it extrapolates: one allocation instead of a
// ladder of copies. It must be make, not append, which would clear the room;
// what was never written then costs address space only.
func grown[T any](d *decoder, s []T, n int) []T {
	if cap(s)-len(s) >= n {
		return s
	}
	want := len(s) + n
	room := max(2*cap(s), want)
	if done := d.in.offset(); done >= chunkSize && done < d.in.expected {
		room = max(want, int(1.02*float64(want)*float64(d.in.expected)/float64(done)))
	}
	return append(make([]T, 0, room), s...)
}

// grownTable makes room for one more entry of a table that began at an offset.
// Tables follow one another, so a long one is first taken for a share of what
// is left, then for all of it.
func grownTable[T any](d *decoder, s []T, began int64, share float64) []T {
	if len(s) < cap(s) {
		return s
	}
	room := max(2*cap(s), 16)
	if done := d.in.offset(); len(s) >= 1024 && done < d.in.expected {
		left := float64(d.in.expected - done)
		if cap(s) <= 2048 {
			left *= share
		}
		room = max(len(s)+len(s)/4, len(s)+64+int(float64(len(s))*left/float64(max(done-began, 1))))
	}
	return append(make([]T, 0, room), s...)
}

// packedLocations appends a packed list of location ids to the stacks. It
// returns the index of a malformed number or -1.
func (d *decoder) packedLocations(b []byte) int {
	s := grown(d, d.p.stacks, len(b))
	w := len(s)
	s = s[:w+len(b)]
	for i := 0; i < len(b); {
		c := uint32(b[i])
		if c < 0x80 {
			s[w] = c
			w, i = w+1, i+1
			continue
		}
		if i+1 < len(b) && b[i+1] < 0x80 {
			s[w] = c&0x7f | uint32(b[i+1])<<7
			w, i = w+1, i+2
			continue
		}
		x, j := uvarint(b, i)
		if j < 0 {
			return i
		}
		s[w] = d.locIDs.ref(x)
		w, i = w+1, j
	}
	d.p.stacks = s[:w]
	return -1
}

func (d *decoder) packedValues(b []byte) int {
	v := grown(d, d.p.values, len(b))
	for i := 0; i < len(b); {
		x, j := uvarint(b, i)
		if j < 0 {
			return i
		}
		v, i = append(v, int64(x)), j
	}
	d.p.values = v
	return -1
}
