package evidence

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// errNoMemStats says what a heap page without numbers lacks.
var errNoMemStats = errors.New("no runtime.MemStats at its end: ask for heap?debug=1, whole")

// parseHeapText reads the numbers that heap?debug=1 prints around its samples
// (writeHeapInternal in runtime/pprof).
func parseHeapText(data []byte, at time.Time) (MemorySample, error) {
	m := MemorySample{At: at}
	first, _, _ := bytes.Cut(data, []byte("\n"))
	head, rate, ok := strings.Cut(string(first), "@ heap/")
	if !ok || !strings.HasPrefix(head, "heap profile:") {
		return m, fmt.Errorf("line 1: want \"heap profile: ... @ heap/RATE\", got %.60q", first)
	}
	doubled, err := strconv.ParseInt(strings.TrimSpace(rate), 10, 64)
	if err != nil {
		return m, fmt.Errorf("line 1: sampling rate %.60q is no number", rate)
	}
	m.SampleRate = doubled / 2 // the runtime prints twice MemProfileRate
	start := bytes.LastIndex(data, []byte("\n# runtime.MemStats\n"))
	if start < 0 {
		return m, errNoMemStats
	}
	line := bytes.Count(data[:start+1], []byte("\n")) + 1
	var ring, ends []time.Duration
	seen := false
	for s, rest, more := "", string(data[start+1:]), true; more; line++ {
		s, rest, more = strings.Cut(rest, "\n")
		key, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSuffix(s, "\r"), "# "), " = ")
		if !ok {
			continue
		}
		switch key {
		case "PauseNs":
			ring, err = parseRing(value)
		case "PauseEnd":
			ends, err = parseRing(value)
		default:
			err = m.set(key, value)
		}
		if err != nil {
			return m, fmt.Errorf("line %d: %s: %w", line, key, err)
		}
		// It comes after all that must be there.
		seen = seen || key == "GCCPUFraction"
	}
	if !seen {
		return m, errNoMemStats
	}
	m.Pauses = unroll(ring, m.NumGC)
	for _, ns := range unroll(ends, m.NumGC) {
		m.Ends = append(m.Ends, time.Unix(0, int64(ns)).UTC())
	}
	return m, nil
}

// fields is where the numbers of a page go; two keys print a pair.
func (m *MemorySample) fields(key string) []*int64 {
	switch key {
	case "Alloc":
		return []*int64{&m.Alloc}
	case "TotalAlloc":
		return []*int64{&m.TotalAlloc}
	case "Sys":
		return []*int64{&m.Sys}
	case "Mallocs":
		return []*int64{&m.Mallocs}
	case "Frees":
		return []*int64{&m.Frees}
	case "HeapAlloc":
		return []*int64{&m.HeapAlloc}
	case "HeapSys":
		return []*int64{&m.HeapSys}
	case "HeapIdle":
		return []*int64{&m.HeapIdle}
	case "HeapInuse":
		return []*int64{&m.HeapInuse}
	case "HeapReleased":
		return []*int64{&m.HeapReleased}
	case "HeapObjects":
		return []*int64{&m.HeapObjects}
	case "Stack":
		return []*int64{&m.StackInuse, &m.StackSys}
	case "MSpan":
		return []*int64{nil, &m.MSpanSys}
	case "MCache":
		return []*int64{nil, &m.MCacheSys}
	case "BuckHashSys":
		return []*int64{&m.BuckHashSys}
	case "GCSys":
		return []*int64{&m.GCSys}
	case "OtherSys":
		return []*int64{&m.OtherSys}
	case "NextGC":
		return []*int64{&m.NextGC}
	case "NumGC":
		return []*int64{&m.NumGC}
	case "NumForcedGC":
		return []*int64{&m.NumForcedGC}
	case "MaxRSS":
		return []*int64{&m.MaxRSS}
	}
	return nil
}

// set takes one line; a key that is not known is left alone.
func (m *MemorySample) set(key, value string) error {
	switch key {
	case "LastGC":
		n, err := parseCount(value)
		if err == nil && n > 0 {
			m.LastGC = time.Unix(0, n).UTC()
		}
		return err
	case "GCCPUFraction":
		f, err := strconv.ParseFloat(value, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("%.40q is no number", value)
		}
		m.GCCPUFraction = f
		return nil
	}
	for _, field := range m.fields(key) {
		var s string
		s, value, _ = strings.Cut(value, " / ")
		n, err := parseCount(s)
		if err != nil {
			return err
		}
		if field != nil {
			*field = n
		}
	}
	return nil
}

// parseCount reads a uint64 of MemStats; what int64 cannot hold becomes its largest.
func parseCount(s string) (int64, error) {
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%.40q is no number", s)
	}
	return int64(min(n, math.MaxInt64)), nil
}

// parseRing reads "[1 2 3]".
func parseRing(s string) ([]time.Duration, error) {
	if len(s) < 2 || s[0] != '[' || s[len(s)-1] != ']' {
		return nil, fmt.Errorf("%.40q is no list in brackets", s)
	}
	var ring []time.Duration
	for word := range strings.FieldsSeq(s[1 : len(s)-1]) {
		n, err := parseCount(word)
		if err != nil {
			return nil, err
		}
		ring = append(ring, time.Duration(n))
	}
	return ring, nil
}

// unroll puts the newest pause first: it is at (NumGC-1) modulo the ring's size
// (runtime.MemStats.PauseNs).
func unroll(ring []time.Duration, numGC int64) []time.Duration {
	n := min(int64(len(ring)), numGC)
	if n <= 0 {
		return nil
	}
	out := make([]time.Duration, n)
	for i := range out {
		out[i] = ring[(numGC-1-int64(i))%int64(len(ring))]
	}
	return out
}
