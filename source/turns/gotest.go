package turns

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/source/runs"
)

// GoTest is the test binaries of one side of a "go test -bench" command.
type GoTest struct {
	Dir      string // where the command runs
	Args     []string
	packages []testPackage
	flags    []string // of the test binaries, as "-test.x=y"
	rest     []string // what follows -args
	Tree     string   // folder for the binaries
}

// testPackage is one that has tests.
type testPackage struct {
	path, dir, binary string
	marks             []benchmark // what is measured, with how many iterations
}

// benchmark is one that runs alone, a number of times that is the same on both
// sides: then both do the same work, and a profile is of that work alone.
type benchmark struct {
	name  string // "Encode/small", without "Benchmark" and the number of processors
	iters int
}

// testFlags are the flags of test binaries; true means that a value follows. Those
// that goperf sets itself, or that make no sense in turns, are "".
var testFlags = map[string]bool{
	"bench": true, "benchtime": true, "benchmem": false, "count": true, "cpu": true, "run": true, "short": false, "timeout": true, "v": false,
	"parallel": true, "skip": true, "failfast": false, "fullpath": false, "shuffle": true,
	"blockprofilerate": true, "mutexprofilefraction": true, "memprofilerate": true,
}

// buildFlags are those of the go command that a value follows.
var buildFlags = []string{
	"C", "asmflags", "buildmode", "compiler", "covermode", "coverpkg", "exec", "gccgoflags", "gcflags", "installsuffix", "ldflags", "mod", "modfile",
	"overlay", "p", "pgo", "pkgdir", "tags", "toolexec", "vet",
}

// dropped are flags of a "go test" command that name files which goperf names
// itself, or change what is printed; true means that a value follows.
var dropped = map[string]bool{
	"o": true, "c": false, "json": false, "cpuprofile": true, "memprofile": true, "mutexprofile": true, "blockprofile": true, "trace": true,
	"outputdir": true, "coverprofile": true,
}

// replaced are flags of test binaries that goperf sets itself.
var replaced = []string{"count", "benchmem", "v", "run", "bench", "benchtime"}

// ErrNoBench is that of a "go test" command line that measures nothing.
var ErrNoBench = errors.New("go test: -bench is missing: there is nothing to measure")

// NewGoTest reads a "go test" command line; ok is false for any other command.
func NewGoTest(dir, tree string, args []string) (t *GoTest, ok bool) {
	if len(args) < 2 || filepath.Base(args[0]) != "go" || args[1] != "test" {
		return nil, false
	}
	return &GoTest{Dir: dir, Args: args, Tree: tree}, true
}

// split takes the command line apart: what the build wants, what the binaries do.
func (t *GoTest) split() (build []string, flags map[string]string) {
	flags = map[string]string{}
	args := t.Args[2:]
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a == "-args" || a == "--args" {
			t.rest = args[i+1:]
			break
		}
		name, value, has := strings.Cut(strings.TrimPrefix(strings.TrimLeft(a, "-"), "test."), "=")
		takes, known := testFlags[name]
		drop, unwanted := dropped[name]
		if !strings.HasPrefix(a, "-") {
			build = append(build, a)
			continue
		}
		takes = takes || drop || slices.Contains(buildFlags, name)
		if !has && takes && i+1 < len(args) {
			i++
			value, has = args[i], true
		}
		switch {
		case unwanted:
		case !known && has:
			build = append(build, "-"+name+"="+value)
		case !known:
			build = append(build, a)
		case !has:
			flags[name] = "true"
		default:
			flags[name] = value
		}
	}
	return build, flags
}

// Prepare compiles the binaries and finds out what they measure.
func (t *GoTest) Prepare(ctx context.Context) error {
	build, flags := t.split()
	if flags["bench"] == "" {
		return ErrNoBench
	}
	for _, name := range slices.Sorted(maps.Keys(flags)) {
		if !slices.Contains(replaced, name) {
			t.flags = append(t.flags, "-test."+name+"="+flags[name])
		}
	}
	if err := os.MkdirAll(t.Tree, 0o755); err != nil {
		return err
	}
	if err := t.compile(ctx, build); err != nil {
		return err
	}
	for i := range t.packages {
		if err := t.calibrate(ctx, &t.packages[i], flags); err != nil {
			return err
		}
	}
	return nil
}

