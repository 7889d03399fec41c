package cmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/goperf/goperf/source/code"
)

// Whether a file is what was built is said by the commit that the build names: that
// it is, that it is not, or that nobody can tell; nothing where there is no commit.
func TestComparedWithCommit(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "main.go")
	git := func(args ...string) string {
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q", "-b", "main")
	if err := os.WriteFile(path, []byte("package main\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	git("add", ".")
	git("commit", "-q", "-m", "one")
	commit := git("rev-parse", "HEAD")
	built := func(settings ...debug.BuildSetting) origin {
		return origin{build: &debug.BuildInfo{Settings: settings}}
	}
	at := func(id string) origin { return built(debug.BuildSetting{Key: "vcs.revision", Value: id}) }
	for _, c := range []struct {
		of           origin
		text         string
		proof, doubt string
	}{
		{at(commit), "package main\n", "as in commit " + commit[:12], ""},
		{at(commit), "package main\r\n", "as in commit", ""},
		{at(commit), "package main // moved\n", "", "is not as in commit"},
		{built(debug.BuildSetting{Key: "vcs.revision", Value: commit}, debug.BuildSetting{Key: "vcs.modified", Value: "true"}), "package main\n", "which had changes of its own", ""},
		{at(strings.Repeat("ab", 20)), "package main\n", "", "not at hand"},
		{at("--output=x"), "package main\n", "", ""},
		{built(), "package main\n", "", ""},
		{origin{}, "package main\n", "", ""},
	} {
		proof, doubt := c.of.compared(code.File{Path: path, Text: []byte(c.text), Modified: time.Now()})
		if !strings.Contains(proof, c.proof) || !strings.Contains(doubt, c.doubt) || (proof == "") != (c.proof == "") || (doubt == "") != (c.doubt == "") {
			t.Errorf("%q: proof %q, doubt %q; want %q, %q", c.text, proof, doubt, c.proof, c.doubt)
		}
	}
	if proof, doubt := at(commit).compared(code.File{Path: path}); proof != "" || doubt != "" {
		t.Errorf("of a file that does not change: %q, %q", proof, doubt)
	}
}
