package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	varsDepth = 8       // levels of expvar maps that are looked into
	varsLimit = 200_000 // numbers that are kept
)

// addVar keeps a number; what is not finite says nothing a rule could use.
func (s *Set) addVar(name string, v float64) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return
	}
	if s.Vars == nil {
		s.Vars = map[string]float64{}
	}
	if _, known := s.Vars[name]; known || len(s.Vars) < varsLimit {
		s.Vars[name] = v
	}
}

// expvar reads /debug/vars: numbers get the names of the maps they are in,
// joined by dots. Lists are left out, but for the command line. Several
// documents in a row, as a log of runtime metrics has them, are a series.
func (d *decoder) expvar(b *Blob) error {
	dec := json.NewDecoder(bytes.NewReader(b.Data))
	d.odd = ""
	for document := 0; ; document++ {
		t, err := dec.Token()
		if document > 0 && errors.Is(err, io.EOF) {
			break
		}
		if err != nil || t != json.Delim('{') {
			return fmt.Errorf("byte %d: want a JSON object", dec.InputOffset())
		}
		d.runtime = RuntimeSample{At: b.To}
		err = d.object(dec, nil)
		d.keepRuntime()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return fmt.Errorf("byte %d: %w", dec.InputOffset(), err)
		}
	}
	if d.odd != "" {
		d.note(b, d.odd)
	}
	var known struct {
		Cmdline  []string  `json:"cmdline"`
		Memstats *memStats `json:"memstats"`
	}
	if err := json.NewDecoder(bytes.NewReader(b.Data)).Decode(&known); err != nil {
		return nil // of other types than package expvar publishes: numbers are all there is
	}
	if len(d.set.Build.Cmdline) == 0 {
		d.set.Build.Cmdline = known.Cmdline
	}
	if known.Memstats != nil {
		d.memory = append(d.memory, known.Memstats.sample(b.To))
	}
	return nil
}

// object reads the rest of an object whose brace is read.
func (d *decoder) object(dec *json.Decoder, path []string) error {
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		name, _ := key.(string)
		if err := d.value(dec, append(slices.Clip(path), name)); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

func (d *decoder) value(dec *json.Decoder, path []string) error {
	t, err := dec.Token()
	if err != nil {
		return err
	}
	switch t := t.(type) {
	case float64:
		d.number(strings.Join(path, "."), t)
	case string:
		d.word(path, t)
	case json.Delim:
		if t == '{' && len(path) < varsDepth {
			return d.object(dec, path)
		}
		return skip(dec)
	}
	return nil
}

// word reads a string: it says when, or a metric of the runtime is no number.
func (d *decoder) word(path []string, text string) {
	if len(path) != 1 {
		return
	}
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil && isClock(path[0]) {
		d.runtime.At = at.UTC()
	}
	if strings.HasPrefix(path[0], "/") && d.odd == "" {
		d.odd = fmt.Sprintf("%.60q is no number and was left out: %.60q", path[0], text)
	}
}

// skip reads the rest of a list or object whose bracket is read.
func skip(dec *json.Decoder) error {
	for depth := 1; depth > 0; {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	return nil
}

// memStats is runtime.MemStats as package expvar publishes it.
type memStats struct {
	Alloc, TotalAlloc, Sys, Mallocs, Frees                                  uint64
	HeapAlloc, HeapSys, HeapIdle, HeapInuse, HeapReleased, HeapObjects      uint64
	StackInuse, StackSys, MSpanSys, MCacheSys, BuckHashSys, GCSys, OtherSys uint64
	NextGC, LastGC                                                          uint64
	PauseNs                                                                 []uint64
	NumGC, NumForcedGC                                                      uint32
	GCCPUFraction                                                           float64
}

func (s *memStats) sample(at time.Time) MemorySample {
	n := func(v uint64) int64 { return int64(min(v, math.MaxInt64)) }
	m := MemorySample{
		At: at, Alloc: n(s.Alloc), TotalAlloc: n(s.TotalAlloc), Sys: n(s.Sys), Mallocs: n(s.Mallocs), Frees: n(s.Frees),
		HeapAlloc: n(s.HeapAlloc), HeapSys: n(s.HeapSys), HeapIdle: n(s.HeapIdle), HeapInuse: n(s.HeapInuse),
		HeapReleased: n(s.HeapReleased), HeapObjects: n(s.HeapObjects),
		StackInuse: n(s.StackInuse), StackSys: n(s.StackSys), MSpanSys: n(s.MSpanSys), MCacheSys: n(s.MCacheSys),
		BuckHashSys: n(s.BuckHashSys), GCSys: n(s.GCSys), OtherSys: n(s.OtherSys), NextGC: n(s.NextGC),
		NumGC: int64(s.NumGC), NumForcedGC: int64(s.NumForcedGC), GCCPUFraction: s.GCCPUFraction,
	}
	if s.LastGC > 0 {
		m.LastGC = time.Unix(0, n(s.LastGC)).UTC()
	}
	ring := make([]time.Duration, len(s.PauseNs))
	for i, v := range s.PauseNs {
		ring[i] = time.Duration(n(v))
	}
	m.Pauses = unroll(ring, m.NumGC)
	return m
}

// metrics reads Prometheus text: series by name and labels as printed. The
// format's own library brings protobuf and net/http for what are a few lines
// here, and stops at the first line that is odd.
func (d *decoder) metrics(b *Blob) error {
	good, bad, number, first := 0, 0, 0, ""
	d.runtime = RuntimeSample{At: b.To}
	defer d.keepRuntime()
	for line := range strings.Lines(string(b.Data)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := parseSample(line)
		if !ok {
			if bad++; bad == 1 {
				first = fmt.Sprintf("line %d is no sample and was left out: %.60q", number, line)
			}
			continue
		}
		good++
		d.number(name, value)
		d.set.Build.fromMetric(name)
	}
	if good == 0 {
		return errors.New("no sample in it: want Prometheus text, lines of \"name{labels} value\"")
	}
	if bad > 1 {
		first += fmt.Sprintf(", and %d more", bad-1)
	}
	if bad > 0 {
		d.note(b, first)
	}
	return nil
}

// parseSample splits `name{label="a b"} 1.5 1700000000000`.
func parseSample(line string) (name string, value float64, ok bool) {
	end := strings.IndexAny(line, "{ \t")
	if end <= 0 {
		return "", 0, false
	}
	if line[end] == '{' {
		n := labelsEnd(line[end:])
		if n < 0 {
			return "", 0, false
		}
		end += n
	}
	fields := strings.Fields(line[end:])
	if len(fields) == 0 {
		return "", 0, false
	}
	value, err := strconv.ParseFloat(fields[0], 64)
	return line[:end], value, err == nil
}

// labelsEnd is where `{a="}"}` ends.
func labelsEnd(s string) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '}' && !quoted:
			return i + 1
		}
	}
	return -1
}

// label is a label of a series as it is printed, "" when it has none of that name.
func label(series, name string) string {
	open := strings.IndexByte(series, '{')
	for s := series[open+1:]; open >= 0; {
		key, rest, ok := strings.Cut(s, "=")
		quoted, err := strconv.QuotedPrefix(rest)
		if !ok || err != nil {
			return ""
		}
		if strings.TrimSpace(key) == name {
			value, _ := strconv.Unquote(quoted)
			return value
		}
		s = strings.TrimLeft(rest[len(quoted):], ", ")
	}
	return ""
}
