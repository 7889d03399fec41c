package diagnose_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/internal/folded"
	"github.com/goperf/goperf/report"
)

var began = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// set decodes folded profiles: kind, text, kind, text, ten seconds apart.
func set(t *testing.T, profiles ...string) *evidence.Set {
	t.Helper()
	c := &evidence.Capture{From: began, To: began.Add(10 * time.Second)}
	for i := 0; i < len(profiles); i += 2 {
		p, err := folded.Encode(profiles[i+1], profiles[i], began, time.Duration(i/2)*10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		c.Blobs = append(c.Blobs, evidence.Blob{Kind: evidence.Kind(profiles[i]), Name: profiles[i], From: began.Add(p.At), To: began.Add(p.At), Data: p.Data})
	}
	return evidence.Decode(c)
}

// says is a rule that finds the same always.
func says(id string, needs []evidence.Kind, fs ...report.Finding) diagnose.Rule {
	return diagnose.Rule{ID: id, Title: id, Mechanism: "redundant-work", Needs: needs, Check: func(*diagnose.Pass) []report.Finding { return slices.Clone(fs) }}
}

// at is a finding about a function that costs and saves a share of a resource.
func at(function string, line int, mechanism, resource string, share, confidence float64) report.Finding {
	return report.Finding{
		Mechanism: mechanism, Title: mechanism + " in " + function, Confidence: confidence, Severity: report.Notice,
		Where:   []report.Frame{{Function: function, Line: line}},
		Cost:    report.Cost{Resource: resource, Share: share, Low: share * 0.9, High: min(1, share*1.1)},
		Saving:  report.Range{High: share, Share: share},
		Because: []report.Fact{{Text: "of " + resource + " by " + mechanism, Value: share, Unit: "ratio"}},
	}
}

func run(t *testing.T, s *evidence.Set, rules ...diagnose.Rule) *report.Report {
	t.Helper()
	r := diagnose.Run(rules, s, diagnose.Limits{})
	if err := r.Validate(); err != nil {
		t.Error(err)
	}
	return r
}

// TestWilson compares with values that tables of the interval give (z = 1.96).
func TestWilson(t *testing.T) {
	for _, c := range []struct{ k, n, low, high float64 }{
		{0, 0, 0, 1},
		{0, 10, 0, 0.2775},
		{10, 10, 0.7225, 1},
		{5, 10, 0.2366, 0.7634},
		{1, 100, 0.0018, 0.0545},
		{50, 100, 0.4038, 0.5962},
		{300, 1000, 0.2724, 0.3291},
	} {
		low, high := diagnose.Wilson(c.k, c.n)
		if math.Abs(low-c.low) > 1e-4 || math.Abs(high-c.high) > 1e-4 {
			t.Errorf("Wilson(%g, %g) = %.4f, %.4f, want %.4f, %.4f", c.k, c.n, low, high, c.low, c.high)
		}
	}
	width := 1.0
	for n := 10.0; n < 1e6; n *= 10 {
		low, high := diagnose.Wilson(n/4, n)
		if low > 0.25 || high < 0.25 || high-low >= width {
			t.Errorf("with %g samples: %g to %g", n, low, high)
		}
		width = high - low
	}
}

// TestSkipped: what is missing is said, and the rule is not asked.
func TestSkipped(t *testing.T) {
	never := diagnose.Rule{ID: "b", Needs: []evidence.Kind{evidence.CPU, evidence.Mutex, evidence.Heap}, Check: func(*diagnose.Pass) []report.Finding {
		t.Error("a rule was asked without its evidence")
		return nil
	}}
	r := run(t, set(t, "cpu", "main.f 10"), never, says("a", []evidence.Kind{evidence.CPU}), says("c", []evidence.Kind{evidence.Trace}))
	want := []report.Skip{{Rule: "b", Why: "needs mutex and heap, which could not be had"}, {Rule: "c", Why: "needs trace, which could not be had"}}
	if d := cmp.Diff(want, r.Skipped); d != "" {
		t.Error(d)
	}
	// One stands for the other.
	if r = run(t, set(t, "allocs", "main.f 1MiB 1MiB"), says("h", []evidence.Kind{evidence.Heap})); len(r.Skipped) > 0 {
		t.Errorf("allocs were there for heap: %v", r.Skipped)
	}
}

// TestNotes: doubts about the evidence are notes, each once, in a fixed order.
func TestNotes(t *testing.T) {
	doubt := func(title string) report.Finding { return report.Finding{Mechanism: diagnose.Quality, Title: title} }
	s := set(t, "cpu", "main.f 10")
	s.Notes = []string{"m: from the decoder"}
	r := run(t, s, says("a", nil, doubt("z"), doubt("b")), says("b", nil, doubt("b")))
	if d := cmp.Diff([]string{"b", "m: from the decoder", "z"}, r.Notes); d != "" || len(r.Findings) > 0 {
		t.Errorf("findings %v, notes:\n%s", r.Findings, d)
	}
	if len(s.Notes) != 1 {
		t.Errorf("the evidence was changed: %v", s.Notes)
	}
}

// TestMerge: one cause is one finding, and what the weaker one knew is kept.
func TestMerge(t *testing.T) {
	strong := at("main.f", 7, "regexp-compile", "cpu", 0.4, 0.9)
	for _, c := range []struct {
		name  string
		other report.Finding
		want  int
	}{
		{"one mechanism", at("main.f", 99, "regexp-compile", "cpu", 0.1, 0.5), 1},
		{"one line and resource", at("main.f", 7, "string-conversion", "cpu", 0.3, 0.5), 1},
		{"another line", at("main.f", 8, "string-conversion", "cpu", 0.3, 0.5), 2},
		{"another resource", at("main.f", 7, "memory-leak", "heap", 0.3, 0.5), 2},
		{"another function", at("main.g", 7, "regexp-compile", "cpu", 0.3, 0.5), 2},
		{"no place", report.Finding{Mechanism: "regexp-compile", Title: "somewhere", Confidence: 0.5}, 2},
	} {
		for _, order := range [][]report.Finding{{strong, c.other}, {c.other, strong}} {
			r := run(t, set(t), says("a", nil, order[0]), says("b", nil, order[1]))
			if len(r.Findings) != c.want {
				t.Errorf("%s: %d findings, want %d", c.name, len(r.Findings), c.want)
				continue
			}
			if first := r.Findings[0]; first.Mechanism != "regexp-compile" || first.Cost.Share != 0.4 {
				t.Errorf("%s: the weaker one came first: %+v", c.name, first)
			} else if c.want == 1 && (len(first.Related) != 1 || !strings.Contains(first.Related[0], c.other.Title) || len(first.Because) < 1) {
				t.Errorf("%s: related %q, facts %v", c.name, first.Related, first.Because)
			}
		}
	}
}

func TestMergeKeeps(t *testing.T) {
	// A cause that two resources show is surer, and as severe as the worse of both.
	cpu, wait := at("main.f", 7, "lock-contention", "cpu", 0.4, 0.6), at("main.f", 7, "lock-contention", "lock-wait", 0.3, 0.5)
	wait.Severity = report.Critical
	r := run(t, set(t), says("a", nil, cpu), says("b", nil, wait))
	if len(r.Findings) != 1 {
		t.Fatalf("%d findings, want 1", len(r.Findings))
	}
	f := r.Findings[0]
	if f.Confidence <= 0.6 || f.Confidence >= 1 || f.Severity != report.Critical || len(f.Because) != 2 {
		t.Errorf("confidence %g, %s, facts %v", f.Confidence, f.Severity, f.Because)
	}
	// Facts have an end, and one is not said twice.
	many := make([]diagnose.Rule, 0, 12)
	for i := range 12 {
		g := at("main.f", 7, "regexp-compile", "cpu", 0.4, 0.6)
		g.Because = append(g.Because, report.Fact{Text: strings.Repeat("x", i), Unit: "count"})
		many = append(many, says(strings.Repeat("r", i+1), nil, g))
	}
	r = run(t, set(t), many...)
	if len(r.Findings) != 1 || len(r.Findings[0].Because) != 8 || len(r.Findings[0].Related) != 11 {
		t.Errorf("%d findings, the first with %d facts, %d related", len(r.Findings), len(r.Findings[0].Because), len(r.Findings[0].Related))
	}
}

// TestDiscount: what a second fix of one function saves overlaps with the first.
func TestDiscount(t *testing.T) {
	r := run(t, set(t), says("a", nil, at("main.f", 7, "regexp-compile", "cpu", 0.4, 0.9), at("main.f", 9, "string-split", "cpu", 0.3, 0.9), at("main.g", 3, "hashing", "cpu", 0.2, 0.9)))
	if len(r.Findings) != 3 {
		t.Fatalf("%d findings, want 3", len(r.Findings))
	}
	var got []string
	for _, f := range r.Findings {
		got = append(got, f.Place()+" "+report.FormatValue(f.Saving.Share, "ratio"))
	}
	if d := cmp.Diff([]string{"main.f 40 %", "main.g 20 %", "main.f 18 %"}, got); d != "" {
		t.Error(d)
	}
}

// TestBounded: a rule cannot claim more than there is, nor what is no number.
func TestBounded(t *testing.T) {
	wild := at("main.f", 7, "hashing", "cpu", 3, 7)
	wild.Cost.Low, wild.Saving.Low, wild.Saving.High = 5, 9, 2
	r := run(t, set(t), says("a", nil, wild))
	if len(r.Findings) != 1 {
		t.Fatalf("%d findings, want 1", len(r.Findings))
	}
	f := r.Findings[0]
	if f.Confidence > 1 || f.Cost.Share > 1 || f.Cost.Low > f.Cost.High || f.Saving.Share > 1 || f.Saving.Low > f.Saving.High {
		t.Errorf("out of bounds: %+v", f)
	}
	broken := at("main.f", 7, "hashing", "cpu", math.NaN(), 0.5)
	if r = run(t, set(t), says("a", nil, broken)); len(r.Findings) > 0 {
		t.Errorf("a finding without numbers: %+v", r.Findings)
	}
}

// TestOrder: the order of the rules has no say, nor do the defaults of a rule
// replace what a finding says of itself.
func TestOrder(t *testing.T) {
	var list []diagnose.Rule
	for _, id := range []string{"a", "b", "c", "d"} {
		list = append(list, says(id, nil, at("main."+id, 1, "hashing", "cpu", 0.2, 0.5)))
	}
	list = append(list, says("e", nil, report.Finding{Title: "e", Confidence: 0.5}))
	want := run(t, set(t), list...)
	slices.Reverse(list)
	if d := cmp.Diff(want, run(t, set(t), list...)); d != "" {
		t.Errorf("another order gives another report:\n%s", d)
	}
	last := want.Findings[len(want.Findings)-1]
	if last.Rule != "e" || last.Mechanism != "redundant-work" {
		t.Errorf("defaults were not filled in: %+v", last)
	}
}
