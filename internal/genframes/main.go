// Command genframes makes testdata/frames: what small pieces of ordinary Go
// look like in a CPU profile of each Go version.
//
// For every toolchain it builds the program in the folder patterns, runs it,
// folds the profiles and writes one text archive (txtar). Toolchains that are
// not on the machine come through the module proxy, as GOTOOLCHAIN does it.
//
//	go run ./internal/genframes                      # all versions, some ten minutes
//	go run ./internal/genframes -toolchains go1.26.8 # one of them
package main

import (
	"context"
	"embed"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

//go:embed patterns/*.go
var program embed.FS

func main() {
	out := flag.String("out", filepath.Join("testdata", "frames"), "folder for the archives")
	toolchains := flag.String("toolchains", "go1.22.12,go1.24.13,go1.25.10,go1.26.8,go1.27.0", "Go versions, comma separated")
	length := flag.Duration("for", 400*time.Millisecond, "CPU time that each pattern gets")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	for toolchain := range strings.SplitSeq(*toolchains, ",") {
		if err := generate(ctx, *out, toolchain, *length); err != nil {
			fmt.Fprintf(os.Stderr, "genframes: %s: %v\n", toolchain, err)
			os.Exit(1)
		}
	}
}

// generate makes the archive of one toolchain.
func generate(ctx context.Context, out, toolchain string, length time.Duration) error {
	work, err := os.MkdirTemp("", "genframes-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	minor := minorVersion(toolchain)
	if err := unpack(work, minor); err != nil {
		return err
	}
	profiles := filepath.Join(work, "profiles")
	if err := os.Mkdir(profiles, 0o700); err != nil {
		return err
	}
	env := append(os.Environ(), "GOTOOLCHAIN="+toolchain, "GOWORK=off", "GOFLAGS=", "GODEBUG=", "GOGC=")
	if err := run(ctx, work, env, "go", "build", "-tags", "frames", "-o", "patterns.exe", "."); err != nil {
		return err
	}
	if err := run(ctx, work, env, filepath.Join(work, "patterns.exe"), "-out", profiles, "-for", length.String()); err != nil {
		return err
	}
	archive, err := fold(profiles, toolchain)
	if err != nil {
		return err
	}
	return write(filepath.Join(out, minor+".txtar"), archive)
}

// minorVersion is go1.26 for go1.26.8.
func minorVersion(toolchain string) string {
	parts := strings.SplitN(toolchain, ".", 3)
	if len(parts) < 2 {
		return toolchain
	}
	return parts[0] + "." + parts[1]
}

// unpack writes the program as a module of its own whose go line is that of
// the toolchain: with an older one it would run with the defaults of old.
func unpack(dir, minor string) error {
	entries, err := program.ReadDir("patterns")
	if err != nil {
		return err
	}
	for _, e := range entries {
		text, err := program.ReadFile("patterns/" + e.Name())
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, e.Name()), text, 0o600); err != nil {
			return err
		}
	}
	mod := "module patterns\n\ngo " + strings.TrimPrefix(minor, "go") + "\n"
	return os.WriteFile(filepath.Join(dir, "go.mod"), []byte(mod), 0o600)
}

func run(ctx context.Context, dir string, env []string, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, env
	output, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), args[0], err, output)
	}
	return nil
}

// write replaces the file as a whole.
func write(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path+".tmp", data, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".tmp", path)
}
