// Package kernel holds what was measured of a process from outside of it: a
// [Measurement] is what one probe saw in one window, with what it lost, or looks at
// what the process uses ([Use]).
//
// Quantities are in base units (seconds, bytes, counts, ratios). A measurement
// travels as JSON; its profile, when it has one, travels beside it as
// profile.proto, so that every tool that reads profiles can read it. The
// package is pure: probes fill measurements, evidence carries them, rules and
// exhibits read them.
package kernel

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/goperf/goperf/profile"
)

// Measurement is what one probe measured of one target in one window.
type Measurement struct {
	Probe      string      `json:"probe"` // its name: "oncpu", "offcpu", "sched"
	From       time.Time   `json:"from"`  // attached
	To         time.Time   `json:"to"`    // detached
	Counts     []Count     `json:"counts,omitempty"`
	Histograms []Histogram `json:"histograms,omitempty"`
	Tables     []Table     `json:"tables,omitempty"`
	Losses     []Loss      `json:"losses,omitempty"` // every way to lose something, also those that lost nothing
	Notes      []string    `json:"notes,omitempty"`  // doubts, and what was left out

	Profile *profile.Profile `json:"-"` // by stack, with labels; nil when the probe measures none
}

// Count is one number of a measurement.
type Count struct {
	Name  string  `json:"name"` // "context switches"
	Value float64 `json:"value"`
	Unit  string  `json:"unit"` // "count", "s", "ratio", "B"
}

// Histogram is counts between bounds: len(Bounds) == len(Counts)+1.
type Histogram struct {
	Name   string    `json:"name"`
	Unit   string    `json:"unit"` // of the bounds
	Bounds []float64 `json:"bounds"`
	Counts []uint64  `json:"counts"`
}

// Table is rows under columns; a cell is text when its column has no unit.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
	Rows    [][]Cell `json:"rows"`
}

// Column names a column; Unit "" means text.
type Column struct {
	Name string `json:"name"`
	Unit string `json:"unit,omitempty"`
}

// Cell is text or a number, as its column says.
type Cell struct {
	Text  string  `json:"text,omitempty"`
	Value float64 `json:"value,omitempty"`
}

// Loss is one way in which a probe could miss something, and how often it did.
type Loss struct {
	What  string `json:"what"`  // "samples without room for their stack"
	Count uint64 `json:"count"` // 0 is a statement: nothing was lost this way
	Of    uint64 `json:"of"`    // events of which these were lost, 0 when that has no meaning
}

// Count is a number by its name; false when the probe did not measure it.
func (m *Measurement) Count(name string) (float64, bool) {
	for _, c := range m.Counts {
		if c.Name == name {
			return c.Value, true
		}
	}
	return 0, false
}

// Lost is how much was lost in all ways together.
func (m *Measurement) Lost() uint64 {
	var sum uint64
	for _, l := range m.Losses {
		sum += l.Count
	}
	return sum
}

// Window is how long the probe was attached.
func (m *Measurement) Window() time.Duration { return max(0, m.To.Sub(m.From)) }

// Encode writes a measurement as JSON, without its profile.
func Encode(m *Measurement) ([]byte, error) {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("measurement: encode: %w", err)
	}
	return append(data, '\n'), nil
}

// Decode reads what [Encode] wrote and refuses what no probe can have written.
func Decode(data []byte) (*Measurement, error) {
	var m Measurement
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, fmt.Errorf("measurement: %w", err)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("measurement: %w", err)
	}
	return &m, nil
}

// check holds what readers rely on: shapes agree and bounds rise.
func (m *Measurement) check() error {
	if m.Probe == "" {
		return errors.New("does not say which probe measured it")
	}
	for _, h := range m.Histograms {
		if len(h.Bounds) != len(h.Counts)+1 {
			return fmt.Errorf("histogram %q: %d counts want %d bounds, not %d", h.Name, len(h.Counts), len(h.Counts)+1, len(h.Bounds))
		}
		for i := 1; i < len(h.Bounds); i++ {
			if !(h.Bounds[i] > h.Bounds[i-1]) || math.IsInf(h.Bounds[i], 0) {
				return fmt.Errorf("histogram %q: bounds do not rise at %d", h.Name, i)
			}
		}
	}
	for _, t := range m.Tables {
		for i, row := range t.Rows {
			if len(row) != len(t.Columns) {
				return fmt.Errorf("table %q: row %d has %d cells of %d", t.Name, i, len(row), len(t.Columns))
			}
		}
	}
	return nil
}
