package cmd

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/rules"
)

type rulesOptions struct {
	format string
}

func newRulesCommand(env Env) *cobra.Command {
	var opts rulesOptions
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "List what goperf can recognise, and the evidence each rule needs",
		Example: `goperf rules
goperf rules -f json`,
		Args:              noArgs,
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(*cobra.Command, []string) error {
			if err := checkTableFormat(opts.format); err != nil {
				return err
			}
			if opts.format == "json" {
				return writeJSON(env.Stdout, ruleRows(rules.All()))
			}
			return writeRules(env.Stdout, ruleRows(rules.All()))
		},
	}
	addTableFormat(cmd, &opts.format)
	return cmd
}

type ruleRow struct {
	ID        string          `json:"id"`
	Title     string          `json:"title"`
	Mechanism string          `json:"mechanism"`
	Needs     []evidence.Kind `json:"needs"`
	Doc       string          `json:"doc"`
}

func ruleRows(all []diagnose.Rule) []ruleRow {
	rows := make([]ruleRow, len(all))
	for i, r := range all {
		rows[i] = ruleRow{r.ID, r.Title, r.Mechanism, append([]evidence.Kind{}, r.Needs...), r.Doc}
	}
	return rows
}

func writeRules(w io.Writer, rows []ruleRow) error {
	id, needs := len("RULE"), len("NEEDS")
	for _, r := range rows {
		id, needs = max(id, len(r.ID)), max(needs, len(needsText(r.Needs)))
	}
	var b strings.Builder
	line := func(a, n, title string) { fmt.Fprintf(&b, "%-*s  %-*s  %s\n", id, a, needs, n, title) }
	line("RULE", "NEEDS", "WHAT IT SAYS")
	for _, r := range rows {
		line(r.ID, needsText(r.Needs), r.Title)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func needsText(needs []evidence.Kind) string {
	words := make([]string, len(needs))
	for i, k := range needs {
		words[i] = string(k)
	}
	return strings.Join(words, "+")
}
