package convert

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/goperf/goperf/profile"
)

// writeFolded writes "root;caller;leaf 10", one line for each stack.
func writeFolded(w io.Writer, p *profile.Profile, column int) error {
	out := bufio.NewWriter(w)
	var fs []frame
	for i := range p.NumSamples() {
		v := p.Value(i, column)
		if v == 0 {
			continue
		}
		if fs = frames(p, i, fs[:0]); len(fs) == 0 {
			fs = append(fs, frame{name: "[no stack]"})
		}
		for k := len(fs) - 1; k >= 0; k-- {
			_, _ = out.WriteString(escape(fs[k].name)) // Flush tells
			if k > 0 {
				_ = out.WriteByte(';')
			}
		}
		_, _ = fmt.Fprintf(out, " %d\n", v)
	}
	return out.Flush()
}

const hexDigits = "0123456789abcdef"

// escape writes what would end a frame or a line, or could reach the terminal,
// as \xHH, and the backslash with it.
func escape(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return special(r) }) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; special(rune(c)) {
			b.WriteString(`\x`)
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func special(r rune) bool { return r < 0x20 || r == 0x7f || r == ';' || r == '\\' }

// unescape undoes escape and nothing else: other tools write lone backslashes.
func unescape(s string) string {
	if !strings.Contains(s, `\x`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) && s[i+1] == 'x' {
			hi, lo := strings.IndexByte(hexDigits, s[i+2]), strings.IndexByte(hexDigits, s[i+3])
			if hi >= 0 && lo >= 0 && special(rune(hi<<4|lo)) {
				b.WriteByte(byte(hi<<4 | lo))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

var errFolded = errors.New(`want "root;caller;leaf 10"`)

func foldedLine(line []byte) (stack []byte, value int64, err error) {
	line = bytes.TrimRight(line, " \t\r")
	at := bytes.LastIndexByte(line, ' ')
	if at <= 0 {
		return nil, 0, errFolded
	}
	value, err = strconv.ParseInt(string(line[at+1:]), 10, 64)
	if err != nil {
		return nil, 0, errFolded
	}
	return line[:at], value, nil
}

func readFolded(data []byte, as profile.ValueType) (*profile.Profile, error) {
	as = profile.ValueType{Type: cmp.Or(as.Type, "samples"), Unit: cmp.Or(as.Unit, "count")}
	m := newMaker(len(data), as)
	n := 0
	var stack []uint32
	for line := range bytes.Lines(data) {
		n++
		if line = bytes.TrimRight(line, "\r\n"); len(line) == 0 || line[0] == '#' && !bytes.Contains(line, []byte(";")) {
			continue
		}
		text, value, err := foldedLine(line)
		if err != nil {
			return nil, fmt.Errorf("folded: line %d: %.60q: %w", n, line, err)
		}
		stack = stack[:0]
		for name := range bytes.SplitSeq(text, []byte(";")) {
			stack = append(stack, m.location(frame{name: unescape(string(name))}))
		}
		for i, j := 0, len(stack)-1; i < j; i, j = i+1, j-1 {
			stack[i], stack[j] = stack[j], stack[i]
		}
		if err := m.sample(stack, []int64{value}); err != nil {
			return nil, fmt.Errorf("folded: line %d: %w", n, err)
		}
	}
	return m.finish(profile.Profile{PeriodType: as, DefaultSampleType: as.Type})
}
