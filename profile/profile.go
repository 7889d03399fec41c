// Package profile reads, combines and sums up profiles in the pprof format
// (profile.proto of google/pprof) at close to the speed of memory.
//
// A [Profile] holds its samples in dense arrays: no object per sample, strings
// interned once, labels only on request. The steps of a typical use:
//
//  1. [Parse] bytes (gzip or raw, legacy formats too) into a Profile.
//  2. [Normalize] folds profiler artefacts; [Merge], [Sub], [Profile.Scale] and
//     [Filter] make new Profiles.
//  3. [Top], [Profile.Callers] and [Profile.Callees] sum it up; [Encode] writes it.
//
// The package does no I/O, reads no clock, and trusts nothing that the bytes
// claim: sizes are checked against the input before memory is taken.
package profile

// ValueType is the meaning of one column of values: "cpu"/"nanoseconds".
type ValueType struct {
	Type, Unit string
}

// Mapping is a binary or library mapped into the process.
type Mapping struct {
	ID             uint64
	Start, Limit   uint64
	Offset         uint64
	File, BuildID  string
	HasFunctions   bool
	HasFilenames   bool
	HasLineNumbers bool
	HasInlines     bool
}

// Function is a function as the profiled binary names it. StartLine is 0 when unknown.
type Function struct {
	ID         uint64
	Name       string
	SystemName string
	File       string
	StartLine  int64
}

// Line is one source position of a location.
type Line struct {
	Function int32 // index into Profile.Functions, -1 when the profile has none
	Column   int32
	Line     int64
}

// Location is one program counter. Lines holds the innermost inlined function
// first; the last line is the function that the others were inlined into. It is
// empty when the location is not symbolised.
type Location struct {
	ID       uint64
	Address  uint64
	Mapping  int32 // index into Profile.Mappings, -1 when none
	IsFolded bool
	Lines    []Line
}

// Label is a key with a string or a number, attached to a sample.
type Label struct {
	Key  string
	Str  string
	Num  int64
	Unit string
}

// Profile is a decoded profile. The exported slices may be read but not
// changed; samples are reached by index through the methods.
type Profile struct {
	SampleTypes       []ValueType
	DefaultSampleType string
	PeriodType        ValueType
	Period            int64
	TimeNanos         int64 // when it was taken, Unix nanoseconds, 0 when unknown
	DurationNanos     int64 // 0 when unknown or a snapshot
	DropFrames        string
	KeepFrames        string
	Comments          []string
	DocURL            string
	Mappings          []Mapping
	Functions         []Function
	Locations         []Location
	Warnings          []string // what was odd and could still be read

	stacks []uint32 // location indexes, leaf first, all samples after one another
	offs   []uint32 // sample i is stacks[offs[i]:offs[i+1]]
	values []int64  // sample-major: sample i has values[i*len(SampleTypes):]
	labels labelStore
}

// NumSamples is the number of samples.
func (p *Profile) NumSamples() int { return max(len(p.offs)-1, 0) }

// Stack is the locations of sample i as indexes into Locations, leaf first.
func (p *Profile) Stack(i int) []uint32 { return p.stacks[p.offs[i]:p.offs[i+1]] }

// Values is the values of sample i, one for each sample type.
func (p *Profile) Values(i int) []int64 {
	n := len(p.SampleTypes)
	return p.values[i*n : (i+1)*n]
}

// Value is the value of sample i in column t.
func (p *Profile) Value(i, t int) int64 { return p.values[i*len(p.SampleTypes)+t] }

// SampleType finds a column by its type name.
func (p *Profile) SampleType(name string) (int, bool) {
	for i, s := range p.SampleTypes {
		if s.Type == name {
			return i, true
		}
	}
	return 0, false
}

// DefaultType is the column that pprof shows first: the default sample type, or the last.
func (p *Profile) DefaultType() int {
	if i, ok := p.SampleType(p.DefaultSampleType); ok {
		return i
	}
	return len(p.SampleTypes) - 1
}

// Total is the sum of column t.
func (p *Profile) Total(t int) int64 {
	var sum int64
	for i := range p.NumSamples() {
		sum += p.Value(i, t)
	}
	return sum
}
