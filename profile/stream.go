package profile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// Builder makes one profile of many, or of samples that are told one by one.
// It keeps only the result: what was added can be forgotten, so that thousands
// of profiles take the memory of one. The zero value is not ready, see [NewBuilder].
type Builder struct {
	b       *builder
	started bool // header holds the first profile's
	header  Profile
	build   string
	warned  map[string]bool
	records *records // room for those of one profile
}

// NewBuilder starts a profile with these columns; without any, the first
// profile that is added decides. Labels are kept on request, as in [Options].
func NewBuilder(labels bool, types ...ValueType) *Builder {
	return &Builder{b: newBuilder(slices.Clone(types), labels), warned: map[string]bool{}, records: newRecords()}
}

// Add sums src into the result. Sample types are matched by name and unit; one
// that a profile lacks is left out of the whole result with a warning. Having
// none in common is an error and changes nothing.
func (m *Builder) Add(src *Profile) error {
	if err := m.expect(src, int64(len(src.stacks))); err != nil {
		return err
	}
	m.b.add(src, columns(m.b.p.SampleTypes, src), 1)
	return nil
}

// Read is [ParseAt] and Add, in a third of the memory: stacks go from the bytes
// into the sum without being laid out.
func (m *Builder) Read(r io.ReaderAt, size int64, opts Options) error {
	opts.Labels = m.b.labels
	m.records.clear()
	p, d, err := read(source{r: r, size: size}, opts, m.records)
	if err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	if d == nil {
		return m.Add(p)
	}
	if err := m.expect(p, int64(d.records.frames)); err != nil {
		return err
	}
	m.b.addRecords(d, columns(m.b.p.SampleTypes, p))
	return nil
}

// expect makes the result's columns and header such as to take src, whose
// stacks have so many entries.
func (m *Builder) expect(src *Profile, entries int64) error {
	p := m.b.p
	if len(p.SampleTypes) == 0 {
		p.SampleTypes = slices.Clone(src.SampleTypes)
	}
	var keep []int
	for i, t := range p.SampleTypes {
		if slices.Contains(src.SampleTypes, t) {
			keep = append(keep, i)
		}
	}
	if len(keep) == 0 {
		return fmt.Errorf("no sample type in common: %s, those before have %s", describe(src.SampleTypes), describe(p.SampleTypes))
	}
	if total := m.b.samples.keys.size + entries; total >= int64(noIndex) {
		return fmt.Errorf("too large together: %d stack entries, at most %d", total, noIndex)
	}
	m.mergeHeader(src)
	m.keepColumns(keep)
	for _, t := range src.SampleTypes {
		if !slices.Contains(p.SampleTypes, t) {
			m.leftOut(t)
		}
	}
	return nil
}

// keepColumns drops the other columns of what was added so far.
func (m *Builder) keepColumns(keep []int) {
	p := m.b.p
	have := len(p.SampleTypes)
	if len(keep) == have {
		return
	}
	var types []ValueType
	for i, t := range p.SampleTypes {
		if slices.Contains(keep, i) {
			types = append(types, t)
		} else {
			m.leftOut(t)
		}
	}
	m.b.samples.keep(keep, have)
	p.SampleTypes = types
}

func (m *Builder) leftOut(t ValueType) {
	m.warn("sample type %s is not in every profile and was left out", describe([]ValueType{t}))
}

// warn warns of the same thing once.
func (m *Builder) warn(format string, args ...any) {
	if w := fmt.Sprintf(format, args...); !m.warned[w] {
		m.warned[w] = true
		m.header.Warnings = append(m.header.Warnings, w)
	}
}

// mergeHeader joins what is not samples, as google/pprof's merge does: times
// add up, the earliest start and the longest period count.
func (m *Builder) mergeHeader(src *Profile) {
	h := &m.header
	if !m.started {
		m.started = true
		h.PeriodType, h.DropFrames, h.KeepFrames = src.PeriodType, src.DropFrames, src.KeepFrames
	}
	h.Period = max(h.Period, src.Period)
	h.DurationNanos = addSat(h.DurationNanos, src.DurationNanos)
	if src.TimeNanos != 0 && (h.TimeNanos == 0 || src.TimeNanos < h.TimeNanos) {
		h.TimeNanos = src.TimeNanos
	}
	for _, c := range src.Comments {
		// A string of its own: it must not hold the source's table in memory.
		if len(h.Comments) < maxComments && !slices.Contains(h.Comments, c) {
			h.Comments = append(h.Comments, strings.Clone(c))
		}
	}
	for to, from := range map[*string]string{&h.DefaultSampleType: src.DefaultSampleType, &h.DocURL: src.DocURL} {
		if *to == "" {
			*to = strings.Clone(from)
		}
	}
	for _, w := range src.Warnings {
		m.warn("%s", w)
	}
	if src.PeriodType != h.PeriodType {
		m.warn("profiles sample by different events: %s and %s",
			describe([]ValueType{h.PeriodType}), describe([]ValueType{src.PeriodType}))
	}
	if len(src.Mappings) > 0 && src.Mappings[0].BuildID != "" {
		id := src.Mappings[0].BuildID
		if m.build != "" && id != m.build {
			m.warn("profiles are of different builds (%.12s, %.12s): line numbers may not match", m.build, id)
		} else {
			m.build = strings.Clone(id)
		}
	}
}

