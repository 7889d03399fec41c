package cmd

import (
	"os"
	"path/filepath"

	"github.com/goperf/goperf/render"
	"github.com/goperf/goperf/source/code"
)

// repo is the repository that goperf runs in: formats that point at lines name
// them as it does. Outside of one it is the module's folder.
func (e Env) repo() render.Repo {
	dir, err := filepath.Abs(e.path("."))
	if err != nil {
		return render.Repo{}
	}
	module, root := code.ModuleAround(dir)
	top := topOf(dir)
	if top == "" {
		top = root
	}
	r := render.Repo{Root: filepath.ToSlash(top), Module: module}
	if below, err := filepath.Rel(top, root); err == nil && module != "" && filepath.IsLocal(below) && below != "." {
		r.Dir = filepath.ToSlash(below)
	}
	return r
}

// topOf is the folder around dir that git keeps, "" when there is none. In a
// worktree .git is a file.
func topOf(dir string) string {
	for {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}
