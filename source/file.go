package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/evidence"
)

const (
	maxFile  = 2 << 30 // B, of one file
	maxFiles = 10_000  // in a directory
	maxDepth = 4       // of directories in a directory
)

// Files makes one capture of several files, directories and bundles. A file
// that cannot be read is a gap when others can.
func Files(paths []string, deps Deps) Source {
	return fileSource{paths: paths, deps: deps.filled()}
}

type fileSource struct {
	paths []string
	deps  Deps
}

// Collect implements [Source].
func (f fileSource) Collect(ctx context.Context, want Plan, progress func(Progress)) (*evidence.Capture, error) {
	l := loader{deps: f.deps, told: progress}
	l.capture.Target = evidence.Target{Name: strings.Join(f.paths, " "), Kind: kindFile}
	if n := len(f.paths); n > 3 {
		l.capture.Target.Name = fmt.Sprintf("%s and %d more files", f.paths[0], n-1)
	}
	for _, name := range f.paths {
		if err := l.path(ctx, name, 0); err != nil {
			return nil, err
		}
	}
	if len(l.capture.Blobs) == 0 {
		return nil, l.nothing(f.paths)
	}
	l.finish(f.paths)
	if !want.NoSyntax && !want.LateSyntax && l.bundles == 0 {
		addSyntax(&l.capture, f.deps)
	}
	return &l.capture, nil
}

// UnreadFiles is what is missing when files of a directory cannot be read.
const UnreadFiles evidence.Kind = "files"

// loader reads files into a capture.
type loader struct {
	deps    Deps
	told    func(Progress)
	capture evidence.Capture
	bytes   int64
	files   int
	bundles int
	inDir   int   // files in directories that are nothing goperf reads
	first   error // what was wrong first
}

// nothing is why there is no evidence.
func (l *loader) nothing(paths []string) error {
	if l.first != nil && l.files+l.inDir <= 1 {
		return l.first
	}
	if l.first != nil {
		return fmt.Errorf("%w (and %d more files that cannot be used)", l.first, l.files+l.inDir-1)
	}
	return withHint(fmt.Errorf("%s: holds no file that goperf reads", strings.Join(paths, " ")),
		"profiles, execution traces, gctrace logs, goroutine dumps and .goperf bundles are read")
}

func (l *loader) finish(paths []string) {
	if l.inDir > 0 {
		are := "files are"
		if l.inDir == 1 {
			are = "file is"
		}
		l.gap(UnreadFiles, fmt.Sprintf("%d %s nothing that goperf reads, the first of them: %v", l.inDir, are, l.first))
	}
	if l.bundles == 1 && l.files == 1 {
		t := &l.capture.Target
		t.Name = fmt.Sprintf("%s (%s)", paths[0], t.Name)
	}
}

func (l *loader) gap(want evidence.Kind, why string) {
	l.capture.Gaps = append(l.capture.Gaps, evidence.Gap{Want: want, Why: why})
}

// path reads a file or a directory. It errs when the user ended it, or when a
// name that the user gave does not exist.
func (l *loader) path(ctx context.Context, name string, depth int) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: not read: %w", name, err)
	}
	info, err := os.Stat(l.deps.path(name))
	switch {
	case err != nil && depth == 0:
		return fmt.Errorf("%s: read: %w", name, reason(err))
	case err != nil:
		l.bad(name, depth, reason(err))
		return nil
	case info.IsDir():
		return l.dir(ctx, name, depth)
	case info.Mode()&(fs.ModeDevice|fs.ModeSocket|fs.ModeIrregular) != 0, depth > 0 && !info.Mode().IsRegular():
		l.bad(name, depth, errors.New("is no regular file"))
		return nil
	}
	if l.told != nil {
		l.told(Progress{Doing: "reading " + filepath.Base(name), Bytes: l.bytes})
	}
	data, err := readFile(l.deps.path(name), info.Size())
	if err != nil {
		l.bad(name, depth, err)
		return nil
	}
	l.data(name, depth, data, info.ModTime())
	return nil
}

// bad notes a file that is of no use.
func (l *loader) bad(name string, depth int, err error) {
	err = fmt.Errorf("%s: %w", name, err)
	l.keepBad(name, depth, err)
}

