package git

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestSubmodules checks a commit out whose submodule has moved on since, and
// expects the one of that commit, and that nothing is left of it.
func TestSubmodules(t *testing.T) {
	r, dir := sample(t)
	lib, _ := sample(t)
	ctx := context.Background()
	git := func(where string, args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", where, "-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false", "-c", "protocol.file.allow=always"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
	git(dir, "submodule", "add", "-q", lib.Dir, "lib")
	git(filepath.Join(dir, "lib"), "checkout", "-q", "main~1")
	git(dir, "add", "-A")
	git(dir, "commit", "-q", "-m", "with a submodule")
	old, err := r.Commit(ctx, "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	git(filepath.Join(dir, "lib"), "checkout", "-q", "main")
	git(dir, "commit", "-q", "-am", "a newer one")
	tree := filepath.Join(t.TempDir(), "tree")
	remove, err := r.Worktree(ctx, old, tree)
	if err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(filepath.Join(tree, "lib", "main.go")); err != nil || string(data) != "package one" {
		t.Errorf("%q, %v", data, err)
	}
	if err := remove(); err != nil {
		t.Error(err)
	}
	for _, in := range []string{dir, filepath.Join(dir, "lib")} {
		out, err := exec.Command("git", "-C", in, "worktree", "list", "--porcelain").Output()
		if err != nil || string(out) == "" || bytes.Contains(out, []byte(tree)) {
			t.Errorf("%s: %s, %v", in, out, err)
		}
	}
	if dirty, err := r.Dirty(ctx); err != nil || dirty {
		t.Errorf("dirty: %v, %v", dirty, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "new.go"), []byte("package one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if dirty, err := r.Dirty(ctx); err != nil || !dirty {
		t.Errorf("source that git does not know: dirty %v, %v", dirty, err)
	}
}
