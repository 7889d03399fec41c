package profile

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/goperf/goperf/profile/unit"
)

// isString tells string labels from numbers.
func (s *labelStore) isString(r labelRec) bool { return s.strs[r.str] != "" }

// LabelUnits is the unit of each key of numeric labels: the first that a sample
// gives, or what the key is known for.
func (p *Profile) LabelUnits() map[string]string {
	s := &p.labels
	units := map[string]string{}
	for _, r := range s.recs {
		if s.isString(r) {
			continue
		}
		key := s.strs[r.key]
		if units[key] == "" {
			units[key] = s.strs[r.unit]
		}
	}
	for key, u := range units {
		switch {
		case u != "":
		case key == "alignment" || key == "request":
			units[key] = "bytes"
		default:
			units[key] = key
		}
	}
	return units
}

// MatchLabels makes a test of samples from an expression of google/pprof:
// "REGEXP,..." over key:value, of which every part must match; "KEY=REGEXP,..."
// over the values of a key, of which one part must match; and ranges of numbers,
// "[KEY=]32kb", "32kb:", ":1mb", "32kb:1mb", in the units of [Profile.LabelUnits]
// before anything was filtered.
func (p *Profile) MatchLabels(expr string, units map[string]string) (match func(sample int) bool, err error) {
	key, value, hasKey := strings.Cut(expr, "=")
	if !hasKey {
		key, value = "", expr
	}
	inRange, err := numberRange(value)
	if err != nil {
		return nil, err
	}
	s := &p.labels
	if inRange != nil {
		return func(i int) bool {
			return slices.ContainsFunc(s.of(i), func(r labelRec) bool {
				k := s.strs[r.key]
				return !s.isString(r) && (!hasKey || k == key) && inRange(r.num, units[k])
			})
		}, nil
	}
	var tests []func(labelRec) bool
	for part := range strings.SplitSeq(value, ",") {
		re, err := regexp.Compile(part)
		if err != nil {
			return nil, err
		}
		if hasKey {
			tests = append(tests, s.matcher(re, func(r labelRec) (string, bool) { return s.strs[r.str], s.strs[r.key] == key }))
		} else {
			tests = append(tests, s.matcher(re, func(r labelRec) (string, bool) { return s.strs[r.key] + ":" + s.strs[r.str], true }))
		}
	}
	return func(i int) bool {
		recs := s.of(i)
		for _, test := range tests {
			if found := slices.ContainsFunc(recs, test); found == hasKey {
				return found
			}
		}
		return !hasKey
	}, nil
}

// matcher tests what text says of a label. Values repeat: each is looked at once.
func (s *labelStore) matcher(re *regexp.Regexp, text func(labelRec) (string, bool)) func(labelRec) bool {
	known := map[uint64]bool{}
	return func(r labelRec) bool {
		if !s.isString(r) {
			return false
		}
		id := uint64(r.key)<<32 | uint64(r.str)
		matches, ok := known[id]
		if !ok {
			value, asked := text(r)
			matches = asked && re.MatchString(value)
			known[id] = matches
		}
		return matches
	}
}

var numberWithUnit = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`([+-]?[[:digit:]]+)([[:alpha:]]+)?`)
})

// numberRange reads a number or a range of numbers; nil when it is neither.
func numberRange(text string) (func(v int64, from string) bool, error) {
	found := numberWithUnit().FindAllStringSubmatch(text, 2)
	var limits [2]float64
	target := ""
	for i, f := range found {
		n, err := strconv.ParseInt(f[1], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: out of range", f[1])
		}
		if i == 0 {
			target = f[2]
		}
		scale := unit.To(n, f[2], target)
		if i == 0 {
			target = scale.Name()
		} else if scale.Name() != target {
			return nil, nil
		}
		limits[i] = scale.Convert(n)
	}
	within := func(low, high bool, most float64) func(int64, string) bool {
		return func(v int64, from string) bool {
			scale := unit.To(v, from, target)
			x := scale.Convert(v)
			return scale.Name() == target && (!low || x >= limits[0]) && (!high || x <= most)
		}
	}
	switch {
	case len(found) == 1 && text == found[0][0]:
		return within(true, true, limits[0]), nil
	case len(found) == 1 && text == found[0][0]+":":
		return within(true, false, 0), nil
	case len(found) == 1 && text == ":"+found[0][0]:
		return within(false, true, limits[0]), nil
	case len(found) == 2 && text == found[0][0]+":"+found[1][0]:
		return within(true, true, limits[1]), nil
	}
	return nil, nil
}

