package report_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
	check "github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/goperf/goperf/report"
)

const schemaFile = "../docs/report.schema.json"

// generate makes the published schema from the types and their comments.
func generate(t *testing.T) []byte {
	t.Helper()
	r := jsonschema.Reflector{
		AllowAdditionalProperties: true, // fields may be added without a new schema number
		Mapper: func(typ reflect.Type) *jsonschema.Schema {
			if typ != reflect.TypeFor[report.Severity]() {
				return nil
			}
			s := &jsonschema.Schema{Type: "string"}
			for v := report.Info; v <= report.Critical; v++ {
				s.Enum = append(s.Enum, v.String())
			}
			return s
		},
	}
	if err := r.AddGoComments("github.com/goperf/goperf/report", "."); err != nil {
		t.Fatal(err)
	}
	// The extractor keys the directory "." as part of the path.
	for k, v := range r.CommentMap {
		r.CommentMap[strings.Replace(k, "report/..", "report.", 1)] = v
	}
	s := r.Reflect(&report.Report{})
	s.ID = "https://github.com/goperf/goperf/docs/report.schema.json"
	s.Title = "goperf report"
	tighten(s)
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

// tighten adds what the Go types cannot say and Validate checks.
func tighten(s *jsonschema.Schema) {
	prop := func(typ, name string) *jsonschema.Schema {
		p, ok := s.Definitions[typ].Properties.Get(name)
		if !ok {
			panic(typ + " has no " + name)
		}
		return p
	}
	prop("Report", "schema").Const = report.Schema
	for _, m := range report.Mechanisms {
		p := prop("Finding", "mechanism")
		p.Enum = append(p.Enum, m)
	}
	prop("Finding", "confidence").Minimum, prop("Finding", "confidence").Maximum = "0", "1"
	prop("Cost", "share").Minimum = "0"
	for _, o := range []report.Outcome{report.Pass, report.Inconclusive, report.Regression, report.NoEvidence} {
		p := prop("Verdict", "outcome")
		p.Enum = append(p.Enum, string(o))
	}
	for _, st := range []report.BudgetStatus{report.BudgetPass, report.BudgetFail, report.BudgetWarn, report.BudgetWaived, report.BudgetInconclusive} {
		p := prop("Budget", "status")
		p.Enum = append(p.Enum, string(st))
	}
	prop("Verdict", "on_inconclusive").Enum = []any{"", "pass", "fail"}
	one := uint64(1)
	prop("Budget", "id").MinLength, prop("Budget", "metric").MinLength, prop("Budget", "subject").MinLength = &one, &one, &one
	prop("Finding", "rule").MinLength, prop("Finding", "title").MinLength, prop("Exhibit", "id").MinLength = &one, &one, &one
	for _, content := range []string{"table", "flame", "series", "histogram"} {
		e := s.Definitions["Exhibit"]
		e.OneOf = append(e.OneOf, &jsonschema.Schema{Required: []string{content}})
	}
}

func compiled(t testing.TB) *check.Schema {
	t.Helper()
	data, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := check.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := check.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(schemaFile, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSchemaIsUpToDate(t *testing.T) {
	want := generate(t)
	if *update {
		if err := os.WriteFile(schemaFile, want, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs from the types (go test ./report -update):\n%s", schemaFile, diff)
	}
}

// Every name in the schema comes with the sentence that explains it.
func TestSchemaExplainsItsTypes(t *testing.T) {
	var doc struct {
		Defs map[string]struct {
			Description string `json:"description"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(generate(t), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Defs) < 10 {
		t.Errorf("only %d types in the schema", len(doc.Defs))
	}
	for name, d := range doc.Defs {
		if d.Description == "" {
			t.Errorf("%s has no description", name)
		}
	}
}

func TestSamplesFollowTheSchema(t *testing.T) {
	s := compiled(t)
	files, err := filepath.Glob(samplesDir + "/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		v, err := check.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// What Decode refuses, the schema refuses too: a program that checks against
// the schema does not need to know goperf.
func TestSchemaRefusesWhatDecodeRefuses(t *testing.T) {
	s := compiled(t)
	for name, change := range map[string]func(map[string]any){
		"newer schema":      func(m map[string]any) { m["schema"] = 2 },
		"unknown mechanism": func(m map[string]any) { finding(m)["mechanism"] = "bad-luck" },
		"unknown severity":  func(m map[string]any) { finding(m)["severity"] = "fatal" },
		"confidence":        func(m map[string]any) { finding(m)["confidence"] = 1.5 },
		"empty rule":        func(m map[string]any) { finding(m)["rule"] = "" },
		"empty title":       func(m map[string]any) { finding(m)["title"] = "" },
		"empty exhibit":     func(m map[string]any) { m["exhibits"] = []any{map[string]any{"id": "x", "title": "x"}} },
		"two exhibits in one": func(m map[string]any) {
			m["exhibits"] = []any{map[string]any{"id": "x", "title": "x", "table": map[string]any{"columns": []any{}, "rows": []any{}}, "flame": map[string]any{"name": "x", "total": 1, "self": 1}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := report.Encode(oneReport())
			if err != nil {
				t.Fatal(err)
			}
			var m map[string]any
			if err := json.Unmarshal(data, &m); err != nil {
				t.Fatal(err)
			}
			change(m)
			data, err = json.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := report.Decode(data); err == nil {
				t.Error("Decode takes it")
			}
			v, err := check.UnmarshalJSON(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Validate(v); err == nil {
				t.Error("the schema takes it")
			}
		})
	}
}

func finding(m map[string]any) map[string]any { return m["findings"].([]any)[0].(map[string]any) }
