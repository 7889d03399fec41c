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
	"strconv"
	"strings"
	"time"
)

// arm is one side of a comparison: the shop, with or without something wrong.
type arm struct {
	name string
	args []string
	due  func(round int) bool
}

// arms are what is recorded. The amounts were chosen so that price.Quote has
// 5 % of the CPU in A; what the injections came to is measured, not assumed.
// Power needs fewer rounds than false alarms do, and totals of memory and waits
// for locks fewer still.
var arms = []arm{
	{name: "A", due: func(int) bool { return true }},
	{name: "A2", due: func(int) bool { return true }},
	{name: "B2", args: []string{"-scenarios", "280"}, due: func(round int) bool { return round < 30 || round%2 == 0 }},
	{name: "B5", args: []string{"-scenarios", "400"}, due: func(round int) bool { return round < 30 || round%2 == 1 }},
	{name: "alloc", args: []string{"-trails", "4"}, due: func(round int) bool { return round%4 == 0 }},
	{name: "lock", args: []string{"-flush", "1ms"}, due: func(round int) bool { return round%4 == 0 }},
}

// recorder runs the arms in turn and keeps what they write.
type recorder struct {
	dir    string
	exe    string
	rounds int
	ops    int
	until  time.Time
}

// record runs what is missing of all rounds, as long as there is time.
func (r *recorder) record(ctx context.Context) error {
	if err := r.build(ctx); err != nil {
		return err
	}
	for round := range r.rounds {
		for order, a := range turn(round) {
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
	exe, err := filepath.Abs(filepath.Join(r.dir, "shop"))
	if err != nil {
		return err
	}
	r.exe = exe
	if _, err := os.Stat(exe); err == nil {
		return nil
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", exe, ".")
	build.Dir = filepath.FromSlash("internal/gateaccuracy/testdata/shop")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the shop: %w\n%s", err, out)
	}
	return nil
}

// turn is the order of a round: the arms rotate, and every other time around
// they run backwards, so that each precedes each other equally often.
func turn(round int) []arm {
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
	args := append([]string{"-ops", strconv.Itoa(r.ops), "-out", partial}, a.args...)
	shop := exec.CommandContext(ctx, r.exe, args...)
	shop.Env = append(os.Environ(), "GOMAXPROCS=1", "GOGC=100")
	if out, err := shop.CombinedOutput(); err != nil {
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
