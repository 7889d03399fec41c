package convert_test

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/goperf/goperf/convert"
	"github.com/goperf/goperf/profile"
)

// hostile are parts of names that end a frame, a line or a document somewhere.
var hostile = []string{"a", ";", "\n", " ", "\\", `\x3b`, "\x1b[31m", "\"", "</script>", "\u202e", "é", "12", "\r", "main.(*T[...]).f", "#"}

// random is a profile with names of those parts.
func random(r *rand.Rand, types ...profile.ValueType) *profile.Profile {
	b := profile.NewBuilder(false, types...)
	for range 1 + r.IntN(20) {
		var stack []uint32
		for range 1 + r.IntN(5) {
			name := "f"
			for range r.IntN(4) {
				name += hostile[r.IntN(len(hostile))]
			}
			fn := b.Function(profile.Function{Name: name, SystemName: name})
			stack = append(stack, b.Location(profile.Location{Mapping: -1, Lines: []profile.Line{{Function: fn}}}))
		}
		values := make([]int64, len(types))
		for i := range values {
			values[i] = 1 + r.Int64N(1<<40)
		}
		b.Sample(stack, values)
	}
	p, err := b.Finish()
	if err != nil {
		panic(err)
	}
	return p
}

// stacks is everything that a round trip has to keep.
func stacks(p *profile.Profile) map[string][]int64 {
	out := map[string][]int64{}
	for i := range p.NumSamples() {
		var names []string
		for _, loc := range p.Stack(i) {
			for _, line := range p.Locations[loc].Lines {
				names = append(names, p.Functions[line.Function].Name)
			}
		}
		key := strings.Join(names, "\x00")
		if out[key] == nil {
			out[key] = make([]int64, len(p.SampleTypes))
		}
		for t, v := range p.Values(i) {
			out[key][t] += v
		}
	}
	return out
}

func TestRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	cpu := []profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}}
	for _, c := range []struct {
		format string
		types  []profile.ValueType
	}{
		{"folded", cpu[1:]}, {"speedscope", cpu}, {"firefox", cpu}, {"pprof", cpu},
	} {
		f := convert.Find(c.format)
		for range 200 {
			p := random(r, c.types...)
			var buf bytes.Buffer
			if err := f.Write(&buf, p, 0); err != nil {
				t.Fatal(err)
			}
			if c.format != "pprof" {
				if got := convert.Sniff(buf.Bytes()); got == nil || got.Name != c.format {
					t.Fatalf("%s: sniffed as %v: %.200q", c.format, got, buf.Bytes())
				}
			}
			q, err := f.Read(buf.Bytes(), c.types[0])
			if err != nil {
				t.Fatalf("%s: %v\n%.300q", c.format, err, buf.Bytes())
			}
			if !slices.Equal(p.SampleTypes, q.SampleTypes) {
				t.Fatalf("%s: columns %v became %v", c.format, p.SampleTypes, q.SampleTypes)
			}
			want, got := stacks(p), stacks(q)
			if len(want) != len(got) {
				t.Fatalf("%s: %d stacks became %d", c.format, len(want), len(got))
			}
			for k, v := range want {
				if !slices.Equal(v, got[k]) {
					t.Fatalf("%s: stack %q: %v became %v", c.format, k, v, got[k])
				}
			}
		}
	}
}

const perfText = `# captured on: somewhere
shop 12/34 [001] 5.000001:     250000 cpu-clock:uhH:
	  4a2b3c main.price+0x1c (/srv/shop)
	  4a2b00 main.(*Shop).list+0x2 (/srv/shop)
	  400000 [unknown] (/usr/lib/libc.so.6)

shop worker 12 5.000002:          1 cycles:
	  4a2b3c main.price+0x1d (/srv/shop)

`

