package render

import (
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/goperf/goperf/report"
)

// Repo is where the source of what was measured lives, for the formats that
// point at lines in a repository. The zero value knows nothing; much can be told
// from the names of functions then.
type Repo struct {
	Root   string // folder of the repository where it is now, absolute, "" unknown
	Module string // module path of the program, when the report does not say
	Dir    string // folder of that module below Root, "" for Root itself
}

// places tells where in the repository the frames of one report are.
type places struct {
	repo   Repo
	module string
	built  string // folder of the module where it was built, "" unknown
}

// newPlaces learns from the frames of a report where the program was built:
// of a function the package is known, and so is how its folder must end.
func newPlaces(r *report.Report, repo Repo) *places {
	p := &places{repo: repo, module: r.Target.Module}
	if p.module == "" {
		p.module = repo.Module
	}
	for _, i := range issues(r) {
		for _, f := range i.where {
			dir, ok := p.dir(f.Function)
			file := slashed(f.File)
			if root, found := strings.CutSuffix(path.Dir(file), "/"+dir); ok && absolute(file) {
				switch {
				case dir == "":
					p.built = path.Dir(file)
					return p
				case found:
					p.built = root
					return p
				}
			}
		}
	}
	return p
}

// in is the place of the frame relative to the repository, with forward
// slashes; false for the standard library, other modules and what is unknown.
func (p *places) in(f report.Frame) (string, bool) {
	file := slashed(f.File)
	if file == "" {
		return "", false
	}
	if rel, ok := below(file, p.repo.Root); ok && !strings.Contains(file, "/pkg/mod/") {
		return rel, true
	}
	if rel, ok := below(versioned().ReplaceAllString(file, "/"), p.module); ok { // -trimpath
		return path.Join(p.repo.Dir, rel), true
	}
	if dir, ok := p.dir(f.Function); ok {
		return path.Join(p.repo.Dir, dir, path.Base(file)), true
	}
	if rel, ok := below(file, p.built); ok { // package main
		return path.Join(p.repo.Dir, rel), true
	}
	if absolute(file) || strings.Contains(file, "@") || path.Dir(file) == packageOf(f.Function) {
		return "", false // -trimpath writes the standard library as its import path
	}
	rel := path.Clean(file)
	return rel, rel != ".." && !strings.HasPrefix(rel, "../")
}

// dir is the folder of a function's package below its module; false for what is
// not of the module, and for package main, whose path the name does not say.
func (p *places) dir(function string) (string, bool) {
	pkg := packageOf(function)
	switch {
	case p.module == "" || pkg == "":
		return "", false
	case pkg == p.module:
		return "", true
	}
	dir, ok := strings.CutPrefix(pkg, p.module+"/")
	return strings.TrimSuffix(dir, "_test"), ok
}

// versioned is the version that -trimpath writes into the file names of a module.
var versioned = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`@v[^/]+/`) })

// packageOf is the import path in a function's name.
func packageOf(function string) string {
	name, _, _ := strings.Cut(function, "[")
	slash := strings.LastIndexByte(name, '/') + 1
	dot := strings.IndexByte(name[slash:], '.')
	if dot < 0 {
		return ""
	}
	return strings.ReplaceAll(name[:slash+dot], "%2e", ".")
}

func below(file, dir string) (string, bool) {
	if dir == "" {
		return "", false
	}
	rel, ok := strings.CutPrefix(file, strings.TrimSuffix(slashed(dir), "/")+"/")
	if !ok || rel == "" {
		return "", false
	}
	rel = path.Clean(rel)
	return rel, rel != ".." && !strings.HasPrefix(rel, "../")
}

func slashed(file string) string { return strings.ReplaceAll(file, `\`, "/") }

func absolute(file string) bool {
	return strings.HasPrefix(file, "/") || len(file) > 2 && file[1] == ':' && file[2] == '/'
}

// sourceLine is a line of the repository.
type sourceLine struct {
	file  string
	line  int
	frame report.Frame
}

// lines are the frames of an issue that are in the repository, in order.
func (p *places) lines(i issue) []sourceLine {
	var out []sourceLine
	for _, f := range i.where {
		if file, ok := p.in(f); ok {
			out = append(out, sourceLine{file, max(f.Line, 1), f})
		}
	}
	return out
}

// anchor is the line that an issue is shown at: the culprit's, or that of the
// first caller that is in the repository. What has none at all is shown at the
// module's go.mod, because the readers of some formats drop what has no place.
func (p *places) anchor(i issue) sourceLine {
	if s := p.lines(i); len(s) > 0 {
		return s[0]
	}
	return sourceLine{file: path.Join(p.repo.Dir, "go.mod"), line: 1}
}
