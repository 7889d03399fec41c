package policy

import (
	"slices"
	"strings"
	"testing"
	"time"
)

const full = `version: 1
module: example.com/shop
measure:
  pairs: {min: 3, max: 9}
  budget: 90s
decide: {false_alarms: 0.5%, minimum_effect: 0.5%, confidence: 99%, must_detect: 8%, on_inconclusive: fail}
budgets:
  cpu: {max_increase: 3%, level: warning}
  alloc_bytes: 16 KiB
  mallocs: 2 allocs
functions:
  rules:
  - match: "example.com/shop/pricing.**"
    cpu: 0.5%
  - match: encoding/json.**
    cpu: {max_share: 15%}
    alloc_space: 0
  default: {cpu: 1%, alloc_space: 2%}
packages:
  rules: [{match: "example.com/shop/store/...", cpu: 2%}]
benchmarks:
  default: {sec/op: 100ns, allocs/op: 1 alloc}
ignore: ["testing.**"]
waivers:
- {id: PERF-1, match: main.f, metric: cpu, allow: 2.5%, reason: "cost 12", owner: "@sec", expires: 2027-03-31}
`

func TestParse(t *testing.T) {
	p, err := Parse([]byte(full))
	if err != nil {
		t.Fatal(err)
	}
	if m := p.Measure; m != (Measure{3, 9, 90 * time.Second}) {
		t.Errorf("measure %+v", m)
	}
	if d := p.Decide; d != (Decide{0.005, 0.005, 0.99, 0.08, "fail"}) {
		t.Errorf("decide %+v", d)
	}
	if l := p.Budgets; len(l) != 3 || l[0].Metric != "cpu" || !l[0].Warn || *l[1].Increase != (Quantity{16384, "B"}) || *l[2].Increase != (Quantity{2, "count"}) {
		t.Errorf("budgets %+v", l)
	}
	limit := func(ls []Limit, metric string) *Limit {
		for i := range ls {
			if ls[i].Metric == metric {
				return &ls[i]
			}
		}
		return nil
	}
	if l := limit(p.FunctionLimits("example.com/shop/pricing.(*T).Quote"), "cpu"); l.Increase.Value != 0.005 || l.Place != "functions.rules[0]" {
		t.Errorf("pricing: %+v", l)
	}
	json := p.FunctionLimits("encoding/json.Marshal")
	if c, a := limit(json, "cpu"), limit(json, "alloc_space"); c.Increase != nil || c.Share.Value != 0.15 || a.Increase.Value != 0 {
		t.Errorf("json: %+v %+v", c, a)
	}
	if l := limit(p.FunctionLimits("main.main"), "cpu"); l.Increase.Value != 0.01 || l.Place != "functions.default" {
		t.Errorf("main: %+v", l)
	}
	if l := p.PackageLimits("example.com/shop/store"); len(l) != 1 {
		t.Errorf("package: %+v", l)
	}
	if l := limit(p.BenchmarkLimits("Encode-2"), "sec/op"); l.Increase.Unit != "s" || l.Increase.Value < 99e-9 || l.Increase.Value > 101e-9 {
		t.Errorf("benchmark: %+v", l)
	}
	b := &Policy{Benchmarks: []Rule{{Match: Pattern{"Encode/**"}, Limits: []Limit{{Metric: "sec/op"}}}, {Match: Pattern{"Top"}, Limits: []Limit{{Metric: "sec/op"}}}}}
	for name, want := range map[string]int{
		"example.com/shop.Encode/small-8": 1, "Encode/a/b-2": 1, "example.com/shop.Encode": 1, "example.com/Shop/x.Encode/y": 1,
		"Top-16": 1, "shop.Top": 1, "Topping-2": 0, "x/y.Top-": 0,
	} {
		if got := len(b.BenchmarkLimits(name)); got != want {
			t.Errorf("benchmark %q has %d limits, want %d", name, got, want)
		}
	}
	if !p.Ignored("testing.(*B).runN") || p.Ignored("main.testing") {
		t.Error("ignore")
	}
	w := p.Waivers[0]
	if w.Allow != (Quantity{0.025, "ratio"}) || w.Expires.Format(time.DateOnly) != "2027-04-01" || w.Line != 25 {
		t.Errorf("waiver %+v", w)
	}
	if len(p.SHA256) != 64 {
		t.Errorf("sha256 %q", p.SHA256)
	}
}

