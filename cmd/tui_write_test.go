package cmd

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is being written when the program ends is finished, or else gone: also when
// the writing never comes to an end.
func TestFilesInTheEnd(t *testing.T) {
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	patient := context.Background()
	hurried, cancel := context.WithCancel(patient)
	cancel()
	for _, c := range []struct {
		name  string
		hurry context.Context
		write func(w io.Writer, ending <-chan struct{}) error
		there bool
	}{
		{"slow", patient, func(w io.Writer, ending <-chan struct{}) error {
			<-ending
			_, err := io.WriteString(w, "ed")
			return err
		}, true},
		{"slow and in a hurry", hurried, func(w io.Writer, _ <-chan struct{}) (err error) {
			for err == nil {
				_, err = io.WriteString(w, "ed")
			}
			return err
		}, false},
		{"stuck", hurried, func(io.Writer, <-chan struct{}) error { <-never; return nil }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := &scribe{env: Env{Dir: dir}}
			begun, ending := make(chan struct{}), make(chan struct{})
			go func() {
				_ = s.write(patient, "x.svg", false, func(w io.Writer) error { // what became of it, end tells
					if _, err := io.WriteString(w, "start"); err != nil {
						return err
					}
					close(begun)
					return c.write(w, ending)
				})
			}()
			<-begun
			close(ending)
			err := s.end(c.hurry)
			files, _ := filepath.Glob(filepath.Join(dir, "*"))
			hidden, _ := filepath.Glob(filepath.Join(dir, ".*"))
			files = append(files, hidden...)
			if c.there {
				text, _ := os.ReadFile(filepath.Join(dir, "x.svg"))
				if err != nil || string(text) != "started" || len(files) != 1 {
					t.Errorf("%v, %q, %q", err, text, files)
				}
				return
			}
			if !errors.Is(err, errUnfinished) || !strings.Contains(err.Error(), "x.svg") || len(files) != 0 {
				t.Errorf("%v, %q", err, files)
			}
		})
	}
}

// What is there is written over when that is wanted, what is looked at never.
func TestFilesThatAreThere(t *testing.T) {
	dir := t.TempDir()
	home := t.TempDir()
	for _, name := range []string{"looked.pb.gz", "there.svg"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := &scribe{looks: []string{"looked.pb.gz", "http://127.0.0.1:6060"}, env: Env{Dir: dir, LookupEnv: func(name string) (string, bool) { return home, name == "HOME" }}}
	for _, c := range []struct {
		name string
		over bool
		want string // the error
	}{
		{"there.svg", false, "file already exists"},
		{"there.svg", true, ""},
		{"looked.pb.gz", true, "it is what is looked at"},
		{"./looked.pb.gz", false, "it is what is looked at"},
		{"~/new.svg", false, ""},
		{"none/new.svg", false, "no such file"},
	} {
		err := s.write(t.Context(), c.name, c.over, func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err })
		if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, over %t: %v", c.name, c.over, err)
		}
		if err != nil && c.want == "file already exists" && !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: the error does not say of what kind it is", c.name)
		}
	}
	if text, err := os.ReadFile(filepath.Join(home, "new.svg")); err != nil || string(text) != "new" {
		t.Errorf("in the home directory: %q, %v", text, err)
	}
}
