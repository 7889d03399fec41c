package render_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"
	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/render"
	"github.com/goperf/goperf/report"
)

var update = flag.Bool("update", false, "rewrite the goldens in testdata")

// load reads every report of testdata/reports.
func load(t testing.TB) map[string]*report.Report {
	t.Helper()
	files, err := filepath.Glob("../testdata/reports/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no reports in ../testdata/reports: %v", err)
	}
	out := map[string]*report.Report{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r, err := report.Decode(data)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		out[strings.TrimSuffix(filepath.Base(file), ".json")] = r
	}
	return out
}

func write(t testing.TB, format string, r *report.Report, o render.Options) string {
	t.Helper()
	f, err := render.Find(format)
	if err != nil {
		t.Fatal(err)
	}
	var buf bytes.Buffer
	if err := f.Render(&buf, r, o); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

// variants are the options whose output is pinned for a format.
func variants(format string) map[string]render.Options {
	if format != "text" {
		return map[string]render.Options{"": {}}
	}
	return map[string]render.Options{
		"":       {Width: 80},
		"-40":    {Width: 40},
		"-120":   {Width: 120, All: true},
		"-color": {Width: 80, Color: true},
	}
}

func TestGoldens(t *testing.T) {
	seen := map[string]bool{}
	for name, r := range load(t) {
		for _, f := range render.All {
			for suffix, o := range variants(f.Name) {
				file := filepath.Join("testdata", name+suffix+"."+f.Name)
				seen[file] = true
				t.Run(filepath.Base(file), func(t *testing.T) { golden(t, file, write(t, f.Name, r, o)) })
			}
		}
	}
	files, _ := filepath.Glob("testdata/*.*")
	for _, file := range files {
		if !seen[file] {
			t.Errorf("%s belongs to no report and format; remove it", file)
		}
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (go test ./render -update)", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("differs from %s (go test ./render -update, then look):\n%s", file, diff)
	}
}

// Saved JSON, rendered again as JSON, is the same bytes: a report survives any
// number of hands.
func TestJSONRoundTrip(t *testing.T) {
	for name, r := range load(t) {
		first := write(t, "json", r, render.Options{})
		again, err := report.Decode([]byte(first))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if second := write(t, "json", again, render.Options{}); first != second {
			t.Errorf("%s: %s", name, cmp.Diff(first, second))
		}
	}
}

func TestTextFitsTheWidth(t *testing.T) {
	for name, r := range load(t) {
		for width := 40; width <= 300; width += 1 + width/20 {
			for _, all := range []bool{false, true} {
				out := write(t, "text", r, render.Options{Width: width, All: all})
				for i, line := range strings.Split(out, "\n") {
					if w := displaywidth.String(line); w > width {
						t.Errorf("%s at %d: line %d has %d columns: %q", name, width, i+1, w, line)
					}
					if strings.TrimRight(line, " ") != line {
						t.Errorf("%s at %d: line %d ends in a space: %q", name, width, i+1, line)
					}
				}
			}
		}
	}
}

// Only the colours write escape sequences, and only when they are asked for;
// with them removed, the text is the same.
func TestColourAddsOnlyColour(t *testing.T) {
	for name, r := range load(t) {
		for _, width := range []int{40, 80, 200} {
			bare := write(t, "text", r, render.Options{Width: width, All: true})
			if i := strings.IndexFunc(bare, func(c rune) bool { return c < ' ' && c != '\n' || c >= 0x7f && c < 0xa0 }); i >= 0 {
				t.Errorf("%s: control character without colour: %q", name, bare[i:min(i+20, len(bare))])
			}
			if got := uncolour(write(t, "text", r, render.Options{Width: width, All: true, Color: true})); got != bare {
				t.Errorf("%s at %d: %s", name, width, cmp.Diff(bare, got))
			}
		}
	}
}

// uncolour removes SGR sequences and nothing else.
func uncolour(s string) string {
	var b strings.Builder
	for {
		i := strings.Index(s, "\x1b[")
		if i < 0 {
			return b.String() + s
		}
		b.WriteString(s[:i])
		end := strings.IndexFunc(s[i+2:], func(c rune) bool { return (c < '0' || c > '9') && c != ';' })
		if end < 0 || s[i+2+end] != 'm' {
			return b.String() + s[i:]
		}
		s = s[i+2+end+1:]
	}
}

// What a reader must be able to learn from any format that people read.
func TestEveryFindingIsTold(t *testing.T) {
	for name, r := range load(t) {
		if strings.HasSuffix(name, "hostile") { // its names are escaped differently in each format
			continue
		}
		for _, format := range []string{"text", "markdown"} {
			out := write(t, format, r, render.Options{Width: 300, All: true})
			flat := strings.Join(strings.Fields(strings.ReplaceAll(out, `\`, "")), " ")
			for _, f := range r.Findings {
				want := append([]string{f.Title, f.Rule, f.Severity.String(), report.FormatValue(f.Confidence, "ratio")}, f.Advice...)
				for _, b := range f.Because {
					want = append(want, b.Text)
				}
				for _, s := range want {
					if !strings.Contains(flat, s) {
						t.Errorf("%s as %s does not say %q", name, format, s)
					}
				}
			}
			for _, g := range r.Gaps {
				if !strings.Contains(flat, g.Why) || !strings.Contains(flat, g.Hint) {
					t.Errorf("%s as %s does not tell the gap %v", name, format, g)
				}
			}
		}
	}
}

// A report without findings must say so, and what could not be judged.
func TestNothingFoundIsSaid(t *testing.T) {
	rs := load(t)
	for name, want := range map[string]string{
		"empty":   "Nothing found worth changing\n",
		"gaps":    "Nothing found worth changing in what could be looked at",
		"nothing": "No evidence: nothing could be judged",
		"unsure":  "Nothing found for certain; 1 place worth a look",
	} {
		for _, format := range []string{"text", "markdown"} {
			if out := write(t, format, rs[name], render.Options{}); !strings.Contains(out, want) {
				t.Errorf("%s as %s does not say %q:\n%s", name, format, want, out)
			}
		}
	}
}

// Findings that are probably wrong never stand above one that is probably right.
func TestUnsureFindingsComeLast(t *testing.T) {
	for name, r := range load(t) {
		out := write(t, "text", r, render.Options{Width: 300, All: true})
		head, tail, found := strings.Cut(out, "\nWorth a look\n")
		for _, f := range r.Findings {
			if title := "  " + report.Clean(f.Title) + "\n"; f.Confidence < 0.5 && (!found || strings.Contains(head, title)) {
				t.Errorf("%s: %q is told as if it were sure", name, f.Title)
			} else if f.Confidence >= 0.5 && strings.Contains(strings.Split(tail, "\nIn short")[0], title) {
				t.Errorf("%s: %q is told as if it were not sure", name, f.Title)
			}
		}
	}
}

func TestFindNamesTheFormats(t *testing.T) {
	_, err := render.Find("yaml\x1b[2J")
	if err == nil || strings.Contains(err.Error(), "\x1b") {
		t.Fatalf("error %v", err)
	}
	for _, f := range render.All {
		if !strings.Contains(err.Error(), f.Name) {
			t.Errorf("%v does not offer %s", err, f.Name)
		}
	}
}

func ExampleFind() {
	f, err := render.Find("text")
	if err != nil {
		fmt.Println(err)
		return
	}
	r := &report.Report{Schema: report.Schema, Target: report.Target{Name: "demo:healthy"}, Evidence: []report.Seen{{Kind: "cpu", Count: 1, Samples: 3000, Seconds: 30}}}
	if err := f.Render(os.Stdout, r, render.Options{Width: 60}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// demo:healthy
	//
	// Nothing found worth changing
	//   looked at cpu (30 s, 3,000 samples)
}
