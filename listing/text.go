package listing

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/goperf/goperf/syntax"
)

// margin is how many lines are shown around those with values when nothing says
// where the function begins or ends, as in pprof.
const margin = 5

// maxRows bounds a listing: lines of a profile may be numbered up to 2^63.
const maxRows = 20_000

// Row is one line of a listing. Without text it is a line with values only.
type Row struct {
	Line
	Text string
	Gap  bool // lines before this one are left out
}

// Rows are the lines of the function: all from its first to its last, or, when
// around is not negative, those with values and as many around each. Without
// text there are only those with values.
func (f *Function) Rows(text []byte, around int) []Row {
	if text == nil {
		return f.bare()
	}
	lines := splitLines(text)
	first, last := f.extent(text, int64(len(lines)))
	var rows []Row
	next, shown := 0, first-1
	for next < len(f.Lines) && f.Lines[next].N < first { // values without a line
		rows = append(rows, Row{Line: f.Lines[next]})
		next++
	}
	for n := first; n <= last && len(rows) < maxRows; n++ {
		row := Row{Line: Line{N: n}, Text: lines[n-1]}
		if next < len(f.Lines) && f.Lines[next].N == n {
			row.Line = f.Lines[next]
			next++
		} else if around >= 0 && !f.near(n, int64(around)) {
			continue
		}
		row.Gap = n > shown+1
		shown = n
		rows = append(rows, row)
	}
	for ; next < len(f.Lines); next++ {
		rows = append(rows, Row{Line: f.Lines[next], Gap: true})
	}
	return rows
}

func (f *Function) bare() []Row {
	rows := make([]Row, len(f.Lines))
	for i, line := range f.Lines {
		rows[i] = Row{Line: line, Gap: i > 0 && line.N > f.Lines[i-1].N+1}
	}
	return rows
}

// near reports whether a line with values is at most so many lines away.
func (f *Function) near(n, around int64) bool {
	for _, line := range f.Lines {
		if line.N > 0 && line.N >= n-around && line.N <= n+around {
			return true
		}
	}
	return false
}

// extent is the first and last line to show, both of them in the file.
func (f *Function) extent(text []byte, count int64) (first, last int64) {
	numbers := f.numbers()
	if path.Ext(f.File) == ".go" {
		start, end, ok := syntax.Span(f.File, text, syntax.Want{Function: f.Name, Lines: numbers})
		if ok && int64(start) <= count && start > 0 && (f.Start == 0 || f.Start == int64(start)) {
			return int64(start), min(int64(end), count)
		}
	}
	if len(numbers) == 0 {
		return 1, 0
	}
	first, last = int64(numbers[0])-margin, int64(numbers[len(numbers)-1])+margin
	if f.Start > 0 {
		first = min(f.Start, first+margin)
	}
	return max(first, 1), min(last, count)
}

// numbers are the sampled lines that have a number.
func (f *Function) numbers() []int {
	var all []int
	for _, line := range f.Lines {
		if line.N > 0 && line.N < 1<<30 {
			all = append(all, int(line.N))
		}
	}
	return all
}

// Fits says what shows that a text is not the one that the function was built
// from; nil means that nothing does.
func (f *Function) Fits(text []byte) error {
	if err := f.Plausible(text); err != nil || f.Start > 0 || path.Ext(f.File) != ".go" {
		return err
	}
	if _, _, ok := syntax.Span(f.File, text, syntax.Want{Function: f.Name, Lines: f.numbers()}); !ok && isPlain(f.Name) && !f.linked(text) {
		return errors.New("no function of that name has the sampled lines")
	}
	return nil
}

// Plausible is Fits without a look at the syntax, for many functions.
func (f *Function) Plausible(text []byte) error {
	lines := splitLines(text)
	ext := path.Ext(f.File)
	for _, line := range f.Lines {
		switch {
		case line.N <= 0:
			continue
		case line.N > int64(len(lines)):
			return fmt.Errorf("it has %d lines, the profile has a sample in line %d", len(lines), line.N)
		case (ext == ".go" || ext == ".s") && isBlank(lines[line.N-1]):
			return fmt.Errorf("line %d, which has samples, holds no code", line.N)
		}
	}
	switch {
	case ext == ".s":
		return f.assembled(lines)
	case ext == ".go" && f.Start > 0 && !f.linked(text):
		return f.startsAt(lines)
	}
	return nil
}

// assembled looks for the name of the function in the directive above each
// sampled line, or in the line itself, which may be a macro that makes one.
func (f *Function) assembled(lines []string) error {
	name := baseName(f.Name)
	for _, n := range f.numbers() {
		at := n
		for at > 0 && !strings.HasPrefix(lines[at-1], "TEXT") {
			at--
		}
		if at > 0 && !strings.Contains(lines[at-1], name) && !strings.Contains(lines[n-1], name) {
			return fmt.Errorf("line %d is of another function", n)
		}
	}
	return nil
}

func (f *Function) startsAt(lines []string) error {
	if f.Start > int64(len(lines)) {
		return fmt.Errorf("it has %d lines, the function begins in line %d", len(lines), f.Start)
	}
	line, name := lines[f.Start-1], baseName(f.Name)
	declared := strings.Contains(line, "func")
	if isPlain(f.Name) && (!declared || !strings.Contains(line, name)) || isLiteral(name) && !declared {
		return fmt.Errorf("the function does not begin in line %d", f.Start)
	}
	return nil
}

// linked reports whether the text declares the function by another name and
// links it to this one, as "//go:linkname pprof_x runtime/pprof.x" does.
func (f *Function) linked(text []byte) bool {
	return bytes.Contains(text, []byte(" "+f.Name+"\n"))
}

// isBlank reports whether a line holds nothing that could run.
func isBlank(line string) bool {
	line = strings.TrimSpace(line)
	return line == "" || strings.HasPrefix(line, "//")
}

// baseName is the last part of the name of a function without type arguments.
func baseName(name string) string {
	if i := strings.IndexByte(name, '['); i >= 0 {
		if j := strings.LastIndexByte(name, ']'); j > i {
			name = name[:i] + name[j+1:]
		}
	}
	return name[strings.LastIndexByte(name, '.')+1:]
}

// isLiteral reports whether a last part is that of a function literal: func1.
func isLiteral(base string) bool {
	rest, ok := strings.CutPrefix(base, "func")
	return ok && rest != "" && strings.Trim(rest, "0123456789") == ""
}

// isPlain reports whether a function is declared by the name that it has: not
// a literal (func1, 2), no wrapper (gowrap1, M-fm), not made by the compiler.
func isPlain(name string) bool {
	base := baseName(name)
	return base != "" && base != "init" && !isLiteral(base) && !strings.ContainsAny(base, "-:<>()$") &&
		strings.Trim(base, "0123456789") != "" && !strings.HasPrefix(base, "gowrap") && !strings.HasPrefix(base, "deferwrap") &&
		!strings.Contains(name, ":") && !strings.HasPrefix(base, "_Cfunc_")
}

// splitLines is a text without its line ends.
func splitLines(text []byte) []string {
	text = bytes.TrimSuffix(text, []byte("\n"))
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSuffix(line, "\r")
	}
	return lines
}
