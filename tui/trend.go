package tui

import (
	"slices"
	"strings"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

// trend is what the rows of a table were in each slice of a window, or between
// its snapshots: by name, self and total.
type trend struct {
	typ    profile.ValueType
	rate   bool // the values are by the second
	values map[string]*[2][]float64
	sparks map[string]*[2]string
}

// The values of a row.
const (
	trendSelf = iota
	trendTotal
)

// mostTrend is how many columns a trend is drawn in.
const mostTrend = 8

// cumulative are the sample types that grow from the start of the process on: what
// is told of them is what came between two looks.
func cumulative(sampleType string) bool {
	return strings.HasPrefix(sampleType, "alloc_") || sampleType == "contentions" || sampleType == "delay"
}

// trendOf looks at every slice as the subject looks at the whole. What was sampled
// over a time is told by the second, so that slices of different lengths compare.
// Nil when there is one slice only.
func trendOf(s *subject, filter profile.FrameFilter) *trend {
	parts := s.from.Parts
	if len(parts) < 2 || s.from.Base != nil {
		return nil
	}
	t := &trend{typ: s.table.Type, values: map[string]*[2][]float64{}, sparks: map[string]*[2]string{}}
	t.rate = !cumulative(t.typ.Type) && !slices.ContainsFunc(parts, func(p *profile.Profile) bool { return p.DurationNanos <= 0 })
	for i, part := range parts {
		if _, ok := part.SampleType(t.typ.Type); !ok {
			return nil
		}
		scale := 1.0
		if t.rate {
			scale = 1e9 / float64(part.DurationNanos)
		}
		p, _ := part.FilterFrames(filter)
		for _, r := range profile.Top(p, profile.TopOptions{By: s.lens.by, Type: t.typ.Type}).Rows {
			row := t.row(report.Clean(r.Name), len(parts))
			row[trendSelf][i] += float64(r.Flat) * scale
			row[trendTotal][i] += float64(r.Cum) * scale
		}
	}
	for name, row := range t.values {
		drawn := new([2]string)
		for k, v := range row {
			if cumulative(t.typ.Type) {
				v = added(v)
				row[k] = v
			}
			drawn[k] = course(v)
		}
		t.sparks[name] = drawn
	}
	return t
}

// course is values over time as blocks, that leave a gap to the line above.
func course(values []float64) string {
	if len(values) == 0 {
		return ""
	}
	return spark(values, 0, slices.Max(values)*8/7, mostTrend)
}

// courseOf is a series as blocks, see byTime.
func courseOf(s *report.Series) string {
	v, t := s.Lines[0].Values, s.Times
	if len(v) == 0 {
		return ""
	}
	return byTime(s, t[0], t[len(t)-1], slices.Max(v)*8/7, mostTrend)
}

// byTime is a series as blocks, each of the same time: looks lie seconds or a
// moment apart. What was seen stands for the time since the look before.
func byTime(s *report.Series, from, to, high float64, columns int) string {
	v, t := s.Lines[0].Values, s.Times
	out := make([]float64, 0, columns)
	i := 0
	for c := 1; c <= columns && i < len(t) && i < len(v); c++ {
		end := from + (to-from)*float64(c)/float64(columns)
		sum, n := 0.0, 0
		for ; i < len(t) && (t[i] <= end || c == columns); i++ {
			sum, n = sum+v[i], n+1
		}
		if n == 0 {
			sum, n = v[i], 1
		}
		out = append(out, sum/float64(n))
	}
	return spark(out, 0, high, columns) + strings.Repeat(" ", columns-len(out))
}

func (t *trend) row(name string, n int) *[2][]float64 {
	if t.values[name] == nil {
		t.values[name] = &[2][]float64{make([]float64, n), make([]float64, n)}
	}
	return t.values[name]
}

// added is what came from each value to the next.
func added(v []float64) []float64 {
	out := make([]float64, len(v)-1)
	for i := range out {
		out[i] = max(v[i+1]-v[i], 0)
	}
	return out
}

// of is the trend of a row as blocks, "" when there is none.
func (t *trend) of(name string, which int) string {
	if t == nil || t.sparks[name] == nil {
		return ""
	}
	return t.sparks[name][which]
}

// words are the values that the blocks of a row stand for.
func (t *trend) words(name string, which int) string {
	if t == nil || t.values[name] == nil {
		return ""
	}
	var out []string
	for _, v := range t.values[name][which] {
		text := value(int64(v), t.typ)
		if t.rate {
			text += "/s"
		}
		out = append(out, text)
	}
	return strings.Join(out, " → ")
}
