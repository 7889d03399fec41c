package wording

import (
	"cmp"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/goperf/goperf/compare"
	"github.com/goperf/goperf/report"
)

// mostModules is how many dependencies are named that are not the same.
const mostModules = 8

// Others is how the sides differ beside what they cost: how they were built and what
// they ran on. What is known of neither is left out; false when nothing is.
func Others(c *compare.Result) (report.Exhibit, bool) {
	t := &report.Table{Columns: []report.Column{{Name: "what"}, {Name: "before"}, {Name: "after"}, {Name: "is"}}}
	add := func(what, before, after string) {
		if before == "" && after == "" {
			return
		}
		is := "the same"
		switch {
		case before == "" || after == "":
			is = "not known"
		case before != after:
			is = "another"
		}
		t.Rows = append(t.Rows, []report.Cell{{Text: what}, {Text: cmp.Or(before, "?")}, {Text: cmp.Or(after, "?")}, {Text: is}})
	}
	a, b := c.Base.Env, c.New.Env
	add("commit", commit(a.Commit), commit(b.Commit))
	add("Go version", a.GoVersion, b.GoVersion)
	add("PGO", a.PGO, b.PGO)
	add("build", buildID(a.BuildID), buildID(b.BuildID))
	for _, m := range modules(a.Modules, b.Modules) {
		add(m[0], m[1], m[2])
	}
	add("platform", platform(a), platform(b))
	add("CPU model", a.CPUModel, b.CPUModel)
	add("GOMAXPROCS", whole(a.GOMAXPROCS), whole(b.GOMAXPROCS))
	add("GOGC", a.GOGC, b.GOGC)
	add("GOMEMLIMIT", a.GOMEMLIMIT, b.GOMEMLIMIT)
	return report.Exhibit{ID: "diff-others", Title: "Other differences", Table: t}, len(t.Rows) > 0
}

// commit is as much of an identity as tells it from others.
func commit(id string) string {
	const enough = 12
	hash, state, dirty := strings.Cut(id, "+")
	hash = hash[:min(len(hash), enough)]
	if dirty {
		hash += "+" + state
	}
	return hash
}

// buildID is the end of an identity, which is of the content.
func buildID(id string) string {
	const enough = 12
	if strings.Contains(id, "/") {
		id = filepath.Base(id)
	}
	return id[:min(len(id), enough)]
}

func platform(e compare.Env) string {
	if e.GOOS == "" {
		return e.Level
	}
	return strings.TrimSpace(e.GOOS + "/" + e.GOARCH + " " + e.Level)
}

func whole(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// modules are the dependencies that are not the same: path, version before, after.
func modules(before, after string) (all [][3]string) {
	if before == "" || after == "" {
		return nil
	}
	was := map[string]string{}
	for m := range strings.FieldsSeq(before) {
		path, version, _ := strings.Cut(m, "@")
		was[path] = version
	}
	for m := range strings.FieldsSeq(after) {
		path, version, _ := strings.Cut(m, "@")
		if old := cmp.Or(was[path], "none"); old != version {
			all = append(all, [3]string{path, old, version})
		}
		delete(was, path)
	}
	for m := range strings.FieldsSeq(before) {
		if path, version, _ := strings.Cut(m, "@"); was[path] != "" {
			all = append(all, [3]string{path, version, "none"})
		}
	}
	if more := len(all) - mostModules; more > 0 {
		all = append(all[:mostModules], [3]string{"more modules", "", strconv.Itoa(more)})
	}
	return all
}
