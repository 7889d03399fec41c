package pgo

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/goperf/goperf/report"
)

// Input is where the profile came from and what became of it.
type Input struct {
	Name           string // as the user wrote it
	Profiles       int
	Samples        int64     // CPU samples, 0 when unknown
	Seconds        float64   // CPU time of the samples
	Oldest, Newest time.Time // zero when the profiles do not say
	BytesIn        int64
	BytesOut       int64 // 0 when nothing was written
	File           string
	Notes          []string
}

// Doc says what a finding means.
type Doc struct{ ID, Title, Text string }

// Docs are the findings that a report can have.
func Docs() []Doc {
	return []Doc{
		{"pgo-stale", "a profile for the compiler names functions that are gone", "The compiler finds a hot call by the names of caller and callee and by the distance of the call from the caller's first line. Where one of the functions was renamed, moved or deleted, the call is ignored; the others are still optimised. Below 70 % of the hot weight a new profile is worth its minutes, from 90 % on the old one is as good.\n\n**Remedy.** `goperf pgo URL -o default.pgo` from the present build, committed with the code that it belongs to. A profile of a test binary calls package main by its import path, which the compiler does not: profile the program."},
		{"pgo-thin", "most hot calls of a profile for the compiler were sampled too rarely", "The compiler calls the calls hot that make up 99 % of all, so that a short profile makes a call hot that was sampled once. A call with ten samples is there the next time as well, give or take three; one with a single sample often is not.\n\n**Remedy.** Merge the profiles of several instances and hours: `goperf pgo profiles/ -o default.pgo`."},
	}
}

// maxRows is how many hot calls are shown.
const maxRows = 20

// Report says what the compiler will get, and what was left out. Now is the
// time to measure the profile's age at.
func Report(c *Calls, left Left, in Input, b *Binary, perSample int64, now time.Time) *report.Report {
	j := Judge(c, b, perSample)
	r := &report.Report{
		Schema: report.Schema, From: in.Oldest, To: cmp.Or(in.Newest, in.Oldest),
		Target:   report.Target{Name: in.Name, Kind: "pgo"},
		Evidence: []report.Seen{{Kind: "cpu", Count: in.Profiles, Samples: in.Samples, Seconds: in.Seconds}},
		Vitals:   vitals(c, in, j, now),
		Notes:    append(notes(left, in, b, j), in.Notes...),
		Exhibits: []report.Exhibit{coverage(j), hotCalls(c, b)},
	}
	if b != nil {
		r.Target.Command, r.Target.Module, r.Target.GoVersion, r.Target.BuildID = b.Name, b.Module, b.GoVersion, b.BuildID
	} else {
		r.Gaps = append(r.Gaps, report.Gap{
			Want: "binary", Why: "no binary was given, so nothing is known of functions that are gone since",
			Hint: "--binary FILE names the program that will be built with the profile, in its present build",
		})
	}
	if b != nil && b.Has == nil {
		r.Gaps = append(r.Gaps, report.Gap{Want: "functions of " + b.Name, Why: b.Why})
	}
	for _, f := range []*report.Finding{stale(c, j, b), thin(c, j)} {
		if f != nil {
			r.Findings = append(r.Findings, *f)
		}
	}
	r.Sort()
	return r
}

func vitals(c *Calls, in Input, j Judgement, now time.Time) []report.Fact {
	facts := []report.Fact{
		{Text: "hot calls", Value: float64(c.Hot), Unit: "count"},
		{Text: "usable by the compiler", Value: j.Covered, Unit: "ratio"},
		{Text: "sampled ten times or more", Value: j.Steady, Unit: "ratio"},
	}
	if !in.Newest.IsZero() {
		facts = append(facts, report.Fact{Text: "age", Value: max(now.Sub(in.Newest).Seconds(), 0), Unit: "s"})
	}
	if in.BytesOut > 0 {
		if in.BytesIn > 0 { // not of a live service
			facts = append(facts, report.Fact{Text: "read", Value: float64(in.BytesIn), Unit: "B"})
		}
		facts = append(facts, report.Fact{Text: "written", Value: float64(in.BytesOut), Unit: "B"})
	}
	return facts
}

func notes(left Left, in Input, b *Binary, j Judgement) []string {
	notes := []string{fmt.Sprintf("verdict: the profile %s", saying(j.Verdict))}
	if in.BytesOut > 0 {
		notes = append(notes, fmt.Sprintf("%s holds %d of %d stacks: the compiler reads the leaf and its caller only, so what differs in nothing else is one", in.File, left.Kept, left.Stacks))
		if left.Cut > 0 {
			notes = append(notes, fmt.Sprintf("left out for their small weight: %d stacks with %s of the samples, and with them %d calls, none of them hot; --keep 1 keeps all", left.Cut, report.FormatValue(left.CutShare, "ratio"), left.Calls))
		}
		for _, t := range left.Types {
			notes = append(notes, fmt.Sprintf("left out, since the compiler does not read it: %s", t))
		}
	}
	if b != nil && !b.Committed.IsZero() && !in.Newest.IsZero() {
		if d := b.Committed.Sub(in.Newest); d > 0 {
			notes = append(notes, fmt.Sprintf("the sources of %s were committed %s after the newest profile was taken", b.Name, report.FormatValue(d.Seconds(), "s")))
		}
	}
	return notes
}

