package policy

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	check "github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "rewrite docs/gate-policy.schema.json")

const schemaFile = "../../docs/gate-policy.schema.json"

type object = map[string]any

// closed is an object with these keys and no other.
func closed(what string, properties object, required ...string) object {
	o := object{"type": "object", "description": what, "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		o["required"] = required
	}
	return o
}

// amounts are what a quantity of a unit may look like.
func amounts(unit string) object {
	var names []string
	for _, s := range suffixes {
		if s.unit == unit || s.unit == "ratio" {
			names = append(names, s.name)
		}
	}
	return object{"anyOf": []any{
		object{"type": "string", "pattern": `^\s*\+?[0-9]*\.?[0-9]+\s*(` + strings.Join(names, "|") + `)\s*$|^0$`},
		object{"const": 0},
	}, "description": allowedUnits(unit)}
}

func limitsSchema(ms []metric, share bool) object {
	out := object{}
	for _, m := range ms {
		long := object{"max_increase": amounts(m.unit), "level": object{"enum": []string{"error", "warning"}}}
		if share {
			long["max_share"] = amounts("ratio")
		}
		out[m.name] = object{"anyOf": []any{amounts(m.unit), closed("what "+m.name+" is allowed", long)}}
	}
	return out
}

func rulesSchema(what string, ms []metric, share bool) object {
	rule := limitsSchema(ms, share)
	rule["match"] = object{"type": "string", "minLength": 1, "description": `"*" is anything without a slash, "**" anything`}
	return closed(what, object{
		"default": closed("what no rule has a limit for", limitsSchema(ms, share)),
		"rules":   object{"type": "array", "items": closed("limits for what matches", rule, "match"), "description": "the first that matches and has a limit counts"},
	})
}

func schema(t *testing.T) []byte {
	t.Helper()
	percent := amounts("ratio")
	pairs := object{"type": "integer", "minimum": minPairs, "maximum": maxPairs}
	text := object{"type": "string", "minLength": 1}
	s := closed("What goperf gate allows", object{
		"version": object{"const": 1},
		"module":  text,
		"measure": closed("how goperf gate run measures", object{
			"pairs":  closed("pairs of runs", object{"min": pairs, "max": pairs}),
			"budget": object{"type": "string", "description": "it ends after this time, such as 10m"},
		}),
		"decide": closed("how sure the gate has to be", object{
			"false_alarms": percent, "minimum_effect": percent, "confidence": percent, "must_detect": percent,
			"on_inconclusive": object{"enum": []string{"report", "pass", "fail"}},
		}),
		"budgets":    closed("the program as a whole", limitsSchema(totals, false)),
		"functions":  rulesSchema("single functions; a percentage is of the total of the program", functions, true),
		"packages":   rulesSchema("packages: the sum of their functions", functions, true),
		"benchmarks": rulesSchema("benchmarks, by name without Benchmark", benchmarks, false),
		"ignore":     object{"type": "array", "items": text, "description": "functions that may change as they like"},
		"waivers": object{"type": "array", "items": closed("an exception: capped, owned, for a reason and until a day", object{
			"id": text, "match": text, "reason": text, "owner": text,
			"metric":  object{"enum": unique(append(append(metricNames(functions), metricNames(totals)...), metricNames(benchmarks)...))},
			"allow":   object{"anyOf": []any{amounts("s"), amounts("B"), amounts("count")}},
			"expires": object{"type": "string", "pattern": `^\d{4}-\d{2}-\d{2}$`},
		}, "id", "match", "metric", "allow", "reason", "owner", "expires")},
	}, "version")
	s["$schema"], s["$id"], s["title"] = "https://json-schema.org/draft/2020-12/schema", "https://github.com/goperf/goperf/docs/gate-policy.schema.json", "goperf gate policy"
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

func TestSchemaIsUpToDate(t *testing.T) {
	want := schema(t)
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
		t.Errorf("%s differs (go test ./gate/policy -update):\n%s", schemaFile, diff)
	}
}

// An editor that has the schema says the same of a policy as goperf does.
func TestSchemaAgreesWithParse(t *testing.T) {
	doc, err := check.UnmarshalJSON(bytes.NewReader(schema(t)))
	if err != nil {
		t.Fatal(err)
	}
	c := check.NewCompiler()
	if err := c.AddResource(schemaFile, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		full, Template(""), Template("example.com/shop"), "version: 1\n", "version: 1\nbudgets: {cpu: 0}\n",
		"version: 2\n", "budgets: {cpu: 3%}\n", "version: 1\nbudgets: {cpu: 3}\n", "version: 1\nbudgets: {cpu: 3MiB}\n", "version: 1\nbudget: {}\n",
		"version: 1\nfunctions: {rules: [{cpu: 1%}]}\n", "version: 1\nwaivers: [{id: A}]\n", "version: 1\nmeasure: {pairs: {max: 1000}}\n",
		"version: 1\nbudgets: {cpu: {level: fatal}}\n", "version: 1\nignore: ['']\n",
	} {
		j, err := yaml.YAMLToJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		v, err := check.UnmarshalJSON(bytes.NewReader(j))
		if err != nil {
			t.Fatal(err)
		}
		_, ours := Parse([]byte(text))
		if theirs := s.Validate(v); (ours == nil) != (theirs == nil) {
			t.Errorf("goperf says %v, the schema %v of\n%s", ours, theirs, text)
		}
	}
}
