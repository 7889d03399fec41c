package profile_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"regexp"
	"runtime"
	rpprof "runtime/pprof"
	"strings"
	"testing"

	"github.com/goperf/goperf/profile"
)

// join makes one message of several pieces.
func join(ms ...[]byte) []byte { return bytes.Join(ms, nil) }

// TestParseRefuses: what cannot be read gives one line that says what and where.
func TestParseRefuses(t *testing.T) {
	types := message{}.bytes(1, message{}.num(1, 1).num(2, 2))
	good := zipped(t, small())
	for _, c := range []struct {
		name string
		data []byte
		want string // regular expression
	}{
		{"nothing", nil, `empty`},
		{"gzip of nothing", zipped(t, nil), `empty`},
		{"one byte of gzip", good[:1], `not a pprof profile: .* at byte 0`},
		{"half a gzip header", good[:5], `gzip`},
		{"gzip cut early", good[:25], `gzip data is cut off at byte 25 of the file`},
		{"gzip cut before the strings", good[:len(good)-40], `gzip data is cut off at byte \d+ of the file`},
		{"gzip with a flipped bit", flip(good, len(good)-12), `gzip (checksum is wrong|data is damaged)`},
		{"gzip twice", zipped(t, good), `gzipped twice`},
		{"html", []byte("<!DOCTYPE html><html><body>Sign in</body></html>"), `HTML page`},
		{"html in gzip", zipped(t, []byte("\n <HTML>")), `HTML page`},
		{"json", []byte(`{"error":"not found"}`), `JSON`},
		{"xml", []byte(`<?xml version="1.0"?><a/>`), `XML`},
		{"not found", []byte("404 page not found\n"), `plain text, not a profile: "404 page not found"`},
		{"busy", []byte("Could not enable CPU profiling: cpu profiling already in use\n"), `already in use`},
		{"goroutine stacks", []byte("goroutine 18 [running]:\nmain.main()\n"), `goroutine stacks`},
		{"go trace", []byte("go 1.23 trace\x00\x00\x00"), `execution trace`},
		{"java flight recorder", []byte("FLR\x00\x00\x02\x00\x00"), `Java Flight Recorder`},
		{"elf", []byte("\x7fELF\x02\x01\x01"), `ELF`},
		{"zip", []byte("PK\x03\x04\x14\x00"), `zip`},
		{"otlp", message{}.bytes(1, message{}.bytes(1, message{}.str(1, "service"))), `OpenTelemetry`},
		{"legacy, damaged", []byte("heap profile: 1: 2 [3: 4] @ heap/1\n 1: x [3: 4] @ 0x1\n"), `legacy format`},
		{"group", []byte{0x0b}, `wire type 3 in field 1 at byte 0`},
		{"field 0", join(types, []byte{0, 0}), `field number 0 at byte 6`},
		{"overlong tag", bytes.Repeat([]byte{0xff}, 12), `overlong field tag at byte 0`},
		{"claims too much", join(types, []byte{0x12, 0xff, 0x7f, 1}), `field 2 claims 16383 bytes, 1 are left at byte 6`},
		{"claims 2^60", join(types, []byte{0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f}), `field 2 claims \d+ bytes at byte 6`},
		{"number for a message", join(types, message{}.num(2, 7)), `field 2 has the wire type of another kind at byte 8`},
		{"message for a number", join(types, message{}.str(9, "x")), `field 9 has the wire type of another kind`},
		{"no types", message{}.str(6, ""), `no sample types`},
		{"no types but samples", message{}.bytes(2, message{}.bytes(2, packed(1))), `samples without sample types`},
		{"too many values", join(types, message{}.bytes(2, message{}.bytes(2, packed(1, 2)))), `sample 0 has 2 values for 1 sample types at byte 8`},
		{"uneven values", join(types, message{}.bytes(2, message{}.bytes(2, packed(1))).bytes(2, message{}.bytes(2, packed(1, 2)))), `sample 1 has 2 values, the others have 1 at byte 13`},
		{"cut list", join(types, message{}.bytes(2, message{}.bytes(1, []byte{1, 0x80}))), `cut or overlong number at byte 11`},
		{"unknown location", small().bytes(2, message{}.bytes(1, packed(9)).bytes(2, packed(1))), `sample 2 names a location that the profile does not hold at byte \d+`},
		{"unknown function", small().bytes(4, message{}.num(1, 3).bytes(4, message{}.num(1, 9))), `location 2 names a function that the profile does not hold at byte \d+`},
		{"unknown string", small().bytes(5, message{}.num(1, 3).num(2, 99)), `function 2 names string 99 of 8 at byte \d+`},
		{"string -1", small().bytes(5, message{}.num(1, 3).num(2, math.MaxUint64)), `function 2 names string \d+ of 8 at byte \d+`},
		{"unknown string in a header", small().num(14, 99), `names string 99 of 8`},
		{"many types", message{}.times(2000, func(m message, _ int) message { return m.bytes(1, nil) }), `more than 1024 sample types at byte 2050`},
		{"many comments", types.times(1<<17, func(m message, _ int) message { return m.num(13, 0) }), `more than 65536 comments`},
		{"many mappings", types.times(1<<17, func(m message, i int) message { return m.bytes(3, message{}.num(1, uint64(i+1))) }), `more than 65536 mappings`},
		{"many frames", message{}.bytes(1, message{}).bytes(4, message{}.num(1, 1).times(1e5, func(m message, _ int) message { return m.bytes(4, nil) })).
			bytes(2, message{}.num(2, 1).bytes(1, bytes.Repeat([]byte{1}, 1e5))), `sample 0 hold 10000000000 frames in \d+ bytes.* at byte 2000\d\d$`},
		{"location 0", small().bytes(4, message{}.num(3, 5)), `location 2 has the reserved id 0`},
		{"location twice", small().bytes(4, message{}.num(1, 1)), `location 2 repeats an id`},
		{"function twice", small().bytes(5, message{}.num(1, 1)), `function 2 repeats an id`},
		{"profile twice and its types", join(types, types, small()[len(types):]), `two profiles one behind the other\?\) at byte \d+`},
		{"zlib", []byte{0x78, 0x9c, 0xe3, 0xe2}, `looks like zlib data$`},
		{"lz4", []byte("\x04\x22\x4d\x18data"), `looks like lz4 data$`},
		{"profile twice", join(small(), small()), `two profiles one behind the other`},
		{"profile twice in gzip", join(good, good), `two profiles one behind the other`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := profile.Parse(c.data, profile.Options{Labels: true})
			if err == nil {
				t.Fatal("it was read")
			}
			if !regexp.MustCompile(c.want).MatchString(err.Error()) {
				t.Errorf("error %q does not match %q", err, c.want)
			}
			if strings.ContainsAny(err.Error(), "\n\x00") {
				t.Errorf("error is not one line: %q", err)
			}
			if way, ok := errors.AsType[interface {
				error
				Hint() string
			}](err); !ok || way.Hint() == "" {
				t.Errorf("%q: says no way out", err)
			}
		})
	}
}

