// The tests of this package are archives: testdata/rules/RULE.txtar holds cases
// of readable evidence and what the rule must say of each. See the README there.
package rules_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/exectrace"
	"github.com/goperf/goperf/internal/folded"
	"github.com/goperf/goperf/kernel"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/rules"
)

var update = flag.Bool("update", false, "rewrite what archives of testdata/rules want")

const archives = "../testdata/rules"

// began is when the evidence of every case begins.
var began = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// testCase is one case of an archive: evidence in files, and what is wanted.
type testCase struct {
	name  string
	files []txtar.File
	want  string
}

func readArchive(t testing.TB, file string) (*txtar.Archive, []testCase) {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []testCase
	for _, f := range a.Files {
		name, base := path.Split(f.Name)
		name = strings.TrimSuffix(name, "/")
		if name == "" {
			t.Fatalf("%s: section %q stands in no case: want CASE/FILE", file, f.Name)
		}
		if len(cases) == 0 || cases[len(cases)-1].name != name {
			if slices.ContainsFunc(cases, func(c testCase) bool { return c.name == name }) {
				t.Fatalf("%s: the sections of case %q do not stand together", file, name)
			}
			cases = append(cases, testCase{name: name})
		}
		c := &cases[len(cases)-1]
		if base == "want" {
			c.want = string(f.Data)
			continue
		}
		c.files = append(c.files, txtar.File{Name: base, Data: f.Data})
	}
	return a, cases
}

// set decodes the evidence of a case as if it had been served.
func (c testCase) set(t testing.TB) *evidence.Set {
	t.Helper()
	capture := &evidence.Capture{Target: evidence.Target{Name: c.name, Kind: "file"}, From: began, To: began.Add(10 * time.Second)}
	var trace *exectrace.Summary
	for _, f := range c.files {
		switch f.Name {
		case "trace.json": // the binary form cannot be read by people
			trace = &exectrace.Summary{}
			strictly(t, f, trace)
			continue
		case "asked.txt":
			for line := range strings.Lines(string(f.Data)) {
				capture.Asked = append(capture.Asked, evidence.Request{What: strings.TrimSpace(line)})
			}
			continue
		}
		b, err := blob(t, f)
		if err != nil {
			t.Fatalf("%s/%s: %v", c.name, f.Name, err)
		}
		if b.To.After(capture.To) {
			capture.To = b.To
		}
		capture.Blobs = append(capture.Blobs, b)
	}
	set := evidence.Decode(capture)
	set.Sched = trace
	for _, g := range set.Gaps {
		if strings.Contains(g.Why, "cannot be read") {
			t.Fatalf("%s: %s", c.name, g.Why)
		}
	}
	return set
}

// fileName is a kind, and the number of a snapshot where there are several.
var fileName = regexp.MustCompile(`^([a-z]+)(?:-([1-9]))?\.(folded|txt|json)$`)

func blob(t testing.TB, f txtar.File) (evidence.Blob, error) {
	m := fileName.FindStringSubmatch(f.Name)
	if m == nil {
		return evidence.Blob{}, fmt.Errorf("want KIND.folded, KIND-1.folded, ... or one of the text kinds")
	}
	at := time.Duration(0)
	if n, err := strconv.Atoi(m[2]); err == nil {
		at = time.Duration(n-1) * 10 * time.Second
	}
	b := evidence.Blob{Name: f.Name, Data: f.Data}
	switch m[1] + "." + m[3] {
	case "goroutines.txt":
		b.Kind, b.Data = evidence.GoroutineText, dump(f.Data)
	case "memstats.txt":
		b.Kind, b.Data = evidence.HeapText, heapPage(f.Data, &at)
	case "host.json":
		b.Kind = evidence.HostLimits
		strictly(t, f, &evidence.Limits{})
	case "syntax.json":
		b.Kind = evidence.Syntax
		strictly(t, f, &evidence.SyntaxFacts{})
	case "kernel.json":
		b.Kind = evidence.Kernel
		strictly(t, f, &kernel.Measurement{})
	case "build.json":
		b.Kind = evidence.BuildInfo
		strictly(t, f, &evidence.Build{})
	default:
		if m[3] != "folded" {
			return b, fmt.Errorf("no such kind")
		}
		p, err := folded.Encode(string(f.Data), m[1], began, at)
		if err != nil {
			return b, err
		}
		b.Kind, b.Data, at = evidence.Kind(m[1]), p.Data, p.At
		b.Asked = p.Duration
	}
	b.From = began.Add(at)
	b.To = b.From.Add(b.Asked)
	return b, nil
}

// dump repeats the stacks above which a line "x12" stands.
func dump(page []byte) []byte {
	var out strings.Builder
	id := 100
	for block := range strings.SplitSeq(string(page), "\n\n") {
		times := 1
		if head, rest, ok := strings.Cut(strings.TrimLeft(block, "\n"), "\n"); ok && strings.HasPrefix(head, "x") {
			n, err := strconv.Atoi(head[1:])
			if err == nil {
				times, block = n, rest
			}
		}
		for range times {
			id++
			fmt.Fprintf(&out, "%s\n\n", number.ReplaceAllString(strings.Trim(block, "\n"), fmt.Sprintf("goroutine %d [", id)))
		}
	}
	return []byte(out.String())
}

// number is that of any goroutine but the main one.
var number = regexp.MustCompile(`(?m)^goroutine (?:[2-9]|[0-9]{2,}) \[`)

