package git

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// The bounds of what is taken out of a commit.
const (
	maxFiles = 20_000
	maxBytes = 2 << 30
)

// Extract writes the files below a folder of a commit into a folder that exists.
// Links are passed over: they may point anywhere.
func (r Repo) Extract(ctx context.Context, commit, folder, into string) error {
	cmd := r.command(ctx, "archive", "--format=tar", commit+":"+strings.TrimPrefix(filepath.ToSlash(folder), "./"))
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return failure("archive", err, "")
	}
	err = untar(out, into)
	if err != nil {
		_ = cmd.Process.Kill() // what it still has to say does not matter
	}
	_, _ = io.Copy(io.Discard, out)
	if ended := cmd.Wait(); err == nil && ended != nil {
		err = fmt.Errorf("%s has no folder %s: %w", short(commit), folder, failure("archive", ended, complaint.String()))
	}
	return err
}

func untar(r io.Reader, into string) error {
	root, err := os.OpenRoot(into)
	if err != nil {
		return err
	}
	defer root.Close()
	in := tar.NewReader(r)
	left := int64(maxBytes)
	for n := 0; ; n++ {
		h, err := in.Next()
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) && n == 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read what git gave: %w", err)
		}
		if n == maxFiles || h.Size > left {
			return fmt.Errorf("more than %d files or %d bytes", maxFiles, int64(maxBytes))
		}
		left -= h.Size
		if err := extract(root, in, h); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
	}
}

// extract writes one entry. The root refuses names that lead out of it.
func extract(root *os.Root, in io.Reader, h *tar.Header) error {
	name := strings.TrimSuffix(h.Name, "/")
	switch {
	case name == "" || name == ".":
		return nil
	case h.Typeflag == tar.TypeDir:
		return root.MkdirAll(name, 0o755)
	case h.Typeflag != tar.TypeReg:
		return nil
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := root.Create(name)
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, in, h.Size)
	return errors.Join(err, f.Close())
}
