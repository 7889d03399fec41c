package render

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/goperf/goperf/report"
)

// sureFrom is the confidence from which a finding is a statement; below, it is
// a place worth a look.
const sureFrom = 0.5

// certainty puts a probability in words.
func certainty(p float64) string {
	switch {
	case p >= 0.95:
		return "almost certain"
	case p >= 0.8:
		return "very likely"
	case p >= 0.65:
		return "likely"
	case p >= sureFrom:
		return "more likely than not"
	case p >= 0.3:
		return "possible"
	}
	return "a hint only"
}

// bySureness splits the findings into statements and places worth a look, each in the report's order.
func bySureness(r *report.Report) (sure, unsure []report.Finding) {
	for _, f := range r.Findings {
		if f.Confidence >= sureFrom {
			sure = append(sure, f)
		} else {
			unsure = append(unsure, f)
		}
	}
	return sure, unsure
}

// mark is the severity as one glyph of one column; the word always stands with it.
func mark(s report.Severity) string {
	switch s {
	case report.Critical:
		return "▲"
	case report.Warning:
		return "△"
	case report.Notice:
		return "▪"
	}
	return "·"
}

// headline counts the findings in one sentence.
func headline(r *report.Report) string {
	sure, unsure := bySureness(r)
	switch {
	case r.Verdict != nil:
		return outcomeLine(r.Verdict)
	case r.Unjudged:
		return "Measured, not judged"
	case len(r.Findings) == 0 && len(r.Evidence) == 0:
		return "No evidence: nothing could be judged"
	case len(r.Findings) == 0 && len(r.Gaps)+len(r.Skipped) > 0:
		return "Nothing found worth changing in what could be looked at"
	case len(r.Findings) == 0:
		return "Nothing found worth changing"
	case len(sure) == 0:
		return "Nothing found for certain; " + count(len(unsure), "place") + " worth a look"
	}
	s := count(len(sure), "finding") + severities(sure)
	if len(unsure) > 0 {
		s += "; " + count(len(unsure), "more place") + " worth a look"
	}
	return s
}

// severities is ": 1 critical, 2 warnings", or ", all warnings".
func severities(fs []report.Finding) string {
	var parts []string
	for s := report.Critical; s >= report.Info; s-- {
		n := 0
		for _, f := range fs {
			if f.Severity == s {
				n++
			}
		}
		plural := s.String()
		if n != 1 && (s == report.Warning || s == report.Notice) {
			plural += "s"
		}
		switch {
		case n == 0:
		case n == len(fs) && n > 1:
			return ", all " + plural
		default:
			parts = append(parts, fmt.Sprintf("%d %s", n, plural))
		}
	}
	return ": " + strings.Join(parts, ", ")
}

// count is "1 finding", "2 findings".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return report.FormatValue(float64(n), "count") + " " + noun + "s"
}

// nouns name what is counted or waited for; without a share, nothing else says it.
var nouns = []struct{ resource, noun string }{
	{"cpu", "of CPU"},
	{"heap", "of live heap"},
	{"alloc", "allocated"},
	{"goroutines", "goroutines"},
	{"connections", "connections"},
	{"lock-wait", "of waiting for locks"},
	{"block-wait", "of waiting"},
	{"gc", "in the garbage collector"},
}

func noun(resource string) string {
	for _, n := range nouns {
		if n.resource == resource {
			return n.noun
		}
	}
	return ""
}

// amountText is an absolute amount of a resource: "0.29 cores", "412 goroutines",
// "2.1 s of waiting per second". named asks for the resource's noun in any case.
func amountText(low, high float64, unit, resource string, named bool) string {
	switch {
	case unit == "s/s":
		return report.FormatRange(low, high, "s") + " of waiting per second"
	case unit == "count/s" && (resource == "goroutines" || resource == "connections"):
		return strings.Replace(report.FormatRange(low, high, unit), "/s", " "+resource+"/s", 1)
	case unit == "count" || named:
		return strings.TrimSpace(rangeText(low, high, unit) + " " + noun(resource))
	}
	return rangeText(low, high, unit)
}

// costText is the cost as phrases: "21 % of process CPU", "95 % interval 18–25 %", "0.29 cores".
func costText(c report.Cost) []string {
	var out []string
	if c.Share > 0 {
		s := report.FormatValue(c.Share, "ratio")
		if c.Of != "" {
			s += " of " + report.Clean(c.Of)
		}
		out = append(out, s)
		if c.Low < c.High && (c.Low > 0 || c.High < 1) { // 0 to all says nothing
			out = append(out, "95 % interval "+report.FormatRange(c.Low, c.High, "ratio"))
		}
	}
	if c.Amount != 0 && (c.Unit != "ratio" || c.Share <= 0) {
		out = append(out, amountText(c.Amount, c.Amount, c.Unit, c.Resource, c.Share <= 0))
	}
	return out
}