// compile builds a binary for each package that has tests.
func (t *GoTest) compile(ctx context.Context, build []string) error {
	list := append([]string{t.Args[0], "list", "-f", "{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}\t{{.Dir}}{{end}}"}, build...)
	out, _, err := process{dir: t.Dir, args: list}.run(ctx)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(out)) {
		path, dir, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			continue
		}
		p := testPackage{path: path, dir: dir, binary: filepath.Join(t.Tree, fmt.Sprintf("%d.test", len(t.packages)))}
		var flags []string
		for _, a := range build {
			if strings.HasPrefix(a, "-") {
				flags = append(flags, a)
			}
		}
		args := append([]string{t.Args[0], "test", "-c", "-o", p.binary}, flags...)
		if _, _, err := (process{dir: t.Dir, args: append(args, path)}).run(ctx); err != nil {
			return err
		}
		t.packages = append(t.packages, p)
	}
	if len(t.packages) == 0 {
		return fmt.Errorf("%s: no package with tests", strings.Join(t.Args, " "))
	}
	return nil
}

// calibrate runs the benchmarks of a package once, as they were asked for, to see
// which there are and how many iterations they make.
func (t *GoTest) calibrate(ctx context.Context, p *testPackage, flags map[string]string) error {
	args := []string{p.binary, "-test.run=^$", "-test.bench=" + flags["bench"]}
	if flags["benchtime"] != "" {
		args = append(args, "-test.benchtime="+flags["benchtime"])
	}
	args = append(append(args, t.flags...), t.rest...)
	out, took, err := process{dir: p.dir, args: args}.run(ctx)
	if err != nil {
		return err
	}
	p.marks = found(out)
	if strings.HasSuffix(flags["benchtime"], "x") {
		return nil
	}
	// On a machine that others use, a second on the clock is much less of a CPU.
	more := min(max(took.WallS/max(took.UserS+took.SysS, 1e-3), 1), 4)
	for i := range p.marks {
		p.marks[i].iters = int(float64(p.marks[i].iters) * more)
	}
	return nil
}

// found are the benchmarks of an output, each once.
func found(out []byte) []benchmark {
	var marks []benchmark
	in := benchfmt.NewReader(bytes.NewReader(out), "")
	for in.Scan() {
		r, ok := in.Result().(*benchfmt.Result)
		if !ok {
			continue
		}
		base, parts := r.Name.Parts()
		parts = slices.DeleteFunc(parts, func(part []byte) bool { return part[0] != '/' })
		name := string(base) + string(bytes.Join(parts, nil))
		i := slices.IndexFunc(marks, func(m benchmark) bool { return m.name == name })
		if i < 0 {
			marks = append(marks, benchmark{name: name, iters: r.Iters})
			continue
		}
		marks[i].iters = max(marks[i].iters, r.Iters)
	}
	return marks
}

// Agree leaves the benchmarks that both sides have, with the iterations that the
// base makes. It returns the names of the others.
func Agree(base, next *GoTest) (left []string, err error) {
	n := 0
	theirs := map[string]int{}
	for _, p := range base.packages {
		for _, m := range p.marks {
			theirs[p.path+"."+m.name] = m.iters
		}
	}
	ours := map[string]bool{}
	for i := range next.packages {
		p := &next.packages[i]
		p.marks = slices.DeleteFunc(p.marks, func(m benchmark) bool {
			ours[p.path+"."+m.name] = true
			if theirs[p.path+"."+m.name] == 0 {
				left = append(left, p.path+"."+m.name+" (only new)")
				return true
			}
			return false
		})
		for k := range p.marks {
			p.marks[k].iters = theirs[p.path+"."+p.marks[k].name]
			n++
		}
	}
	for i := range base.packages {
		p := &base.packages[i]
		p.marks = slices.DeleteFunc(p.marks, func(m benchmark) bool {
			if !ours[p.path+"."+m.name] {
				left = append(left, p.path+"."+m.name+" (only in the base)")
				return true
			}
			return false
		})
	}
	slices.Sort(left)
	if n == 0 && len(left) == 0 {
		_, flags := next.split()
		return nil, fmt.Errorf("go test: no benchmark matches -bench %s", flags["bench"])
	}
	if n == 0 {
		return left, errors.New("the two sides have no benchmark in common")
	}
	return left, nil
}

