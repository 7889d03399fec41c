package evidence

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/goperf/goperf/profile"
)

// sniffWindow is how much of a text is looked at: a log may begin with other lines.
const sniffWindow = 256 << 10

var gzipMagic = []byte{0x1f, 0x8b}

// texts tells evidence that is text by a line that only it has.
var texts = sync.OnceValue(func() []textLine {
	return []textLine{
		{GoroutineText, regexp.MustCompile(`(?m)^goroutine \d+ (?:gp=[^\[\n]*)?\[[^\n]*\]:?.*\r?$`)},
		{GCTrace, regexp.MustCompile(`(?m)^.*\bgc \d+ @[0-9.]+s \d+%: `)},
		{BuildInfo, regexp.MustCompile(`(?m)^(?:\t?(?:path|mod)\t\S+|go\tgo1\.\S*)`)},
		{Metrics, regexp.MustCompile(`(?m)^# (?:HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* `)},
	}
})

type textLine struct {
	kind Kind
	line *regexp.Regexp
}

// leading is what may stand before a text.
const leading = " \t\r\n\ufeff"

// Sniff tells what a file is from its bytes. The name is used only for what
// bytes do not tell: whether an empty contention profile is mutex or block, and
// in errors. A profile has to be read to be known; what was read is kept for
// [Decode], which need not do it again.
func Sniff(name string, data []byte) (Blob, error) {
	b := Blob{Name: path.Base(name), Data: data}
	var err error
	var head []byte
	if b.Kind, head, err = sniff(data); b.Kind == "" && err == nil {
		b.Kind, b.read, err = sniffProfile(name, data, head)
	}
	if err != nil {
		return Blob{}, fmt.Errorf("%s: %w", name, err)
	}
	return b, nil
}

// sniff knows by its head what is no profile; "" is what may be one.
func sniff(data []byte) (kind Kind, head []byte, err error) {
	if len(data) == 0 {
		return "", nil, errors.New("empty: it holds no bytes")
	}
	head, err = inflateHead(data, sniffWindow)
	if err != nil {
		return "", nil, err
	}
	start := bytes.TrimLeft(head, leading)
	switch {
	case IsBundle(data):
		return "", nil, errors.New("a zip file: give it alone and as FILE.goperf if it is a bundle, or unpack it first")
	case isTrace(head):
		return Trace, head, nil
	case bytes.HasPrefix(start, []byte("heap profile:")) && bytes.Contains(data, []byte("\n# runtime.MemStats\n")):
		return HeapText, head, nil
	case bytes.HasPrefix(start, []byte("{")):
		kind, err = sniffJSON(start)
		return kind, head, err
	}
	if !bytes.HasPrefix(start, []byte("<")) && bytes.IndexByte(head, 0) < 0 && !isMessage(head) {
		for _, t := range texts() {
			if t.line.Match(head) {
				return t.kind, head, nil
			}
		}
	}
	return "", head, nil
}

// isMessage knows a profile by its beginning: a first field of some bytes, the
// first of which is a field as well. No text begins with a line of control characters.
func isMessage(head []byte) bool {
	return len(head) > 2 && head[0] == '\n' && head[1] < '\t' && head[2] < '\t'
}

// sniffProfile reads a profile and tells what it counts.
func sniffProfile(name string, data, head []byte) (Kind, *profile.Profile, error) {
	p, err := profile.Parse(data, profile.Options{})
	if err != nil {
		if strings.Contains(path.Base(name), "cmdline") && bytes.IndexByte(head, 0) > 0 {
			return Cmdline, nil, nil
		}
		err = errors.Unwrap(err) // without "profile:"
		if bytes.IndexByte(head, 0) >= 0 && !bytes.HasPrefix(data, gzipMagic) {
			return "", nil, fmt.Errorf("no profile, or a damaged one: %w", err)
		}
		return "", nil, err
	}
	if bytes.HasPrefix(bytes.TrimLeft(head, leading), []byte("--- mutex")) {
		return Mutex, p, nil // the text form, which has no names
	}
	kind, err := KindOf(name, p)
	return kind, p, err
}

