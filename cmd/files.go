package cmd

import (
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
	f, err := os.Open(e.path(name))
	if err != nil && strings.Contains(name, "://") {
		return nil, usageError("curl -s URL | goperf COMMAND - reads it from standard input", "%s: is a URL, want a file", name)
	}
	if err != nil {
		return nil, readError(name, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, readError(name, err)
	}
	switch mode := info.Mode(); {
	case mode.IsDir():
		return nil, noEvidence("name a file in it, or use goperf analyze, which reads directories", fmt.Errorf("%s: is a directory", name))
	case mode&fs.ModeDevice != 0:
		return nil, noEvidence("", fmt.Errorf("%s: is a device", name))
	}
	return readBounded(name, f, info.Size())
}

// readBounded reads r to its end. Size is what the file claims to hold; it
// saves growing the buffer and may be wrong.
func readBounded(name string, r io.Reader, size int64) ([]byte, error) {
	if size > maxInput {
		return nil, noEvidence("", fmt.Errorf("%s: %d bytes: too large, at most %d can be read", name, size, int64(maxInput)))
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
			return nil, noEvidence("", fmt.Errorf("%s: too large, at most %d bytes can be read", name, int64(maxInput)))
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
	if name == "" || name == "-" {
		return write(e.Stdout)
	}
	path := e.path(name)
	if err := e.checkOutput(name); err != nil {
		return err
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return writeThrough(name, path, write)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return writeError(name, err)
	}
	err = write(tmp)
	// CreateTemp makes private files; what is written here is no secret.
	err = errors.Join(err, tmp.Chmod(0o644), tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return writeError(name, errors.Join(err, os.Remove(tmp.Name())))
	}
	return nil
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
		return usageError("", "%s: write: %s is not a directory", name, filepath.Dir(name))
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
	return usageError("", "%s: write: %w", name, reason(err))
}

func (e Env) writeBytes(name string, data []byte) error {
	return e.writeFile(name, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}
