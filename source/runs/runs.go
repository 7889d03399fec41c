// Package runs reads the runs of one side of a comparison: profiles, results of
// Go benchmarks, bundles, and directories of them.
//
// A directory of runs has a directory for each run, with profiles by the names
// of their kinds, results of benchmarks, and what the run was:
//
//	DIR/1/cpu.pb.gz  DIR/1/allocs.pb.gz  DIR/1/bench.txt  DIR/1/meta.json
//	DIR/2/cpu.pb.gz  ...
//
// Of loose files the first of each kind make the first run, the second of each
// kind the second run, and so on.
package runs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goperf/goperf/compare"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
)

const (
	maxFile = 2 << 30 // B, of one file
	maxRuns = 10_000  // files and directories of one side
)

// ErrNothing is in the chain of an error about what holds nothing to compare.
var ErrNothing = errors.New("holds no profile, no benchmark and no bundle")

// Load reads what paths name, relative to dir: files, patterns of files and
// directories of runs.
func Load(dir string, paths ...string) (compare.Side, error) {
	l := &loader{dir: dir, side: compare.Side{Name: strings.Join(paths, " ")}}
	for _, path := range paths {
		names, err := l.expand(path)
		if err != nil {
			return l.side, err
		}
		for _, name := range names {
			if err := l.path(name); err != nil {
				return l.side, err
			}
		}
	}
	l.side.Runs = append(l.side.Runs, l.loose...)
	if len(l.side.Runs) == 0 {
		return l.side, fmt.Errorf("%s: %w", l.side.Name, ErrNothing)
	}
	return l.side, nil
}

// loader reads one side.
type loader struct {
	dir   string
	side  compare.Side
	loose []compare.Run // of files that are in no directory of a run
	seen  int
}

func (l *loader) full(name string) string {
	if l.dir == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(l.dir, name)
}

// expand is the files that a name means: itself, or what it is a pattern of.
func (l *loader) expand(name string) ([]string, error) {
	if _, err := os.Stat(l.full(name)); err == nil || !strings.ContainsAny(name, "*?[") {
		return []string{name}, nil
	}
	found, err := filepath.Glob(l.full(name))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s: no file is called so", name)
	}
	return found, nil
}

func (l *loader) path(name string) error {
	if l.seen++; l.seen > maxRuns {
		return fmt.Errorf("%s: more than %d files and directories", l.side.Name, maxRuns)
	}
	info, err := os.Stat(l.full(name))
	switch {
	case err != nil:
		return fmt.Errorf("%s: read: %w", name, reason(err))
	case info.IsDir():
		return l.directory(name)
	case info.Mode()&fs.ModeNamedPipe != 0 && strings.HasPrefix(name, "/dev/fd/"): // <(curl -s URL)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s: is no regular file", name)
	}
	var r compare.Run
	whole, err := l.file(name, info.Size(), &r)
	switch {
	case err != nil:
		return err
	case whole:
		l.side.Runs = append(l.side.Runs, r)
	default:
		l.place(r)
	}
	return nil
}

// place puts a loose file into the first run that has none of its kind.
func (l *loader) place(r compare.Run) {
	for i := range l.loose {
		if to := &l.loose[i]; fits(to, &r) {
			for k, p := range r.Profiles {
				put(to, k, p)
			}
			to.Bench = append(to.Bench, r.Bench...)
			to.Env = r.Env.Or(to.Env)
			return
		}
	}
	l.loose = append(l.loose, r)
}

func fits(to, r *compare.Run) bool {
	for k := range r.Profiles {
		// What was allocated may have come from the heap's profile, for want of another.
		if to.Profiles[k] != nil && (k != evidence.Allocs || to.Profiles[k] != to.Profiles[evidence.Heap]) {
			return false
		}
	}
	return len(r.Bench) == 0 || len(to.Bench) == 0
}

// directory reads a directory: a run when it says so, or holds no two files of a
// kind and no directory; else each file and directory in it.
func (l *loader) directory(name string) error {
	entries, err := os.ReadDir(l.full(name))
	if err != nil {
		return fmt.Errorf("%s: read: %w", name, reason(err))
	}
	var files, dirs []string
	run := false
	for _, e := range entries {
		path := filepath.Join(name, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case e.IsDir():
			dirs = append(dirs, path)
		case e.Name() == MetaFile:
			run = true
		default:
			files = append(files, path)
		}
	}
	slices.SortFunc(dirs, natural)
	slices.SortFunc(files, natural)
	if run {
		return l.run(name, files)
	}
	before := len(l.side.Runs) + len(l.loose)
	for _, path := range dirs {
		if err := l.path(path); err != nil && !errors.Is(err, ErrNothing) {
			return err
		}
	}
	if err := l.files(files); err != nil {
		return err
	}
	if len(l.side.Runs)+len(l.loose) == before {
		return fmt.Errorf("%s: %w", name, ErrNothing)
	}
	return nil
}

