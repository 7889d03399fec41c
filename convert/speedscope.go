package convert

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/goperf/goperf/profile"
)

// The file format of speedscope: its src/lib/file-format-spec.ts.
type speedscope struct {
	Schema   string `json:"$schema"`
	Exporter string `json:"exporter"`
	Shared   struct {
		Frames []speedFrame `json:"frames"`
	} `json:"shared"`
	Profiles []speedProfile `json:"profiles"`
	Active   int            `json:"activeProfileIndex"`
}

type speedFrame struct {
	Name string `json:"name"`
	File string `json:"file,omitempty"`
	Line int64  `json:"line,omitempty"`
}

type speedProfile struct {
	Type    string       `json:"type"`
	Name    string       `json:"name"`
	Unit    string       `json:"unit"`
	Start   float64      `json:"startValue"`
	End     float64      `json:"endValue"`
	Samples [][]int      `json:"samples,omitempty"`
	Weights []float64    `json:"weights,omitempty"`
	Events  []speedEvent `json:"events,omitempty"`
}

type speedEvent struct {
	Type  string  `json:"type"` // O opens, C closes
	Frame int     `json:"frame"`
	At    float64 `json:"at"`
}

// exporter marks files in which the name of a profile is the name of a column.
const exporter = "goperf"

// speedUnits are speedscope's units and what they count in ours.
var speedUnits = []struct {
	name, unit string
	factor     float64
}{
	{"nanoseconds", "nanoseconds", 1},
	{"microseconds", "nanoseconds", 1e3},
	{"milliseconds", "nanoseconds", 1e6},
	{"seconds", "nanoseconds", 1e9},
	{"bytes", "bytes", 1},
	{"none", "count", 1},
}

func writeSpeedscope(w io.Writer, p *profile.Profile, column int) error {
	doc := speedscope{Schema: "https://www.speedscope.app/file-format-schema.json", Exporter: exporter, Active: column}
	known := map[frame]int{}
	samples := make([][]int, p.NumSamples())
	var fs []frame
	for i := range samples {
		fs = frames(p, i, fs[:0])
		samples[i] = make([]int, 0, len(fs))
		for _, f := range slices.Backward(fs) {
			id, ok := known[f]
			if !ok {
				id = len(known)
				known[f] = id
				doc.Shared.Frames = append(doc.Shared.Frames, speedFrame{f.name, f.file, f.line})
			}
			samples[i] = append(samples[i], id)
		}
	}
	for t, vt := range p.SampleTypes {
		out := speedProfile{Type: "sampled", Name: vt.Type, Unit: "none", Samples: [][]int{}, Weights: []float64{}}
		for _, u := range speedUnits {
			if u.name == vt.Unit {
				out.Unit = u.name
			}
		}
		for i, s := range samples {
			// speedscope lays samples out along time and knows no negative weight.
			if v := p.Value(i, t); v > 0 {
				out.Samples, out.Weights = append(out.Samples, s), append(out.Weights, float64(v))
				out.End += float64(v)
			}
		}
		doc.Profiles = append(doc.Profiles, out)
	}
	return json.NewEncoder(w).Encode(doc)
}

func readSpeedscope(data []byte, _ profile.ValueType) (*profile.Profile, error) {
	var doc speedscope
	if err := decode("speedscope", data, &doc); err != nil {
		return nil, err
	}
	if len(doc.Profiles) == 0 {
		return nil, fmt.Errorf("speedscope: holds no profiles")
	}
	s := speedReader{doc: &doc}
	var types []profile.ValueType
	of := make([]int, len(doc.Profiles))
	for i, p := range doc.Profiles {
		t, err := s.column(p)
		if err != nil {
			return nil, fmt.Errorf("speedscope: profile %d: %w", i, err)
		}
		if of[i] = slices.Index(types, t); of[i] < 0 {
			of[i] = len(types)
			types = append(types, t)
		}
		if len(types) > 64 {
			return nil, fmt.Errorf("speedscope: profile %d: more than 64 columns", i)
		}
	}
	s.m = newMaker(len(data), types...)
	for _, f := range doc.Shared.Frames {
		s.locations = append(s.locations, s.m.location(frame{f.Name, f.File, f.Line}))
	}
	for i, p := range doc.Profiles {
		s.values, s.to, s.labels = make([]int64, len(types)), of[i], nil
		if !s.ours() && p.Name != "" {
			s.labels = []profile.Label{{Key: "thread", Str: p.Name}}
		}
		if err := s.profile(p); err != nil {
			return nil, fmt.Errorf("speedscope: profile %d: %w", i, err)
		}
	}
	return s.m.finish(profile.Profile{DefaultSampleType: types[of[max(0, min(doc.Active, len(of)-1))]].Type})
}

type speedReader struct {
	doc       *speedscope
	m         *maker
	locations []uint32
	stack     []uint32
	values    []int64
	to        int
	labels    []profile.Label
}

func (s *speedReader) ours() bool { return strings.HasPrefix(s.doc.Exporter, exporter) }

// column is what a profile counts: other tools use one profile for each thread.
func (s *speedReader) column(p speedProfile) (profile.ValueType, error) {
	for _, u := range speedUnits {
		if u.name != p.Unit {
			continue
		}
		t := profile.ValueType{Type: map[string]string{"nanoseconds": "time", "bytes": "space", "count": "samples"}[u.unit], Unit: u.unit}
		if s.ours() {
			t.Type = p.Name
		}
		return t, nil
	}
	return profile.ValueType{}, fmt.Errorf("unit %.40q: unknown", p.Unit)
}

func (s *speedReader) profile(p speedProfile) error {
	factor := 1.0
	for _, u := range speedUnits {
		if u.name == p.Unit {
			factor = u.factor
		}
	}
	switch p.Type {
	case "sampled":
		if len(p.Samples) != len(p.Weights) {
			return fmt.Errorf("%d samples and %d weights", len(p.Samples), len(p.Weights))
		}
		for i, stack := range p.Samples {
			if err := s.add(stack, p.Weights[i]*factor); err != nil {
				return fmt.Errorf("sample %d: %w", i, err)
			}
		}
		return nil
	case "evented":
		return s.events(p.Events, factor)
	}
	return fmt.Errorf("type %.40q: want sampled or evented", p.Type)
}

// events turns calls and returns into the time that each stack took.
func (s *speedReader) events(events []speedEvent, factor float64) error {
	var open []int
	for i, e := range events {
		if i > 0 && len(open) > 0 && e.At > events[i-1].At {
			if err := s.add(open, (e.At-events[i-1].At)*factor); err != nil {
				return fmt.Errorf("event %d: %w", i, err)
			}
		}
		switch {
		case e.Type == "O":
			open = append(open, e.Frame)
		case e.Type == "C" && len(open) > 0 && open[len(open)-1] == e.Frame:
			open = open[:len(open)-1]
		default:
			return fmt.Errorf("event %d: closes frame %d, which is not the innermost open one", i, e.Frame)
		}
	}
	return nil
}

func (s *speedReader) add(stack []int, weight float64) error {
	v, ok := number(weight)
	if !ok {
		return fmt.Errorf("weight %v: is no number of 64 bits", weight)
	}
	s.stack = s.stack[:0]
	for _, f := range slices.Backward(stack) {
		if f < 0 || f >= len(s.locations) {
			return fmt.Errorf("names frame %d of %d", f, len(s.locations))
		}
		s.stack = append(s.stack, s.locations[f])
	}
	s.values[s.to] = v
	return s.m.sample(s.stack, s.values, s.labels...)
}
