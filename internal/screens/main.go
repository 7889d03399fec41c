//go:build linux

// Command screens makes pictures of the terminal UI for the documentation: it
// builds goperf, observes the demo with it, runs it on a terminal of its own and
// draws what is there after some keys.
//
//	go run ./internal/screens          # docs/screens/*.png
//	go run ./internal/screens -o DIR shop.goperf
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// A picture is what is drawn after keys.
type shot struct {
	name  string
	light bool
	steps []string // "wait:REGEXP", or keys
}

// pictures are those of the documentation.
func pictures() []shot {
	return []shot{
		{"overview", false, []string{"wait:finding"}},
		{"flame", false, []string{"2", "wait:serve", "j", "j", "j", "j", "wait:total"}},
		{"flame-search", false, []string{"2", "wait:serve", "/", "regexp", "wait:of all"}},
		{"flame-light", true, []string{"2", "wait:serve", "j", "j", "j", "j", "wait:total"}},
		{"top", false, []string{"3", "wait:who spends it"}},
		{"goroutines", false, []string{"4", "wait:stack of"}},
		{"memory", false, []string{"5", "wait:resident"}},
		{"source", false, []string{"9", "wait:line"}},
	}
}

func main() {
	out := flag.String("o", filepath.Join("docs", "screens"), "write the pictures to this `directory`")
	flag.Parse()
	if err := run(*out, flag.Args()); err != nil {
		fmt.Fprintf(os.Stderr, "screens: %v\n", err)
		os.Exit(1)
	}
}

func run(out string, targets []string) error {
	dir, err := os.MkdirTemp("", "screens")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	goperf := filepath.Join(dir, "goperf")
	if err := command("go", "build", "-o", goperf, "./cmd/goperf"); err != nil {
		return err
	}
	from := "" // where targets are named from
	if len(targets) == 0 {
		from, targets = dir, []string{"shop.goperf"}
		if err := command(goperf, "collect", "demo", "--duration", "20s", "-q", "-o", filepath.Join(dir, targets[0])); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, p := range pictures() {
		if err := p.make(goperf, from, targets, filepath.Join(out, p.name+".png")); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return nil
}

func command(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// The size of the terminal in cells.
const columns, rows = 110, 32

// make runs the program, presses the keys and draws the screen.
func (p shot) make(goperf, from string, targets []string, file string) error {
	args := append([]string{"tui"}, targets...)
	if p.light {
		args = append(args, "--theme", "light")
	}
	t, err := open(columns, rows, from, goperf, args...)
	if err != nil {
		return err
	}
	defer t.close()
	if err := t.await("Overview"); err != nil {
		return err
	}
	for _, s := range p.steps {
		if err := t.step(s); err != nil {
			return err
		}
	}
	t.settle(300 * time.Millisecond)
	return t.draw(file, p.light)
}
