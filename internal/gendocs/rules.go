package main

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/report"
)

const preamble = `# Rules

<!-- Written by "go run ./internal/gendocs" from rules.All; change the rule, not this page. -->

What goperf can recognise: %d rules for %d of the %d mechanisms that a report may name. A rule says nothing when the evidence
below "needs" is missing; the report then lists it under "skipped" with the reason. ` + "`goperf explain RULE`" + ` prints one of these.

| rule | what it says | mechanism | needs |
|---|---|---|---|
`

// anyProgram takes out what only a finding can fill in: names of the program at hand.
var anyProgram = strings.NewReplacer(" ({line})", "", " at {line}", "", "{line}", "that line",
	"{func}", "the function", "{callee}", "the callee", "{site}", "the caller")

// catalogue is the page on all rules: a table of them, then each with its documentation.
func catalogue(all []diagnose.Rule) []byte {
	all = slices.SortedFunc(slices.Values(all), func(a, b diagnose.Rule) int { return cmp.Compare(a.ID, b.ID) })
	var b bytes.Buffer
	fmt.Fprintf(&b, preamble, len(all), mechanisms(all), len(report.Mechanisms))
	for _, r := range all {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s |\n", r.ID, r.ID, cell(r.Title), r.Mechanism, needs(r.Needs))
	}
	for _, r := range all {
		fmt.Fprintf(&b, "\n## %s\n\n*%s*\n\n%s\n", r.ID, r.Title, anyProgram.Replace(strings.TrimSpace(r.Doc)))
	}
	return b.Bytes()
}

func mechanisms(all []diagnose.Rule) int {
	seen := map[string]bool{}
	for _, r := range all {
		if slices.Contains(report.Mechanisms, r.Mechanism) {
			seen[r.Mechanism] = true
		}
	}
	return len(seen)
}

func needs(kinds []evidence.Kind) string {
	if len(kinds) == 0 {
		return "whatever there is"
	}
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = string(k)
	}
	return strings.Join(words, ", ")
}

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
