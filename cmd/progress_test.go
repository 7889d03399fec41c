package cmd

import (
	"strings"
	"testing"
	"time"
)

func TestProgressIsThrottledAndErased(t *testing.T) {
	var out strings.Builder
	now := time.Unix(0, 0)
	env := Env{
		Stderr: &out, StderrIsTerminal: true,
		Columns:   func() int { return 10 },
		Now:       func() time.Time { return now },
		LookupEnv: func(string) (string, bool) { return "", false },
	}
	p := newProgressLine(env, false)
	p.show("one")
	p.show("too soon")
	now = now.Add(progressEvery)
	p.show("one")
	p.show("wider than the terminal")
	now = now.Add(progressEvery)
	p.show("bad\x1b[2J")
	p.erase()
	p.erase()
	const clear = "\r\x1b[K"
	if got, want := out.String(), clear+"one"+clear+"wider tha"+clear+`bad\x1b[2`+clear; got != want {
		t.Errorf("drew %q, want %q", got, want)
	}
}

func TestProgressOnlyOnATerminal(t *testing.T) {
	for name, change := range map[string]func(*Env) bool{
		"not a terminal": func(e *Env) bool { e.StderrIsTerminal = false; return false },
		"quiet":          func(*Env) bool { return true },
		"dumb": func(e *Env) bool {
			e.LookupEnv = func(string) (string, bool) { return "dumb", true }
			return false
		},
	} {
		var out strings.Builder
		env := Env{
			Stderr: &out, StderrIsTerminal: true,
			Columns: func() int { return 80 }, Now: time.Now,
			LookupEnv: func(string) (string, bool) { return "", false },
		}
		quiet := change(&env)
		p := newProgressLine(env, quiet)
		p.show("working")
		p.erase()
		if out.Len() > 0 {
			t.Errorf("%s: drew %q", name, out.String())
		}
	}
}