func flip(data []byte, i int) []byte {
	out := bytes.Clone(data)
	out[i] ^= 0x40
	return out
}

// TestParseTolerates: what is odd but unambiguous is read right, with a warning.
func TestParseTolerates(t *testing.T) {
	good := zipped(t, small())
	want := text(parsed(t, small(), profile.Options{Labels: true}))
	if len(want) != 2 {
		t.Fatalf("the small profile has %d samples", len(want))
	}
	half := len(small()) / 2
	for _, c := range []struct {
		name, warning string
		data          []byte
	}{
		{"gzip", "", good},
		{"gzip in two members", "", join(zipped(t, small()[:half]), zipped(t, small()[half:]))},
		{"junk behind gzip", "8 bytes behind the gzip data", join(good, []byte("trailing"))},
		{"gzip without its end", "cut off before its checksum", good[:len(good)-8]},
		{"gzip with half its end", "cut off before its checksum", good[:len(good)-3]},
		{"unknown fields", "", small().num(77, 1).str(78, "new")},
		{"a mapping that is not there", "1 locations name a mapping", small().bytes(4, message{}.num(1, 7).num(2, 9))},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parsed(t, c.data, profile.Options{Labels: true})
			if got := text(p); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("read as\n%q, want\n%q", got, want)
			}
			if got := strings.Join(p.Warnings, "; "); (c.warning == "") != (got == "") || !strings.Contains(got, c.warning) {
				t.Errorf("warnings %q, want %q", got, c.warning)
			}
		})
	}
}

