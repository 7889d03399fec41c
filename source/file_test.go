package source

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goperf/goperf/evidence"
)

// files fills a directory with one of each.
func files(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "cpu.pb.gz"), string(canned.cpu))
	write(t, filepath.Join(dir, "trace.out"), string(canned.trace))
	write(t, filepath.Join(dir, "snapshots", "heap1.pb.gz"), string(encode(t, evidence.Heap, frame{"main.keep", "main.go", 3, 100})))
	write(t, filepath.Join(dir, "snapshots", "heap2.pb.gz"), string(encode(t, evidence.Heap, frame{"main.keep", "main.go", 3, 200})))
	write(t, filepath.Join(dir, "stacks.txt"), "goroutine 1 [running]:\nmain.main()\n\t/x/main.go:1 +0x1\n")
	write(t, filepath.Join(dir, "README.md"), "what this is")
	write(t, filepath.Join(dir, ".hidden"), "nothing")
	return dir
}

func kinds(c *evidence.Capture) string {
	var all []string
	for _, b := range c.Blobs {
		all = append(all, string(b.Kind))
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	dir := files(t)
	c := collect(t, dir, quietly())
	if got := kinds(c); got != "cpu goroutine-text heap heap trace" {
		t.Errorf("kinds: %s", got)
	}
	wantGap(t, c, "files", "1 file is nothing that goperf reads", "README.md")
	if c.Target.Kind != "file" || c.Target.Name != dir {
		t.Errorf("target: %+v", c.Target)
	}
}

// TestSeveralFiles makes one capture of files by relative names, and goes on
// without one that is damaged.
func TestSeveralFiles(t *testing.T) {
	t.Parallel()
	deps := testDeps()
	deps.Dir = files(t)
	write(t, filepath.Join(deps.Dir, "damaged.pb.gz"), string(canned.cpu[:len(canned.cpu)/2]))
	names := []string{"cpu.pb.gz", "damaged.pb.gz", "snapshots"}
	c, err := Files(names, deps).Collect(t.Context(), quietly(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := kinds(c); got != "cpu heap heap" {
		t.Errorf("kinds: %s", got)
	}
	wantGap(t, c, "damaged.pb.gz", "damaged.pb.gz: ")
	if c.Target.Name != "cpu.pb.gz damaged.pb.gz snapshots" {
		t.Errorf("target: %+v", c.Target)
	}
	if _, err := Files([]string{"damaged.pb.gz"}, deps).Collect(t.Context(), quietly(), nil); err == nil || !strings.HasPrefix(err.Error(), "damaged.pb.gz: ") {
		t.Errorf("a damaged file alone: %v", err)
	}
	if _, err := Files([]string{"cpu.pb.gz", "nosuch"}, deps).Collect(t.Context(), quietly(), nil); err == nil || !strings.Contains(err.Error(), "nosuch: ") {
		t.Errorf("a missing file: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Files(names, deps).Collect(ctx, quietly(), nil); err == nil {
		t.Error("an interrupted reading gave a capture")
	}
}

func TestEmptyDirectory(t *testing.T) {
	t.Parallel()
	err := collectErr(t, t.TempDir(), quietly())
	if !strings.Contains(err.Error(), "holds no file that goperf reads") || hintText(err) == "" {
		t.Errorf("%v, hint %q", err, hintText(err))
	}
}

// TestBundle reads back what was collected live.
func TestBundle(t *testing.T) {
	t.Parallel()
	live := collect(t, serve(t, &target{on: map[string]http.HandlerFunc{"block": answer(403, "")}}), quietly())
	var buf bytes.Buffer
	if err := evidence.WriteBundle(&buf, live, "goperf test"); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "x.goperf")
	write(t, name, buf.String())
	deps := testDeps()
	deps.Stdin = bytes.NewReader(buf.Bytes())
	for _, given := range []string{name, "-"} {
		c, err := mustParse(t, given, deps).Collect(t.Context(), Plan{}, nil)
		if err != nil {
			t.Fatalf("%s: %v", given, err)
		}
		if kinds(c) != kinds(live) || len(c.Gaps) != len(live.Gaps) || len(c.Asked) != len(live.Asked) || !c.From.Equal(live.From) || !c.To.Equal(live.To) {
			t.Errorf("%s: came back as %s with %d gaps, want %s with %d", given, kinds(c), len(c.Gaps), kinds(live), len(live.Gaps))
		}
		if c.Target.Kind != "bundle" || !strings.Contains(c.Target.Name, live.Target.Name) {
			t.Errorf("%s: target %+v", given, c.Target)
		}
	}
	// A bundle beside other files adds to them.
	extra := filepath.Join(filepath.Dir(name), "extra.txt")
	write(t, extra, "goroutine 1 [running]:\nmain.main()\n\t/x/main.go:1 +0x1\n")
	both, err := Files([]string{name, extra}, deps).Collect(t.Context(), quietly(), nil)
	if err != nil || len(both.Blobs) != len(live.Blobs)+1 {
		t.Errorf("bundle and file: %v", err)
	}
	write(t, name, buf.String()[:buf.Len()/2])
	if err := collectErr(t, name, quietly()); !strings.HasPrefix(err.Error(), name+": ") {
		t.Errorf("half a bundle: %v", err)
	}
}

func TestStdin(t *testing.T) {
	t.Parallel()
	deps := testDeps()
	deps.Stdin = bytes.NewReader(canned.cpu)
	c, err := mustParse(t, "-", deps).Collect(t.Context(), quietly(), nil)
	if err != nil || kinds(c) != "cpu" || c.Target.Kind != "stdin" {
		t.Errorf("%v, %+v", err, c)
	}
	deps.Stdin = strings.NewReader("nothing of use")
	if _, err := mustParse(t, "-", deps).Collect(t.Context(), quietly(), nil); err == nil || !strings.HasPrefix(err.Error(), "standard input: ") {
		t.Errorf("noise: %v", err)
	}
	deps.Stdin = nil
	if _, err := mustParse(t, "-", deps).Collect(t.Context(), quietly(), nil); err == nil {
		t.Error("no standard input gave a capture")
	}
	silent, end := io.Pipe()
	defer end.Close()
	deps.Stdin = silent
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := mustParse(t, "-", deps).Collect(ctx, quietly(), nil); err == nil {
		t.Error("an interrupt did not end the wait for a silent pipe")
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "odd:6060"), "a file")
	deps := Deps{Dir: dir, Demo: func(context.Context, string) (string, func(), error) { return "", nil, io.EOF }}
	for target, want := range map[string]string{
		"http://127.0.0.1:6060":      "http://127.0.0.1:6060",
		"https://shop.example/ops":   "https://shop.example/ops",
		"HTTP://Shop:80":             "http://Shop:80",
		":6060":                      "http://localhost:6060",
		":6060/ops":                  "http://localhost:6060/ops",
		"localhost:6060":             "http://localhost:6060",
		"shop.example.com:80/a/b":    "http://shop.example.com:80/a/b",
		"[::1]:6060":                 "http://[::1]:6060",
		"10.0.0.7:6060/debug/pprof/": "http://10.0.0.7:6060/debug/pprof/",
	} {
		src, err := Parse(target, deps)
		u, ok := src.(*urlSource)
		if err != nil || !ok || u.base.String() != want || u.target != target {
			t.Errorf("%s: %+v, %v", target, src, err)
		}
	}
	for target, want := range map[string][2]string{"unix:///run/x.sock": {"/run/x.sock", ""}, "unix:///run/x.sock:/ops": {"/run/x.sock", "/ops"}} {
		src, err := Parse(target, deps)
		u, ok := src.(*urlSource)
		if err != nil || !ok || u.socket != want[0] || u.base.Path != want[1] {
			t.Errorf("%s: %+v, %v", target, src, err)
		}
	}
	for _, target := range []string{"-", "demo", "demo:regexp", "pid:1", "odd:6060", "."} {
		src, err := Parse(target, deps)
		if _, isURL := src.(*urlSource); err != nil || isURL {
			t.Errorf("%s: %T, %v", target, src, err)
		}
	}
	for target, want := range map[string]string{
		"":                           "is empty",
		"nosuch.pb.gz":               "there is no such file",
		"6060":                       "write :6060",
		"ftp://x/y":                  "the scheme is not http, https or unix",
		"http://":                    "there is no host",
		"http://x:0":                 "between 1 and 65535",
		"http://x:99999":             "between 1 and 65535",
		"localhost:99999":            "between 1 and 65535",
		"http://joe:s3cret@[::1":     "is no URL",
		"unix:relative":              "unix:///path",
		"unix:///a:b":                "not a path",
		"pid:":                       "no process number",
		"pid:-3":                     "no process number",
		"pid:x":                      "no process number",
		"pod:x":                      "names no pod",
		"pod:ns/name":                "kubectl port-forward -n ns pod/name",
		"C:\\x\\y.pb.gz":             "there is no such file",
		"x" + strings.Repeat("/", 3): "there is no such file",
	} {
		src, err := Parse(target, deps)
		if err == nil || !strings.Contains(err.Error()+hintText(err), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %T, %v (%s)", target, src, err, hintText(err))
		}
	}
	if _, err := Parse("demo", Deps{}); err == nil {
		t.Error("demo without a demonstration service")
	}
}

// TestDemo starts the service, collects and stops it.
func TestDemo(t *testing.T) {
	t.Parallel()
	url := serve(t, &target{})
	stopped, sickness := 0, ""
	deps := testDeps()
	deps.Demo = func(_ context.Context, s string) (string, func(), error) {
		sickness = s
		return url, func() { stopped++ }, nil
	}
	c, err := mustParse(t, "demo:regexp", deps).Collect(t.Context(), quietly(), nil)
	if err != nil || stopped != 1 || sickness != "regexp" || c.Target.Name != "demo:regexp" || c.Target.Kind != "demo" {
		t.Errorf("%v, stopped %d times, %q, %+v", err, stopped, sickness, c)
	}
	deps.Demo = func(context.Context, string) (string, func(), error) { return "", nil, os.ErrInvalid }
	if _, err := mustParse(t, "demo", deps).Collect(t.Context(), quietly(), nil); err == nil || !strings.HasPrefix(err.Error(), "demo: ") {
		t.Error(err)
	}
}
