//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

func (l *lab) path(elements ...string) string {
	return filepath.Join(append([]string{l.work}, elements...)...)
}

// binary is where a subject's program is.
func (l *lab) binary(s subject) string {
	if s.module == "" {
		return l.path("bin", "gcload")
	}
	return l.path("bin", s.name)
}

// build builds goperf and gcload as they stand, and the servers once.
func (l *lab) build(ctx context.Context, chosen []subject) error {
	if err := os.MkdirAll(l.path("bin"), 0o755); err != nil {
		return err
	}
	for name, program := range map[string]string{"goperf": "./cmd/goperf", "gcload": "./internal/gcload"} {
		if err := command(ctx, "", "go", "build", "-o", l.path("bin", name), program); err != nil {
			return err
		}
	}
	for _, s := range chosen {
		if _, err := os.Stat(l.binary(s)); err == nil || s.module == "" {
			continue
		}
		fmt.Println("building", s.name)
		if err := l.buildServer(ctx, s); err != nil {
			return fmt.Errorf("build %s: %w", s.name, err)
		}
	}
	return nil
}

// buildServer builds a program of another module in a module of its own, so
// that goperf's module graph knows nothing of it.
func (l *lab) buildServer(ctx context.Context, s subject) error {
	dir := l.path("src", s.name)
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	file, text := "tools.go", "//go:build tools\n\npackage tools\n\nimport _ \""+s.program+"\"\n"
	if s.source != "" {
		file, text = "main.go", s.source
	}
	if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
		return err
	}
	program := s.program
	if s.source != "" {
		program = "."
	}
	for _, args := range [][]string{
		{"mod", "init", "accuracy/" + s.name}, {"get", s.module}, {"mod", "tidy"}, {"build", "-o", l.binary(s), program},
	} {
		if err := command(ctx, dir, "go", args...); err != nil {
			return err
		}
	}
	return nil
}

func command(ctx context.Context, dir, name string, args ...string) error {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %v: %w\n%s", name, args, err, out)
	}
	return nil
}
