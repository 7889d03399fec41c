package convert

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/goperf/goperf/profile"
)

// callgrindStart is how files of this format begin: with its name, or with headers.
var callgrindStart = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:# callgrind format|(?:version|creator|pid|cmd|part|desc|positions|events): ?[^\n]*\n(?:[^\n]*\n){0,40}?(?:fn|fl)=)`)
})

// readCallgrind reads the output of callgrind and of what writes like it
// (valgrind's manual, "Callgrind Format Specification"). The format holds calls
// and no stacks: see [flow].
func readCallgrind(data []byte, _ profile.ValueType) (*profile.Profile, error) {
	r := &callgrindReader{graph: newFlow(), positions: 1, file: aliases{}, function: aliases{}}
	n := 0
	for line := range bytes.Lines(data) {
		n++
		if err := r.line(string(bytes.TrimRight(line, "\r\n"))); err != nil {
			return nil, fmt.Errorf("callgrind: line %d: %w", n, err)
		}
	}
	if len(r.events) == 0 {
		return nil, errors.New("callgrind: no line says which events were counted (events: Ir)")
	}
	m := newMaker(len(data), r.events...)
	if err := r.graph.stacks(m, len(r.events)); err != nil {
		return nil, fmt.Errorf("callgrind: %w", err)
	}
	return m.finish(profile.Profile{DefaultSampleType: r.events[0].Type, Warnings: r.graph.warnings()})
}

// aliases are the names that "(7) name" gives a number.
type aliases map[string]string

// name reads "(7) name", "(7)" or "name".
func (n aliases) name(s string) string {
	id, rest, ok := strings.Cut(s, ")")
	if !ok || !strings.HasPrefix(id, "(") {
		return unescape(s)
	}
	if rest != "" {
		n[id] = unescape(strings.TrimPrefix(rest, " "))
	}
	return n[id]
}

// maxEvents bounds the columns; callgrind has 13 at most.
const maxEvents = 64

type callgrindReader struct {
	graph          *flow
	events         []profile.ValueType
	positions      int // numbers before the values: the last of them is the line
	at             []int64
	file, function aliases
	to             frame // of the call that the next line is about
	isCall, isJump bool
	in             frame
}

// line reads one line: a name, a header, or numbers.
func (r *callgrindReader) line(s string) error {
	if s == "" || s[0] == '#' {
		return nil
	}
	if c := s[0]; c >= '0' && c <= '9' || c == '+' || c == '-' || c == '*' {
		return r.costs(s)
	}
	if key, value, ok := strings.Cut(s, "="); ok && !strings.Contains(key, ":") {
		return r.assign(key, value)
	}
	key, value, ok := strings.Cut(s, ":")
	if !ok {
		return fmt.Errorf("%.40q: neither a name nor numbers", s)
	}
	switch key {
	case "events":
		return r.setEvents(strings.Fields(value))
	case "positions":
		r.positions = max(len(strings.Fields(value)), 1)
	}
	return nil
}

func (r *callgrindReader) assign(key, value string) error {
	switch key {
	case "fl", "fi", "fe":
		r.in.file = r.file.name(value)
	case "fn":
		r.in.name = r.function.name(value)
		r.to = frame{file: r.in.file}
	case "cfi", "cfl":
		r.to.file = r.file.name(value)
	case "cfn":
		r.to.name = r.function.name(value)
	case "calls":
		if r.to.name == "" || r.in.name == "" {
			return errors.New("calls= without the names of both functions before it")
		}
		r.isCall = true
	case "jump", "jcnd":
		r.isJump = true
	}
	return nil // others, such as ob=, say nothing about costs
}

// setEvents reads the names of the columns, "Ir" or, as goperf writes them,
// "cpu(nanoseconds)".
func (r *callgrindReader) setEvents(fields []string) error {
	if len(r.events) > 0 {
		return nil // parts of one file repeat it
	}
	if len(fields) > maxEvents {
		return fmt.Errorf("%d events: at most %d can be read", len(fields), maxEvents)
	}
	for _, f := range fields {
		t := profile.ValueType{Type: unescape(f), Unit: "count"}
		if kind, unit, ok := strings.Cut(strings.TrimSuffix(f, ")"), "("); ok {
			t = profile.ValueType{Type: unescape(kind), Unit: unescape(unit)}
		}
		r.events = append(r.events, t)
	}
	return nil
}

// costs reads positions and values: of a line, of a call, or of a jump.
func (r *callgrindReader) costs(s string) error {
	fields := strings.Fields(s)
	if r.isJump {
		r.isJump = false
		return nil
	}
	line, err := r.position(fields)
	if err != nil {
		return err
	}
	if r.in.name == "" {
		return errors.New("numbers before the first function (fn=)")
	}
	values := make([]int64, len(r.events))
	for i, f := range fields[r.positions:] {
		if i == len(values) {
			return fmt.Errorf("%d values for %d events", len(fields)-r.positions, len(values))
		}
		if values[i], err = strconv.ParseInt(f, 10, 64); err != nil || values[i] < 0 {
			return fmt.Errorf("%.40q: not a count", f)
		}
	}
	from := frame{r.in.name, r.in.file, line}
	if r.isCall {
		r.graph.call(from, r.to, values)
		r.isCall, r.to = false, frame{file: r.in.file}
		return nil
	}
	r.graph.self(from, values)
	return nil
}

// position reads the positions, which may be relative to those before, and
// returns the line.
func (r *callgrindReader) position(fields []string) (int64, error) {
	if len(fields) < r.positions {
		return 0, fmt.Errorf("%d numbers, want %d positions and values", len(fields), r.positions)
	}
	if len(r.at) != r.positions {
		r.at = make([]int64, r.positions)
	}
	for i, f := range fields[:r.positions] {
		if f == "*" {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimLeft(f, "+-"), 0, 64)
		if err != nil {
			return 0, fmt.Errorf("%.40q: not a position", f)
		}
		switch f[0] {
		case '+':
			r.at[i] += n
		case '-':
			r.at[i] -= n
		default:
			r.at[i] = n
		}
	}
	return max(r.at[r.positions-1], 0), nil
}