func TestPerf(t *testing.T) {
	p, err := convert.Sniff([]byte(perfText)).Read([]byte(perfText), profile.ValueType{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]int64{"main.price\x00main.(*Shop).list\x00[libc.so.6]": {250000, 0}, "main.price": {0, 1}}
	got := stacks(p)
	for k, v := range want {
		if !slices.Equal(got[k], v) {
			t.Errorf("%q: %v, want %v (%v)", k, got[k], v, got)
		}
	}
	if l := p.Labels(1); len(l) != 1 || l[0].Str != "shop worker" {
		t.Errorf("labels %v", l)
	}
}

func TestCallgrind(t *testing.T) {
	p, err := convert.Find("folded").Read([]byte("main;a;b 10\nmain;a 5\nmain;a;a;b 1\n"), profile.ValueType{})
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if err := convert.Find("callgrind").Write(&buf, p, 0); err != nil {
		t.Fatal(err)
	}
	want := `# callgrind format
version: 1
creator: goperf
positions: line
events: samples(count)

fl=(1) 
fn=(1) a
0 5
cfi=(1)
cfn=(1)
calls=1 0
0 1
cfi=(1)
cfn=(2) b
calls=1 0
0 11

fl=(1)
fn=(2)
0 11

fl=(1)
fn=(3) main
0 0
cfi=(1)
cfn=(1)
calls=1 0
0 16
`
	if buf.String() != want {
		t.Errorf("got\n%s", buf.String())
	}
}

// sums are what each line took by itself, and with what it called.
func sums(p *profile.Profile, column int) (flat, cum map[string]int64) {
	flat, cum = map[string]int64{}, map[string]int64{}
	for i := range p.NumSamples() {
		seen := map[string]bool{}
		for k, loc := range p.Stack(i) {
			line := p.Locations[loc].Lines[0]
			name := p.Functions[line.Function].Name
			if k == 0 {
				flat[fmt.Sprint(name, ":", line.Line)] += p.Value(i, column)
			}
			if !seen[name] {
				seen[name] = true
				cum[name] += p.Value(i, column)
			}
		}
	}
	return flat, cum
}

// Through callgrind, which holds no stacks, lines keep what they took, functions
// what they took with what they called, and calls what they led to.
func TestCallgrindKeepsSums(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	f := convert.Find("callgrind")
	for range 300 {
		b := profile.NewBuilder(false, profile.ValueType{Type: "cpu", Unit: "nanoseconds"})
		for range 1 + r.IntN(40) {
			var stack []uint32
			// Names only grow towards the leaf, so there is no recursion.
			for n := 9 - r.IntN(3); n >= 0; n -= 1 + r.IntN(4) {
				name := fmt.Sprintf("f%d;\n(%d)", n, r.IntN(2))
				fn := b.Function(profile.Function{Name: name, File: "a;.go"})
				stack = append(stack, b.Location(profile.Location{Mapping: -1, Lines: []profile.Line{{Function: fn, Line: r.Int64N(3)}}}))
			}
			b.Sample(stack, []int64{r.Int64N(1 << 30)})
		}
		p, err := b.Finish()
		if err != nil {
			t.Fatal(err)
		}
		var buf bytes.Buffer
		if err := f.Write(&buf, p, 0); err != nil {
			t.Fatal(err)
		}
		if got := convert.Sniff(buf.Bytes()); got == nil || got.Name != "callgrind" {
			t.Fatalf("taken for %v:\n%s", got, buf.String())
		}
		q, err := f.Read(buf.Bytes(), profile.ValueType{})
		if err != nil {
			t.Fatalf("%v\n%s", err, buf.String())
		}
		flat, cum := sums(p, 0)
		flat2, cum2 := sums(q, 0)
		maps.DeleteFunc(flat, func(_ string, v int64) bool { return v == 0 })
		maps.DeleteFunc(cum, func(_ string, v int64) bool { return v == 0 })
		if !maps.Equal(flat, flat2) || !maps.Equal(cum, cum2) {
			t.Fatalf("flat %v, was %v\ncum %v, was %v\n%s", flat2, flat, cum2, cum, buf.String())
		}
		var again bytes.Buffer
		if err := f.Write(&again, q, 0); err != nil {
			t.Fatal(err)
		}
	}
}

// What callgrind itself writes: relative positions, several events, inlined
// code, jumps, objects.
const callgrindText = `version: 1
creator: callgrind-3.19.0
pid: 7
cmd:  ./shop
part: 1

positions: instr line
events: Ir Dr
summary: 160 16

ob=(1) /srv/shop
fl=(1) main.c
fn=(1) main
0x401000 10 10 1
+4 +2 20 2
cob=(1)
cfi=(2) price.c
cfn=(2) price
calls=3 0x401100 20
* * 100 10
jump=2 0x401000 10
* *
fi=(3) inline.h
+8 5 30 3

fn=(2)
fl=(2)
0x401100 20 100 10
`

func TestCallgrindOfCallgrind(t *testing.T) {
	p, err := convert.Find("callgrind").Read([]byte(callgrindText), profile.ValueType{})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.SampleTypes) != 2 || p.SampleTypes[0] != (profile.ValueType{Type: "Ir", Unit: "count"}) || p.Total(0) != 160 || p.Total(1) != 16 {
		t.Errorf("columns %v, totals %d and %d", p.SampleTypes, p.Total(0), p.Total(1))
	}
	flat, cum := sums(p, 0)
	if cum["main"] != 160 || cum["price"] != 100 || flat["main:10"] != 10 || flat["main:12"] != 20 || flat["price:20"] != 100 {
		t.Errorf("flat %v, cum %v", flat, cum)
	}
}

