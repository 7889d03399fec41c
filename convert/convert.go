// Package convert reads profiles that other tools wrote, and writes those that
// other tools read: folded stacks, speedscope, the Firefox Profiler's processed
// format, callgrind, and the text of perf script (read only).
//
// Names are data: what a format cannot hold in a name is escaped so that
// reading it again gives the same name. What is read is never trusted: indexes
// and depths are checked, and stacks may not grow out of proportion to the input.
package convert

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strings"
	"sync"

	"github.com/goperf/goperf/profile"
)

// Format is one way to write a profile down. Read or Write is nil when there is
// no such direction.
type Format struct {
	Name  string
	Ends  []string // what file names end in
	Read  func(data []byte, as profile.ValueType) (*profile.Profile, error)
	Write func(w io.Writer, p *profile.Profile, column int) error
}

// All is the formats, those first whose bytes tell them best.
var All = []Format{
	{Name: "pprof", Ends: []string{".pb.gz", ".pprof", ".prof", ".pb"}, Read: readPprof, Write: writePprof},
	{Name: "speedscope", Ends: []string{".speedscope.json"}, Read: readSpeedscope, Write: writeSpeedscope},
	{Name: "firefox", Ends: []string{".firefox.json", ".gecko.json"}, Read: readFirefox, Write: writeFirefox},
	{Name: "callgrind", Ends: []string{".callgrind"}, Read: readCallgrind, Write: writeCallgrind},
	{Name: "perf", Ends: []string{".perf"}, Read: readPerf},
	{Name: "folded", Ends: []string{".folded", ".collapsed", ".txt"}, Read: readFolded, Write: writeFolded},
}

// Find is the format of that name, nil when there is none.
func Find(name string) *Format {
	for i := range All {
		if All[i].Name == name {
			return &All[i]
		}
	}
	return nil
}

// ByFile is the format that a file name ends in, nil when it does not say.
func ByFile(name string) *Format {
	for i := range All {
		for _, end := range All[i].Ends {
			if strings.HasSuffix(name, end) {
				return &All[i]
			}
		}
	}
	return nil
}

// Sniff tells the format of data by its bytes, nil when it is none of text that
// this package reads: it is then for package profile to say.
func Sniff(data []byte) *Format {
	head := bytes.TrimLeft(data[:min(len(data), 64<<10)], " \t\r\n\ufeff")
	switch {
	case len(head) == 0 || bytes.IndexByte(head, 0) >= 0:
		return nil
	case head[0] == '{':
		if bytes.Contains(data, []byte(`"stackTable"`)) {
			return Find("firefox")
		}
		if bytes.Contains(data, []byte(`"profiles"`)) && bytes.Contains(data, []byte(`"shared"`)) {
			return Find("speedscope")
		}
		return nil
	case callgrindStart().Match(head):
		return Find("callgrind")
	case perfHeader().Match(firstLine(head)):
		return Find("perf")
	}
	if _, _, err := foldedLine(firstLine(head)); err == nil && !countHeader().Match(head) {
		return Find("folded")
	}
	return nil
}

// countHeader begins pprof's old text form of counted stacks, which reads like a
// folded stack.
var countHeader = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^\w+ profile: total \d+\s`)
})

func firstLine(b []byte) []byte {
	for line := range bytes.Lines(b) {
		if line = bytes.TrimRight(line, "\r\n"); len(line) > 0 && line[0] != '#' {
			return line
		}
	}
	return nil
}

func readPprof(data []byte, _ profile.ValueType) (*profile.Profile, error) {
	return profile.Parse(data, profile.Options{Labels: true})
}

func writePprof(w io.Writer, p *profile.Profile, _ int) error { return p.Write(w) }

// frame is one entry of a stack as the formats know it.
type frame struct {
	name, file string
	line       int64
}

// maker makes a profile of frames.
type maker struct {
	b      *profile.Builder
	known  map[frame]uint32
	frames int // laid out so far
	limit  int
}

func newMaker(size int, types ...profile.ValueType) *maker {
	return &maker{b: profile.NewBuilder(true, types...), known: map[frame]uint32{}, limit: 64*size + 1<<20}
}

func (m *maker) location(f frame) uint32 {
	id, ok := m.known[f]
	if !ok {
		fn := m.b.Function(profile.Function{Name: f.name, SystemName: f.name, File: f.file})
		id = m.b.Location(profile.Location{Mapping: -1, Lines: []profile.Line{{Function: fn, Line: f.line}}})
		m.known[f] = id
	}
	return id
}

var errDeep = errors.New("its stacks hold more frames than any real profile of this size")

func (m *maker) sample(stack []uint32, values []int64, labels ...profile.Label) error {
	if m.frames += len(stack); m.frames > m.limit {
		return errDeep
	}
	m.b.Sample(stack, values, labels...)
	return nil
}

// finish gives the profile a header.
func (m *maker) finish(h profile.Profile) (*profile.Profile, error) {
	m.b.SetHeader(&h)
	return m.b.Finish()
}

// frames is the stack of a sample from the leaf to the root, inlined calls laid out.
func frames(p *profile.Profile, sample int, out []frame) []frame {
	for _, loc := range p.Stack(sample) {
		l := &p.Locations[loc]
		if len(l.Lines) == 0 {
			out = append(out, frame{name: fmt.Sprintf("0x%x", l.Address)})
		}
		for _, line := range l.Lines {
			f := frame{line: line.Line}
			if line.Function >= 0 {
				f.name, f.file = p.Functions[line.Function].Name, p.Functions[line.Function].File
			}
			if f.name == "" {
				f.name = fmt.Sprintf("0x%x", l.Address)
			}
			out = append(out, f)
		}
	}
	return out
}

// number makes a value of a float, and false of what is none.
func number(x float64) (int64, bool) {
	x = math.Round(x)
	if math.IsNaN(x) || x < math.MinInt64 || x >= math.MaxInt64 {
		return 0, false
	}
	return int64(x), true
}

// decode reads a JSON document and says where it is wrong.
func decode(what string, data []byte, to any) error {
	err := json.Unmarshal(data, to)
	if s := (*json.SyntaxError)(nil); errors.As(err, &s) {
		return fmt.Errorf("%s: at byte %d: %w", what, s.Offset, err)
	}
	if t := (*json.UnmarshalTypeError)(nil); errors.As(err, &t) {
		return fmt.Errorf("%s: at byte %d: %s is a %s", what, t.Offset, t.Field, t.Value)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
