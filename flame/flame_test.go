package flame

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/internal/bench/profgen"
	"github.com/goperf/goperf/internal/folded"
	"github.com/goperf/goperf/profile"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// shop is a small CPU profile with all classes in it.
const shop = `
runtime.main;main.main:12;example.com/shop/cart.(*Server).ServeHTTP:40;encoding/json.Marshal:9 35
runtime.main;main.main:12;example.com/shop/cart.(*Server).ServeHTTP:40;github.com/x/log/v2.Printf:9;fmt.Sprintf:4 20
runtime.main;main.main:12;example.com/shop/cart.(*Server).ServeHTTP:44;runtime.mallocgc:8;runtime.gcAssistAlloc:5;runtime.systemstack:3 10
runtime.main;main.main:12;example.com/shop/cart.(*Server).ServeHTTP:44;runtime.mallocgc:8 5
runtime.gcBgMarkWorker;runtime.systemstack:3;runtime.gcDrain:7;runtime.scanobject:9 25
net/http.(*conn).serve:5;_Cfunc_hash 5
`

func read(t testing.TB, text, kind string) *profile.Profile {
	t.Helper()
	enc, err := folded.Encode(text, kind, time.Date(2026, 9, 21, 14, 13, 20, 0, time.UTC), 0)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, enc.Data)
}

