package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// auditRules judge what the audit probe saw by the policy that it was given.
var auditRules = []diagnose.Rule{{
	ID: "policy-violation", Title: "does what its policy does not allow", Mechanism: "policy-violation", Needs: []evidence.Kind{evidence.Kernel},
	Doc: "The process, or one that it started, executed, opened or connected to something that the policy of `goperf probe audit --policy` forbids or does not list. goperf detects it and does not hold it up.\n\n" +
		"Evidence: each attempt as the kernel saw it, with its result, the function and goroutine that made it, and the rule. What a rule forbids is critical when it succeeded and a warning when it failed; what is on no list is a warning, and a notice when it failed.\n\n" +
		"**Remedy.** Take the call out, or allow it: with a rule that says no more than it must. `--events FILE` has every attempt with its stack.\n\n**When it is wrong.** Attempts that libraries make to see whether a file is there, and that are missing from an allow list.",
	Check: checkAudit,
}}

// violation is what breaks a policy in one way.
type violation struct {
	verdict, kind string // denied, open
	by            string // a rule, or who does what is on no list
}

// attempts are rows of the audit's table of one violation.
type attempts struct {
	n, failed float64
	rows      []probeRow
}

func checkAudit(p *diagnose.Pass) []report.Finding {
	by, told := violations(p)
	keys := slices.SortedFunc(maps.Keys(by), func(a, b violation) int {
		return cmp.Or(cmp.Compare(a.verdict, b.verdict), cmp.Compare(a.kind, b.kind), cmp.Compare(a.by, b.by))
	})
	var all []report.Finding
	for _, v := range keys {
		all = append(all, v.finding(by[v], told))
	}
	return all
}

// violations are the rows of the table by what they have in common, and how many
// attempts they are together.
func violations(p *diagnose.Pass) (by map[violation]*attempts, told float64) {
	by = map[violation]*attempts{}
	for _, r := range probeRows(p, "audit", "What the policy does not allow") {
		n := r.number("times")
		kind, _, _ := strings.Cut(r.text("what"), " ")
		v := violation{r.text("verdict"), kind, r.text("rule")}
		if v.verdict == "not allowed" {
			v.by = doer(r)
		} else if v.verdict != "denied" {
			continue
		}
		a := by[v]
		if a == nil {
			a = &attempts{}
			by[v] = a
		}
		told += n
		a.n += n
		if failed(r.text("result")) {
			a.failed += n
		}
		a.rows = append(a.rows, r)
	}
	return by, told
}

// subjects is how many files, programs or addresses the attempts are about.
func (a *attempts) subjects() int {
	seen := map[string]bool{}
	for _, r := range a.rows {
		seen[r.text("what")] = true
	}
	return len(seen)
}

// doer is the function or the process that made an attempt.
func doer(r probeRow) string {
	who, _, _ := strings.Cut(r.text("by"), ", goroutine ")
	return who
}

// failed says that an attempt came to nothing. A connection that is being made is
// one that Go waits for.
func failed(result string) bool { return strings.HasPrefix(result, "E") && result != "EINPROGRESS" }

// done and tried are what was done by an attempt of each kind.
var (
	done  = map[string]string{"exec": "executes", "open": "opens", "connect": "connects to"}
	tried = map[string]string{"exec": "tries to execute", "open": "tries to open", "connect": "tries to connect to"}
)

func (v violation) finding(a *attempts, told float64) report.Finding {
	slices.SortStableFunc(a.rows, func(x, y probeRow) int { return cmp.Compare(y.number("times"), x.number("times")) })
	first, share := a.rows[0], ratio(a.n, told)
	f := report.Finding{
		Severity: report.Warning, Confidence: 0.95,
		Cost:   report.Cost{Resource: "policy", Share: share, Low: share, High: share, Of: "what the policy does not allow", Amount: a.n, Unit: "count"},
		Saving: report.Range{Low: a.n, High: a.n, Unit: "count", Share: 0.5, Basis: "none of it is allowed"},
		Advice: []string{
			fmt.Sprintf("Take it out of %s, or allow it by a line under %s: allow: that says no more than this needs.", doer(first), v.kind),
			"goperf probe audit --events FILE keeps each attempt with its stack, goroutine and arguments.",
		},
	}
	verb, why := done[v.kind], "which no rule allows"
	if v.verdict == "denied" {
		why = "which the policy forbids"
		f.Severity, f.Saving.Share, f.Confidence = report.Critical, 1, 0.99
		f.Advice[0] = fmt.Sprintf("Take it out of %s; the rule is %s.", doer(first), v.by)
	}
	if a.failed == a.n {
		verb = tried[v.kind]
		f.Severity--
		f.Saving.Share /= 2
	}
	what := strings.TrimPrefix(first.text("what"), v.kind+" ")
	if more := a.subjects() - 1; more > 0 {
		what += fmt.Sprintf(" and %d more", more)
	}
	who := doer(first)
	if !strings.HasPrefix(who, "process ") {
		f.Where = []report.Frame{{Function: who}}
	}
	f.Title = fmt.Sprintf("%s %s %s, %s", symbol.Short(who), verb, what, why)
	for _, r := range a.rows[:min(len(a.rows), 6)] {
		f.Because = append(f.Because, report.Fact{Text: fmt.Sprintf("%s: %s, by %s", r.text("what"), r.text("result"), r.text("by")), Value: r.number("times"), Unit: "count", Source: string(evidence.Kernel)})
	}
	return f
}
