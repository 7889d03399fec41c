//go:build linux

// Command screens makes pictures of the terminal UI for the documentation: it
// builds goperf, observes the demo with it, runs it on a terminal of its own and
// draws what is there after some keys.
//
//	go run ./internal/screens          # docs/screens/*.png
//	go run ./internal/screens -o DIR shop.goperf
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A picture is what is drawn after keys, on a dark and on a light terminal.
type shot struct {
	name  string
	args  []string // of goperf tui, instead of the bundle
	steps []string // "wait:REGEXP", or keys
}

// The bundles that pictures are of, and the service that is looked at live.
const (
	sick    = "shop.goperf"
	healthy = "healthy.goperf"
	steady  = "steady.goperf" // has a heap that the collector's model can be fitted to
)

// pictures are those of the documentation.
func pictures() []shot {
	return []shot{
		{"overview", nil, []string{"wait:finding"}},
		{"flame", nil, []string{"2", "wait:serve", "j", "j", "j", "j", "wait:total"}},
		{"flame-search", nil, []string{"2", "wait:serve", "/", "regexp", "wait:of all"}},
		{"top", nil, []string{"3", "wait:who spends it"}},
		{"goroutines", nil, []string{"4", "wait:stack of"}},
		{"memory", []string{steady}, []string{"wait:what", "5", "wait:resident", "tab", "tab"}},
		{"off-cpu", nil, []string{"6", "wait:threads wait"}},
		{"tcp", nil, []string{"7", "wait:peers", "tab"}},
		{"diff", []string{sick, "--base", healthy}, []string{"wait:totals", "tab", "tab"}},
		{"source", nil, []string{"9", "wait:line", "a", "wait:instruction"}},
		{"live", nil, []string{"0", "wait:asked of the target"}},
		{"collecting", []string{"demo", "--duration", "8s"}, []string{"wait:numbers"}},
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
		from, targets = dir, []string{sick}
		if err := record(goperf, dir); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, p := range pictures() {
		if p.args != nil && from == "" {
			continue // it is of the demo
		}
		for theme, name := range map[string]string{"dark": p.name, "light": p.name + "-light"} {
			if err := p.make(goperf, from, targets, theme, filepath.Join(out, name+".png")); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

// record makes the bundles that the pictures are of.
func record(goperf, dir string) error {
	for name, demo := range map[string]string{sick: "demo", healthy: "demo:healthy"} {
		if err := command(goperf, "collect", demo, "--duration", "20s", "-q", "-o", filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return recordHeap(goperf, dir)
}

// warmUp is how long the heap of the service takes to become steady.
const warmUp = 12 * time.Second

// recordHeap makes the bundle of a service with a larger heap than the demo's.
func recordHeap(goperf, dir string) error {
	service := filepath.Join(dir, "steady")
	if err := command("go", "build", "-o", service, "./internal/gcload"); err != nil {
		return err
	}
	cmd := exec.Command(service, "-load", "steady", "-live", "0.15")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() {
		_ = cmd.Process.Kill() // it may have ended by itself
		_ = cmd.Wait()
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return fmt.Errorf("gcload: %w", err)
	}
	time.Sleep(warmUp)
	words := strings.Fields(line)
	return command(goperf, "collect", words[len(words)-1], "--duration", "20s", "-q", "-o", filepath.Join(dir, steady))
}

func command(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	return cmd.Run()
}

// The size of the terminal in cells.
const columns, rows = 120, 36

// make runs the program, presses the keys and draws the screen.
func (p shot) make(goperf, from string, targets []string, theme, file string) error {
	if p.args != nil {
		targets = p.args
	}
	args := append([]string{"tui", "--theme", theme}, targets...)
	t, err := open(columns, rows, from, goperf, args...)
	if err != nil {
		return err
	}
	defer t.close()
	if err := t.await("Overview"); err != nil {
		return err
	}
	if p.args == nil && from != "" { // until it is read whole
		if err := t.await("findings"); err != nil {
			return err
		}
	}
	for _, s := range p.steps {
		if err := t.step(s); err != nil {
			return err
		}
	}
	t.settle(300 * time.Millisecond)
	return t.draw(file, theme == "light")
}
