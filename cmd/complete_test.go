package cmd

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// testEnv is a process without a terminal, whose output goes to the writers.
func testEnv(stdout, stderr io.Writer) Env {
	return Env{
		Stdin:         strings.NewReader(""),
		Stdout:        stdout,
		Stderr:        stderr,
		Columns:       func() int { return 0 },
		LookupEnv:     func(string) (string, bool) { return "", false },
		Now:           time.Now,
		Interruptible: context.WithCancel,
		Ending: func(ctx context.Context) (context.Context, context.Context, func() int, context.CancelFunc) {
			return ctx, ctx, func() int { return 0 }, func() {}
		},
		SetGCPercent:   func(int) int { return 100 },
		SetMemoryLimit: func(int64) int64 { return 0 },
		Executable:     os.Executable,
		BuildInfo:      debug.ReadBuildInfo,
	}
}

// Every command says what it is for, shows how it is used and has a script
// that runs it.
func TestCommandsAreComplete(t *testing.T) {
	root := newRootCommand(testEnv(io.Discard, io.Discard), commands())
	for _, c := range append(root.Commands(), root) {
		if c.Short == "" || strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: Short is %q: want a phrase without a period", c.Name(), c.Short)
		}
		if c.Example == "" {
			t.Errorf("%s: has no Example", c.Name())
		}
		script := filepath.Join("..", "testdata", "script", c.Name()+".txtar")
		if c == root {
			continue
		}
		if b, err := os.ReadFile(script); err != nil {
			t.Errorf("%s: has no script: %v", c.Name(), err)
		} else if !strings.HasPrefix(string(b), "# ") {
			t.Errorf("%s: does not begin with a sentence of intent", script)
		}
	}
}

// Every example is a command line that goperf accepts.
func TestExamplesParse(t *testing.T) {
	for _, args := range examples(t) {
		root := newRootCommand(testEnv(io.Discard, io.Discard), commands())
		c, rest, err := root.Find(args)
		if err != nil || c == root {
			t.Errorf("goperf %s: not a command: %v", strings.Join(args, " "), err)
			continue
		}
		if err := c.ParseFlags(rest); err != nil {
			t.Errorf("goperf %s: %v", strings.Join(args, " "), err)
			continue
		}
		if err := c.ValidateArgs(c.Flags().Args()); err != nil {
			t.Errorf("goperf %s: %v", strings.Join(args, " "), err)
		}
	}
}

// Examples that need neither a file nor a service work as they are written.
func TestExamplesRun(t *testing.T) {
	ran := 0
	for _, args := range examples(t) {
		if !slices.Contains([]string{"explain", "rules", "version", "doctor", "completion", "help"}, args[0]) && !slices.Contains(args, "--list") {
			continue
		}
		ran++
		var stdout, stderr strings.Builder
		if status := Main(t.Context(), testEnv(&stdout, &stderr), args); status != 0 || stdout.Len() == 0 || stderr.Len() > 0 {
			t.Errorf("goperf %s: status %d, stdout %d bytes, stderr %q", strings.Join(args, " "), status, stdout.Len(), stderr.String())
		}
	}
	if ran < 8 {
		t.Errorf("ran %d examples, want at least 8", ran)
	}
}

// examples are the arguments of every goperf in the Example of every command.
func examples(t *testing.T) [][]string {
	t.Helper()
	root := newRootCommand(testEnv(io.Discard, io.Discard), commands())
	var all [][]string
	for _, c := range append([]*cobra.Command{root}, root.Commands()...) {
		for line := range strings.Lines(c.Example) {
			words := shellWords(line)
			i := slices.Index(words, "goperf")
			if i < 0 {
				t.Errorf("%s: example %q runs no goperf", c.Name(), strings.TrimSpace(line))
				continue
			}
			all = append(all, words[i+1:])
		}
	}
	return all
}

// shellWords splits the little of a shell's language that examples use: words,
// double quotes; a comment, a pipe or a redirection after goperf ends the line.
func shellWords(line string) []string {
	line = strings.ReplaceAll(line, "<(goperf", "goperf")
	var words []string
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			words = append(words, part)
			continue
		}
		for w := range strings.FieldsSeq(part) {
			if strings.HasPrefix(w, "#") || w == ">" || (w == "|" && slices.Contains(words, "goperf")) {
				return words
			}
			words = append(words, strings.TrimSuffix(w, ")"))
		}
	}
	return words
}

// Each command is found by the name that its line in the list says.
func TestCommandNames(t *testing.T) {
	for _, c := range commands() {
		if got := c.make(testEnv(io.Discard, io.Discard)).Name(); got != c.name {
			t.Errorf("%s is listed as %s", got, c.name)
		}
	}
}
