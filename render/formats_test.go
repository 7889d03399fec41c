package render_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/goperf/goperf/render"
	"github.com/goperf/goperf/report"
)

func TestSARIFIsValid(t *testing.T) {
	file, err := os.Open("testdata/schema/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	document, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("sarif.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("sarif.json")
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range load(t) {
		out := write(t, "sarif", r, render.Options{All: true})
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(out))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !strings.Contains(out, `"results": [`) {
			t.Errorf("%s: a run without results means that nothing was looked at", name)
		}
	}
}

func TestJUnitIsValid(t *testing.T) {
	s := readXSD(t, "testdata/schema/junit.xsd")
	for name, r := range load(t) {
		if err := s.check(write(t, "junit", r, render.Options{})); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCodeQualityIsWhatGitLabReads(t *testing.T) {
	for name, r := range load(t) {
		var list []struct {
			Description, Fingerprint, Severity string
			CheckName                          string `json:"check_name"`
			Location                           struct {
				Path  string
				Lines struct{ Begin int }
			}
		}
		out := write(t, "codequality", r, render.Options{})
		if err := json.Unmarshal([]byte(out), &list); err != nil || list == nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
		seen := map[string]bool{}
		for _, e := range list {
			if e.Description == "" || e.CheckName == "" || e.Location.Path == "" || e.Location.Lines.Begin < 1 || seen[e.Fingerprint] ||
				strings.HasPrefix(e.Location.Path, "/") || !strings.Contains(" info minor major critical blocker ", " "+e.Severity+" ") {
				t.Errorf("%s: %+v", name, e)
			}
			seen[e.Fingerprint] = true
		}
	}
}

// command is a workflow command whose value holds no line break.
var command = regexp.MustCompile(`^::(error|warning|notice) ([^:\r\n]*)::([^\r\n]*)$`)

func TestGitHubTakesTenOfALevel(t *testing.T) {
	for name, r := range load(t) {
		count := map[string]int{}
		for line := range strings.Lines(write(t, "github", r, render.Options{})) {
			m := command.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
			if m == nil {
				t.Fatalf("%s: %q", name, line)
			}
			count[m[1]]++
			for p := range strings.SplitSeq(m[2], ",") {
				key, _, ok := strings.Cut(p, "=")
				if !ok || !strings.Contains(" file line title ", " "+key+" ") {
					t.Errorf("%s: property %q", name, p)
				}
			}
		}
		for level, n := range count {
			if n > 10 {
				t.Errorf("%s: %d of %s", name, n, level)
			}
		}
		if len(count) == 0 {
			t.Errorf("%s: nothing is said", name)
		}
	}
}

func finding(severity report.Severity, function, file string) report.Finding {
	return report.Finding{
		Rule: "regexp-compile", Mechanism: "regexp-compile", Severity: severity, Confidence: 0.9, Title: "compiles",
		Where: []report.Frame{{Function: function, File: file, Line: 7}},
	}
}

func TestTheRestIsCounted(t *testing.T) {
	r := &report.Report{Schema: report.Schema}
	for n := range 25 {
		r.Findings = append(r.Findings, finding(report.Critical, fmt.Sprintf("a.F%d", n), "a.go"))
	}
	out := write(t, "github", r, render.Options{})
	if n := strings.Count(out, "\n"); n != 10 || !strings.HasSuffix(out, "::error title=goperf::16 more errors in the report\n") {
		t.Errorf("%d lines, the last of %s", n, out)
	}
}

// A fingerprint survives a change of line, number and order, and tells places apart.
func TestFingerprintsAreStable(t *testing.T) {
	prints := func(r *report.Report) []string {
		return regexp.MustCompile(`"goperf/v1": "(\w+)"`).FindAllString(write(t, "sarif", r, render.Options{}), -1)
	}
	r := &report.Report{Schema: report.Schema, Findings: []report.Finding{finding(report.Warning, "a.F", "a.go"), finding(report.Warning, "a.G", "a.go")}}
	before := prints(r)
	r.Findings[0].Where[0].Line = 99
	r.Findings[0].Cost.Share = 0.7
	if after := prints(r); before[0] != after[0] || before[0] == before[1] {
		t.Errorf("%v became %v", before, after)
	}
	r.Findings[1] = r.Findings[0]
	if twice := prints(r); twice[0] != before[0] || twice[1] == twice[0] {
		t.Errorf("two of the same: %v", twice)
	}
}

func TestPlacesInTheRepository(t *testing.T) {
	here := render.Repo{Root: "/home/ci/shop", Module: "acme.dev/shop"}
	for _, test := range []struct {
		name           string
		repo           render.Repo
		function, file string
		want           string // "" is go.mod: it is not in the repository
	}{
		{"where it was built", here, "acme.dev/shop/price.Quote", "/home/ci/shop/price/quote.go", "price/quote.go"},
		{"built elsewhere", here, "acme.dev/shop/price.(*Book).Quote", "/go/src/x/price/quote.go", "price/quote.go"},
		{"type arguments", here, "acme.dev/shop/price.Max[acme.dev/other.T]", "/x/price/max.go", "price/max.go"},
		{"trimmed", here, "acme.dev/shop/price.Quote", "acme.dev/shop/price/quote.go", "price/quote.go"},
		{"trimmed main", here, "main.run", "acme.dev/shop/cmd/shop/main.go", "cmd/shop/main.go"},
		{"trimmed with a version", here, "main.run", "acme.dev/shop@v1.2.3/cmd/main.go", "cmd/main.go"},
		{"module in a folder", render.Repo{Root: "/r", Module: "acme.dev/shop", Dir: "services/shop"}, "acme.dev/shop/price.Quote", "/x/price/quote.go", "services/shop/price/quote.go"},
		{"main here", here, "main.run", "/home/ci/shop/cmd/main.go", "cmd/main.go"},
		{"Windows", render.Repo{Root: `C:\shop`}, "main.run", `C:\shop\cmd\main.go`, "cmd/main.go"},
		{"dots", here, "gopkg.in/x%2ev1.F", "/home/ci/shop/../../etc/passwd", ""},
		{"relative", render.Repo{}, "main.run", "cmd/main.go", "cmd/main.go"},
		{"relative and up", render.Repo{}, "main.run", "../main.go", ""},
		{"standard library", here, "encoding/json.Marshal", "/usr/local/go/src/encoding/json/encode.go", ""},
		{"standard library, trimmed", here, "encoding/json.Marshal", "encoding/json/encode.go", ""},
		{"other module", here, "golang.org/x/text/width.F", "/root/go/pkg/mod/golang.org/x/text@v0.1.0/width/w.go", ""},
		{"similar name", here, "acme.dev/shopping.F", "/x/shopping.go", ""},
		{"escapes", here, "main.run", "/home/ci/shop/a b%#?.go", "a%20b%25%23%3F.go"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := &report.Report{Schema: report.Schema, Findings: []report.Finding{finding(report.Warning, test.function, test.file)}}
			out := write(t, "sarif", r, render.Options{Repo: test.repo})
			want := test.want
			if want == "" {
				want = "go.mod"
			}
			if !strings.Contains(out, `"uri": "`+want+`"`) {
				t.Errorf("not %s:\n%s", want, out)
			}
		})
	}
}

// The culprit may be in a library: the first caller in the repository is shown.
func TestTheCallerStandsInForALibrary(t *testing.T) {
	f := finding(report.Warning, "encoding/json.Marshal", "/usr/local/go/src/encoding/json/encode.go")
	f.Where = append(f.Where, report.Frame{Function: "acme.dev/shop/price.Quote", File: "/b/price/quote.go", Line: 12})
	r := &report.Report{Schema: report.Schema, Findings: []report.Finding{f}, Target: report.Target{Module: "acme.dev/shop"}}
	if out := write(t, "github", r, render.Options{}); !strings.HasPrefix(out, "::warning file=price/quote.go,line=12,") {
		t.Error(out)
	}
}
