package diagnose

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/report"
)

// Quality is the mechanism of statements about the evidence itself. They are
// printed as notes: they say nothing is wrong with the program.
const Quality = "evidence-quality"

// Run checks every rule against the evidence. Findings that share a cause are
// one finding; the order of the rules has no influence.
func Run(rules []Rule, set *evidence.Set, limits Limits) *report.Report {
	p := newPass(set, limits)
	r := &report.Report{Schema: report.Schema, Target: target(set), From: set.From, To: set.To, Notes: slices.Clone(set.Notes)}
	rules = slices.SortedFunc(slices.Values(rules), func(a, b Rule) int { return cmp.Compare(a.ID, b.ID) })
	for _, rule := range rules {
		if why := missing(set, rule); why != "" {
			r.Skipped = append(r.Skipped, report.Skip{Rule: rule.ID, Why: why})
			continue
		}
		for _, f := range rule.Check(p) {
			f.Rule = cmp.Or(f.Rule, rule.ID)
			f.Mechanism = cmp.Or(f.Mechanism, rule.Mechanism)
			if f.Mechanism == Quality {
				r.Notes = append(r.Notes, f.Title)
				continue
			}
			if finite(f) {
				r.Findings = append(r.Findings, bounded(f))
			}
		}
	}
	r.Findings = merge(r.Findings)
	discount(r.Findings)
	for i, f := range r.Findings {
		r.Findings[i] = bounded(f) // merging may have raised a confidence
	}
	r.Sort()
	slices.Sort(r.Notes)
	r.Notes = slices.Compact(r.Notes)
	for _, g := range set.Gaps {
		r.Gaps = append(r.Gaps, report.Gap{Want: string(g.Want), Why: g.Why, Hint: g.Hint})
	}
	for _, a := range set.Asked {
		r.Asked = append(r.Asked, report.Request{What: a.What, Seconds: a.Took.Seconds(), Bytes: a.Bytes, Effect: a.Effect})
	}
	return r
}

func target(set *evidence.Set) report.Target {
	return report.Target{
		Name: set.Target.Name, Kind: set.Target.Kind, Command: strings.Join(set.Build.Cmdline, " "),
		Module: set.Build.Main, GoVersion: set.Build.GoVersion, BuildID: set.Build.BuildID, GOMAXPROCS: set.Host.GOMAXPROCS,
	}
}

// missing says which needed evidence is not there, "" when all is.
func missing(set *evidence.Set, rule Rule) string {
	var lack []string
	for _, k := range rule.Needs {
		if !set.Has(k) {
			lack = append(lack, string(k))
		}
	}
	if len(lack) == 0 {
		return ""
	}
	return fmt.Sprintf("needs %s, which could not be had", strings.Join(lack, " and "))
}

// bounded keeps a rule's numbers within what they mean.
func bounded(f report.Finding) report.Finding {
	clamp := func(v float64) float64 { return min(1, max(0, v)) }
	f.Confidence = math.Round(clamp(f.Confidence)*100) / 100 // more digits would claim more than is known
	f.Cost.Share, f.Cost.Low, f.Cost.High = clamp(f.Cost.Share), clamp(f.Cost.Low), clamp(f.Cost.High)
	f.Cost.Low, f.Cost.High = min(f.Cost.Low, f.Cost.Share), max(f.Cost.High, f.Cost.Share)
	f.Saving.Share = clamp(f.Saving.Share)
	f.Saving.Low = max(0, f.Saving.Low)
	f.Saving.High = max(f.Saving.Low, f.Saving.High)
	return f
}

// finite says that every number of the finding is one. A difference of profiles
// or a damaged one can give rates over nothing: such a finding says nothing.
func finite(f report.Finding) bool {
	ns := []float64{f.Confidence, f.Cost.Share, f.Cost.Low, f.Cost.High, f.Cost.Amount, f.Saving.Low, f.Saving.High, f.Saving.Share}
	for _, b := range f.Because {
		ns = append(ns, b.Value)
	}
	return !slices.ContainsFunc(ns, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
}

// merge joins findings with one culprit and one mechanism, and lets the most
// specific explanation of one culprit's cost speak for the others.
func merge(fs []report.Finding) []report.Finding {
	r := report.Report{Findings: fs}
	r.Sort()
	var out []report.Finding
	for _, f := range r.Findings {
		if i := slices.IndexFunc(out, func(o report.Finding) bool { return sameCause(o, f) }); i >= 0 {
			out[i] = absorb(out[i], f)
			continue
		}
		out = append(out, f)
	}
	return out
}

// discount lowers the saving of further findings about a function that a better
// one has named already: what they would save overlaps.
func discount(fs []report.Finding) {
	seen := map[string]bool{}
	for i := range fs {
		key := fs[i].Place() + "\x00" + fs[i].Cost.Resource
		if fs[i].Place() != "" && seen[key] {
			fs[i].Saving.Share *= 0.6
		}
		seen[key] = true
	}
}

// sameCause: one culprit, and either one mechanism or one resource that both
// findings charge (the stronger one has come first).
func sameCause(a, b report.Finding) bool {
	if a.Place() == "" || a.Place() != b.Place() {
		return false
	}
	if a.Mechanism == b.Mechanism {
		return true
	}
	return a.Cost.Resource == b.Cost.Resource && b.Cost.Share <= a.Cost.Share*1.02 && overlaps(a, b)
}

// overlaps says that two findings about one function charge the same lines.
func overlaps(a, b report.Finding) bool {
	return a.Where[0].Line == b.Where[0].Line
}

// absorb keeps what the weaker finding knew as facts and one line of Related.
func absorb(a, b report.Finding) report.Finding {
	if a.Mechanism == b.Mechanism && a.Cost.Resource != b.Cost.Resource {
		// two kinds of evidence for one cause: independent doubt multiplies
		a.Confidence = 1 - (1-a.Confidence)*(1-b.Confidence*0.5)
	}
	for _, f := range b.Because {
		if !slices.ContainsFunc(a.Because, func(x report.Fact) bool { return x.Text == f.Text }) && len(a.Because) < 8 {
			a.Because = append(a.Because, f)
		}
	}
	a.Related = append(a.Related, fmt.Sprintf("%s: %s", b.Rule, b.Title))
	a.Severity = max(a.Severity, b.Severity)
	return a
}