func parse(t testing.TB, data []byte) *profile.Profile {
	t.Helper()
	p, err := profile.Parse(data, profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func build(t testing.TB, p *profile.Profile, o Options) *Tree {
	t.Helper()
	tree, err := Build(p, o)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// against is a difference of two profiles.
func against(t testing.TB, now, base string) *profile.Profile {
	t.Helper()
	p, err := read(t, now, "cpu").Against(read(t, base, "cpu"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const shopBefore = `
runtime.main;main.main:12;example.com/shop/cart.(*Server).ServeHTTP:40;encoding/json.Marshal:9 70
runtime.main;main.main:12;example.com/shop/cart.(*Server).ServeHTTP:44;runtime.mallocgc:8 5
runtime.gcBgMarkWorker;runtime.systemstack:3;runtime.gcDrain:7;runtime.scanobject:9 24
main.retired:5 30
`

func TestGoldens(t *testing.T) {
	p, diff := read(t, shop, "cpu"), against(t, shop, shopBefore)
	tree, changed := build(t, p, Options{Main: "example.com/shop"}), build(t, diff, Options{Main: "example.com/shop"})
	head := HeaderOf(p, "cpu.pb.gz")
	for name, write := range map[string]func(*bytes.Buffer) error{
		"plain.txt": func(b *bytes.Buffer) error { return Text(b, tree, TextOptions{Width: 100, Header: head}) },
		"colour.txt": func(b *bytes.Buffer) error {
			return Text(b, tree, TextOptions{Width: 60, Colors: TrueColor, Header: head})
		},
		"sixteen.txt": func(b *bytes.Buffer) error {
			return Text(b, tree, TextOptions{Width: 60, Colors: Sixteen, Header: head})
		},
		"diff.txt":  func(b *bytes.Buffer) error { return Text(b, changed, TextOptions{Width: 100, Header: head}) },
		"shop.svg":  func(b *bytes.Buffer) error { return SVG(b, tree, head) },
		"diff.svg":  func(b *bytes.Buffer) error { return SVG(b, changed, head) },
		"shop.json": func(b *bytes.Buffer) error { return JSON(b, tree, head) },
		"diff.json": func(b *bytes.Buffer) error { return JSON(b, changed, head) },
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), b.String()); d != "" {
				t.Errorf("-want +got, rewritten by -update:\n%s", d)
			}
		})
	}
}

// generated are profiles of many kinds, by name.
func generated(t testing.TB) map[string]*profile.Profile {
	out := map[string]*profile.Profile{}
	for name, spec := range map[string]profgen.Spec{
		"cpu":        {Seed: 1, Samples: 2000, Functions: 300, Depth: 12, Raw: true},
		"heap":       {Seed: 2, Samples: 3000, Functions: 500, Depth: 18, Heap: true, Raw: true},
		"difference": {Seed: 3, Samples: 2000, Functions: 200, Depth: 9, Heap: true, Negative: true, Raw: true},
	} {
		var b bytes.Buffer
		if err := profgen.Write(&b, spec); err != nil {
			t.Fatal(err)
		}
		out[name] = parse(t, b.Bytes())
	}
	empty := profile.NewBuilder(false, profile.ValueType{Type: "cpu", Unit: "nanoseconds"})
	huge := profile.NewBuilder(false, profile.ValueType{Type: "space", Unit: "bytes"})
	var stack []uint32
	for i := range 40 {
		f := huge.Function(profile.Function{Name: fmt.Sprintf("main.f%d", i)})
		stack = append(stack, huge.Location(profile.Location{Mapping: -1, Lines: []profile.Line{{Function: f}}}))
		huge.Sample(stack[i:], []int64{math.MaxInt64 - int64(i)})
	}
	for name, b := range map[string]*profile.Builder{"empty": empty, "huge": huge} {
		p, err := b.Finish()
		if err != nil {
			t.Fatal(err)
		}
		out[name] = p
	}
	return out
}

// TestSums: whatever is kept, nothing is lost. A node has what it has itself and
// what its children have; all flat values together are the profile's.
func TestSums(t *testing.T) {
	for name, p := range generated(t) {
		for _, limit := range []int{0, 1, 7, 100, 1500} {
			for _, by := range []profile.Granularity{profile.ByFunction, profile.ByLine, profile.ByPackage} {
				tree := build(t, p, Options{Nodes: limit, By: by})
				t.Run(fmt.Sprint(name, limit, by), func(t *testing.T) { checkSums(t, tree, p, limit, name == "huge") })
			}
		}
	}
}

func checkSums(t *testing.T, tree *Tree, p *profile.Profile, limit int, saturated bool) {
	small := 0
	for n := range int32(tree.Size()) {
		if tree.Frame[n] == smallFrame {
			small++
		}
		for c := tree.First[n]; c < tree.First[n+1]; c++ {
			if tree.Parent[c] != n {
				t.Fatalf("node %d has parent %d, want %d", c, tree.Parent[c], n)
			}
		}
	}
	if limit > 0 && tree.Size()-small > limit {
		t.Errorf("%d nodes and %d small ones, want %d at most", tree.Size(), small, limit)
	}
	if (small > 0) != (tree.Pruned.Subtrees > 0) || limit == 0 && small > 0 {
		t.Errorf("%d small nodes, %d subtrees pruned", small, tree.Pruned.Subtrees)
	}
	for i := range tree.Columns {
		c := &tree.Columns[i]
		sides := [][2][]int64{{c.Self, c.Cum}}
		if tree.Signed {
			sides = append(sides, [2][]int64{c.BaseSelf, c.BaseCum})
		}
		var total int64
		for k, s := range sides {
			for n := range int32(tree.Size()) {
				sum := s[0][n]
				for kid := tree.First[n]; kid < tree.First[n+1]; kid++ {
					sum = addSat(sum, s[1][kid])
				}
				if sum != s[1][n] && !saturated {
					t.Fatalf("column %d: node %d has %d, its parts have %d", i, n, s[1][n], sum)
				}
			}
			total += []int64{1, -1}[k] * s[1][0]
		}
		if total != p.Total(i) && !saturated {
			t.Errorf("column %d has %d, the profile has %d", i, total, p.Total(i))
		}
		checkRows(t, tree, i)
	}
}

// checkRows: boxes of a row do not overlap, and lie under the box of their parent.
func checkRows(t *testing.T, tree *Tree, column int) {
	l := tree.Layout(column)
	for _, zoom := range []int32{0, int32(tree.Size() / 2), int32(tree.Size() - 1)} {
		for _, cells := range []int{1, 40, 333} {
			where := map[int32]Span{}
			for row := range len(tree.Rows) - 1 {
				at := 0
				for _, s := range l.Row(row, zoom, cells) {
					if s.From < at || s.To <= s.From || s.To > cells {
						t.Fatalf("column %d, row %d, zoom %d: span %v after %d in %d cells", column, row, zoom, s, at, cells)
					}
					at = s.To
					if s.Node < 0 {
						continue
					}
					where[s.Node] = s
					if up, ok := where[tree.Parent[s.Node]]; ok && (s.From < up.From || s.To > up.To) {
						t.Fatalf("column %d: %v is not below its parent's %v", column, s, up)
					}
				}
			}
		}
	}
}

// TestAgreesWithTop: summed up by function, a tree is the table of package profile.
func TestAgreesWithTop(t *testing.T) {
	for name, p := range generated(t) {
		if name == "huge" {
			continue // saturated in another order
		}
		tree := build(t, p, Options{})
		for i := range tree.Columns {
			c := &tree.Columns[i]
			flat, cum := tree.byFrame(c.Self, c.Cum)
			if tree.Signed {
				baseFlat, baseCum := tree.byFrame(c.BaseSelf, c.BaseCum)
				for f := range flat {
					flat[f], cum[f] = flat[f]-baseFlat[f], cum[f]-baseCum[f]
				}
			}
			got := map[string][2]int64{}
			for f := smallFrame + 1; f < len(flat); f++ {
				if flat[f] != 0 || cum[f] != 0 {
					got[tree.Frames[f].Name] = [2]int64{flat[f], cum[f]}
				}
			}
			want := map[string][2]int64{}
			for _, r := range profile.Top(p, profile.TopOptions{Type: c.Type.Type}).Rows {
				want[r.Name] = [2]int64{r.Flat, r.Cum}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s, column %d: -top +tree:\n%s", name, i, d)
			}
		}
	}
}

// TestSameBytes: what is written depends on the profile alone.
func TestSameBytes(t *testing.T) {
	write := func() []byte {
		var b bytes.Buffer
		for _, name := range []string{"cpu", "heap", "difference", "empty", "huge"} {
			p := generated(t)[name]
			tree, head := build(t, p, Options{Nodes: 200}), HeaderOf(p, "x")
			for _, err := range []error{
				HTML(&b, tree, head), SVG(&b, tree, head), JSON(&b, tree, head),
				Text(&b, tree, TextOptions{Width: 80, Header: head}),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		return b.Bytes()
	}
	if !bytes.Equal(write(), write()) {
		t.Error("the second time other bytes came out")
	}
}

// hostile are names that act where names are only shown.
var hostile = []string{
	"</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\x1b[31mred\x1b]8;;http://x\x07", "a\nb\r\tc",
	"bidi\u202eevil\u2066", "line\u2028sep\u2029", "]]>&amp;\"'`${x}{{.}}", "\xff\xfe", "__proto__", "constructor",
}

// acts finds what must not be in anything that is written, markup what must not
// be where markup counts.
var (
	markup = regexp.MustCompile("<script>alert|<img")
	acts   = regexp.MustCompile("\x1b\\[31m|\x1b\\]|\u202e|\u2066|\u2028|\u2029|\r")
)

func TestHostileNames(t *testing.T) {
	b := profile.NewBuilder(false, profile.ValueType{Type: hostile[0], Unit: hostile[2]}, profile.ValueType{Type: hostile[1], Unit: "bytes"})
	m := b.Mapping(profile.Mapping{Start: 1, Limit: 9, File: "/x/" + hostile[1], BuildID: hostile[0]})
	for i, name := range hostile {
		f := b.Function(profile.Function{Name: name, SystemName: name, File: name})
		loc := b.Location(profile.Location{Mapping: m, Lines: []profile.Line{{Function: f, Line: 1}}})
		b.Sample([]uint32{loc}, []int64{100, int64(i)})
	}
	p, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	tree, head := build(t, p, Options{By: profile.ByLine}), HeaderOf(p, hostile[0]+hostile[2])
	for name, write := range map[string]func(*bytes.Buffer) error{
		"html": func(b *bytes.Buffer) error { return HTML(b, tree, head) },
		"svg":  func(b *bytes.Buffer) error { return SVG(b, tree, head) },
		"json": func(b *bytes.Buffer) error { return JSON(b, tree, head) },
		"text": func(b *bytes.Buffer) error {
			return Text(b, tree, TextOptions{Width: 500, Colors: TrueColor, Header: head})
		},
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if bad := acts.FindString(b.String()); bad != "" || !utf8.Valid(b.Bytes()) {
			t.Errorf("%s: holds %q", name, bad)
		}
		if bad := markup.FindString(b.String()); bad != "" && name != "text" {
			t.Errorf("%s: holds %q", name, bad)
		}
		if name == "text" && strings.Count(b.String(), "\n") > 6 {
			t.Errorf("text: a name broke a line:\n%s", b.String())
		}
	}
}

func TestLabel(t *testing.T) {
	const name = "acme.dev/shop/cart.(*Server).ServeHTTP"
	for columns, want := range map[int]string{
		60: name, 38: name, 37: "cart.(*Server).ServeHTTP", 20: "cart.ServeHTTP", 10: "ServeHTTP", 8: "ServeHT…", 3: "Se…", 2: "", 0: "", -4: "",
	} {
		if got := label(name, columns); got != want {
			t.Errorf("in %d columns: %q, want %q", columns, got, want)
		}
	}
}

func TestClasses(t *testing.T) {
	tree := build(t, read(t, shop, "cpu"), Options{Main: "example.com/shop"})
	got := map[string][]Class{}
	for n := range tree.Frame {
		name := tree.Name(int32(n))
		if !slices.Contains(got[name], tree.Class[n]) {
			got[name] = append(got[name], tree.Class[n])
		}
	}
	want := map[string][]Class{
		"all": {Neutral}, "main.main": {Own}, "example.com/shop/cart.(*Server).ServeHTTP": {Own}, "github.com/x/log/v2.Printf": {ThirdParty},
		"encoding/json.Marshal": {Std}, "fmt.Sprintf": {Std}, "net/http.(*conn).serve": {Std}, "runtime.main": {Runtime}, "runtime.mallocgc": {Runtime},
		"runtime.gcAssistAlloc": {GC}, "runtime.gcBgMarkWorker": {GC}, "runtime.systemstack": {GC}, "runtime.gcDrain": {GC}, "runtime.scanobject": {GC},
		"_Cfunc_hash": {Native},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}