// savingText is the expected saving as phrases, absolute and as a share of what
// the cost is a share of; empty when it was not estimated. Cost.Amount and
// Cost.Share say how the one becomes the other.
func savingText(f report.Finding) []string {
	s, c := f.Saving, f.Cost
	var out []string
	absolute := func(low, high float64, unit string) {
		out = append(out, amountText(low, high, unit, c.Resource, false))
	}
	share := func(low, high float64) {
		part := report.FormatRange(low, high, "ratio")
		if c.Of != "" {
			part += " of " + report.Clean(c.Of)
		}
		out = append(out, part)
	}
	convertible := c.Share > 0 && c.Amount > 0 && c.Unit != "ratio"
	switch {
	case s.High == 0 && s.Share > 0:
		share(s.Share, s.Share)
		out[0] = "about " + out[0]
	case s.High == 0:
	case s.Unit == "ratio":
		if convertible {
			absolute(s.Low/c.Share*c.Amount, s.High/c.Share*c.Amount, c.Unit)
		}
		share(s.Low, s.High)
	default:
		absolute(s.Low, s.High, s.Unit)
		if convertible && s.Unit == c.Unit {
			share(min(s.Low/c.Amount*c.Share, 1), min(s.High/c.Amount*c.Share, 1))
		}
	}
	return out
}

// group is names that share a text.
type group struct {
	names      []string
	text, hint string
}

// groups joins names by their text and hint, in order of first appearance.
type groups struct {
	list []group
	at   map[[2]string]int
	seen map[[3]string]bool
}

func (g *groups) add(name, text, hint string) {
	name, text, hint = report.Clean(name), report.Clean(text), report.Clean(hint)
	key := [2]string{text, hint}
	i, ok := g.at[key]
	if !ok {
		if g.at == nil {
			g.at, g.seen = map[[2]string]int{}, map[[3]string]bool{}
		}
		i = len(g.list)
		g.at[key] = i
		g.list = append(g.list, group{text: text, hint: hint})
	}
	if one := [3]string{name, text, hint}; !g.seen[one] {
		g.seen[one] = true
		g.list[i].names = append(g.list[i].names, name)
	}
}

// gapGroups joins gaps with the same reason.
func gapGroups(gaps []report.Gap) []group {
	var g groups
	for _, gap := range gaps {
		g.add(gap.Want, gap.Why, gap.Hint)
	}
	return g.list
}

// skipGroups joins skipped rules with the same reason, largest group first.
func skipGroups(skips []report.Skip) []group {
	var g groups
	for _, s := range skips {
		g.add(s.Rule, s.Why, "")
	}
	slices.SortStableFunc(g.list, func(a, b group) int { return cmp.Compare(len(b.names), len(a.names)) })
	return g.list
}

// askedText sums up what was asked of the target.
func askedText(asked []report.Request) []string {
	var seconds float64
	var size int64
	for _, a := range asked {
		seconds += a.Seconds
		size += a.Bytes
	}
	return []string{count(len(asked), "request"), report.FormatValue(seconds, "s") + " of waiting for answers", report.FormatValue(float64(size), "B")}
}

// askedTable lists the requests one by one.
func askedTable(asked []report.Request) report.Table {
	t := report.Table{Columns: []report.Column{{Name: "took", Unit: "s"}, {Name: "size", Unit: "B"}, {Name: "request"}, {Name: "effect on the target"}}}
	for _, a := range asked {
		t.Rows = append(t.Rows, []report.Cell{{Value: a.Seconds}, {Value: float64(a.Bytes)}, {Text: a.What}, {Text: a.Effect}})
	}
	return t
}

// untoldText counts what could not be judged.
func untoldText(r *report.Report) string {
	var parts []string
	if n := len(r.Gaps); n > 0 {
		parts = append(parts, count(n, "gap")+" in the evidence")
	}
	if n := len(r.Skipped); n > 0 {
		parts = append(parts, count(n, "rule")+" skipped")
	}
	return strings.Join(parts, ", ")
}

// seenText is one kind of evidence: "cpu: 6 profiles over 30 s, 4,080 samples".
func seenText(s report.Seen) string {
	var parts []string
	if s.Count > 1 {
		parts = append(parts, fmt.Sprintf("%d×", s.Count))
	}
	if s.Seconds > 0 {
		parts = append(parts, report.FormatValue(s.Seconds, "s"))
	}
	if s.Samples > 0 {
		parts = append(parts, count(int(s.Samples), "sample"))
	}
	kind := report.Clean(s.Kind)
	if len(parts) == 0 {
		return kind
	}
	return kind + " (" + strings.Join(parts, ", ") + ")"
}

// about is what is known of the target, most telling first.
func about(r *report.Report) []string {
	t := r.Target
	var out []string
	add := func(s string) {
		if s != "" {
			out = append(out, report.Clean(s))
		}
	}
	name := t.Module
	if f := strings.Fields(t.Command); name == "" && len(f) > 0 {
		name = path.Base(f[0])
	}
	add(name)
	add(t.GoVersion)
	if t.GOMAXPROCS > 0 {
		add(fmt.Sprintf("GOMAXPROCS %d", t.GOMAXPROCS))
	}
	if !r.From.IsZero() {
		when := r.From.UTC().Format("2006-01-02 15:04:05 UTC")
		if d := r.To.Sub(r.From).Seconds(); d > 0 {
			when = report.FormatValue(d, "s") + " from " + when
		}
		add(when)
	}
	return out
}
