package cmd

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// A file that is replaced stays as private as it was, and a link stays a link.
func TestReplacedFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("SKIPPED: modes and links are those of Unix")
	}
	dir := t.TempDir()
	env := Env{Dir: dir}
	secret, link := filepath.Join(dir, "secret.txt"), filepath.Join(dir, "link.txt")
	if err := os.WriteFile(secret, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("secret.txt", link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"secret.txt", "link.txt"} {
		if err := env.writeFile(name, func(w io.Writer) error { _, err := io.WriteString(w, name); return err }); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(secret)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("after %s: %v, %v", name, info.Mode(), err)
		}
		if text, _ := os.ReadFile(secret); string(text) != name {
			t.Errorf("after %s it holds %q", name, text)
		}
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link: %v, %v", info.Mode(), err)
	}
	if err := env.writeFile("new.txt", func(io.Writer) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, "new.txt")); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("a new one: %v, %v", info.Mode(), err)
	}
}
