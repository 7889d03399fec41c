package blame

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/goperf/goperf/internal/folded"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/symbol"
)

// build makes the table of the samples of a CPU profile in folded form.
func build(t testing.TB, text string, cl symbol.Classifier) *Table {
	t.Helper()
	return Build(parse(t, text), 0, cl)
}

func parse(t testing.TB, text string) *profile.Profile {
	t.Helper()
	made, err := folded.Encode(text, "cpu", time.Unix(1_700_000_000, 0), 0)
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(made.Data, profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, _ = profile.Normalize(p)
	return p
}

// corpus is the sections of one release in testdata/frames.
func corpus(t testing.TB) map[string]*txtar.Archive {
	t.Helper()
	files, err := filepath.Glob("../testdata/frames/go*.txtar")
	if err != nil || len(files) < 5 {
		t.Fatalf("testdata/frames: want at least five releases, got %v: %v", files, err)
	}
	out := map[string]*txtar.Archive{}
	for _, f := range files {
		a, err := txtar.ParseFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(f), ".txtar")] = a
	}
	return out
}

// leading is the concept with the most value below functions of the program,
// the program's own instructions left out, and the part of the value that it has.
func leading(tab *Table) (Concept, float64) {
	sums := map[Concept]int64{}
	var all int64
	for _, c := range tab.Cells {
		if c.Concept == OwnCode {
			continue
		}
		sums[c.Concept] += c.Near
		all += c.Near
	}
	if all == 0 {
		return OwnCode, 1
	}
	names := slices.SortedFunc(maps.Keys(sums), func(a, b Concept) int { return cmp.Or(cmp.Compare(sums[b], sums[a]), cmp.Compare(a, b)) })
	return names[0], float64(sums[names[0]]) / float64(all)
}

// expected is a line of testdata/concepts.txt.
type expected struct {
	concepts []Concept
	in       map[string]Concept // what one release shows instead
	why      string
}

func expectations(t *testing.T) map[string]expected {
	t.Helper()
	data, err := os.ReadFile("testdata/concepts.txt")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]expected{}
	for line := range strings.Lines(string(data)) {
		text, why, _ := strings.Cut(strings.TrimSpace(line), "#")
		words := strings.Fields(text)
		if len(words) < 2 {
			continue
		}
		e := expected{in: map[string]Concept{}, why: strings.TrimSpace(why)}
		for _, w := range words[1:] {
			if release, c, ok := strings.Cut(w, "="); ok {
				e.in[release] = Concept(c)
			} else if w != "or" {
				e.concepts = append(e.concepts, Concept(w))
			}
		}
		if _, twice := out[words[0]]; twice {
			t.Errorf("%s is there twice", words[0])
		}
		if e.why == "" && (len(e.concepts) > 1 || len(e.in) > 0) {
			t.Errorf("%s differs between releases and does not say why", words[0])
		}
		out[words[0]] = e
	}
	return out
}

// TestReleases: what a piece of Go is spent on has one name, whatever the
// functions of the runtime and the standard library are called in a release.
func TestReleases(t *testing.T) {
	want := expectations(t)
	for release, a := range corpus(t) {
		t.Run(release, func(t *testing.T) {
			for _, s := range a.Files {
				e, ok := want[s.Name]
				if !ok {
					t.Errorf("%s is not in testdata/concepts.txt", s.Name)
					continue
				}
				got, part := leading(build(t, string(s.Data), symbol.Classifier{}))
				allowed := e.concepts
				if only, ok := e.in[release]; ok {
					allowed = []Concept{only}
				}
				if !slices.Contains(allowed, got) {
					t.Errorf("%s: %s has %.0f %%, want %v", s.Name, got, part*100, allowed)
				}
			}
		})
	}
}

// TestFramesAddUp: nothing is counted twice and nothing is lost, on all stacks
// that the corpus has.
func TestFramesAddUp(t *testing.T) {
	for release, a := range corpus(t) {
		for _, s := range a.Files {
			addsUp(t, release+" "+s.Name, build(t, string(s.Data), symbol.Classifier{}), ownerless(t, string(s.Data)))
		}
	}
}

// ownerless is the value of the stacks that are charged to no function of the
// program: there is none on them, or they serve a profile.
func ownerless(t *testing.T, text string) int64 {
	t.Helper()
	p := parse(t, text)
	mine, profiler := make([]bool, len(p.Functions)), make([]bool, len(p.Functions))
	for i, f := range p.Functions {
		name := symbol.Unwrap(f.Name)
		mine[i] = symbol.Classifier{}.Of(name) <= symbol.ThirdParty
		profiler[i] = symbol.Package(name) == "net/http/pprof" || name == "runtime/pprof.profileWriter"
	}
	var sum int64
	for i := range p.NumSamples() {
		owned, profiling := false, false
		for _, l := range p.Stack(i) {
			for _, line := range p.Locations[l].Lines {
				owned = owned || mine[line.Function]
				profiling = profiling || profiler[line.Function]
			}
		}
		if !owned || profiling {
			sum += p.Value(i, 0)
		}
	}
	return sum
}

// addsUp checks the sums that hold of every table.
func addsUp(t *testing.T, name string, tab *Table, ownerless int64) {
	t.Helper()
	var classes, near, flat int64
	for _, v := range tab.Classes {
		classes += v
	}
	owners := map[int32]int64{}
	for _, c := range tab.Cells {
		near += c.Near
		owners[c.Owner] += c.Near
		var lines, std int64
		for _, v := range c.Lines {
			lines += v
		}
		for _, v := range c.Std {
			std += v
		}
		if lines != c.Near || std > c.Near || c.Malloc > c.Near || c.Near > c.Cum && c.Concept != OwnCode {
			t.Errorf("%s: %s through %s: near %d, cum %d, lines %d, called %d, malloc %d", name, tab.Funcs[c.Owner].Name, c.Concept, c.Near, c.Cum, lines, std, c.Malloc)
		}
		for inner, v := range c.Inner {
			if v > c.Near {
				t.Errorf("%s: %s through %s: %d of %d inside %s", name, tab.Funcs[c.Owner].Name, c.Concept, v, c.Near, inner)
			}
		}
	}
	for i, f := range tab.Funcs {
		flat += f.Flat
		if owners[int32(i)] != f.Near || f.Near > f.Cum || f.Flat > f.Cum {
			t.Errorf("%s: %s: near %d, cells %d, flat %d, cum %d", name, f.Name, f.Near, owners[int32(i)], f.Flat, f.Cum)
		}
	}
	if classes != tab.Total {
		t.Errorf("%s: activities add up to %d of %d", name, classes, tab.Total)
	}
	if flat != tab.Total || near+ownerless != tab.Total {
		t.Errorf("%s: flat %d, near %d and without owner %d of %d", name, flat, near, ownerless, tab.Total)
	}
}
