// Package diagnose runs rules over evidence and makes a report of what they find.
//
// A [Rule] is a value: its documentation, what it needs and a pure check. [Run]
// skips, with a reason, each rule whose evidence is missing, merges findings
// that share a cause, and ranks the rest by expected saving times confidence.
// The result does not depend on the order of the rules.
package diagnose

import (
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/report"
)

// Rule is one thing that goperf knows how to recognise.
type Rule struct {
	ID        string          // stable, kebab case: "regexp-compile"
	Title     string          // what it says, in a few words
	Mechanism string          // the slug its findings carry by default
	Doc       string          // markdown: what it means, evidence, remedy, when it is wrong
	Needs     []evidence.Kind // all of them; see Pass for optional evidence
	Check     func(*Pass) []report.Finding
}
