package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many combining marks may follow one another: real scripts
// need no more, and taller stacks paint over neighbouring lines. One at the
// start of a string has no base of its own and would join whatever is printed
// before it, so that two clean pieces side by side would not be clean; one after
// a space would be at the start once a line is broken there.
const maxMarks = 2

// Clean makes a string from the target harmless to show on one line of a
// terminal or in a document: whatever does not print as itself (control
// characters and the escape sequences they start, line breaks, bidi overrides,
// zero-width and private characters, bytes that are not UTF-8) becomes a
// visible escape such as \x1b or \u202e. Ordinary text comes back unchanged.
func Clean(s string) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	marks := maxMarks
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case unicode.Is(unicode.M, r):
			marks++
		case r == ' ':
			marks = maxMarks
		default:
			marks = 0
		}
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsPrint(r) && marks <= maxMarks:
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		i += n
	}
	return b.String()
}

// isPlain is true for printable ASCII, which is nearly every name there is.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