func saying(v Verdict) string {
	switch v {
	case Matching:
		return "was taken from this very build"
	case Stale:
		return "is stale"
	case Untold:
		return "was not compared with a binary"
	}
	return string(v)
}

// coverage is the hot weight by what the compiler can make of it.
func coverage(j Judgement) report.Exhibit {
	t := &report.Table{Columns: []report.Column{{Name: "hot calls that are"}, {Name: "calls", Unit: "count"}, {Name: "of the hot weight", Unit: "ratio"}}}
	for _, p := range j.Parts {
		t.Rows = append(t.Rows, []report.Cell{{Text: string(p.State)}, {Value: float64(p.Calls)}, {Value: p.Share}})
	}
	return report.Exhibit{ID: "pgo-coverage", Title: "What the compiler can use", Table: t}
}

func hotCalls(c *Calls, b *Binary) report.Exhibit {
	t := &report.Table{Columns: []report.Column{
		{Name: "share", Unit: "ratio"}, {Name: "state"}, {Name: "caller"}, {Name: "line", Unit: "count"}, {Name: "callee"},
	}}
	shown := c.All[:min(c.Hot, maxRows)]
	for _, call := range shown {
		t.Rows = append(t.Rows, []report.Cell{
			{Value: float64(call.Weight) / float64(c.Total)},
			{Text: string(call.state(b))},
			{Text: cmp.Or(call.Caller, "?")},
			{Value: float64(call.Offset)},
			{Text: cmp.Or(call.Callee, "?")},
		})
	}
	title := fmt.Sprintf("The %d hottest of %d hot calls, with their share of all; lines are counted from the caller's first", len(shown), c.Hot)
	return report.Exhibit{ID: "pgo-hot-calls", Title: title, Table: t}
}

// stale is the finding that too much of the profile is gone from the binary.
func stale(c *Calls, j Judgement, b *Binary) *report.Finding {
	if j.Verdict != Stale && j.Verdict != Aging {
		return nil
	}
	f := &report.Finding{
		Rule: "pgo-stale", Mechanism: "evidence-quality", Severity: report.Info, Confidence: 0.9,
		Title: "the profile names functions that " + b.Name + " no longer has",
		Cost: report.Cost{
			Resource: "cpu", Share: 1 - j.Present, Low: 1 - j.Present, High: 1 - j.Present, Of: "hot call weight", Amount: 1 - j.Present, Unit: "ratio",
		},
		Advice: []string{
			"Take a new profile of this build under its usual load: goperf pgo URL -o default.pgo.",
			"Keep the old one until then: calls that still exist are optimised, the others are ignored.",
		},
	}
	if i := slices.IndexFunc(j.Parts, func(p Part) bool { return p.State == Renamed }); i >= 0 {
		f.Advice = []string{
			"Profile the program itself: a test binary calls the functions of package main " + b.Package + ".F, and the compiler looks for main.F.",
			"Or move the hot code into a package of its own, whose name is the same in both.",
		}
	}
	if j.Verdict == Stale {
		f.Severity = report.Warning
	}
	for _, call := range c.All[:c.Hot] {
		if s := call.state(b); s != Gone && s != Renamed || len(f.Because) == 3 {
			continue
		}
		name := call.Callee
		if b.Has(name) {
			name = call.Caller
		}
		f.Where = append(f.Where, report.Frame{Function: name})
		f.Because = append(f.Because, report.Fact{
			Text: fmt.Sprintf("of the calls is %s calling %s", call.Caller, call.Callee), Value: float64(call.Weight) / float64(c.Total), Unit: "ratio", Source: "cpu",
		})
	}
	return f
}

// thinShare is how much of the hot weight must have been sampled often.
const thinShare = 0.5

// thin is the finding that most of what is hot is hot by chance.
func thin(c *Calls, j Judgement) *report.Finding {
	if j.Verdict == Empty || j.Steady >= thinShare {
		return nil
	}
	return &report.Finding{
		Rule: "pgo-thin", Mechanism: "evidence-quality", Severity: report.Info, Confidence: 0.9,
		Title: "most of the hot calls were sampled too rarely to be trusted",
		Where: []report.Frame{{Function: c.All[0].Caller}},
		Cost: report.Cost{
			Resource: "cpu", Share: 1 - j.Steady, Low: 1 - j.Steady, High: 1 - j.Steady, Of: "hot call weight", Amount: 1 - j.Steady, Unit: "ratio",
		},
		Because: []report.Fact{{Text: fmt.Sprintf("of the hot weight is in calls with fewer than %d samples", steadyCount), Value: 1 - j.Steady, Unit: "ratio", Source: "cpu"}},
		Advice:  []string{"Merge more profiles, from several instances and hours of the day: goperf pgo profiles/ -o default.pgo."},
	}
}
