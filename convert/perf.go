package convert

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/goperf/goperf/profile"
)

// The lines of "perf script": a header for each sample, "comm pid/tid [cpu]
// time: period event:", then a frame in each line, the leaf first.
var (
	perfHeader = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(\S.*?)\s+(-?\d+)(?:/(\d+))?\s+(?:\[\d+\]\s+)?\d+\.\d+:\s+(?:(\d+)\s+)?([^\s:]\S*?):+(?:\s.*)?$`)
	})
	perfFrame = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^\s+([0-9a-f]+)\s+(.*?)(?:\+0x[0-9a-f]+)?(?:\s+\(([^()]*(?:\(deleted\))?)\))?$`)
	})
)

func readPerf(data []byte, _ profile.ValueType) (*profile.Profile, error) {
	var types []profile.ValueType
	for line := range bytes.Lines(data) {
		if h := perfHeader().FindSubmatch(bytes.TrimRight(line, "\r\n")); h != nil {
			if t := perfType(h); !slices.Contains(types, t) {
				types = append(types, t)
			}
			if len(types) > 64 {
				return nil, errors.New("perf: more than 64 events")
			}
		}
	}
	if len(types) == 0 {
		return nil, errors.New("perf: holds no sample: want the output of perf script")
	}
	r := perfReader{m: newMaker(len(data), types...), types: types}
	n := 0
	for line := range bytes.Lines(data) {
		n++
		if err := r.line(bytes.TrimRight(line, " \t\r\n")); err != nil {
			return nil, fmt.Errorf("perf: line %d: %w", n, err)
		}
	}
	if err := r.end(); err != nil {
		return nil, fmt.Errorf("perf: line %d: %w", n, err)
	}
	return r.m.finish(profile.Profile{DefaultSampleType: types[0].Type})
}

// perfType is the column of an event. Clock events count nanoseconds.
func perfType(h [][]byte) profile.ValueType {
	name, _, _ := strings.Cut(string(h[5]), ":")
	if strings.HasSuffix(name, "-clock") {
		return profile.ValueType{Type: name, Unit: "nanoseconds"}
	}
	return profile.ValueType{Type: name, Unit: "count"}
}

type perfReader struct {
	m      *maker
	types  []profile.ValueType
	open   bool
	stack  []uint32
	values []int64
	label  profile.Label
}

func (r *perfReader) line(line []byte) error {
	switch {
	case len(line) == 0:
		return r.end()
	case line[0] == '#':
		return nil
	case line[0] == ' ' || line[0] == '\t':
		if f := perfFrame().FindSubmatch(line); r.open && f != nil {
			name := string(f[2])
			if name == "" || name == "[unknown]" {
				name = "[" + baseName(string(f[3])) + "]"
			}
			r.stack = append(r.stack, r.m.location(frame{name: name}))
			return nil
		}
		if h := perfHeader().FindSubmatch(bytes.TrimLeft(line, " \t")); h != nil {
			return r.begin(h)
		}
		return fmt.Errorf("%.60q: is no frame of a sample", line)
	}
	h := perfHeader().FindSubmatch(line)
	if h == nil {
		return fmt.Errorf("%.60q: begins no sample", line)
	}
	return r.begin(h)
}

func (r *perfReader) begin(h [][]byte) error {
	if err := r.end(); err != nil {
		return err
	}
	period := int64(1)
	if len(h[4]) > 0 {
		n, err := strconv.ParseInt(string(h[4]), 10, 64)
		if err != nil {
			return fmt.Errorf("period %.30q: %w", h[4], err)
		}
		period = n
	}
	column := slices.Index(r.types, perfType(h))
	if column < 0 {
		return errors.New("an event that was not seen before") // an indented header
	}
	r.open, r.stack = true, r.stack[:0]
	r.values = make([]int64, len(r.types))
	r.values[column] = period
	r.label = profile.Label{Key: "thread", Str: string(h[1])}
	return nil
}

func (r *perfReader) end() error {
	if !r.open {
		return nil
	}
	r.open = false
	return r.m.sample(r.stack, r.values, r.label)
}

func baseName(path string) string {
	return path[strings.LastIndexByte(path, '/')+1:]
}