// FilterLabels is p with only the labels whose keys match show and not hide,
// either of which may be nil. It also reports what matched.
func (p *Profile) FilterLabels(show, hide *regexp.Regexp) (out *Profile, shown, hidden bool) {
	s := &p.labels
	keep := make(map[uint32]bool)
	for _, r := range s.recs {
		if _, known := keep[r.key]; known {
			continue
		}
		in := show == nil || show.MatchString(s.strs[r.key])
		not := hide != nil && hide.MatchString(s.strs[r.key])
		shown, hidden = shown || in, hidden || not
		keep[r.key] = in && !not
	}
	filtered := *p
	filtered.labels = labelStore{strs: s.strs}
	for i := range s.ends {
		for _, r := range s.of(i) {
			if keep[r.key] {
				filtered.labels.recs = append(filtered.labels.recs, r)
			}
		}
		filtered.labels.endSample()
	}
	return &filtered, shown, hidden
}

// LabelFrames is p with the values of labels as frames: those of the root keys
// outside of every stack, the first key outermost, those of the leaf keys inside.
// Numbers are printed in a unit, see [unit.To]. It also reports which had values.
func (p *Profile) LabelFrames(roots, leaves []string, in string) (out *Profile, rooted, leaved bool) {
	made := *p
	made.Functions, made.Locations = slices.Clone(p.Functions), slices.Clone(p.Locations)
	known := map[[2]string]uint32{}
	frame := func(name, key string) uint32 {
		at, ok := known[[2]string{name, key}]
		if !ok {
			at = uint32(len(made.Locations))
			known[[2]string{name, key}] = at
			fn := int32(len(made.Functions))
			made.Functions = append(made.Functions, Function{ID: uint64(fn) + 1, Name: name, SystemName: name, File: key})
			made.Locations = append(made.Locations, Location{ID: uint64(at) + 1, Mapping: -1, Lines: []Line{{Function: fn}}})
		}
		return at
	}
	add := func(dst []uint32, i int, keys []string) (stack []uint32, found bool) {
		for _, key := range slices.Backward(keys) {
			values := p.labelValues(i, key, in)
			found = found || len(values) > 0
			dst = append(dst, frame(strings.Join(values, ","), key))
		}
		return dst, found
	}
	i := -1
	out = made.restack(func(dst, stack []uint32) ([]uint32, bool) {
		i++
		dst, found := add(dst, i, leaves)
		leaved = leaved || found
		dst, found = add(append(dst, stack...), i, roots)
		rooted = rooted || found
		return dst, true
	})
	out.Functions, out.Locations = made.Functions, made.Locations
	return out, rooted, leaved
}

// labelValues is the values of one key of a sample as text, strings first.
func (p *Profile) labelValues(i int, key, in string) []string {
	s := &p.labels
	var values []string
	var numbers []labelRec
	units := false
	for _, r := range s.of(i) {
		switch {
		case s.strs[r.key] != key:
		case s.isString(r):
			values = append(values, s.strs[r.str])
		default:
			numbers = append(numbers, r)
			units = units || s.strs[r.unit] != ""
		}
	}
	for _, r := range numbers {
		scale := unit.To(r.num, "", "")
		if units {
			scale = unit.To(r.num, s.strs[r.unit], in)
		}
		values = append(values, scale.Format(r.num))
	}
	return values
}