// Whatever is not taken is said with its place and with what may stand there.
func TestParseRefuses(t *testing.T) {
	waiver := func(change string) string {
		w := "id: A, match: main.f, metric: cpu, allow: 2%, reason: r, owner: o, expires: 2027-01-31"
		for c := range strings.SplitSeq(change, ";") {
			from, to, _ := strings.Cut(c, "=>")
			if !strings.Contains(w, from) {
				panic(from)
			}
			w = strings.Replace(w, from, to, 1)
		}
		return "version: 1\nwaivers:\n- {" + w + "}\n"
	}
	for name, c := range map[string]struct{ text, want string }{
		"empty":            {"", "is empty"},
		"comment":          {"# nothing\n", "is empty"},
		"list":             {"- 1\n", "line 1, column 1: policy: is a sequence: want key: value lines"},
		"no version":       {"budgets: {cpu: 3%}\n", "version is missing"},
		"newer":            {"version: 2\n", `line 1, column 10: "2": want a whole number from 1 to 1`},
		"unknown":          {"version: 1\nbudget: {}\n", `line 2, column 1: policy: unknown key "budget": want one of version, module,`},
		"unknown metric":   {"version: 1\nbudgets:\n  cpus: 3%\n", `line 3, column 3: budgets: unknown key "cpus": want one of cpu, wall,`},
		"no unit":          {"version: 1\nbudgets: {cpu: 3}\n", `line 2, column 16: "3": the unit is missing: want a percentage such as 3%, or an amount in ns`},
		"bad unit":         {"version: 1\nbudgets: {cpu: 3 furlongs}\n", `unit "furlongs" is not known`},
		"wrong unit":       {"version: 1\nbudgets: {cpu: 3MiB}\n", `"3MiB": is of the wrong kind`},
		"negative":         {"version: 1\nbudgets: {cpu: -3%}\n", `is negative`},
		"not a number":     {"version: 1\nbudgets: {cpu: NaN%}\n", `begins with no number`},
		"infinite":         {"version: 1\nbudgets: {cpu: 1" + strings.Repeat("0", 320) + "%}\n", "want a percentage"},
		"no value":         {"version: 1\nbudgets:\n  cpu:\n", "line 3, column 3: budgets: cpu has no value"},
		"no limit":         {"version: 1\nbudgets: {cpu: {level: error}}\n", "limits nothing"},
		"bad level":        {"version: 1\nbudgets: {cpu: {max_increase: 1%, level: fatal}}\n", `"fatal": want one of error, warning`},
		"no match":         {"version: 1\nfunctions:\n  rules:\n  - cpu: 1%\n", "line 4, column 8: functions.rules[0]: match is missing"},
		"empty match":      {"version: 1\nignore: ['']\n", "empty pattern"},
		"rule of nothing":  {"version: 1\nfunctions:\n  rules:\n  - match: x\n", "functions.rules[0]: limits nothing"},
		"rate":             {"version: 1\ndecide: {false_alarms: 30%}\n", "30% is out of bounds: want 0.0001% to 20%"},
		"rate of nothing":  {"version: 1\ndecide: {false_alarms: 0}\n", "out of bounds"},
		"inconclusive":     {"version: 1\ndecide: {on_inconclusive: maybe}\n", `"maybe": want one of report, pass, fail`},
		"pairs":            {"version: 1\nmeasure: {pairs: {min: 9, max: 3}}\n", "max 3 is below min 9"},
		"many pairs":       {"version: 1\nmeasure: {pairs: {max: 1000}}\n", "a whole number from 1 to 100"},
		"time":             {"version: 1\nmeasure: {budget: soon}\n", `measure.budget: "soon": want a time up to 24h`},
		"twice":            {"version: 1\nversion: 1\n", `line 2, column 1: is no YAML: mapping key "version" already defined`},
		"broken":           {"version: 1\nbudgets: {cpu: [\n", "line 2"},
		"tab":              {"version: 1\nbudgets:\n\tcpu: 3%\n", "line 3"},
		"reserved":         {"version: 1\nmodule: @x\n", "line 2, column 9: is no YAML: '@' is a reserved"},
		"alias":            {"version: 1\nbudgets: &b {cpu: 3%}\nfunctions: {default: *b}\n", "anchors and aliases are not read"},
		"merge":            {"version: 1\nbudgets:\n  <<: {cpu: 3%}\n", `"<<" is no key`},
		"tag":              {"version: 1\nbudgets: {cpu: !!str 3%}\n", "tags are not read"},
		"two documents":    {"version: 1\n---\nversion: 1\n", "line 3, column 8: a second document"},
		"waiver no reason": {waiver(", reason: r=>"), "reason is missing"},
		"waiver no owner":  {waiver(", owner: o=>"), "owner is missing"},
		"waiver no end":    {waiver(", expires: 2027-01-31=>"), "expires is missing"},
		"waiver no cap":    {waiver(", allow: 2%=>"), "allow is missing"},
		"waiver day":       {waiver("2027-01-31=>2027-02-31"), `"2027-02-31": want a day such as 2027-03-31`},
		"waiver never":     {waiver("2027-01-31=>never"), `"never": want a day`},
		"waiver unit":      {waiver("2%=>2B"), "wrong kind"},
		"waiver metric":    {waiver("metric: cpu=>metric: time"), `"time": want one of cpu, alloc_space`},
		"waiver id":        {waiver("id: A=>id: ''"), "is empty"},
		"waiver twice":     {"version: 1\nwaivers:\n- &w {id: A}\n", "anchors"},
		"hostile":          {"version: 1\n\"\x1b[2J\u202e\": 1\n", `\x1b`},
		"deep":             {"version: 1\nmodule: " + strings.Repeat("[", 60000), "nested too deep"},
		"deep dashes":      {"version: 1\nignore:\n" + strings.Repeat("- ", 6000), "nested too deep"},
		"large":            {"version: 1\n" + strings.Repeat("# comment\n", 30000), "larger than 64 KiB"},
		"pattern":          {"version: 1\nignore: ['" + strings.Repeat("*", 501) + "']\n", "a pattern of 501 bytes"},
		"many errors":      {"version: 1\nbudgets: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1}\n", "and 2 more"},
	} {
		_, err := Parse([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
			continue
		}
		if strings.ContainsAny(err.Error(), "\x1b\u202e") {
			t.Errorf("%s: %q", name, err)
		}
	}
	two := waiver("id: A=>id: A") + "- {id: A, match: main.g, metric: cpu, allow: 1%, reason: r, owner: o, expires: 2027-01-31}\n"
	if _, err := Parse([]byte(two)); err == nil || !strings.Contains(err.Error(), `line 4, column 3: waivers[1]: id "A" is that of the waiver in line 3`) {
		t.Errorf("an id twice: %v", err)
	}
}

// The template is a policy, whatever the module is called, and so is what its
// comments say.
func TestTemplate(t *testing.T) {
	d := Default()
	if len(d.Budgets) != 3 || len(d.Functions) != 1 || d.Decide.OnInconclusive != "" {
		t.Errorf("default %+v", d)
	}
	for _, module := range []string{"", "example.com/shop", `evil"` + "\n\x1b: - {", "ünï/ççö", "{{name}}"} {
		p, err := Parse([]byte(Template(module)))
		if err != nil {
			t.Errorf("%q: %v", module, err)
			continue
		}
		if module != "" && strings.Contains(module, "/") && p.Module != module {
			t.Errorf("module %q, want %q", p.Module, module)
		}
	}
	var live []string
	for line := range strings.Lines(Template("")) {
		if rest, ok := strings.CutPrefix(line, "# "); ok && (strings.Contains(rest, ":") && !strings.HasPrefix(rest, "What") && strings.IndexByte(rest, ' ') < 0 ||
			strings.HasPrefix(rest, "  ") || strings.HasPrefix(rest, "- ") || strings.HasSuffix(rest, "s:\n")) {
			line = rest
		} else if rest, ok := strings.CutPrefix(line, "  # "); ok {
			line = "  " + rest
		}
		live = append(live, line)
	}
	p, err := Parse([]byte(strings.Join(live, "")))
	if err != nil {
		t.Fatalf("%v\n%s", err, strings.Join(live, ""))
	}
	if len(p.Waivers) != 1 || len(p.Packages) != 1 || len(p.Functions) != 3 || len(p.Benchmarks) != 2 {
		t.Errorf("%d waivers, %d packages, %d functions, %d benchmarks", len(p.Waivers), len(p.Packages), len(p.Functions), len(p.Benchmarks))
	}
}

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		pattern string
		yes, no []string
	}{
		{"main.f", []string{"main.f"}, []string{"main.ff", "xmain.f", ""}},
		{"main.*", []string{"main.f", "main.(*T).M", "main."}, []string{"main", "a/main.f"}},
		{"a/b.**", []string{"a/b.F", "a/b.(*T).M", "a/b.F[go.shape.struct { x/y.Z int }]"}, []string{"a/b/c.F", "a/bc.F"}},
		{"a/**", []string{"a/b.F", "a/b/c.F", "a"}, []string{"ab.F", "b/a/c.F"}},
		{"a/...", []string{"a", "a/b", "a/b/c"}, []string{"ab"}},
		{"a/b.(*T).M", []string{"a/b.(*T).M"}, []string{"a/b.T.M"}},
		{"**.ServeHTTP", []string{"a/b.(*T).ServeHTTP"}, []string{"a/b.(*T).ServeHTTP.func1"}},
		{"*/x", []string{"a/x", "/x"}, []string{"a/b/x", "x"}},
		{"**", []string{"", "a/b"}, nil},
		{strings.Repeat("**a", 100), []string{strings.Repeat("xa", 100)}, []string{strings.Repeat("a", 99)}},
	} {
		p := Pattern{c.pattern}
		for _, s := range c.yes {
			if !p.Matches(s) {
				t.Errorf("%q does not match %q", c.pattern, s)
			}
		}
		for _, s := range c.no {
			if p.Matches(s) {
				t.Errorf("%q matches %q", c.pattern, s)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(full)
	f.Add(Template("example.com/x"))
	f.Add("version: 1\nbudgets: {cpu: 3%}\n")
	f.Add("a: &x [1, *x]\n? b\n: |\n  c\n--- # d\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse([]byte(text))
		if err != nil {
			if strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f }) {
				t.Errorf("error %q", err)
			}
			return
		}
		for _, l := range slices.Concat(p.Budgets, p.FunctionLimits("main.f"), p.PackageLimits("main"), p.BenchmarkLimits("X")) {
			if l.Increase == nil && l.Share == nil || l.Increase != nil && !(l.Increase.Value >= 0) {
				t.Errorf("limit %+v", l)
			}
		}
	})
}
