package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/report"
)

func TestDecodeSaysWhatIsWrong(t *testing.T) {
	valid, err := report.Encode(oneReport())
	if err != nil {
		t.Fatal(err)
	}
	with := func(old, replacement string) string {
		out := strings.Replace(string(valid), old, replacement, 1)
		if out == string(valid) {
			t.Fatalf("the sample has no %s", old)
		}
		return out
	}
	for name, c := range map[string]struct{ in, want string }{
		"empty":             {"", "empty input"},
		"blank":             {" \n\t", "empty input"},
		"gzip":              {"\x1f\x8b\x08\x00", "goperf analyze"},
		"zip":               {"PK\x03\x04rest", "bundle is read by goperf analyze"},
		"page":              {"<!doctype html><title>404", "HTML"},
		"text":              {"\x1b[2Jnot json", `begins with "\\x1b[2Jnot json"`},
		"array":             {"[]", "want a JSON object"},
		"other JSON":        {`{"findings": []}`, `no "schema" number`},
		"cut":               {string(valid[:300]), "line "},
		"two":               {string(valid) + string(valid), "after top-level value"},
		"newer":             {with(`"schema": 1`, `"schema": 2`), "schema 2, this goperf reads up to 1: written by a newer goperf"},
		"newer and strange": {`{"schema": 7, "findings": "elsewhere"}`, "written by a newer goperf"},
		"schema zero":       {with(`"schema": 1`, `"schema": 0`), "schema 0"},
		"wrong type":        {with(`"confidence": 0.96`, `"confidence": "high"`), "byte "},
		"confidence":        {with(`"confidence": 0.96`, `"confidence": 96`), "findings[0] (regexp-compile): confidence: 96 is outside 0..1"},
		"mechanism":         {with(`"mechanism": "regexp-compile"`, `"mechanism": "magic"`), `mechanism: "magic"`},
		"severity":          {with(`"severity": "critical"`, `"severity": "fatal"`), "want one of info, notice, warning, critical"},
		"interval":          {with(`"low": 0.181`, `"low": 0.9`), "cost: share 0.214 with interval 0.9..0.249"},
		"saving":            {with(`"low": 0.24`, `"low": 24`), "saving: low 24 is above high 0.29"},
		"backwards":         {with(`"to": "2026-11-23T05:42:10Z"`, `"to": "2025-11-23T05:42:10Z"`), "is before from"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := report.Decode([]byte(c.in))
			if err == nil {
				t.Fatalf("no error, but %v", r)
			}
			if !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "report: decode: ") {
				t.Errorf("error %q, want it to say %q", err, c.want)
			}
			if newer := strings.HasPrefix(name, "newer"); errors.Is(err, report.ErrNewer) != newer {
				t.Errorf("ErrNewer in the chain of %q: %v", err, !newer)
			}
		})
	}
}

