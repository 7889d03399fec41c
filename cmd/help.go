package cmd

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const (
	minHelpWidth = 60
	maxHelpWidth = 110
)

// writeHelp prints what a command is for, then how it is used, and only then
// what can be changed about it.
func writeHelp(env Env, cmd *cobra.Command) {
	var w strings.Builder
	what := cmd.Long
	if what == "" {
		what = cmd.Short + "."
	}
	fmt.Fprintf(&w, "%s\n\n", strings.TrimSpace(what))
	if cmd.Example != "" {
		section(&w, "Examples", cmd.Example)
	}
	if cmd.HasParent() {
		section(&w, "Usage", cmd.UseLine())
		if cmd.HasAvailableSubCommands() {
			writeCommands(&w, cmd)
		}
	} else {
		section(&w, "Usage", "goperf COMMAND [flags]")
		writeCommands(&w, cmd)
		section(&w, "Targets", targetsHelp)
	}
	if flags := cmd.LocalFlags(); hasOwnFlags(flags) {
		fmt.Fprintf(&w, "Flags:\n%s\n", flags.FlagUsagesWrapped(helpWidth(env)))
	}
	if status, ok := cmd.Annotations[exitStatusKey]; ok {
		section(&w, "Exit status", status)
	} else if !cmd.HasParent() {
		section(&w, "Exit status", exitStatusHelp)
	}
	if !cmd.HasParent() {
		fmt.Fprintln(&w, "goperf COMMAND --help says more about a command.")
	}
	_, _ = io.WriteString(env.Stdout, w.String()) // cobra has no place for the error
}

// exitStatusKey is the annotation of a command whose exit status is worth a
// section of its help.
const exitStatusKey = "exit status"

const exitStatusHelp = `0  fine
1  there are findings at or above --fail-on
2  the command line cannot be done as it stands
3  no evidence: nothing could be read or reached`

// comparedStatus is that of commands that compare and judge nothing.
const comparedStatus = `0  fine, whatever changed
2  the command line cannot be done as it stands
3  no evidence: nothing could be read or reached`

const targetsHelp = `http://HOST:PORT[/PREFIX]  a service with net/http/pprof; HOST:PORT and :PORT for short
unix:///PATH[:/PREFIX]     the same over a unix socket
pid:N                      a process of this machine, by its pprof port or its memory
FILE or DIRECTORY          profiles, traces, goroutine dumps, gctrace logs, .goperf bundles
-                          one of these from standard input
demo[:SICKNESS]            the embedded sick service`

// hasOwnFlags is false when there is nothing but --help, which the reader has found.
func hasOwnFlags(flags *pflag.FlagSet) bool {
	found := false
	flags.VisitAll(func(f *pflag.Flag) { found = found || (f.Name != "help" && !f.Hidden) })
	return found
}

func section(w *strings.Builder, title, body string) {
	fmt.Fprintf(w, "%s:\n", title)
	for line := range strings.Lines(strings.Trim(body, "\n") + "\n") {
		fmt.Fprintf(w, "  %s", line)
	}
	fmt.Fprintln(w)
}

func writeCommands(w *strings.Builder, root *cobra.Command) {
	var b strings.Builder
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			fmt.Fprintf(&b, "%-*s  %s\n", c.NamePadding(), c.Name(), c.Short)
		}
	}
	section(w, "Commands", b.String())
}

func helpWidth(env Env) int {
	columns := env.Columns()
	if columns == 0 {
		return maxHelpWidth
	}
	return min(max(columns, minHelpWidth), maxHelpWidth)
}

// wrap breaks lines at spaces. Lines that begin with one, as code does, stay.
func wrap(text string, width int) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") {
			out.WriteString(line)
			continue
		}
		column := 0
		for word := range strings.FieldsSeq(line) {
			n := utf8.RuneCountInString(word)
			switch {
			case column == 0:
			case column+1+n > width:
				out.WriteByte('\n')
				column = 0
			default:
				out.WriteByte(' ')
				column++
			}
			out.WriteString(word)
			column += n
		}
		if strings.HasSuffix(line, "\n") {
			out.WriteByte('\n')
		}
	}
	return out.String()
}