// TestParseSparseIDs: ids may be any numbers, as addresses or hashes are.
func TestParseSparseIDs(t *testing.T) {
	big := uint64(math.MaxUint64)
	var m message
	m = m.bytes(1, message{})
	m = m.bytes(2, message{}.num(1, big).num(1, 1<<31).num(1, 5).num(2, 3))
	m = m.bytes(4, message{}.num(1, 1<<31).bytes(4, message{}.num(1, big-1)))
	m = m.bytes(4, message{}.num(1, 5).bytes(4, message{}.num(1, 1<<40)))
	m = m.bytes(4, message{}.num(1, big).bytes(4, message{}.num(1, 3)))
	for i, id := range []uint64{big - 1, 1 << 40, 3} {
		m = m.bytes(5, message{}.num(1, id).num(2, uint64(i+1)))
	}
	m = m.str(6, "").str(6, "a").str(6, "b").str(6, "c")
	p := parsed(t, m, profile.Options{})
	var names []string
	for _, loc := range p.Stack(0) {
		names = append(names, p.Functions[p.Locations[loc].Lines[0].Function].Name)
	}
	if got := strings.Join(names, " "); got != "c a b" {
		t.Errorf("stack %q, want %q", got, "c a b")
	}
}

func TestMaxBytes(t *testing.T) {
	for name, data := range map[string][]byte{"raw": small(), "gzip": zipped(t, small())} {
		_, err := profile.Parse(data, profile.Options{MaxBytes: 100})
		if err == nil || !strings.Contains(err.Error(), "larger than allowed") {
			t.Errorf("%s: %v", name, err)
		}
	}
	bomb := zipped(t, small().times(80, func(m message, _ int) message { return m.str(80, strings.Repeat("x", 1<<20)) }))
	if _, err := profile.Parse(bomb, profile.Options{}); err == nil || !strings.Contains(err.Error(), "larger than allowed") {
		t.Errorf("80 MB in %d bytes: %v", len(bomb), err)
	}
}

// TestMemory: hostile input takes no more than twenty times its size, whatever
// it is made of, and may be refused.
func TestMemory(t *testing.T) {
	const n = 200_000
	types := message{}.bytes(1, message{})
	for name, data := range map[string]message{
		"samples":   types.times(n, func(m message, _ int) message { return m.bytes(2, message{}.num(2, 1)) }),
		"locations": types.times(n, func(m message, i int) message { return m.bytes(4, message{}.num(1, uint64(i+1))) }),
		"sparse": types.times(n, func(m message, i int) message {
			return m.bytes(4, message{}.num(1, uint64(i+1)<<33))
		}),
		"functions": types.times(n, func(m message, i int) message { return m.bytes(5, message{}.num(1, uint64(i+1))) }),
		"strings":   types.times(n, func(m message, _ int) message { return m.str(6, "") }),
		"lines": types.bytes(4, message{}.num(1, 1).times(n, func(m message, _ int) message {
			return m.bytes(4, nil)
		})),
		"labels": types.bytes(2, message{}.num(2, 1).times(n, func(m message, _ int) message {
			return m.bytes(3, message{}.num(3, 1))
		})),
		"deep": types.bytes(4, message{}.num(1, 1)).bytes(2, message{}.num(2, 1).bytes(1, bytes.Repeat([]byte{1}, n))),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			p, err := profile.Parse(data, profile.Options{Labels: true})
			runtime.ReadMemStats(&after)
			if err != nil && !strings.Contains(err.Error(), "no real profile") {
				t.Fatal(err)
			}
			// All that was ever taken, an upper bound of the peak.
			took := after.TotalAlloc - before.TotalAlloc
			if limit := uint64(20*len(data) + 1<<20); took > limit {
				t.Errorf("%d bytes took %d, %.1f times as much", len(data), took, float64(took)/float64(len(data)))
			}
			runtime.KeepAlive(p)
		})
	}
}

