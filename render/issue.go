package render

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/goperf/goperf/report"
)

// issue is what the formats for other programs have in common: one thing that
// somebody may have to act on.
type issue struct {
	rule   string // the kind: one rule of SARIF, one check of GitLab
	about  string // the rule in a few words
	level  level
	open   bool     // it could not be judged
	name   string   // what was judged
	title  string   // what is said of it
	detail []string // lines that say more
	where  []report.Frame
	id     string // the same for the same issue of another run
	waived string // why it does not count
}

// level is how bad an issue is to a program that shows it.
type level int

const (
	levelNote level = iota
	levelWarning
	levelFailure
)

// issues are the budgets of a verdict that do not simply hold, then the findings.
// A hint, a finding that is more likely wrong than right, is never more than a note.
func issues(r *report.Report) []issue {
	var out []issue
	if v := r.Verdict; v != nil {
		for _, b := range v.Budgets {
			if b.Status != report.BudgetPass {
				out = append(out, budgetIssue(v, b))
			}
		}
	}
	for _, f := range r.Findings {
		out = append(out, findingIssue(f))
	}
	return distinct(out)
}

func budgetIssue(v *report.Verdict, b report.Budget) issue {
	i := issue{
		rule:   "gate/" + report.Clean(b.Metric),
		about:  "budget of " + report.Clean(b.Metric),
		name:   subject(b),
		title:  report.Clean(b.Why),
		detail: []string{"Change: " + strings.Join(intervalText(b.Change), ", ")},
		where:  b.Where,
		id:     "gate\x00" + b.ID,
	}
	switch b.Status {
	case report.BudgetFail:
		i.level = levelFailure
	case report.BudgetWarn:
		i.level = levelWarning
	case report.BudgetInconclusive:
		i.open = true
		i.level = map[string]level{"pass": levelNote, "": levelWarning, "fail": levelFailure}[v.OnInconclusive]
	case report.BudgetWaived:
		i.waived = "waived"
		if w := b.Waiver; w != nil {
			i.waived = "waiver " + w.ID + " of " + w.Owner + " until " + w.Expires + ": " + w.Reason
		}
	}
	for _, more := range []struct{ head, text string }{{"To settle it", b.Settle}, {"Doubt", b.Doubt}, {"Limit from", b.Rule}} {
		if more.text != "" {
			i.detail = append(i.detail, more.head+": "+report.Clean(more.text))
		}
	}
	for _, c := range v.Reproduce {
		i.detail = append(i.detail, "Reproduce: "+report.Clean(c))
	}
	return i
}

func findingIssue(f report.Finding) issue {
	i := issue{
		rule:  report.Clean(f.Rule),
		about: strings.ReplaceAll(report.Clean(f.Rule), "-", " "),
		name:  report.Clean(f.Title),
		title: report.Clean(f.Title),
		where: f.Where,
		id:    f.Rule + "\x00" + f.Place(),
	}
	switch {
	case f.Confidence < sureFrom:
	case f.Severity == report.Critical:
		i.level = levelFailure
	case f.Severity == report.Warning:
		i.level = levelWarning
	}
	i.detail = append(i.detail, capital(certainty(f.Confidence))+" ("+report.FormatValue(f.Confidence, "ratio")+")")
	if c := costText(f.Cost); len(c) > 0 {
		i.detail = append(i.detail, "Cost: "+strings.Join(c, ", "))
	}
	if s := savingText(f); len(s) > 0 {
		i.detail = append(i.detail, "Saving: "+strings.Join(s, ", "))
	}
	for _, b := range f.Because {
		i.detail = append(i.detail, "Because: "+strings.TrimSpace(value(b)+" "+report.Clean(b.Text)))
	}
	for _, a := range f.Advice {
		i.detail = append(i.detail, "Advice: "+report.Clean(a))
	}
	return i
}

// capital writes the first letter large.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// distinct numbers issues that say the same of the same place: readers keep one
// of those that have the same fingerprint.
func distinct(list []issue) []issue {
	seen := map[string]int{}
	for k := range list {
		i := &list[k]
		seen[i.id]++
		if n := seen[i.id]; n > 1 {
			i.id += "\x00" + strconv.Itoa(n)
		}
	}
	return list
}

// fingerprint is the same for the same issue in every run, whatever it costs
// and on whichever line it is by now.
func (i issue) fingerprint() string {
	sum := sha256.Sum256([]byte(i.id))
	return hex.EncodeToString(sum[:])
}

// text is title and detail, the place of the culprit included.
func (i issue) text(o Options) []string {
	lines := []string{o.clean(i.title)}
	if len(i.where) > 0 {
		lines = append(lines, "Where: "+o.clean(trail(i.where)))
	}
	for _, d := range i.detail {
		lines = append(lines, o.clean(d))
	}
	return lines
}

// trail is the culprit and the way to it: "price.Quote, via cart.Total".
func trail(where []report.Frame) string {
	var names []string
	for _, f := range where {
		names = append(names, shortName(report.Clean(f.Function)))
	}
	s := names[0]
	if p := position(where[0]); p != "" {
		s += " (" + p + ")"
	}
	if len(names) > 1 {
		s += ", via " + strings.Join(names[1:], " → ")
	}
	return s
}

// help says where to read on about a kind of issue.
func (i issue) help() string {
	if strings.HasPrefix(i.rule, "gate/") {
		return "goperf gate explain tells noise from signal"
	}
	return "goperf explain " + i.rule
}
