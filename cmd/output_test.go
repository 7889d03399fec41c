package cmd

import (
	"errors"
	"io"
	"testing"

	"github.com/goperf/goperf/report"
)

func TestColorIsForThoseWhoCanSeeIt(t *testing.T) {
	for _, test := range []struct {
		name     string
		flag     string
		file     string
		terminal bool
		vars     map[string]string
		want     bool
	}{
		{"terminal", "auto", "", true, nil, true},
		{"pipe", "auto", "", false, nil, false},
		{"file", "auto", "report.txt", true, nil, false},
		{"standard output by name", "auto", "-", true, nil, true},
		{"NO_COLOR", "auto", "", true, map[string]string{"NO_COLOR": "1"}, false},
		{"any NO_COLOR", "auto", "", true, map[string]string{"NO_COLOR": "false"}, false},
		{"empty NO_COLOR", "auto", "", true, map[string]string{"NO_COLOR": ""}, true},
		{"dumb terminal", "auto", "", true, map[string]string{"TERM": "dumb"}, false},
		{"asked for in a pipe", "always", "", false, map[string]string{"NO_COLOR": "1"}, true},
		{"refused", "never", "", true, nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			env := testEnv(io.Discard, io.Discard)
			env.StdoutIsTerminal = test.terminal
			env.LookupEnv = func(name string) (string, bool) { v, ok := test.vars[name]; return v, ok }
			o := outputOptions{format: "text", color: test.flag, file: test.file}
			out, err := o.check(env)
			if err != nil {
				t.Fatal(err)
			}
			if out.options.Color != test.want {
				t.Errorf("colour is %v, want %v", out.options.Color, test.want)
			}
		})
	}
}

func TestWidthIsTheTerminals(t *testing.T) {
	for _, test := range []struct {
		flag, columns int
		terminal      bool
		want          int
	}{
		{0, 120, true, 120},
		{0, 120, false, defaultWidth},
		{0, 0, true, defaultWidth},
		{0, 5, true, minWidth},
		{100, 120, true, 100},
		{100, 0, false, 100},
	} {
		env := testEnv(io.Discard, io.Discard)
		env.StdoutIsTerminal, env.Columns = test.terminal, func() int { return test.columns }
		if got := (&outputOptions{width: test.flag}).columns(env); got != test.want {
			t.Errorf("--width %d on %d columns, terminal %v: %d, want %d", test.flag, test.columns, test.terminal, got, test.want)
		}
	}
}

// The exit status is that of the report in every format, and when nobody reads
// the output.
func TestStatusIsTheReports(t *testing.T) {
	warning := report.Warning
	r := &report.Report{Schema: report.Schema, Findings: []report.Finding{{Rule: "x", Severity: report.Warning, Confidence: 0.9}}}
	for _, name := range formatNames() {
		for _, stdout := range []io.Writer{io.Discard, brokenPipe{}} {
			format, err := findFormat(name)
			if err != nil {
				t.Fatal(err)
			}
			out := output{format: format, failOn: &warning}
			err = out.write(testEnv(stdout, io.Discard), r)
			if s, ok := errors.AsType[*statusError](err); !ok || s.status != 1 || s.err != nil {
				t.Errorf("%s to %T: %v, want status 1 alone", name, stdout, err)
			}
			out.failOn = nil
			if err := out.write(testEnv(stdout, io.Discard), r); err != nil {
				t.Errorf("%s to %T without --fail-on: %v", name, stdout, err)
			}
		}
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
