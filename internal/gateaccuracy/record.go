package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// recorder runs the arms in turn and keeps what they write.
type recorder struct {
	program
	dir    string
	exe    string
	rounds int
	until  time.Time
}

// record runs what is missing of all rounds, as long as there is time.
func (r *recorder) record(ctx context.Context) error {
	if err := r.build(ctx); err != nil {
		return err
	}
	for round := range r.rounds {
		for order, a := range turn(r.arms(), round) {
			if time.Now().After(r.until) {
				return nil
			}
			if err := r.run(ctx, a, round, order); err != nil {
				return fmt.Errorf("%s, round %d: %w", a.name, round, err)
			}
		}
	}
	return nil
}

func (r *recorder) build(ctx context.Context) error {
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return err
	}
	exe, err := filepath.Abs(filepath.Join(r.dir, r.name))
	if err != nil {
		return err
	}
	r.exe = exe
	if _, err := os.Stat(exe); err == nil {
		return nil
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", exe, ".")
	build.Dir = r.source()
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the %s: %w\n%s", r.name, err, out)
	}
	return nil
}

// turn is the order of a round: the arms rotate, and every other time around
// they run backwards, so that each precedes each other equally often.
func turn(arms []arm, round int) []arm {
	var due []arm
	for _, a := range arms {
		if a.due(round) {
			due = append(due, a)
		}
	}
	n := round % len(due)
	due = slices.Concat(due[n:], due[:n])
	if round/len(due)%2 == 1 {
		slices.Reverse(due)
	}
	return due
}

// run makes one run in a fresh process, unless it was made before.
func (r *recorder) run(ctx context.Context, a arm, round, order int) error {
	dir := filepath.Join(r.dir, a.name, fmt.Sprintf("%03d", round))
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	partial := dir + ".partial"
	if err := errors.Join(os.RemoveAll(partial), os.MkdirAll(partial, 0o755)); err != nil {
		return err
	}
	once := exec.CommandContext(ctx, r.exe, r.command(a, r.ops, partial)...)
	once.Env = append(os.Environ(), "GOMAXPROCS=1", "GOGC=100")
	if out, err := once.CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	if err := number(filepath.Join(partial, "meta.json"), round, order); err != nil {
		return err
	}
	return os.Rename(partial, dir)
}

// number adds to a run which pair it belongs to, and what only the outside knows.
func number(path string, round, order int) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	meta := map[string]any{}
	if err := json.Unmarshal(text, &meta); err != nil {
		return err
	}
	meta["pair"], meta["order"], meta["cpu_model"] = round+1, order+1, cpuModel()
	if text, err = json.MarshalIndent(meta, "", " "); err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
