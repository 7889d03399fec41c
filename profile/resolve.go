package profile

import (
	"errors"
	"fmt"
	"strings"
	"unsafe"
)

// tableError is a problem that shows only when all tables are read: the nth
// message of a top-level field is wrong.
type tableError struct {
	field uint64
	nth   int
	msg   string
}

func (e *tableError) Error() string { return e.msg }

// pinpoint adds the byte offset to an error of resolve by reading once more.
func (d *decoder) pinpoint(from source, err error) error {
	var te *tableError
	if !errors.As(err, &te) {
		return err
	}
	in, e := newInput(from, d.in.limit)
	if e != nil {
		return err
	}
	again := newDecoder(in, Options{})
	again.watch.field, again.watch.nth = te.field, te.nth
	if at, ok := errors.AsType[*offsetError](again.messages()); ok {
		return &offsetError{off: at.off, msg: te.msg}
	}
	return err
}

const noIndex = ^uint32(0)

// index is the way from references to positions in a table.
type index struct {
	dense  []uint32
	sparse map[uint32]uint32
}

func (x *index) at(ref uint32) uint32 {
	if x.sparse == nil {
		if int(ref) < len(x.dense) {
			return x.dense[ref]
		}
		return noIndex
	}
	if i, ok := x.sparse[ref]; ok {
		return i
	}
	return noIndex
}

// index builds the lookup; dup is the position of a repeated id or -1.
func (s *idSpace) index() (x index, dup int) {
	n := len(s.defined)
	if len(s.big) == 0 && int(s.used) <= 4*n+1024 {
		x.dense = make([]uint32, s.used)
		for i := range x.dense {
			x.dense[i] = noIndex
		}
		for i, r := range s.defined {
			if x.dense[r] != noIndex {
				return x, i
			}
			x.dense[r] = uint32(i)
		}
		return x, -1
	}
	x.sparse = make(map[uint32]uint32, n)
	for i, r := range s.defined {
		if _, ok := x.sparse[r]; ok {
			return x, i
		}
		x.sparse[r] = uint32(i)
	}
	return x, -1
}

// resolve turns ids and string indexes into positions and strings.
func (d *decoder) resolve() error {
	p := d.p
	if len(d.typeStr) == 0 {
		if d.samples() > 0 {
			return errors.New("samples without sample types")
		}
		return errors.New("no sample types: not a profile, or cut before its first field")
	}
	if d.nvals > 0 && d.nvals*2 == len(d.typeStr) {
		return &tableError{fieldSampleType, d.nvals, fmt.Sprintf("sample types for more than the %d values of a sample (%s?)", d.nvals, twoProfiles)}
	}
	if d.nvals >= 0 && d.nvals != len(d.typeStr) {
		return &tableError{fieldSample, 0, fmt.Sprintf("sample 0 has %d values for %d sample types", d.nvals, len(d.typeStr))}
	}
	strs := d.strings()
	if err := d.resolveHeader(strs); err != nil {
		return err
	}
	if err := d.resolveFunctions(strs); err != nil {
		return err
	}
	if err := d.resolveMappings(strs); err != nil {
		return err
	}
	if err := d.resolveLocations(); err != nil {
		return err
	}
	locs, dup := d.locIDs.index()
	if dup >= 0 {
		return duplicate(fieldLocation, dup, "location")
	}
	if d.records != nil {
		p.labels.strs, d.records.locs = strs, locs
		return d.resolveRecords(strs)
	}
	if err := d.resolveStacks(&locs); err != nil {
		return err
	}
	return d.resolveLabels(strs)
}

// strings cuts the string table out of its one backing array.
func (d *decoder) strings() []string {
	all := unsafe.String(unsafe.SliceData(d.strBytes), len(d.strBytes))
	strs := make([]string, len(d.strEnd))
	from := uint32(0)
	for i, to := range d.strEnd {
		strs[i] = all[from:to]
		from = to
	}
	if len(strs) > 0 && strs[0] != "" {
		d.warn("the first string is %.40q, not empty as the format demands", strs[0])
	}
	return strs
}

// lookup is the string at i; index 0 is the empty string even without a table.
func lookup(strs []string, i int64) (string, bool) {
	if i == 0 && len(strs) == 0 {
		return "", true
	}
	if i < 0 || i >= int64(len(strs)) {
		return "", false
	}
	return strs[i], true
}

func badString(field uint64, nth int, what string, i int64, have int) error {
	return &tableError{field, nth, fmt.Sprintf("%s %d names string %d of %d", what, nth, i, have)}
}