func TestExhibitsHoldOneThing(t *testing.T) {
	table := &report.Table{Columns: []report.Column{{Name: "a"}}, Rows: [][]report.Cell{{{Text: "x"}}}}
	for name, c := range map[string]struct {
		e    []report.Exhibit
		want string
	}{
		"nothing":      {[]report.Exhibit{{ID: "x"}}, "0 of table, flame, series and histogram"},
		"two":          {[]report.Exhibit{{ID: "x", Table: table, Flame: &report.Flame{}}}, "2 of table"},
		"no id":        {[]report.Exhibit{{Table: table}}, "id: empty"},
		"same id":      {[]report.Exhibit{{ID: "x", Table: table}, {ID: "x", Table: table}}, `id "x" is used twice`},
		"short row":    {[]report.Exhibit{{ID: "x", Table: &report.Table{Columns: make([]report.Column, 2), Rows: [][]report.Cell{{{}}}}}}, "row 0 has 1 cells, want 2"},
		"short series": {[]report.Exhibit{{ID: "x", Series: &report.Series{Times: []float64{1, 2}, Lines: []report.Line{{Name: "l", Values: []float64{1}}}}}}, `series "l": 1 values, want 2`},
		"bounds":       {[]report.Exhibit{{ID: "x", Histogram: &report.Histogram{Bounds: []float64{1}, Counts: []float64{1}}}}, "1 bounds for 1 counts"},
	} {
		r := &report.Report{Schema: report.Schema, Exhibits: c.e}
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// Fields of a later goperf with the same schema number are passed over.
func TestDecodeToleratesUnknownFields(t *testing.T) {
	r, err := report.Decode([]byte(`{"schema": 1, "weather": "fine", "target": {"name": "x", "planet": 3}, "findings": [], "exhibits": null}`))
	if err != nil {
		t.Fatal(err)
	}
	if r.Target.Name != "x" {
		t.Errorf("target %v", r.Target)
	}
}

// An empty list is [], also where the report holds nil.
func TestEncodeHasNoNull(t *testing.T) {
	r := &report.Report{Schema: report.Schema, Findings: []report.Finding{{Rule: "r", Title: "t", Mechanism: "quadratic"}}, Exhibits: []report.Exhibit{
		{ID: "table", Table: &report.Table{Rows: [][]report.Cell{nil}}},
		{ID: "series", Series: &report.Series{Lines: []report.Line{{}}}},
		{ID: "histogram", Histogram: &report.Histogram{}},
	}}
	b, err := report.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b, []byte("null")) {
		t.Errorf("null in %s", b)
	}
	if r.Exhibits[0].Table.Columns != nil || r.Vitals != nil || r.Findings[0].Where != nil {
		t.Error("Encode changed the report")
	}
}

// What is no number is left out and said, and never becomes another number.
func TestEncodeLeavesOutWhatIsNotFinite(t *testing.T) {
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		r := shopReport()
		r.Vitals = append(r.Vitals, report.Fact{Text: "bad vital", Value: bad})
		r.Evidence[0].Seconds = bad
		f := &r.Findings[0]
		f.Confidence, f.Cost.High, f.Saving.Share = bad, bad, bad
		f.Because = append(f.Because, report.Fact{Text: "bad fact", Value: bad, Unit: "s"})
		r.Exhibits[0].Table.Rows[0][1].Value = bad
		r.Exhibits[2].Flame.Children[0].Children[0].Self = bad
		r.Asked[0].Seconds = bad
		b, err := report.Encode(r)
		if err != nil {
			t.Fatal(err)
		}
		out, err := report.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		notes := strings.Join(out.Notes, "\n")
		for _, want := range []string{"bad vital", "time covered by cpu", "regexp-compile: confidence", "regexp-compile: cost", "regexp-compile: saving", "bad fact", "exhibit memory", "exhibit flame-cpu", "GET /debug/pprof/"} {
			if !strings.Contains(notes, want) {
				t.Errorf("the notes do not say %q: %s", want, notes)
			}
		}
		if len(out.Exhibits) != len(r.Exhibits)-2 || len(out.Vitals) != len(r.Vitals)-1 || len(out.Findings[0].Because) != len(f.Because)-1 {
			t.Errorf("left in: %d exhibits, %d vitals, %d facts", len(out.Exhibits), len(out.Vitals), len(out.Findings[0].Because))
		}
		if g := out.Findings[0]; g.Confidence != 0 || g.Cost.Share != 0 || g.Cost.Of != f.Cost.Of || g.Saving.High != 0 {
			t.Errorf("finding %v", g)
		}
	}
}

// The JSON of the most hostile report does nothing to a terminal that shows it.
func TestEncodeIsSafeToPrint(t *testing.T) {
	b, err := report.Encode(hostileReport())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range string(b) {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Errorf("%U in the JSON", r)
		}
	}
	out, err := report.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	want := hostileReport()
	if got := out.Findings[0].Title; got != strings.ToValidUTF8(want.Findings[0].Title, "\ufffd") && strings.ReplaceAll(got, "\ufffd", "") != strings.ToValidUTF8(want.Findings[0].Title, "") {
		t.Errorf("the title came back as %q", got)
	}
}

