// Package goprog compiles small Go programs for tests that look at executables
// and at running processes.
//
// A build can ask for another toolchain, which the go command downloads through
// the module proxy. A test that needs one skips, and says why, when the proxy
// cannot be reached; any other failure fails it.
package goprog

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Build says how a program is made. The zero value is what go build does.
type Build struct {
	Toolchain string // "go1.22.12"; "" is the one that runs the test
	PIE       bool   // where the system loads it is left to the system
	Strip     bool   // no symbol table, no DWARF
	External  bool   // linked by the C linker, with cgo
}

// Name tells builds apart in the names of subtests.
func (b Build) Name() string {
	name := "host"
	if b.Toolchain != "" {
		name = b.Toolchain
	}
	for _, p := range []struct {
		is   bool
		word string
	}{{b.PIE, "-pie"}, {b.Strip, "-stripped"}, {b.External, "-cgo"}} {
		if p.is {
			name += p.word
		}
	}
	return name
}

// Shapes are the ways in which an executable can be made with one toolchain.
func Shapes(toolchain string) []Build {
	return []Build{
		{Toolchain: toolchain},
		{Toolchain: toolchain, Strip: true},
		{Toolchain: toolchain, Strip: true, PIE: true},
		{Toolchain: toolchain, Strip: true, External: true},
		{Toolchain: toolchain, Strip: true, PIE: true, External: true},
	}
}

// Compile builds a program of one file and gives the path of the executable. It
// skips the test when a C compiler or a toolchain is needed and cannot be had.
func Compile(t testing.TB, source string, b Build) string {
	t.Helper()
	if b.External {
		if _, err := exec.LookPath("gcc"); err != nil {
			t.Skip("SKIPPED: no C compiler, so nothing can be linked externally:", err)
		}
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "main.go"), source)
	write(t, filepath.Join(dir, "go.mod"), "module goprog\n\ngo 1.18\n")
	exe := filepath.Join(dir, "goprog")
	args := []string{"build", "-o", exe}
	var ld []string
	if b.PIE {
		args = append(args, "-buildmode=pie")
	}
	if b.Strip {
		ld = append(ld, "-s", "-w")
	}
	cgo := "CGO_ENABLED=0"
	if b.External {
		cgo = "CGO_ENABLED=1"
		ld = append(ld, "-linkmode=external")
	}
	args = append(args, "-ldflags="+strings.Join(ld, " "), ".")
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), cgo, "GOWORK=off", "GOFLAGS=-buildvcs=false -mod=mod")
	if b.Toolchain != "" {
		cmd.Env = append(cmd.Env, "GOTOOLCHAIN="+b.Toolchain)
	}
	out, err := cmd.CombinedOutput()
	switch {
	case err == nil:
		return exe
	case b.Toolchain != "" && unreachable.Match(out):
		t.Skipf("SKIPPED: %s cannot be downloaded here:\n%s", b.Toolchain, out)
	default:
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return ""
}

// unreachable is what the go command says when the module proxy does not answer.
var unreachable = regexp.MustCompile(`dial tcp|no such host|i/o timeout|TLS handshake timeout|connection re(fused|set)|network is unreachable|proxyconnect|50[234] |toolchain not available`)

func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
