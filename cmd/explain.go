package cmd

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/pgo"
	"github.com/goperf/goperf/rules"
)

func newExplainCommand(env Env) *cobra.Command {
	return &cobra.Command{
		Use:   "explain RULE",
		Short: "Say what a rule means, what it rests on, what to do and when it is wrong",
		Long: `Say what a rule means, what it rests on, what to do and when it is wrong.

RULE is the id that stands in a finding, or a mechanism. "goperf rules" lists them.`,
		Example: `goperf explain regexp-compile
goperf rules`,
		Args: oneArg("a rule", "goperf explain regexp-compile"),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return ruleIDs(explained()), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			found, err := findRules(explained(), args[0])
			if err != nil {
				return err
			}
			return writeExplanation(env.Stdout, found, helpWidth(env))
		},
	}
}

// explained are the rules, and what goperf pgo finds without one: it judges a
// file for the compiler, and no evidence of a program.
func explained() []diagnose.Rule {
	all := rules.All()
	for _, d := range pgo.Docs() {
		all = append(all, diagnose.Rule{ID: d.ID, Title: d.Title, Mechanism: diagnose.Quality, Doc: d.Text})
	}
	return all
}

// findRules finds the rule of that id, or else those of that mechanism.
func findRules(all []diagnose.Rule, name string) ([]diagnose.Rule, error) {
	name = strings.ToLower(name)
	var sharing []diagnose.Rule
	for _, r := range all {
		if r.ID == name {
			return []diagnose.Rule{r}, nil
		}
		if r.Mechanism == name {
			sharing = append(sharing, r)
		}
	}
	if len(sharing) > 0 {
		return sharing, nil
	}
	hint := "goperf rules lists them"
	if near := nearest(name, ruleIDs(all)); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return nil, usageError(hint, "explain: %q: unknown rule", name)
}

func ruleIDs(all []diagnose.Rule) []string {
	ids := make([]string, len(all))
	for i, r := range all {
		ids[i] = r.ID
	}
	slices.Sort(ids)
	return ids
}

func writeExplanation(w io.Writer, found []diagnose.Rule, width int) error {
	texts := make([]string, len(found))
	for i, r := range found {
		texts[i] = explanation(r, width)
	}
	_, err := io.WriteString(w, strings.Join(texts, "\n"))
	return err
}

// explanation is what a rule means, wrapped at a width if there is one.
func explanation(r diagnose.Rule, width int) string {
	// A rule's advice has places for names of the program at hand; here there is none.
	anyProgram := strings.NewReplacer(" ({line})", "", " at {line}", "", "{line}", "that line",
		"{func}", "the function", "{callee}", "the callee", "{site}", "the caller")
	text := anyProgram.Replace(strings.TrimSpace(r.Doc))
	if width > 0 {
		text = wrap(text, width)
	}
	needs := needsText(r.Needs)
	if needs == "" {
		needs = "whatever there is"
	}
	return fmt.Sprintf("%s: %s\n\n%s\n\nmechanism: %s\nneeds:     %s\n", r.ID, r.Title, text, r.Mechanism, needs)
}

// explain is what the rule of an id means, "" when there is none.
func explain(id string) string {
	all := explained()
	if i := slices.IndexFunc(all, func(r diagnose.Rule) bool { return r.ID == id }); i >= 0 {
		return explanation(all[i], 0)
	}
	return ""
}
