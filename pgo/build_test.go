package pgo_test

import (
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goperf/goperf/pgo"
	"github.com/goperf/goperf/profile"
)

//go:embed testdata/hot.go.txt
var hotProgram string

// go build takes what Minimal writes, and inlines a hot call that it does not
// inline without a profile.
func TestBuildInlinesTheHotCall(t *testing.T) {
	dir := t.TempDir()
	put := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("go.mod", []byte("module acme.dev/hot\n\ngo 1.26\n"))
	put("main.go", []byte(hotProgram))
	put("hot.pgo", hotProfile(t))

	const inlined = "inlining call to step"
	if out := build(t, dir, "off"); strings.Contains(out, inlined) {
		t.Fatalf("the plain build inlines the call too, so this proves nothing:\n%s", out)
	}
	if out := build(t, dir, "hot.pgo"); !strings.Contains(out, inlined) {
		t.Errorf("the build with the profile does not inline the call:\n%s", out)
	}
}

func build(t *testing.T, dir, profile string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", os.DevNull, "-pgo="+profile, "-gcflags=-m", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go build -pgo=%s: %v\n%s", profile, err, out)
	}
	return string(out)
}

// hotProfile is a profile of the program as Minimal writes it: 1,000 samples in step.
func hotProfile(t *testing.T) []byte {
	t.Helper()
	lines := strings.Split(hotProgram, "\n")
	at := func(text string) int64 {
		for i, l := range lines {
			if strings.Contains(l, text) {
				return int64(i + 1)
			}
		}
		t.Fatalf("no line %q", text)
		return 0
	}
	b := profile.NewBuilder(false, profile.ValueType{Type: "samples", Unit: "count"}, profile.ValueType{Type: "cpu", Unit: "nanoseconds"})
	function := func(name string) int32 {
		return b.Function(profile.Function{Name: "main." + name, File: "main.go", StartLine: at("func " + name + "(")})
	}
	location := func(address uint64, f int32, line int64) uint32 {
		return b.Location(profile.Location{Mapping: -1, Address: address, Lines: []profile.Line{{Function: f, Line: line}}})
	}
	leaf, caller := location(0x1000, function("step"), at("a ^= b")), location(0x2000, function("main"), at("t += step"))
	b.Sample([]uint32{leaf, caller}, []int64{1000, 1e10})
	p, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	small, _, err := pgo.Minimal(p, 0.999)
	if err != nil {
		t.Fatal(err)
	}
	data, err := profile.Encode(small)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
