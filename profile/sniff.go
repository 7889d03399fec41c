package profile

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

const sniffLen = 4096

// form is a first guess at what bytes are.
type form int

const (
	maybeProto form = iota
	legacy
	text // of no known kind; some legacy files have no header to know them by
	foreign
)

// signature is a beginning that only one kind of file has.
type signature struct {
	prefix string
	form   form
	what   string
}

var signatures = []signature{
	{"heap profile:", legacy, ""},
	{"heapz v2", legacy, ""},
	{"--- heap", legacy, ""},
	{"growth profile:", legacy, ""},
	{"goroutine profile: total", legacy, ""},
	{"threadcreate profile: total", legacy, ""},
	{"--- contention", legacy, ""},
	{"--- mutex", legacy, ""},
	{"--- threadz", legacy, ""},
	{"--- Thread", legacy, ""},
	{"--- growth", legacy, ""},
	{"\x1f\x8b", foreign, "gzipped twice: decompress it once"},
	{"FLR\x00", foreign, "looks like a Java Flight Recorder file, not a pprof profile"},
	{"PK\x03\x04", foreign, "looks like a zip archive: unpack it first, or name it .goperf if it is a goperf bundle"},
	{"\x7fELF", foreign, "looks like an ELF binary, not a profile of one"},
	{"\x28\xb5\x2f\xfd", foreign, "looks like zstd data: decompress it first"},
	{"BZh", foreign, "looks like bzip2 data: decompress it first"},
	{"\xfd7zXZ", foreign, "looks like xz data: decompress it first"},
	{"PERFILE2", foreign, "looks like a Linux perf.data file: convert it with perf_to_profile first"},
	{"go 1.", foreign, "looks like a Go execution trace: not a profile; analyze reads it as a trace"},
}

var goroutineHeader = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^goroutine \d+ [^\n]*\[`)
})

// sniff looks at the beginning of the (uncompressed) bytes. The string describes
// foreign input and text that turns out to be no profile.
func sniff(b []byte) (form, string) {
	if len(b) == 0 {
		return foreign, "empty: it holds no bytes"
	}
	for _, s := range signatures {
		if bytes.HasPrefix(b, []byte(s.prefix)) {
			return s.form, s.what
		}
	}
	words := bytes.TrimLeft(b, " \t\r\n\ufeff")
	lower := strings.ToLower(string(words[:min(len(words), 64)]))
	switch {
	case strings.HasPrefix(lower, "<!doctype html"), strings.HasPrefix(lower, "<html"):
		return foreign, "looks like an HTML page, not a profile: is the URL a debug/pprof endpoint, and does it need a login?"
	case goroutineHeader().Match(b):
		return foreign, "looks like goroutine stacks (debug=2), not a profile: ask the endpoint for its default form"
	case strings.HasPrefix(lower, "<?xml"):
		return foreign, "looks like an XML document, not a profile"
	case len(words) > 0 && (words[0] == '{' || words[0] == '[') && isText(b):
		return foreign, "looks like a JSON document, not a profile"
	}
	if looksOTLP(b) {
		return foreign, "looks like an OpenTelemetry (OTLP) profile, not a pprof profile"
	}
	if bytes.HasPrefix(b, []byte{0, 0, 0, 0}) {
		// No message begins with field 0, every CPU profile of old with a zero word.
		return legacy, ""
	}
	if isText(b) {
		return text, fmt.Sprintf("looks like plain text, not a profile: %q", firstLine(words))
	}
	return maybeProto, ""
}

// looksOTLP tells OTLP's ProfilesData, which begins with a message full of
// messages, from a profile, whose first field holds two numbers.
func looksOTLP(b []byte) bool {
	if b[0] != 1<<3|wireBytes {
		return false
	}
	n, i := uvarint(b, 1)
	return i > 0 && n > 0 && i < len(b) && (b[i] == 1<<3|wireBytes || b[i] == 2<<3|wireBytes)
}

func firstLine(b []byte) string {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	s := strings.TrimSpace(string(line))
	if len(s) > 80 {
		return strings.ToValidUTF8(s[:80], "") + "..."
	}
	return s
}

// isText reports whether b is UTF-8 without control characters; the last rune
// may be cut.
func isText(b []byte) bool {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 {
			return len(b)-i < utf8.UTFMax && len(b) >= sniffLen
		}
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' {
			return false
		}
		i += n
	}
	return true
}