// TestWrong holds the promise that an error says where.
func TestWrong(t *testing.T) {
	for _, c := range []struct{ format, text, want string }{
		{"folded", "a;b 1\nnonsense\n", "folded: line 2"},
		{"perf", perfText + "nonsense\n", "perf: line 10"},
		{"speedscope", `{"shared":{"frames":[]},"profiles":[{"type":"sampled","unit":"none","samples":[[7]],"weights":[1]}]}`, "profile 0: sample 0: names frame 7 of 0"},
		{"speedscope", `{"shared":`, "at byte 10"},
		{"firefox", `{"threads":[{"stackTable":{"prefix":[0],"frame":[0]},"samples":{"stack":[0]}}]}`, "stack 0: its prefix 0 is not before it"},
		{"firefox", `{"threads":[{"name":7}]}`, "at byte 2"},
		{"callgrind", "events: Ir\nfn=a\n1 -5\n", "callgrind: line 3: \"-5\": not a count"},
		{"callgrind", "events: Ir\n1 5\n", "line 2: numbers before the first function"},
		{"callgrind", "events: Ir\nfn=a\n1 5 6\n", "line 3: 2 values for 1 events"},
		{"callgrind", "events: Ir\nfn=a\ncalls=1 0\n", "line 3: calls= without the names"},
		{"callgrind", "fn=a\n", "no line says which events"},
		{"callgrind", "events: Ir\nrubbish\n", "line 2: \"rubbish\""},
	} {
		_, err := convert.Find(c.format).Read([]byte(c.text), profile.ValueType{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %q: %v, want %q", c.format, c.text, err, c.want)
		}
	}
}

func fuzz(f *testing.F, format string, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	p, err := convert.Find("folded").Read([]byte("main;a;b 10\nmain;a 5\n"), profile.ValueType{})
	if err != nil {
		f.Fatal(err)
	}
	if c := convert.Find(format); c.Write != nil {
		var buf bytes.Buffer
		if err := c.Write(&buf, p, 0); err != nil {
			f.Fatal(err)
		}
		f.Add(buf.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		convert.Sniff(data)
		q, err := convert.Find(format).Read(data, profile.ValueType{})
		if err != nil {
			return
		}
		for _, out := range convert.All {
			var buf bytes.Buffer
			if out.Write == nil || len(q.SampleTypes) == 0 {
				continue
			}
			if err := out.Write(&buf, q, 0); err != nil {
				t.Fatalf("%s: %v", out.Name, err)
			}
		}
	})
}

func FuzzFolded(f *testing.F)     { fuzz(f, "folded", "a;b 1", "#x\n\\x3b 2") }
func FuzzSpeedscope(f *testing.F) { fuzz(f, "speedscope") }
func FuzzFirefox(f *testing.F)    { fuzz(f, "firefox") }
func FuzzCallgrind(f *testing.F)  { fuzz(f, "callgrind", callgrindText) }
func FuzzPerf(f *testing.F)       { fuzz(f, "perf", perfText) }

// Old text forms of pprof are not folded stacks, though they begin like one.
func TestSniffOldProfiles(t *testing.T) {
	for _, head := range []string{"goroutine profile: total 3\n2 @ 0x10 0x20\n", "threadcreate profile: total 4\n"} {
		if f := convert.Sniff([]byte(head)); f != nil {
			t.Errorf("%q: sniffed as %s", head, f.Name)
		}
	}
}