// strictly reads JSON and refuses names that mean nothing.
func strictly(t testing.TB, f txtar.File, into any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(f.Data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", f.Name, err)
	}
}

var withUnit = regexp.MustCompile(`\b([0-9.]+)(KiB|MiB|GiB)\b`)

// heapPage is a heap?debug=1 page with these lines of MemStats; "at = 10s" sets its time.
func heapPage(lines []byte, at *time.Duration) []byte {
	var page strings.Builder
	page.WriteString("heap profile: 0: 0 [0: 0] @ heap/1048576\n\n# runtime.MemStats\n")
	fraction := false
	for line := range strings.Lines(string(lines)) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), " = ")
		if !ok {
			continue
		}
		if key == "at" {
			*at, _ = time.ParseDuration(value)
			continue
		}
		fraction = fraction || key == "GCCPUFraction"
		value = withUnit.ReplaceAllStringFunc(value, func(s string) string {
			m := withUnit.FindStringSubmatch(s)
			v, _ := strconv.ParseFloat(m[1], 64)
			shift := map[string]int{"KiB": 10, "MiB": 20, "GiB": 30}[m[2]]
			return strconv.FormatInt(int64(v*math.Pow(2, float64(shift))), 10)
		})
		fmt.Fprintf(&page, "# %s = %s\n", key, value)
	}
	if !fraction {
		page.WriteString("# GCCPUFraction = 0.01\n")
	}
	return []byte(page.String())
}

// say runs one rule and writes what it says: a line for each finding (severity,
// rule, mechanism, culprit, confidence), below it the facts that old names.
func say(rule diagnose.Rule, set *evidence.Set, old string) (text string, fired bool) {
	set.Notes = nil // the decoder's own
	r := diagnose.Run([]diagnose.Rule{rule}, set, diagnose.Limits{})
	var b strings.Builder
	for _, s := range r.Skipped {
		fmt.Fprintf(&b, "skipped: %s\n", s.Why)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s %s %s %s %.1f\n", f.Severity, f.Rule, f.Mechanism, orDash(f.Place()), f.Confidence)
		for k, fact := range f.Because {
			if picked(old, fact) || old == "" && k == 0 {
				fmt.Fprintf(&b, "\tbecause %s\n", strings.TrimSpace(report.FormatValue(fact.Value, fact.Unit)+" "+fact.Text))
			}
		}
	}
	if b.Len() == 0 {
		return "nothing\n", false
	}
	return b.String(), len(r.Notes)+len(r.Findings) > 0
}

// picked says that a line of old is this fact, whatever its value was.
func picked(old string, fact report.Fact) bool {
	for line := range strings.Lines(old) {
		rest, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "\tbecause ")
		value, is := strings.CutSuffix(rest, fact.Text)
		if ok && is && len(strings.Fields(value)) <= 2 { // "41 %", "2 cores"
			return true
		}
	}
	return false
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// TestArchives runs each rule on the cases of its archive.
func TestArchives(t *testing.T) {
	for _, rule := range rules.All() {
		t.Run(rule.ID, func(t *testing.T) {
			file := filepath.Join(archives, rule.ID+".txtar")
			a, cases := readArchive(t, file)
			changed := false
			for _, c := range cases {
				got, _ := say(rule, c.set(t), c.want)
				if got == c.want {
					continue
				}
				if *update {
					changed = setWant(a, c.name, got) || changed
					continue
				}
				t.Errorf("%s, case %s (-want +got):\n%s", file, c.name, cmp.Diff(c.want, got))
			}
			if changed {
				if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func setWant(a *txtar.Archive, name, text string) bool {
	last := -1
	for i := range a.Files {
		if a.Files[i].Name == name+"/want" {
			a.Files[i].Data = []byte(text)
			return true
		}
		if strings.HasPrefix(a.Files[i].Name, name+"/") {
			last = i
		}
	}
	a.Files = slices.Insert(a.Files, last+1, txtar.File{Name: name + "/want", Data: []byte(text)})
	return true
}

// With GOGC=off there is no GOGC to raise: the limit is.
func TestAssistsUnderALimit(t *testing.T) {
	_, cases := readArchive(t, archives+"/gc-assist.txtar")
	for gogc, want := range map[string]string{"": "Raise GOGC:", "off": "Raise GOMEMLIMIT:"} {
		set := cases[0].set(t)
		set.Host.GOGC = gogc
		found := diagnose.Run(rules.All(), set, diagnose.Limits{}).Findings
		i := slices.IndexFunc(found, func(f report.Finding) bool { return f.Rule == "gc-assist" })
		if i < 0 || !strings.HasPrefix(found[i].Advice[0], want) {
			t.Errorf("GOGC=%q: want %q among %v", gogc, want, found)
		}
	}
}

// What the program can change stands before what its neighbours do to it.
func TestNeighboursStandBehind(t *testing.T) {
	_, cases := readArchive(t, archives+"/cpu-starved.txtar")
	i := slices.IndexFunc(cases, func(c testCase) bool { return c.name == "behind" })
	found := diagnose.Run(rules.All(), cases[i].set(t), diagnose.Limits{}).Findings
	if len(found) < 2 || found[0].Rule != "regexp-compile" || !slices.ContainsFunc(found, func(f report.Finding) bool { return f.Rule == "cpu-starved" }) {
		t.Errorf("%+v", found)
	}
}
