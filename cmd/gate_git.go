package cmd

import (
	"cmp"
	"context"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/goperf/goperf/source/git"
)

// artefacts is the folder of a commit in which runs are looked for.
const artefacts = ".goperf"

// fromGit takes the runs out of a commit: ref is REF or REF:DIR. Exact is how the
// same ones are named for good.
func fromGit(ctx context.Context, env Env, ref string) (dir, exact string, remove func(), err error) {
	ref, folder, _ := strings.Cut(ref, ":")
	folder = path.Clean(filepath.ToSlash(cmp.Or(folder, artefacts)))
	if ref == "" || !filepath.IsLocal(folder) {
		return "", "", nil, usageError("for example: --base git:origin/main:.goperf/runs", "git:%s: want git:REF or git:REF:DIR, with a folder inside of the repository", ref)
	}
	repo, err := git.Open(ctx, env.path("."))
	if err != nil {
		return "", "", nil, err
	}
	commit, err := repo.Commit(ctx, ref)
	if err != nil {
		return "", "", nil, err
	}
	dir, err = os.MkdirTemp("", "goperf-gate-*")
	if err != nil {
		return "", "", nil, err
	}
	remove = func() { _ = os.RemoveAll(dir) } // what is left in the folder for temporary files is the system's to clean
	if err := repo.Extract(ctx, commit, folder, dir); err != nil {
		remove()
		return "", "", nil, err
	}
	return dir, "git:" + commit + ":" + folder, remove, nil
}