// TestParseRuntime reads what this Go release writes, in all its forms.
func TestParseRuntime(t *testing.T) {
	for _, c := range []struct {
		name    string
		debug   int
		columns string
	}{
		{"heap", 0, "alloc_objects alloc_space inuse_objects inuse_space"},
		{"heap", 1, "alloc_objects alloc_space inuse_objects inuse_space"},
		{"allocs", 0, "alloc_objects alloc_space inuse_objects inuse_space"},
		{"goroutine", 0, "goroutine"},
		{"goroutine", 1, "goroutine"},
		{"threadcreate", 0, "threadcreate"},
		{"threadcreate", 1, "threadcreate"},
		{"block", 0, "contentions delay"},
		{"mutex", 0, "contentions delay"},
		{"mutex", 1, "contentions delay"},
	} {
		t.Run(fmt.Sprintf("%s debug=%d", c.name, c.debug), func(t *testing.T) {
			var buf bytes.Buffer
			if err := rpprof.Lookup(c.name).WriteTo(&buf, c.debug); err != nil {
				t.Fatal(err)
			}
			p := parsed(t, buf.Bytes(), profile.Options{Labels: true})
			var columns []string
			for _, st := range p.SampleTypes {
				columns = append(columns, st.Type)
			}
			if got := strings.Join(columns, " "); got != c.columns {
				t.Errorf("columns %q, want %q", got, c.columns)
			}
			if c.name == "goroutine" && p.Total(0) == 0 {
				t.Error("no goroutine, though this one runs")
			}
		})
	}
}

// TestParseLegacy reads formats that the runtime does not write any more.
func TestParseLegacy(t *testing.T) {
	var cpu []byte
	for _, w := range []uint64{0, 3, 0, 10_000, 0 /* sample */, 5, 2, 0x1001, 0x2001 /* end */, 0, 1, 0} {
		cpu = append(cpu, byte(w), byte(w>>8), byte(w>>16), byte(w>>24), 0, 0, 0, 0)
	}
	for _, c := range []struct {
		name   string
		data   []byte
		column string
		total  int64
	}{
		{"cpu", append(cpu, "400000-500000 r-xp 00000000 00:00 0 /bin/x\n"...), "cpu", 5 * 10_000 * 1000},
		{"contention", []byte("--- contention:\ncycles/second=1000000000\nsampling period=1\n500 2 @ 0x1001 0x2001\n"), "delay", 500},
		{"threads", []byte("threadcreate profile: total 3\n2 @ 0x1001 0x2001\n1 @ 0x1001\n"), "threadcreate", 3},
		{"growth", []byte("heap profile: 2: 300 [2: 300] @ growthz/1\n  2: 300 [2: 300] @ 0x1001 0x2001\n"), "space", 300},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := parsed(t, c.data, profile.Options{})
			col, ok := p.SampleType(c.column)
			if !ok {
				t.Fatalf("no column %q in %v", c.column, p.SampleTypes)
			}
			if got := p.Total(col); got != c.total {
				t.Errorf("total %d, want %d", got, c.total)
			}
		})
	}
}
