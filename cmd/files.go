package cmd

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxInput bounds what is read of one file or of standard input.
const maxInput = 2 << 30

// readInput reads a file whole, or standard input for "-".
func (e Env) readInput(name string) ([]byte, error) {
	if name == "-" {
		if e.StdinIsTerminal {
			return nil, usageError("pipe a file into goperf, or name one", "standard input: is a terminal")
		}
		return readBounded("standard input", e.Stdin, 0)
	}
	f, info, err := e.openInput(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readBounded(name, f, info.Size())
}

// openInput opens a file to be read.
func (e Env) openInput(name string) (*os.File, fs.FileInfo, error) {
	f, err := os.Open(e.path(name))
	if err != nil && strings.Contains(name, "://") {
		return nil, nil, usageError("curl -s URL | goperf COMMAND - reads it from standard input", "%s: is a URL, want a file", name)
	}
	if err != nil {
		return nil, nil, readError(name, err)
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		err = readError(name, err)
	case info.IsDir():
		err = noEvidence("name a file in it, or use goperf analyze, which reads directories", fmt.Errorf("%s: is a directory", name))
	case info.Mode()&fs.ModeDevice != 0:
		err = noEvidence("goperf reads files, pipes and standard input (-)", fmt.Errorf("%s: is a device", name))
	case info.Size() > maxInput:
		err = tooLarge(name, info.Size())
	default:
		return f, info, nil
	}
	return nil, nil, errors.Join(err, f.Close())
}

// withProfile hands the bytes of a file or of standard input over, a file's
// without reading them first.
func (e Env) withProfile(name string, use func(r io.ReaderAt, size int64) error) error {
	if name == "-" {
		data, err := e.readInput(name)
		return useBytes(data, err, use)
	}
	f, info, err := e.openInput(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if info.Mode().IsRegular() {
		return use(f, info.Size())
	}
	data, err := readBounded(name, f, info.Size())
	return useBytes(data, err, use)
}

func useBytes(data []byte, err error, use func(io.ReaderAt, int64) error) error {
	if err != nil {
		return err
	}
	return use(bytes.NewReader(data), int64(len(data)))
}

const hintTooLarge = "measure for a shorter time, or in several files"

func tooLarge(name string, size int64) error {
	return noEvidence(hintTooLarge, fmt.Errorf("%s: %d bytes: too large, at most %d can be read", name, size, int64(maxInput)))
}

// readBounded reads r to its end. Size is what the file claims to hold; it
// saves growing the buffer and may be wrong.
func readBounded(name string, r io.Reader, size int64) ([]byte, error) {
	if size > maxInput {
		return nil, tooLarge(name, size)
	}
	buf := make([]byte, 0, max(size+1, 4096))
	for {
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			return buf, nil
		}
		if err != nil {
			return nil, readError(name, err)
		}
		if len(buf) > maxInput {
			return nil, noEvidence(hintTooLarge, fmt.Errorf("%s: too large, at most %d bytes can be read", name, int64(maxInput)))
		}
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
	}
}

// readError keeps the reason and drops the words around it: the name is said
// once, as the user wrote it.
func readError(name string, err error) error {
	hint := ""
	if errors.Is(err, fs.ErrNotExist) {
		hint = "check the path; goperf --help lists what a target can be"
	}
	return noEvidence(hint, fmt.Errorf("%s: read: %w", name, reason(err)))
}

// reason is what the system said, without the call and the path.
func reason(err error) error {
	if p := (*fs.PathError)(nil); errors.As(err, &p) {
		return p.Err
	}
	if l := (*os.LinkError)(nil); errors.As(err, &l) {
		return l.Err
	}
	return err
}

// writeFile makes a file of what write writes, or leaves what was there. "-"
// and "" are standard output; a device or a pipe is written to as it stands.
func (e Env) writeFile(name string, write func(io.Writer) error) error {
	return e.writeFileUntil(context.Background(), name, write)
}

// writeFileUntil is writeFile while ctx lasts. When that ends first nothing is
// left behind, even if write or the disk never comes to an end.
func (e Env) writeFileUntil(ctx context.Context, name string, write func(io.Writer) error) error {
	if name == "" || name == "-" {
		return write(e.Stdout)
	}
	path := e.path(name)
	if err := e.checkOutput(name); err != nil {
		return err
	}
	mode := fs.FileMode(0o644) // CreateTemp makes private files; what is written here is no secret
	if info, err := os.Stat(path); err == nil {
		if !info.Mode().IsRegular() {
			return writeThrough(name, path, func(w io.Writer) error { return write(lasting{ctx, w}) })
		}
		mode = info.Mode().Perm() // of what is replaced, which may be one
		if to, err := filepath.EvalSymlinks(path); err == nil {
			path = to
		}
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return writeError(name, err)
	}
	lasts := context.AfterFunc(ctx, func() { _ = os.Remove(tmp.Name()) }) // and whoever writes removes it too
	err = write(lasting{ctx, tmp})
	err = errors.Join(err, tmp.Chmod(mode), tmp.Sync(), tmp.Close())
	if !lasts() {
		err = cmp.Or(err, context.Cause(ctx))
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		if gone := os.Remove(tmp.Name()); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
		return writeError(name, err)
	}
	return nil
}

// lasting is a writer that fails when its context has ended.
type lasting struct {
	ctx context.Context
	io.Writer
}

func (w lasting) Write(b []byte) (int, error) {
	if w.ctx.Err() != nil {
		return 0, context.Cause(w.ctx)
	}
	return w.Writer.Write(b)
}

// checkOutput finds out before any work is done whether writeFile will find a
// place for the file.
func (e Env) checkOutput(name string) error {
	if name == "" || name == "-" {
		return nil
	}
	path := e.path(name)
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return usageError("name a file in it", "%s: write: is a directory", name)
	}
	dir, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return writeError(name, err)
	}
	if !dir.IsDir() {
		return usageError("name a file in a directory that exists", "%s: write: %s is not a directory", name, filepath.Dir(name))
	}
	return nil
}

func writeThrough(name, path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return writeError(name, err)
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return writeError(name, err)
	}
	return nil
}

func writeError(name string, err error) error {
	return usageError("-o FILE names a place that can be written, -o - is standard output where a command has it", "%s: write: %w", name, reason(err))
}

func (e Env) writeBytes(name string, data []byte) error {
	return e.writeFile(name, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// readText reads a file that a person wrote, and no more than one byte beyond
// its bound: whoever parses it says that it is too large.
func readText(env Env, file string, most int64) ([]byte, error) {
	f, err := os.Open(env.path(file))
	if err != nil {
		return nil, fmt.Errorf("%s: read: %w", file, reason(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, fmt.Errorf("%s: read: %w", file, reason(err))
	}
	return data, nil
}
