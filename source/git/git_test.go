package git

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sample is a repository of two commits, and a branch that parted at the first.
func sample(t *testing.T) (Repo, string) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git := func(args ...string) {
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	git("init", "-q", "-b", "main")
	write("main.go", "package one")
	write("runs/base/1/meta.json", "{}")
	write(".git/hooks/post-checkout", "#!/bin/sh\ntouch "+dir+"/hook-ran\n")
	if err := os.Chmod(filepath.Join(dir, ".git/hooks/post-checkout"), 0o755); err != nil {
		t.Fatal(err)
	}
	git("add", ".")
	if err := os.Symlink("/etc", filepath.Join(dir, "runs/link")); err != nil {
		t.Fatal(err)
	}
	git("add", ".")
	git("commit", "-q", "-m", "one")
	git("branch", "side")
	write("main.go", "package two")
	git("commit", "-q", "-am", "two")
	r, err := Open(context.Background(), filepath.Join(dir, "runs"))
	if err != nil {
		t.Fatal(err)
	}
	_ = os.Remove(filepath.Join(dir, "hook-ran"))
	return r, dir
}

func TestCommits(t *testing.T) {
	r, dir := sample(t)
	ctx := context.Background()
	one, err := r.Commit(ctx, "side")
	if err != nil || len(one) != 40 {
		t.Fatalf("%q, %v", one, err)
	}
	for _, bad := range []string{"none", "--help", "", "-", "main:main.go", "main..side"} {
		if id, err := r.Commit(ctx, bad); err == nil {
			t.Errorf("%q is %q", bad, id)
		}
	}
	if base, err := r.MergeBase(ctx, "main", one); err != nil || base != one {
		t.Errorf("merge base %q, %v", base, err)
	}
	if dirty, err := r.Dirty(ctx); dirty || err != nil {
		t.Errorf("dirty %v, %v", dirty, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte("package three"), 0o644); err != nil {
		t.Fatal(err)
	}
	if dirty, err := r.Dirty(ctx); !dirty || err != nil {
		t.Errorf("dirty %v, %v", dirty, err)
	}
	if here, err := r.Here(filepath.Join(dir, "runs", "base")); err != nil || here != filepath.Join("runs", "base") {
		t.Errorf("here %q, %v", here, err)
	}
	if _, err := Open(ctx, t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a git repository") {
		t.Errorf("no repository: %v", err)
	}
}

// A worktree of another commit leaves the user's files, changed ones too, alone
// and runs no hook; once removed, nothing of it is left.
func TestWorktree(t *testing.T) {
	r, dir := sample(t)
	ctx := context.Background()
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte("package mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	one, err := r.Commit(ctx, "side")
	if err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(t.TempDir(), "base")
	remove, err := r.Worktree(ctx, one, at)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(at, "main.go")); err != nil || string(text) != "package one" {
		t.Errorf("%q, %v", text, err)
	}
	if err := remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(at); err == nil {
		t.Error("the worktree is still there")
	}
	if list, err := r.run(ctx, "worktree", "list"); err != nil || strings.Count(list, "\n") != 0 {
		t.Errorf("worktrees %q, %v", list, err)
	}
	if text, _ := os.ReadFile(filepath.Join(dir, "main.go")); string(text) != "package mine" {
		t.Errorf("the user's file is %q", text)
	}
	if _, err := os.Stat(filepath.Join(dir, "hook-ran")); err == nil {
		t.Error("a hook ran")
	}
}

func TestExtract(t *testing.T) {
	r, _ := sample(t)
	ctx := context.Background()
	one, err := r.Commit(ctx, "side")
	if err != nil {
		t.Fatal(err)
	}
	into := t.TempDir()
	if err := r.Extract(ctx, one, "./runs", into); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(into, "base/1/meta.json")); err != nil || string(text) != "{}" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := os.Lstat(filepath.Join(into, "link")); err == nil {
		t.Error("a link was made")
	}
	if err := r.Extract(ctx, one, "nowhere", t.TempDir()); err == nil || !strings.Contains(err.Error(), "has no folder nowhere") {
		t.Errorf("%v", err)
	}
}
