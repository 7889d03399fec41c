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
	what   string // a foreign one is
	hint   string
}

var signatures = []signature{
	{"heap profile:", legacy, "", ""},
	{"heapz v2", legacy, "", ""},
	{"--- heap", legacy, "", ""},
	{"growth profile:", legacy, "", ""},
	{"goroutine profile: total", legacy, "", ""},
	{"threadcreate profile: total", legacy, "", ""},
	{"--- contention", legacy, "", ""},
	{"--- mutex", legacy, "", ""},
	{"--- threadz", legacy, "", ""},
	{"--- Thread", legacy, "", ""},
	{"--- growth", legacy, "", ""},
	{"\x1f\x8b", foreign, "gzipped twice", "decompress it once, with gunzip"},
	{"FLR\x00", foreign, "looks like a Java Flight Recorder file, not a pprof profile", "async-profiler's jfrconv makes collapsed stacks of it, which goperf convert reads"},
	{"PK\x03\x04", foreign, "looks like a zip archive", "unpack it first, or name it .goperf if it is a goperf bundle"},
	{"\x7fELF", foreign, "looks like an ELF binary, not a profile of one", "name the profile; --binary, where a command has it, names the program"},
	{"\x28\xb5\x2f\xfd", foreign, "looks like zstd data", "decompress it first: zstd -dc FILE | goperf COMMAND -"},
	{"BZh", foreign, "looks like bzip2 data", "decompress it first: bzip2 -dc FILE | goperf COMMAND -"},
	{"\xfd7zXZ", foreign, "looks like xz data", "decompress it first: xz -dc FILE | goperf COMMAND -"},
	{"\x04\x22\x4d\x18", foreign, "looks like lz4 data", "decompress it first: lz4 -dc FILE | goperf COMMAND -"},
	{"PERFILE2", foreign, "looks like a Linux perf.data file", "perf script -i FILE | goperf convert - -o profile.pb.gz"},
	{"go 1.", foreign, "looks like a Go execution trace, not a profile", "goperf analyze reads traces"},
}

// hintDamaged is for bytes that are a profile up to some place.
const hintDamaged = "the file is damaged or incomplete: fetch or copy it again"

// A refusal is an error with a way out.
type refusal struct{ what, hint string }

func (r *refusal) Error() string { return r.what }

// Hint is what may be tried.
func (r *refusal) Hint() string { return r.hint }

// hinted adds a way out to an error.
type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

// Hint is what may be tried.
func (h *hinted) Hint() string { return h.hint }

var goroutineHeader = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^goroutine \d+ [^\n]*\[`)
})

// sniff looks at the beginning of the (uncompressed) bytes. The refusal is of
// foreign input, and of text that turns out to be no profile.
func sniff(b []byte) (form, *refusal) {
	if len(b) == 0 {
		return foreign, &refusal{"empty: it holds no bytes", "a program writes its profile when it stops profiling: did it get there?"}
	}
	for _, s := range signatures {
		if bytes.HasPrefix(b, []byte(s.prefix)) {
			return s.form, &refusal{s.what, s.hint}
		}
	}
	words := bytes.TrimLeft(b, " \t\r\n\ufeff")
	lower := strings.ToLower(string(words[:min(len(words), 64)]))
	switch {
	case strings.HasPrefix(lower, "<!doctype html"), strings.HasPrefix(lower, "<html"):
		return foreign, &refusal{"looks like an HTML page, not a profile", "is the URL a debug/pprof endpoint, and does it need a login?"}
	case goroutineHeader().Match(b):
		return foreign, &refusal{"looks like goroutine stacks (debug=2), not a profile", "goperf analyze reads them; without debug=2 the endpoint serves a profile"}
	case strings.HasPrefix(lower, "<?xml"):
		return foreign, &refusal{"looks like an XML document, not a profile", hintKinds}
	case len(words) > 0 && (words[0] == '{' || words[0] == '[') && isText(b):
		return foreign, &refusal{"looks like a JSON document, not a profile", "goperf convert reads speedscope and Firefox profiles, goperf render saved reports"}
	}
	if looksOTLP(b) {
		return foreign, &refusal{"looks like an OpenTelemetry (OTLP) profile, not a pprof profile", "let the collector export it as pprof"}
	}
	if bytes.HasPrefix(b, []byte{0, 0, 0, 0}) {
		// No message begins with field 0, every CPU profile of old with a zero word.
		return legacy, nil
	}
	if isText(b) {
		return text, &refusal{fmt.Sprintf("looks like plain text, not a profile: %q", firstLine(words)), hintKinds}
	}
	return maybeProto, nil
}

// hintKinds is for what goperf has no name for.
const hintKinds = "goperf reads profiles as net/http/pprof, runtime/pprof and go test write them, gzipped or not; goperf convert reads other forms"

// looksZlib says that b begins as zlib data does (RFC 1950). So may a profile
// whose first field is its doc_url, which nobody writes first.
func looksZlib(b []byte) bool {
	return len(b) > 1 && b[0] == 0x78 && (int(b[0])<<8|int(b[1]))%31 == 0
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