func TestRoundTrip(t *testing.T) {
	for name, r := range samples() {
		if strings.HasSuffix(name, "hostile") { // bytes that are not UTF-8 do not come back
			continue
		}
		first, err := report.Encode(r)
		if err != nil {
			t.Fatal(err)
		}
		back, err := report.Decode(first)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		second, err := report.Encode(back)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(first), string(second)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// The names that other programs read: changing one breaks them.
func TestFindingFieldNames(t *testing.T) {
	b, err := report.Encode(oneReport())
	if err != nil {
		t.Fatal(err)
	}
	var out struct {
		Findings []map[string]json.RawMessage `json:"findings"`
		Exhibits []any                        `json:"exhibits"`
		Skipped  []any                        `json:"skipped"`
		Gaps     []any                        `json:"gaps"`
	}
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	if out.Exhibits == nil || out.Skipped == nil || out.Gaps == nil {
		t.Error("exhibits, skipped or gaps are missing")
	}
	for _, name := range []string{"rule", "mechanism", "severity", "confidence", "title", "where", "cost", "saving", "because", "advice"} {
		if out.Findings[0][name] == nil {
			t.Errorf("a finding has no %q: %s", name, b)
		}
	}
	if where := string(out.Findings[0]["where"]); !strings.Contains(where, `"function": "acme.dev/shop/price.Quote"`) || !strings.Contains(where, `"file"`) || !strings.Contains(where, `"line": 14`) {
		t.Errorf("where is %s", where)
	}
}

func TestStatus(t *testing.T) {
	of := func(severities ...report.Severity) *report.Report {
		r := base()
		for _, s := range severities {
			r.Findings = append(r.Findings, report.Finding{Severity: s})
		}
		return r
	}
	at := func(s report.Severity) *report.Severity { return &s }
	for _, c := range []struct {
		name   string
		r      *report.Report
		failOn *report.Severity
		want   int
	}{
		{"fine", of(), at(report.Info), 0},
		{"findings that nobody asked about", of(report.Critical), nil, 0},
		{"below", of(report.Notice), at(report.Warning), 0},
		{"at", of(report.Info, report.Warning, report.Notice), at(report.Warning), 1},
		{"above", of(report.Critical), at(report.Info), 1},
		{"no evidence", nothingReport(), at(report.Info), 3},
		{"no evidence, nobody asked", nothingReport(), nil, 3},
		{"a finding is evidence enough", &report.Report{Findings: []report.Finding{{Severity: report.Warning}}}, at(report.Warning), 1},
		{"exhibits alone", &report.Report{Exhibits: []report.Exhibit{memoryExhibit()}}, at(report.Info), 0},
	} {
		if got := report.Status(c.r, c.failOn); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// The order does not depend on the order the rules ran in.
func TestSortIsTotal(t *testing.T) {
	want := manyReport()
	want.Findings = append(want.Findings, shopFindings()...)
	want.Sort()
	for shift := range len(want.Findings) {
		r := manyReport()
		r.Findings = append(append([]report.Finding{}, want.Findings[shift:]...), want.Findings[:shift]...)
		r.Sort()
		if diff := cmp.Diff(want.Findings, r.Findings); diff != "" {
			t.Fatalf("shifted by %d: %s", shift, diff)
		}
	}
	for i := 1; i < len(want.Findings); i++ {
		if want.Findings[i-1].Weight() < want.Findings[i].Weight() {
			t.Errorf("finding %d weighs less than the one after it", i)
		}
	}
}

func FuzzDecode(f *testing.F) {
	files, _ := filepath.Glob(samplesDir + "/*.json")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(`{"schema":1,"from":"9999-12-31T23:59:59Z","to":"9999-12-31T23:59:59Z"}`))
	f.Add([]byte(`{"schema":1,"exhibits":[{"id":"f","flame":{"children":[{"children":[{}]}]}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := report.Decode(data)
		if err != nil {
			if strings.ContainsFunc(err.Error(), func(c rune) bool { return c != '\n' && !unicode.IsPrint(c) }) {
				t.Errorf("the error is not safe to print: %q", err)
			}
			return
		}
		first, err := report.Encode(r)
		if err != nil {
			if r.From.Year() > 9999 || r.To.Year() > 9999 || r.From.Year() < 0 {
				return
			}
			t.Fatal(err)
		}
		back, err := report.Decode(first)
		if err != nil {
			t.Fatalf("what Encode wrote is refused: %v", err)
		}
		second, err := report.Encode(back)
		if err != nil || !bytes.Equal(first, second) {
			t.Fatalf("a second trip changes the bytes (%v):\n%s", err, cmp.Diff(string(first), string(second)))
		}
	})
}

func TestTimesSurvive(t *testing.T) {
	r := base()
	zone := time.FixedZone("X", 3600)
	r.From, r.To = r.From.In(zone), r.To.In(zone)
	b, err := report.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	back, err := report.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if !back.From.Equal(r.From) || !back.To.Equal(r.To) {
		t.Errorf("%v..%v came back as %v..%v", r.From, r.To, back.From, back.To)
	}
}