// Finish gives the result. The builder must not be used any more.
func (m *Builder) Finish() (*Profile, error) {
	if len(m.b.p.SampleTypes) == 0 {
		return nil, errors.New("profile: merge: no profiles")
	}
	p := m.b.finish()
	m.head(p)
	return p, nil
}

// head gives the result its header.
func (m *Builder) head(p *Profile) {
	h := &m.header
	p.PeriodType, p.Period, p.DropFrames, p.KeepFrames = h.PeriodType, h.Period, h.DropFrames, h.KeepFrames
	p.TimeNanos, p.DurationNanos, p.Comments = h.TimeNanos, h.DurationNanos, h.Comments
	p.DefaultSampleType, p.DocURL, p.Warnings = h.DefaultSampleType, h.DocURL, h.Warnings
	if _, ok := p.SampleType(p.DefaultSampleType); !ok {
		p.DefaultSampleType = ""
	}
}

// Warnings is what was odd so far and could still be added up.
func (m *Builder) Warnings() []string { return m.header.Warnings }

// Samples is how many different stacks there are so far.
func (m *Builder) Samples() int {
	m.b = m.b.settled()
	return m.b.samples.n
}

// Write is Finish and [Profile.Write] without laying out the result. The
// builder must not be used any more.
func (m *Builder) Write(w io.Writer) error {
	if len(m.b.p.SampleTypes) == 0 {
		return errors.New("profile: merge: no profiles")
	}
	b := m.b.settled()
	m.head(b.p)
	return b.p.write(w, func(e *encoder) { e.sums(b) })
}

// SetHeader takes what is not samples, tables or columns from h.
func (m *Builder) SetHeader(h *Profile) {
	m.started = true
	m.header.PeriodType, m.header.Period, m.header.DefaultSampleType = h.PeriodType, h.Period, h.DefaultSampleType
	m.header.TimeNanos, m.header.DurationNanos, m.header.DocURL = h.TimeNanos, h.DurationNanos, h.DocURL
	m.header.DropFrames, m.header.KeepFrames = h.DropFrames, h.KeepFrames
	m.header.Comments, m.header.Warnings = slices.Clone(h.Comments), slices.Clone(h.Warnings)
}

// Mapping is the number of a binary, for Location. Equal ones have one number.
func (m *Builder) Mapping(mapping Mapping) int32 {
	src := Profile{Mappings: []Mapping{mapping}}
	return m.b.mapping(&incoming{src: &src, mappings: []int32{-1}}, 0)
}

// Function is the number of a function, for Location. Equal ones have one number.
func (m *Builder) Function(f Function) int32 {
	src := Profile{Functions: []Function{f}}
	return m.b.function(&incoming{src: &src, functions: []int32{-1}}, 0)
}

// Location is the number of a location, for Sample. Its Mapping and the
// functions of its Lines are numbers of this builder. Equal ones have one number.
func (m *Builder) Location(l Location) uint32 {
	return m.b.intern(l, l.Lines)
}

// Sample adds values, one for each column, to a stack: numbers of Location,
// leaf first. Labels are kept if the builder keeps them.
func (m *Builder) Sample(stack []uint32, values []int64, labels ...Label) {
	b := m.b
	b.keys = b.keys[:0]
	b.beginKey(8 * len(stack))
	for _, loc := range stack {
		b.keys = putUvarint(b.keys, uint64(loc)+1)
	}
	mid := len(b.keys)
	b.recs = b.recs[:0]
	if b.labels {
		for _, l := range labels {
			b.recs = append(b.recs, b.label(l))
		}
	}
	b.putLabels()
	k := key(b.keys, mid)
	to := b.samples.find(k, b.samples.hash(k), len(b.p.SampleTypes))
	for t := range to {
		to[t] = addSat(to[t], values[t])
	}
	b.keys = b.keys[:0]
}

// Write writes p as [Encode] does, piece by piece: it holds little more than
// the string table while it works.
func (p *Profile) Write(w io.Writer) error {
	return p.write(w, func(e *encoder) { e.samples(p) })
}

func (p *Profile) write(w io.Writer, samples func(*encoder)) error {
	// The compressor hands over a few hundred bytes at a time.
	bw := bufio.NewWriterSize(w, chunkSize)
	zw, err := gzip.NewWriterLevel(bw, encodeLevel)
	if err != nil {
		return fmt.Errorf("profile: encode: %w", err)
	}
	e := &encoder{index: map[string]int64{"": 0}, table: []string{""}, to: zw}
	samples(e)
	e.tables(p)
	e.flush(e.header(p))
	e.strings()
	if e.err == nil {
		e.err = errors.Join(zw.Close(), bw.Flush())
	}
	if e.err != nil {
		return fmt.Errorf("profile: encode: %w", e.err)
	}
	return nil
}

// encodeLevel is where profiles stop shrinking for the time it takes: they are
// small numbers that differ in every sample. Level 5 takes more than twice the
// time for a tenth of the size.
const encodeLevel = 2