// files reads the files of a directory that is no run of its own. One that is
// nothing to compare is passed over.
func (l *loader) files(names []string) error {
	at := &loader{dir: l.dir, seen: l.seen}
	for _, name := range names {
		if err := at.path(name); err != nil && !errors.Is(err, ErrNothing) {
			return err
		}
	}
	l.seen = at.seen
	l.side.Runs = append(l.side.Runs, at.side.Runs...)
	l.side.Runs = append(l.side.Runs, at.loose...)
	return nil
}

// run reads the directory of one run.
func (l *loader) run(name string, files []string) error {
	data, err := l.read(filepath.Join(name, MetaFile), 1<<20)
	if err != nil {
		return err
	}
	m, err := ParseMeta(data)
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(name, MetaFile), err)
	}
	r := compare.Run{Label: name}
	m.apply(&r)
	for _, path := range files {
		_, err := l.file(path, 0, &r)
		switch {
		case err == nil:
		case !errors.Is(err, ErrNothing):
			return err
		case strings.HasSuffix(path, ".pb.gz"): // a log may lie about; what is called a profile has to be one
			return fmt.Errorf("%s: is no profile", path)
		}
	}
	r.Label = name
	l.side.Runs = append(l.side.Runs, r)
	return nil
}

// file reads a file into a run; whole says that it is one of its own.
func (l *loader) file(name string, size int64, r *compare.Run) (whole bool, err error) {
	data, err := l.read(name, size)
	if err != nil {
		return false, err
	}
	r.Label = name
	switch {
	case len(data) == 0 && strings.HasSuffix(name, ".pb.gz"): // of a run that was cut off
		return false, fmt.Errorf("%s: is empty: make that run again, or take the file away", name)
	case len(data) == 0:
		return false, fmt.Errorf("%s: empty: %w", name, ErrNothing)
	case evidence.IsBundle(data):
		c, err := evidence.ReadBundle(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return true, fmt.Errorf("%s: %w", name, err)
		}
		return true, Fill(r, name, c)
	case isText(data):
		return false, benchmarks(name, data, r)
	}
	return false, Profile(r, name, data)
}

func (l *loader) read(name string, size int64) ([]byte, error) {
	if size > maxFile {
		return nil, fmt.Errorf("%s: %d bytes: too large, at most %d can be read", name, size, int64(maxFile))
	}
	f, err := os.Open(l.full(name))
	if err != nil {
		return nil, fmt.Errorf("%s: read: %w", name, reason(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: read: %w", name, reason(err))
	case len(data) > maxFile:
		return nil, fmt.Errorf("%s: too large, at most %d bytes can be read", name, int64(maxFile))
	}
	return data, nil
}

// reason is what the system said, without the call and the path.
func reason(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	return err
}

// natural orders names so that run 9 stands before run 10.
func natural(a, b string) int {
	for a != "" && b != "" {
		x, y := digits(a), digits(b)
		if x > 0 && y > 0 {
			m, n := strings.TrimLeft(a[:x], "0"), strings.TrimLeft(b[:y], "0")
			if len(m) != len(n) {
				return len(m) - len(n)
			}
			if c := strings.Compare(m, n); c != 0 {
				return c
			}
			a, b = a[x:], b[y:]
			continue
		}
		if a[0] != b[0] {
			return int(a[0]) - int(b[0])
		}
		a, b = a[1:], b[1:]
	}
	return len(a) - len(b)
}

// digits is how many of them s begins with.
func digits(s string) int {
	return len(s) - len(strings.TrimLeft(s, "0123456789"))
}

// otherText is an error about a text that is nothing to compare: in a directory
// it is passed over, while a profile that is damaged is not.
type otherText struct {
	name string
	err  error
}

func (e *otherText) Error() string        { return e.name + ": " + e.err.Error() }
func (e *otherText) Unwrap() error        { return e.err }
func (e *otherText) Is(target error) bool { return target == ErrNothing }

// Profile puts a profile into a run.
func Profile(r *compare.Run, name string, data []byte) error {
	p, err := profile.Parse(data, profile.Options{})
	if err != nil && utf8.Valid(data[:min(len(data), 4096)]) {
		return &otherText{name: name, err: err}
	} else if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	kind, err := evidence.KindOf(name, p)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	put(r, kind, p)
	return nil
}

// put keeps a profile. One of the heap holds what was allocated as well.
func put(r *compare.Run, kind evidence.Kind, p *profile.Profile) {
	if r.Profiles == nil {
		r.Profiles = map[evidence.Kind]*profile.Profile{}
	}
	r.Profiles[kind] = p
	if _, both := p.SampleType("alloc_space"); kind == evidence.Heap && both && r.Profiles[evidence.Allocs] == nil {
		r.Profiles[evidence.Allocs] = p
	}
	if r.Env.BuildID == "" && len(p.Mappings) > 0 {
		r.Env.BuildID = p.Mappings[0].BuildID
	}
}
