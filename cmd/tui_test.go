package cmd

import (
	"slices"
	"strings"
	"testing"
)

// A command to see the same has the flags by which the evidence was had, but no secrets.
func TestRepeated(t *testing.T) {
	cmd := newTUICommand(Env{})
	if err := cmd.ParseFlags(strings.Fields("--duration 3s --cacert own.pem --no-probes --basic u:p -H x:y --own --source-path a --source-path b")); err != nil {
		t.Fatal(err)
	}
	flags, secret := repeated(cmd)
	if got, want := strings.Join(flags, " "), "--cacert own.pem --duration 3s --no-probes=true --source-path a --source-path b"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if !slices.Equal(secret, []string{"basic", "header"}) {
		t.Errorf("secrets %q", secret)
	}
	if err := newTUICommand(Env{}).ParseFlags(flags); err != nil {
		t.Error(err)
	}
}

// Who cannot see a screen gets its text: no terminal, one that cannot draw, and
// whoever asks for it.
func TestPlainScreens(t *testing.T) {
	for _, test := range []struct {
		name     string
		terminal bool
		plain    bool
		env      map[string]string
		want     bool
	}{
		{"terminal", true, false, map[string]string{"TERM": "xterm-256color"}, false},
		{"no TERM", true, false, nil, false},
		{"pipe", false, false, map[string]string{"TERM": "xterm-256color"}, true},
		{"asked for", true, true, map[string]string{"TERM": "xterm-256color"}, true},
		{"dumb", true, false, map[string]string{"TERM": "dumb"}, true},
		{"accessible", true, false, map[string]string{"TERM": "xterm", "GOPERF_ACCESSIBLE": "1"}, true},
		{"not accessible", true, false, map[string]string{"TERM": "xterm", "GOPERF_ACCESSIBLE": "0"}, false},
		{"empty", true, false, map[string]string{"TERM": "xterm", "GOPERF_ACCESSIBLE": ""}, false},
	} {
		env := Env{StdoutIsTerminal: test.terminal, LookupEnv: func(name string) (string, bool) {
			v, ok := test.env[name]
			return v, ok
		}}
		if got := (&tuiOptions{plain: test.plain}).isPlain(env); got != test.want {
			t.Errorf("%s: plain %v, want %v", test.name, got, test.want)
		}
	}
}