func (l *loader) keepBad(name string, depth int, err error) {
	if l.first == nil {
		l.first = err
	}
	if depth > 0 {
		l.inDir++ // what else lies in a directory is summed up
		return
	}
	l.files++
	l.gap(evidence.Kind(filepath.Base(name)), err.Error())
}

func (l *loader) dir(ctx context.Context, name string, depth int) error {
	entries, err := os.ReadDir(l.deps.path(name))
	if err != nil {
		l.bad(name, depth, reason(err))
		return nil
	}
	if len(entries) > maxFiles {
		l.bad(name, depth, fmt.Errorf("holds %d files, more than %d", len(entries), maxFiles))
		return nil
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || e.IsDir() && depth >= maxDepth {
			continue
		}
		if err := l.path(ctx, filepath.Join(name, e.Name()), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// readFile reads at most maxFile bytes. The size is what the system says, which
// is 0 for a pipe.
func readFile(name string, size int64) ([]byte, error) {
	if size > maxFile {
		return nil, fmt.Errorf("%d bytes: too large, at most %d are read", size, int64(maxFile))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, reason(err)
	}
	defer f.Close()
	return readBounded(f, size)
}

func readBounded(r io.Reader, size int64) ([]byte, error) {
	var buf bytes.Buffer
	buf.Grow(int(min(max(size, 0), maxFile)) + bytes.MinRead)
	n, err := io.Copy(&buf, io.LimitReader(r, maxFile+1))
	switch {
	case err != nil:
		return nil, reason(err)
	case n > maxFile:
		return nil, fmt.Errorf("too large, at most %d bytes are read", int64(maxFile))
	}
	return buf.Bytes(), nil
}

// data takes the bytes of one file into the capture.
func (l *loader) data(name string, depth int, data []byte, at time.Time) {
	l.bytes += int64(len(data))
	if evidence.IsBundle(data) {
		c, err := evidence.ReadBundle(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			l.bad(name, depth, err)
			return
		}
		l.files++
		l.bundle(c)
		return
	}
	b, err := evidence.Sniff(name, data)
	if err != nil {
		l.keepBad(name, depth, err)
		return
	}
	l.files++
	b.Name = filepath.Base(name)
	switch b.Kind {
	case evidence.HeapText, evidence.GoroutineText, evidence.Metrics, evidence.Vars:
		b.From, b.To = at, at // the page does not say when it was made
	}
	l.capture.Blobs = append(l.capture.Blobs, b)
}

func (l *loader) bundle(c *evidence.Capture) {
	l.bundles++
	all := &l.capture
	if l.bundles == 1 {
		all.From, all.To = c.From, c.To
	}
	if c.From.Before(all.From) {
		all.From = c.From
	}
	if c.To.After(all.To) {
		all.To = c.To
	}
	if l.bundles == 1 && l.files == 1 {
		all.Target = c.Target
		all.Target.Kind = kindBundle
	}
	all.Asked = append(all.Asked, c.Asked...)
	all.Gaps = append(all.Gaps, c.Gaps...)
	all.Blobs = slices.Concat(all.Blobs, c.Blobs)
}

// stdinSource is one file or bundle on standard input.
type stdinSource struct{ deps Deps }

// Collect implements [Source].
func (s stdinSource) Collect(ctx context.Context, want Plan, progress func(Progress)) (*evidence.Capture, error) {
	const name = "standard input"
	if s.deps.Stdin == nil {
		return nil, errors.New(name + ": there is none")
	}
	if progress != nil {
		progress(Progress{Doing: "reading " + name})
	}
	type result struct {
		data []byte
		err  error
	}
	read := make(chan result, 1)
	go func() {
		data, err := readBounded(s.deps.Stdin, 0)
		read <- result{data, err}
	}()
	l := loader{deps: s.deps}
	l.capture.Target = evidence.Target{Name: name, Kind: kindStdin}
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("%s: not read: %w", name, ctx.Err())
	case r := <-read:
		if r.err != nil {
			return nil, fmt.Errorf("%s: read: %w", name, r.err)
		}
		l.data(name, 0, r.data, s.deps.Now())
	}
	if len(l.capture.Blobs) == 0 {
		return nil, l.nothing([]string{name})
	}
	l.finish([]string{name})
	if !want.NoSyntax && !want.LateSyntax && l.bundles == 0 {
		addSyntax(&l.capture, s.deps)
	}
	return &l.capture, nil
}
