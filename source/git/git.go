// Package git asks the git program about a repository: which commit a name
// means, what files a commit has, and a checkout of it beside the user's own.
//
// Nothing here touches the user's checkout, its index or its branches, and no
// hook runs.
package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// ErrMissing is in the chain of an error when there is no git program.
var ErrMissing = errors.New("the git program is not installed")

// Repo is a repository: a folder in it.
type Repo struct{ Dir string }

// Open finds the repository around dir.
func Open(ctx context.Context, dir string) (Repo, error) {
	r := Repo{Dir: dir}
	top, err := r.run(ctx, "rev-parse", "--show-toplevel")
	if err != nil {
		return r, err
	}
	r.Dir = top
	return r, nil
}

// Commit is the full name of the commit that ref means.
func (r Repo) Commit(ctx context.Context, ref string) (string, error) {
	id, err := r.run(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if err != nil && errors.Is(err, ErrMissing) {
		return "", err
	}
	if err != nil || id == "" {
		return "", fmt.Errorf("%q: no commit, branch or tag is called so", ref)
	}
	return id, nil
}

// MergeBase is the commit at which two parted.
func (r Repo) MergeBase(ctx context.Context, a, b string) (string, error) {
	id, err := r.run(ctx, "merge-base", "--end-of-options", a, b)
	if err != nil || id == "" {
		return "", fmt.Errorf("%s and %s have no commit in common; a shallow clone lacks the history: fetch it with git fetch --unshallow", short(a), short(b))
	}
	return id, nil
}

// Dirty says whether what is built differs from the commit that is checked out:
// files that git knows, and source that it does not know yet.
func (r Repo) Dirty(ctx context.Context) (bool, error) {
	out, err := r.run(ctx, "status", "--porcelain", "--untracked-files=no")
	if err != nil || out != "" {
		return out != "", err
	}
	out, err = r.run(ctx, "ls-files", "--others", "--exclude-standard", "--full-name", "--", ":/*.go", ":/*.s", ":/*.c", ":/*.h", ":/*go.mod")
	return out != "", err
}

// Worktree checks a commit out into a new folder, with its submodules, and returns
// how to remove it again. The folder must not exist, or be empty.
func (r Repo) Worktree(ctx context.Context, commit, dir string) (remove func() error, err error) {
	if _, err := r.run(ctx, "worktree", "add", "--detach", "--quiet", dir, commit); err != nil {
		return nil, fmt.Errorf("check out %s: %w", short(commit), err)
	}
	inner, err := r.submodules(ctx, commit, dir)
	remove = func() error {
		var failed error
		for _, undo := range inner {
			failed = errors.Join(failed, undo())
		}
		// The context may have ended: what was made is removed all the same.
		_, err := r.run(context.WithoutCancel(ctx), "worktree", "remove", "--force", dir)
		return errors.Join(failed, err, os.RemoveAll(dir))
	}
	if err != nil {
		return nil, errors.Join(err, remove())
	}
	return remove, nil
}

// Here is the folder of dir inside the repository, "." for its top.
func (r Repo) Here(dir string) (string, error) {
	top, err := filepath.EvalSymlinks(r.Dir)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", err
	}
	below, err := filepath.Rel(top, real)
	if err != nil || !filepath.IsLocal(below) {
		return "", fmt.Errorf("%s: is not in the repository %s", dir, r.Dir)
	}
	return below, nil
}

// run is the output of a git command, without the line end.
func (r Repo) run(ctx context.Context, args ...string) (string, error) {
	cmd := r.command(ctx, args...)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return "", failure(args[0], err, complaint.String())
	}
	return strings.TrimRight(out.String(), "\n"), nil
}

func (r Repo) command(ctx context.Context, args ...string) *exec.Cmd {
	args = append([]string{"-C", r.Dir, "-c", "core.hooksPath=" + os.DevNull, "-c", "advice.detachedHead=false"}, args...)
	cmd := exec.CommandContext(ctx, "git", args...)
	// Git's own variables would point it at another repository; it must not ask.
	cmd.Env = append(withoutGit(cmd.Environ()), "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")
	return cmd
}

// withoutGit leaves out what a hook, or a git that started us, has set.
func withoutGit(env []string) []string {
	var out []string
	for _, v := range env {
		name, _, _ := strings.Cut(v, "=")
		switch name {
		case "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR":
		default:
			out = append(out, v)
		}
	}
	return out
}

func failure(what string, err error, complaint string) error {
	if errors.Is(err, exec.ErrNotFound) {
		return ErrMissing
	}
	complaint = strings.TrimSpace(complaint)
	if complaint == "" {
		return fmt.Errorf("git %s: %w", what, err)
	}
	lines := strings.Split(complaint, "\n")
	return fmt.Errorf("git %s: %s", what, strings.TrimPrefix(lines[len(lines)-1], "fatal: "))
}

func short(commit string) string { return commit[:min(len(commit), 12)] }
