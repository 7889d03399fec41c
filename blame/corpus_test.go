package blame

import (
	"bufio"
	"cmp"
	"flag"
	"fmt"
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

var update = flag.Bool("update", false, "rewrite testdata/concepts.txt")

const expectations = "testdata/concepts.txt"

// build makes the table of a CPU profile in folded form.
func build(t testing.TB, text string, cl symbol.Classifier) *Table {
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
	col, ok := p.SampleType("samples")
	if !ok {
		t.Fatal("no column of samples")
	}
	return Build(p, col, cl)
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

func TestPrintLeading(t *testing.T) {
	if os.Getenv("PRINT") == "" {
		t.Skip()
	}
	by := map[string]map[string]string{}
	for v, a := range corpus(t) {
		for _, s := range a.Files {
			tab := build(t, string(s.Data), symbol.Classifier{})
			c, part := leading(tab)
			if by[s.Name] == nil {
				by[s.Name] = map[string]string{}
			}
			by[s.Name][v] = fmt.Sprintf("%s/%.0f", c, part*100)
		}
	}
	w := bufio.NewWriter(os.Stdout)
	defer w.Flush()
	for _, n := range slices.Sorted(maps.Keys(by)) {
		fmt.Fprintf(w, "%-22s", n)
		for _, v := range []string{"go1.22", "go1.24", "go1.25", "go1.26", "go1.27"} {
			fmt.Fprintf(w, " %-20s", by[n][v])
		}
		fmt.Fprintln(w)
	}
}