func (d *decoder) resolveHeader(strs []string) error {
	p := d.p
	p.SampleTypes = make([]ValueType, len(d.typeStr))
	for n, t := range d.typeStr {
		for k, to := range [2]*string{&p.SampleTypes[n].Type, &p.SampleTypes[n].Unit} {
			s, ok := lookup(strs, t[k])
			if !ok {
				return badString(fieldSampleType, n, "sample type", t[k], len(strs))
			}
			*to = strings.Clone(s)
		}
	}
	for k, to := range [2]*string{&p.PeriodType.Type, &p.PeriodType.Unit} {
		s, ok := lookup(strs, d.period[k])
		if !ok {
			return badString(fieldPeriodType, 0, "period type", d.period[k], len(strs))
		}
		*to = s
	}
	for id, to := range map[uint64]*string{
		fieldDropFrames: &p.DropFrames, fieldKeepFrames: &p.KeepFrames,
		fieldDefaultType: &p.DefaultSampleType, fieldDocURL: &p.DocURL,
	} {
		s, ok := lookup(strs, d.header[id])
		if !ok {
			return badString(id, 0, "header field", d.header[id], len(strs))
		}
		*to = s
	}
	p.Comments = make([]string, 0, len(d.comments))
	for n, c := range d.comments {
		s, ok := lookup(strs, int64(c))
		if !ok {
			return badString(fieldComment, n, "comment", int64(c), len(strs))
		}
		p.Comments = append(p.Comments, s)
	}
	p.TimeNanos, p.DurationNanos, p.Period = d.header[fieldTime], d.header[fieldDuration], d.header[fieldPeriod]
	return nil
}

func (d *decoder) resolveFunctions(strs []string) error {
	for n, refs := range d.funcStr {
		f := &d.p.Functions[n]
		for k, to := range [3]*string{&f.Name, &f.SystemName, &f.File} {
			s, ok := lookup(strs, int64(refs[k]))
			if !ok {
				return badString(fieldFunction, n, "function", int64(refs[k]), len(strs))
			}
			*to = s
		}
	}
	return nil
}

func (d *decoder) resolveMappings(strs []string) error {
	for n, refs := range d.mapStr {
		m := &d.p.Mappings[n]
		for k, to := range [2]*string{&m.File, &m.BuildID} {
			s, ok := lookup(strs, int64(refs[k]))
			if !ok {
				return badString(fieldMapping, n, "mapping", int64(refs[k]), len(strs))
			}
			*to = s
		}
	}
	return nil
}

func duplicate(field uint64, nth int, what string) error {
	return &tableError{field, nth, fmt.Sprintf("%s %d repeats an id (%s?)", what, nth, twoProfiles)}
}

func (d *decoder) resolveLocations() error {
	funcs, dup := d.funcIDs.index()
	if dup >= 0 {
		return duplicate(fieldFunction, dup, "function")
	}
	maps, dup := d.mapIDs.index()
	if dup >= 0 {
		return duplicate(fieldMapping, dup, "mapping")
	}
	lost, from := 0, uint32(0)
	for n := range d.p.Locations {
		l := &d.p.Locations[n]
		ref := uint32(l.Mapping)
		l.Mapping = int32(maps.at(ref))
		if l.Mapping < 0 && ref != 0 {
			lost++
		}
		lines := d.lines[from:d.lineEnd[n]:d.lineEnd[n]]
		from = d.lineEnd[n]
		for k := range lines {
			ref := uint32(lines[k].Function)
			lines[k].Function = int32(funcs.at(ref))
			if lines[k].Function < 0 && ref != 0 {
				return &tableError{fieldLocation, n, fmt.Sprintf("location %d names a function that the profile does not hold", n)}
			}
		}
		if len(lines) > 0 {
			l.Lines = lines
		}
	}
	if lost > 0 {
		d.warn("%d locations name a mapping that the profile does not hold", lost)
	}
	return nil
}

// resolveStacks rewrites references to positions in place.
func (d *decoder) resolveStacks(locs *index) error {
	s := d.p.stacks
	for i, ref := range s {
		at := locs.at(ref)
		if at == noIndex {
			return d.unknownLocation(i)
		}
		s[i] = at
	}
	return d.boundFrames()
}

// boundFrames refuses stacks that grow out of proportion when inlined calls are
// laid out: a few bytes could otherwise name one location with a million lines
// a million times over.
func (d *decoder) boundFrames() error {
	limit := 16*d.in.offset() + 1<<20
	if d.mostLines()*int64(len(d.p.stacks)) <= limit {
		return nil
	}
	frames := int64(0)
	for i := range d.p.NumSamples() {
		for _, loc := range d.p.Stack(i) {
			frames += int64(max(1, len(d.p.Locations[loc].Lines)))
		}
		if frames > limit {
			return d.tooManyFrames(i, frames)
		}
	}
	return nil
}

// mostLines is the most lines that a location has, at least one.
func (d *decoder) mostLines() int64 {
	most := 1
	for i := range d.p.Locations {
		most = max(most, len(d.p.Locations[i].Lines))
	}
	return int64(most)
}

func (d *decoder) tooManyFrames(nth int, frames int64) error {
	return &tableError{fieldSample, nth, fmt.Sprintf(
		"the stacks up to sample %d hold %d frames in %d bytes: no real profile inlines that much", nth, frames, d.in.offset())}
}

func (d *decoder) unknownLocation(pos int) error {
	n := 0
	for int(d.p.offs[n+1]) <= pos {
		n++
	}
	return unknownLocation(n)
}