// pattern matches exactly one benchmark: go test takes the parts of a name apart
// at slashes and matches each by its own expression.
func (b *benchmark) pattern() string {
	parts := strings.Split("Benchmark"+b.name, "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	return strings.Join(parts, "/")
}

// Run runs each benchmark in a process of its own.
func (t *GoTest) Run(ctx context.Context, dir string) (runs.Meta, error) {
	total := runs.Meta{Unit: "op"}
	var text bytes.Buffer
	kinds := map[string][]*profile.Profile{}
	for _, p := range t.packages {
		for _, m := range p.marks {
			out, err := t.one(ctx, &p, &m, dir, &total)
			if err != nil {
				return total, err
			}
			text.Write(out)
			if err := collect(dir, kinds); err != nil {
				return total, err
			}
		}
	}
	for kind, ps := range kinds {
		if err := sum(filepath.Join(dir, kind+".pb.gz"), ps); err != nil {
			return total, err
		}
	}
	return total, os.WriteFile(filepath.Join(dir, "bench.txt"), text.Bytes(), 0o644)
}

// profileFlags are the profiles that a benchmark writes.
var profileFlags = []struct{ kind, flag string }{{"cpu", "cpuprofile"}, {"allocs", "memprofile"}, {"mutex", "mutexprofile"}}

// one runs one benchmark and adds what it took.
func (t *GoTest) one(ctx context.Context, p *testPackage, m *benchmark, dir string, total *runs.Meta) ([]byte, error) {
	args := []string{p.binary, "-test.run=^$", "-test.bench=" + m.pattern(), fmt.Sprintf("-test.benchtime=%dx", m.iters), "-test.benchmem=true"}
	for _, f := range profileFlags {
		args = append(args, "-test."+f.flag+"="+filepath.Join(dir, f.kind+".part"))
	}
	args = append(append(args, t.flags...), t.rest...)
	out, took, err := process{dir: p.dir, args: args}.run(ctx)
	if err != nil {
		return nil, err
	}
	in := benchfmt.NewReader(bytes.NewReader(out), "")
	n := 0
	for in.Scan() {
		r, ok := in.Result().(*benchfmt.Result)
		if !ok {
			continue
		}
		n++
		total.Ops += float64(r.Iters)
		for _, v := range r.Values {
			switch v.Unit {
			case "B/op":
				total.TotalAlloc += v.Value * float64(r.Iters)
			case "allocs/op":
				total.Mallocs += v.Value * float64(r.Iters)
			}
		}
	}
	if n == 0 {
		return nil, &Failed{Command: strings.Join(args, " "), Err: errors.New("printed no result of a benchmark"), Tail: tail(out)}
	}
	total.UserS += took.UserS
	total.SysS += took.SysS
	total.WallS += took.WallS
	return out, nil
}

// collect reads the profiles that a benchmark left and removes them.
func collect(dir string, kinds map[string][]*profile.Profile) error {
	for _, f := range profileFlags {
		name := filepath.Join(dir, f.kind+".part")
		data, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		p, err := profile.Parse(data, profile.Options{})
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		kinds[f.kind] = append(kinds[f.kind], p)
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	return nil
}

// sum writes the sum of profiles.
func sum(name string, ps []*profile.Profile) error {
	p, err := profile.Merge(ps...)
	if err != nil {
		return err
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(p.Write(f), f.Close())
}
