package rules_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/rules"
)

// kinds is all evidence that a rule may need.
var kinds = []evidence.Kind{
	evidence.CPU, evidence.Heap, evidence.Allocs, evidence.Goroutine, evidence.GoroutineLeak, evidence.Mutex, evidence.Block,
	evidence.ThreadCreate, evidence.Trace, evidence.HeapText, evidence.GoroutineText, evidence.Vars, evidence.Metrics,
	evidence.BuildInfo, evidence.HostLimits, evidence.Syntax, evidence.GCTrace, evidence.OffCPU, evidence.Wall, evidence.Kernel,
}

var (
	kebab       = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	placeholder = regexp.MustCompile(`\{(func|callee|line|site)\}`)
)

// TestCatalogue holds what every rule must have, and that an archive shows it
// fire and shows it keep quiet on evidence that it could judge.
func TestCatalogue(t *testing.T) {
	seen := map[string]bool{}
	for _, rule := range rules.All() {
		t.Run(rule.ID, func(t *testing.T) {
			if seen[rule.ID] || !kebab.MatchString(rule.ID) {
				t.Errorf("id %q is there twice or is not in kebab case", rule.ID)
			}
			seen[rule.ID] = true
			if rule.Title == "" || strings.HasSuffix(rule.Title, ".") || len(rule.Doc) < 40 || rule.Check == nil {
				t.Errorf("title %q, doc %q: want both, a title without period, and a check", rule.Title, rule.Doc)
			}
			if rule.Mechanism != diagnose.Quality && !slices.Contains(report.Mechanisms, rule.Mechanism) {
				t.Errorf("mechanism %q is not one of report.Mechanisms", rule.Mechanism)
			}
			for _, k := range rule.Needs {
				if !slices.Contains(kinds, k) {
					t.Errorf("needs %q, which is no kind of evidence", k)
				}
			}
			checkArchive(t, rule)
		})
	}
	files, err := filepath.Glob(filepath.Join(archives, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, f := range files {
		if !seen[strings.TrimSuffix(filepath.Base(f), ".txtar")] {
			t.Errorf("%s belongs to no rule", f)
		}
	}
}

func checkArchive(t *testing.T, rule diagnose.Rule) {
	a, cases := readArchive(t, filepath.Join(archives, rule.ID+".txtar"))
	if len(strings.TrimSpace(string(a.Comment))) < 20 {
		t.Error("the archive does not say what it shows")
	}
	fires, silent := 0, 0
	for _, c := range cases {
		r := diagnose.Run([]diagnose.Rule{rule}, c.set(t), diagnose.Limits{})
		if err := r.Validate(); err != nil {
			t.Errorf("case %s: %v", c.name, err)
		}
		text, fired := say(rule, c.set(t), c.want)
		switch {
		case fired:
			fires++
		case len(r.Skipped) > 0:
			t.Errorf("case %s: the rule did not look: %s", c.name, text)
		default:
			silent++
		}
		for _, f := range r.Findings {
			checkFinding(t, f)
		}
	}
	if fires == 0 || silent == 0 {
		t.Errorf("%d cases in which the rule fires and %d in which it is silent: want one of each", fires, silent)
	}
}

// checkFinding is what a reader may expect of every finding.
func checkFinding(t *testing.T, f report.Finding) {
	t.Helper()
	if len(f.Because) == 0 || len(f.Advice) == 0 {
		t.Errorf("%s: %d facts, %d pieces of advice: want some of each", f.Title, len(f.Because), len(f.Advice))
	}
	for _, text := range slices.Concat([]string{f.Title}, f.Advice) {
		if placeholder.MatchString(text) || strings.Contains(text, "%!") {
			t.Errorf("not filled in: %q", text)
		}
	}
	for _, fact := range f.Because {
		if !slices.Contains(kinds, evidence.Kind(fact.Source)) {
			t.Errorf("fact %q is of no kind of evidence: %q", fact.Text, fact.Source)
		}
	}
}
