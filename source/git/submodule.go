package git

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// submodules checks the submodules of a commit out in its worktree, from those
// that the user has checked out: nothing is fetched, and one that he does without
// is left empty. The functions that remove them again are in order.
func (r Repo) submodules(ctx context.Context, commit, dir string) (remove []func() error, err error) {
	if _, err := os.Stat(filepath.Join(dir, ".gitmodules")); err != nil {
		return nil, nil // most repositories have none, and need not be listed
	}
	list, err := r.run(ctx, "ls-tree", "-r", "-z", "--full-tree", commit)
	if err != nil {
		return nil, err
	}
	for entry := range strings.SplitSeq(list, "\x00") {
		// 160000 commit ID<tab>PATH
		about, path, _ := strings.Cut(entry, "\t")
		kind, id, ok := strings.Cut(about, " commit ")
		if !ok || kind != "160000" || !filepath.IsLocal(path) {
			continue
		}
		here := Repo{Dir: filepath.Join(r.Dir, path)}
		if _, err := os.Stat(filepath.Join(here.Dir, ".git")); err != nil {
			continue
		}
		undo, err := here.Worktree(ctx, id, filepath.Join(dir, path))
		if err != nil {
			return remove, fmt.Errorf("submodule %s: %w (git fetch in it brings commits that are missing)", path, err)
		}
		remove = append(remove, undo)
	}
	return remove, nil
}
