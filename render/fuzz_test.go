package render_test

import (
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"

	"github.com/goperf/goperf/render"
	"github.com/goperf/goperf/report"
)

// named is a report in which every text that a target or a rule may choose is s.
func named(s string) *report.Report {
	f := report.Finding{
		Rule: s, Mechanism: "quadratic", Severity: report.Warning, Confidence: 0.7, Title: s,
		Where:  []report.Frame{{Function: s, File: s, Line: 7}, {Function: s}},
		Cost:   report.Cost{Resource: s, Share: 0.5, Low: 0.4, High: 0.6, Of: s, Amount: 2, Unit: s},
		Saving: report.Range{Low: 1, High: 2, Unit: s, Share: 0.4, Basis: s},
		Because: []report.Fact{
			{Text: s, Value: 1.5, Unit: s, Source: s, Doubt: s}, {Text: s, Value: 3, Unit: "B"},
		},
		Advice: []string{s, s}, Related: []string{s},
	}
	table := &report.Table{
		Columns: []report.Column{{Name: s}, {Name: s, Unit: "B"}, {Name: s, Unit: s}, {Name: s}},
		Rows:    [][]report.Cell{{{Text: s}, {Value: 12345678}, {Text: s}, {Text: s}}},
	}
	return &report.Report{
		Schema: report.Schema, Tool: s, Notes: []string{s}, Findings: []report.Finding{f, f, f},
		Target:   report.Target{Name: s, Kind: s, Command: s, Module: s, GoVersion: s},
		Vitals:   []report.Fact{{Text: s, Value: 1, Unit: s}},
		Evidence: []report.Seen{{Kind: s, Count: 2, Samples: 3}},
		Exhibits: []report.Exhibit{
			{ID: "memory", Title: s, Table: table},
			{ID: "flame", Title: s, Flame: &report.Flame{Name: s, Total: 2, Unit: s, Children: []report.Flame{{Name: s, Total: 1, Self: 1}}}},
			{ID: "series", Title: s, Series: &report.Series{Unit: s, Times: []float64{1}, Lines: []report.Line{{Name: s, Values: []float64{1}}}}},
			{ID: "histogram", Title: s, Histogram: &report.Histogram{Unit: s, Bounds: []float64{1, 2}, Counts: []float64{3}}},
		},
		Skipped: []report.Skip{{Rule: s, Why: s}},
		Gaps:    []report.Gap{{Want: s, Why: s, Hint: s}},
		Asked:   []report.Request{{What: s, Effect: s}},
	}
}

// Whatever a name holds, the text keeps to its width and to printable characters.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", "acme.dev/shop/cart.(*Server).ServeHTTP", "\x1b[31m", "日本語のとても長い関数名", "a b  c ", strings.Repeat("x", 700), "e\u0301\u0301\u0301", "👩\u200d🚀👩\u200d🚀", "no\u00a0break", "·", "· · ·", "[a[b]", "\u0600\u0600"} {
		f.Add(s, uint16(40))
		f.Add(s, uint16(97))
	}
	f.Fuzz(func(t *testing.T, s string, width uint16) {
		o := render.Options{Width: 40 + int(width%261), All: width%2 == 0}
		out := write(t, "text", named(s), o)
		if !strings.HasSuffix(out, "\n") {
			t.Error("no line end at the end")
		}
		for line := range strings.SplitSeq(out, "\n") {
			if n := displaywidth.String(line); n > o.Width {
				t.Errorf("%d columns at width %d: %q", n, o.Width, line)
			}
			if report.Clean(line) != line {
				t.Errorf("not harmless: %q", line)
			}
		}
		o.Color = true
		if got := uncolour(write(t, "text", named(s), o)); got != out {
			t.Errorf("colour changes the text: %q, %q", got, out)
		}
	})
}