// isTrace knows the header of an execution trace, "go 1.22 trace\x00\x00\x00".
func isTrace(b []byte) bool {
	header := b[:min(len(b), 16)]
	return bytes.HasPrefix(header, []byte("go 1.")) && (len(b) < 16 || bytes.Contains(header, []byte(" trace")))
}

// sniffJSON looks for keys; the document may be cut.
func sniffJSON(b []byte) (Kind, error) {
	has := func(key string) bool { return bytes.Contains(b, []byte(`"`+key+`":`)) }
	switch {
	case has("memstats") || has("cmdline"), bytes.Contains(b, []byte(`"/gc/`)) || bytes.Contains(b, []byte(`"/memory/classes/`)):
		return Vars, nil
	case has("GoVersion") && has("Main"), has("go_version") && has("modules"):
		return BuildInfo, nil
	case has("probe") && has("from"):
		return Kernel, nil
	}
	for _, t := range texts() { // a log may be JSON, line by line
		if t.kind == GCTrace && t.line.Match(b) {
			return GCTrace, nil
		}
	}
	return "", errors.New("a JSON document that is none of what goperf reads: expvar's has cmdline and memstats, runtime metrics have names such as /gc/heap/live:bytes")
}

// KindOf tells what a profile counts.
func KindOf(name string, p *profile.Profile) (Kind, error) {
	has := func(types ...string) bool {
		return slices.ContainsFunc(p.SampleTypes, func(t profile.ValueType) bool { return slices.Contains(types, t.Type) })
	}
	switch {
	case has("cpu"), has("samples") && p.PeriodType.Type == "cpu":
		return CPU, nil
	case has("alloc_objects", "alloc_space", "inuse_objects", "inuse_space", "space"):
		if p.DefaultSampleType == "alloc_space" {
			return Allocs, nil
		}
		return Heap, nil
	case has("blocked") && has("runqueue"):
		return OffCPU, nil
	case has("wall"):
		return Wall, nil
	case has("contentions", "delay"):
		return contention(name, p), nil
	case has("goroutine"):
		return Goroutine, nil
	case has("goroutineleak"):
		return GoroutineLeak, nil
	case has("threadcreate", "thread"):
		return ThreadCreate, nil
	case len(p.SampleTypes) == 0 || p.SampleTypes[p.DefaultType()].Type == "":
		return "", errors.New("a profile that does not say what it counts: it has no sample type")
	}
	kind := Kind(p.SampleTypes[p.DefaultType()].Type)
	if kind.isText() {
		kind = "custom-" + kind // a profile is never read as what it is named after
	}
	return kind, nil
}

// contention tells mutex from block: a mutex profile holds the stacks that
// release a lock, a block profile those that wait.
func contention(name string, p *profile.Profile) Kind {
	release, wait := 0, 0
	for i := range p.NumSamples() {
		if releases(p, i) {
			release++
		} else {
			wait++
		}
	}
	base := strings.ToLower(path.Base(name))
	switch {
	case release > wait, release == wait && strings.Contains(base, "mutex"):
		return Mutex
	case release == wait && !strings.Contains(base, "block") && !strings.Contains(base, "contention"):
		return Mutex
	}
	return Block
}

// releases reports whether the first frames of a stack release a lock.
func releases(p *profile.Profile, sample int) bool {
	stack := p.Stack(sample)
	for _, loc := range stack[:min(len(stack), 2)] {
		for _, line := range p.Locations[loc].Lines {
			if line.Function < 0 {
				continue
			}
			name := p.Functions[line.Function].Name
			if strings.HasSuffix(name, ".Unlock") || strings.HasSuffix(name, ".RUnlock") ||
				strings.HasPrefix(name, "runtime.unlock") || name == "runtime._LostContendedRuntimeLock" {
				return true
			}
		}
	}
	return false
}
