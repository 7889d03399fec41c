package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/goperf/goperf/internal/folded"
)

// action is what of action.yml its steps need.
type action struct {
	Inputs map[string]struct{ Default string }
	Runs   struct{ Steps []step }
}

type step struct {
	Name, ID, If, Run string
	Env               map[string]string
}

// job runs the steps of the action as a runner would: each in a shell, with
// nothing but the environment between them.
type job struct {
	t       *testing.T
	dir     string
	inputs  map[string]string
	event   map[string]any
	outputs map[string]map[string]string
	path    string // before PATH
	log     strings.Builder
	status  int
}

func needShell(t *testing.T, tools ...string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("SKIPPED: the action's shell is tried on Linux")
	}
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getuid() == 0 {
				t.Fatalf("no %s: make setup installs it", tool)
			}
			t.Skipf("SKIPPED: no %s on this machine (make setup installs it, as root)", tool)
		}
	}
}

// newJob prepares a job in a folder with runs of a base, of the same program
// again, and of one in which a function costs twice as much.
func newJob(t *testing.T, inputs map[string]string) *job {
	t.Helper()
	needShell(t, "bash")
	j := &job{t: t, dir: t.TempDir(), inputs: inputs, outputs: map[string]map[string]string{}, event: map[string]any{}}
	writeRuns(t, filepath.Join(j.dir, "base"), 300)
	writeRuns(t, filepath.Join(j.dir, "same"), 300)
	writeRuns(t, filepath.Join(j.dir, "slow"), 600)
	return j
}

// writeRuns writes six runs in which price.Quote has so many of 3,000 samples.
func writeRuns(t *testing.T, dir string, quote int) {
	t.Helper()
	for pair := 1; pair <= 6; pair++ {
		var text strings.Builder
		text.WriteString("# duration=30s\n")
		for i, name := range []string{"cart.Add", "cart.Sum", "stock.Take", "tax.Of", "mail.Send", "auth.Check", "web.Page", "db.Find", "db.Save"} {
			fmt.Fprintf(&text, "runtime.main;main.main;example.com/shop/%s %d\n", name, 300+(pair*7+i*13)%20)
		}
		fmt.Fprintf(&text, "runtime.main;main.main;example.com/shop/price.Quote:7 %d\n", quote+pair*5%12)
		p, err := folded.Encode(text.String(), "cpu", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), 0)
		if err != nil {
			t.Fatal(err)
		}
		run := filepath.Join(dir, fmt.Sprint(pair))
		meta := fmt.Sprintf(`{"ops":30000,"unit":"request","user_s":%.2f,"wall_s":31,"pair":%d,"go":"go1.26.1","goos":"linux","goarch":"amd64"}`, float64(2700+quote)/100, pair)
		for name, data := range map[string][]byte{"cpu.pb.gz": p.Data, "meta.json": []byte(meta)} {
			writeFile(t, filepath.Join(run, name), data, 0o644)
		}
	}
}

func writeFile(t *testing.T, name string, data []byte, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, mode); err != nil {
		t.Fatal(err)
	}
}

// goperfBinary is this test's binary by the name by which it is goperf, see TestMain.
func goperfBinary(t *testing.T) string {
	t.Helper()
	exe, err := exec.LookPath("goperf")
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

func readAction(t *testing.T) action {
	t.Helper()
	text, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Fatal(err)
	}
	var a action
	if err := yaml.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

// run runs all steps, the later ones whatever the status of the earlier: only
// the first that fails ends a job, as on GitHub.
func (j *job) run() {
	j.t.Helper()
	a := readAction(j.t)
	event, err := json.Marshal(j.event)
	if err != nil {
		j.t.Fatal(err)
	}
	writeFile(j.t, filepath.Join(j.dir, "event.json"), event, 0o644)
	for _, s := range a.Runs.Steps {
		if s.If != "" && !j.condition(a, s.If) {
			continue
		}
		if j.status = j.step(a, s); j.status != 0 {
			return
		}
	}
}

func (j *job) step(a action, s step) int {
	j.t.Helper()
	output := filepath.Join(j.dir, "output")
	writeFile(j.t, output, nil, 0o644)
	cmd := exec.CommandContext(j.t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", s.Run)
	cmd.Dir = j.dir
	cmd.Env = append(os.Environ(), "GITHUB_OUTPUT="+output, "GITHUB_STEP_SUMMARY="+filepath.Join(j.dir, "summary.md"),
		"GITHUB_EVENT_PATH="+filepath.Join(j.dir, "event.json"), "GITHUB_REPOSITORY=acme/shop", "RUNNER_OS=Linux", "RUNNER_ARCH=X64",
		"RUNNER_TEMP="+j.dir, "PATH="+j.path+string(os.PathListSeparator)+os.Getenv("PATH"))
	for name, value := range s.Env {
		cmd.Env = append(cmd.Env, name+"="+j.expand(a, value))
	}
	out, err := cmd.CombinedOutput()
	fmt.Fprintf(&j.log, "## %s\n%s", s.Name, out)
	j.keep(s.ID, output)
	if err != nil && cmd.ProcessState == nil {
		j.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}

func (j *job) keep(id, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		j.t.Fatal(err)
	}
	j.outputs[id] = map[string]string{}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			j.outputs[id][name] = value
		}
	}
}

var expression = regexp.MustCompile(`\$\{\{ *(.*?) *\}\}`)

// expand evaluates the expressions that the action is allowed to use: names,
// and the first of several that is not empty.
func (j *job) expand(a action, text string) string {
	return expression.ReplaceAllStringFunc(text, func(e string) string {
		for name := range strings.SplitSeq(expression.FindStringSubmatch(e)[1], "||") {
			if v := j.value(a, strings.TrimSpace(name)); v != "" {
				return v
			}
		}
		return ""
	})
}

func (j *job) value(a action, name string) string {
	parts := strings.Split(name, ".")
	switch {
	case parts[0] == "inputs":
		in, ok := a.Inputs[parts[1]]
		if !ok {
			j.t.Errorf("%s: no such input", name)
		}
		if v, set := j.inputs[parts[1]]; set {
			return v
		}
		return j.expand(a, in.Default)
	case parts[0] == "steps" && len(parts) == 4:
		out, ok := j.outputs[parts[1]]
		if !ok {
			j.t.Errorf("%s: no such step before", name)
		}
		return out[parts[3]]
	case name == "github.token":
		return "a token"
	case strings.HasPrefix(name, "github.event."):
		var v any = j.event
		for _, key := range parts[2:] {
			m, _ := v.(map[string]any)
			v = m[key]
		}
		if v == nil {
			return ""
		}
		return fmt.Sprint(v)
	}
	j.t.Errorf("%s: a name that this test does not know", name)
	return ""
}

// condition is the one form that the action uses.
func (j *job) condition(a action, text string) bool {
	for part := range strings.SplitSeq(text, "&&") {
		name, want, equals := strings.Cut(strings.TrimSpace(part), " == ")
		got := j.value(a, name)
		if equals && got != strings.Trim(want, "'") || !equals && got == "" {
			return false
		}
	}
	return true
}

func (j *job) file(name string) string {
	j.t.Helper()
	text, err := os.ReadFile(filepath.Join(j.dir, name))
	if err != nil {
		j.t.Fatalf("%v\n%s", err, j.log.String())
	}
	return string(text)
}

func (j *job) wants(what, text string, pieces ...string) {
	j.t.Helper()
	for _, p := range pieces {
		if !strings.Contains(text, p) {
			j.t.Errorf("%s does not say %q:\n%s", what, p, text)
		}
	}
}

// Expressions inside of a script would let a branch's name become a command.
func TestActionKeepsExpressionsOutOfScripts(t *testing.T) {
	for _, s := range readAction(t).Runs.Steps {
		if strings.Contains(s.Run, "${{") {
			t.Errorf("%s: an expression in the script", s.Name)
		}
		if s.Name == "" || s.Run == "" {
			t.Errorf("%+v: no name or no script", s)
		}
	}
}

func TestActionFailsARegression(t *testing.T) {
	j := newJob(t, map[string]string{"goperf": goperfBinary(t), "base-runs": "base", "new-runs": "slow"})
	j.run()
	if j.status != 1 || j.outputs["gate"]["verdict"] != "regression" {
		t.Fatalf("status %d, outputs %v\n%s", j.status, j.outputs, j.log.String())
	}
	j.wants("the log", j.log.String(), "::error ", "price.Quote")
	j.wants("the summary", j.file("summary.md"), "<!-- goperf:gate -->", "price.Quote")
	j.wants("the SARIF", j.file("goperf-gate/gate.sarif"), `"level": "error"`)
	j.wants("the JUnit", j.file("goperf-gate/gate.xml"), "<failure ")
}

func TestActionPassesTheSame(t *testing.T) {
	j := newJob(t, map[string]string{"goperf": goperfBinary(t), "base-runs": "base", "new-runs": "same", "inconclusive": "pass"})
	j.run()
	if j.status != 0 || strings.Contains(j.log.String(), "::error") {
		t.Fatalf("status %d, outputs %v\n%s", j.status, j.outputs, j.log.String())
	}
}

func TestActionSaysWhyThereIsNoReport(t *testing.T) {
	j := newJob(t, map[string]string{"goperf": goperfBinary(t), "base-runs": "base", "new-runs": "slow", "policy": "policy.yaml"})
	writeFile(t, filepath.Join(j.dir, "policy.yaml"), []byte("version: 1\nlimitz: {}\n"), 0o644)
	j.run()
	if j.status != 2 || j.outputs["gate"]["verdict"] != "error" {
		t.Fatalf("status %d, outputs %v\n%s", j.status, j.outputs, j.log.String())
	}
	j.wants("the log", j.log.String(), "policy.yaml", "limitz", "::error title=goperf gate::there is no report")
}

// TestActionComments stands a program in for gh that keeps one comment.
func TestActionComments(t *testing.T) {
	goperf := goperfBinary(t)
	for name, old := range map[string]string{"first": "", "again": "4711"} {
		t.Run(name, func(t *testing.T) {
			j := newJob(t, map[string]string{"goperf": goperf, "base-runs": "base", "new-runs": "slow", "comment": "true"})
			j.event["pull_request"] = map[string]any{"number": 17}
			j.path = filepath.Join(j.dir, "bin")
			writeFile(t, filepath.Join(j.path, "gh"), []byte("#!/bin/sh\necho \"$GH_TOKEN: $*\" >>gh.log\ncase \"$*\" in *--paginate*) echo "+old+" ;; esac\n"), 0o755)
			j.run()
			want := "a token: api --silent -X POST repos/acme/shop/issues/17/comments -F body=@goperf-gate/gate.md"
			if old != "" {
				want = "a token: api --silent -X PATCH repos/acme/shop/issues/comments/4711 -F body=@goperf-gate/gate.md"
			}
			j.wants("gh", j.file("gh.log"), want)
		})
	}
}

// standIn is goperf but for "gate run", which takes minutes: it writes down what
// it was asked for and judges the runs that are there.
func (j *job) standIn(goperf string) string {
	j.t.Helper()
	j.path = filepath.Join(j.dir, "bin")
	exe := filepath.Join(j.path, "goperf")
	writeFile(j.t, exe, []byte(`#!/bin/sh
case "$1 $2" in
"gate run")
	printf '[%s]' "$@" >run.log
	exec `+goperf+` gate --base base --new slow -f json -o goperf-gate/gate.json ;;
esac
exec `+goperf+` "$@"
`), 0o755)
	return exe
}

// knownFlags fails when a flag of "gate run" does not exist.
func knownFlags(t *testing.T, goperf, log string) {
	t.Helper()
	help, err := exec.CommandContext(t.Context(), goperf, "gate", "run", "--help").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, help)
	}
	flags, _, _ := strings.Cut(log, "[--]")
	for _, f := range regexp.MustCompile(`\[(--?[a-z]+)`).FindAllStringSubmatch(flags, -1) {
		if !regexp.MustCompile(`(?m)^\s+(-\w, )?` + f[1] + `\b|^\s+` + f[1] + `, `).Match(help) {
			t.Errorf("gate run has no %s:\n%s", f[1], help)
		}
	}
}

func TestActionMeasuresACommand(t *testing.T) {
	needShell(t, "git")
	goperf := goperfBinary(t)
	j := newJob(t, map[string]string{"command": `go test -bench 'A|B' ./store`, "build": "make load", "budget": "3m"})
	j.inputs["goperf"] = j.standIn(goperf)
	j.event["pull_request"] = map[string]any{"number": 17, "base": map[string]any{"sha": commit(t, j.dir)}}
	j.run()
	if j.status != 1 || j.outputs["gate"]["verdict"] != "regression" {
		t.Fatalf("status %d, outputs %v\n%s", j.status, j.outputs, j.log.String())
	}
	log := j.file("run.log")
	j.wants("the call", log, "[gate][run]", "[--budget][3m]", "[--build][make load]", "[--][go][test][-bench][A|B][./store]")
	knownFlags(t, goperf, log)
}

// commit makes a repository with one commit.
func commit(t *testing.T, dir string) string {
	t.Helper()
	git := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("git %v: %v", args, err)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "-q")
	git("commit", "-q", "--allow-empty", "-m", "first")
	return git("rev-parse", "HEAD")
}

// TestGitLabJob runs the lines of the job as a runner does: all in one shell.
func TestGitLabJob(t *testing.T) {
	needShell(t, "sh")
	text, err := os.ReadFile("../../docs/ci/gitlab.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]struct {
		Variables    map[string]string
		BeforeScript []string `yaml:"before_script"`
		Script       []string
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	goperf := goperfBinary(t)
	j := newJob(t, nil)
	j.standIn(goperf)
	gate := file["goperf gate"]
	cmd := exec.CommandContext(t.Context(), "sh", "-e", "-c", strings.Join(append(gate.BeforeScript, gate.Script...), "\n"))
	cmd.Dir = j.dir
	cmd.Env = append(os.Environ(), "PATH="+j.path+string(os.PathListSeparator)+os.Getenv("PATH"), "CI_MERGE_REQUEST_DIFF_BASE_SHA=abc123")
	for name, value := range gate.Variables {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState.ExitCode() != 1 {
		t.Fatalf("%v\n%s", err, out)
	}
	log := j.file("run.log")
	j.wants("the call", log, "[--base][abc123]", "[--budget][10m]", "[--][go][test][-bench][.][./...]")
	knownFlags(t, goperf, log)
	j.wants("the log", string(out), "price.Quote")
	j.wants("the JUnit", j.file("goperf-gate/gate.xml"), "<failure ")
	j.wants("the code quality", j.file("goperf-gate/gl-code-quality.json"), `"severity": "critical"`)
	j.wants("the comment", j.file("goperf-gate/gate.md"), "<!-- goperf:gate -->")
}

// release serves goperf as a release of GitHub does.
func release(t *testing.T, exe string, spoil bool) *httptest.Server {
	t.Helper()
	data, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	z, _ := gzip.NewWriterLevel(&archive, gzip.NoCompression)
	w := tar.NewWriter(z)
	if err := w.WriteHeader(&tar.Header{Name: "goperf", Mode: 0o755, Size: int64(len(data))}); err != nil {
		t.Fatal(err)
	}
	w.Write(data)
	w.Close()
	z.Close()
	sum := fmt.Sprintf("%x", sha256.Sum256(archive.Bytes()))
	if spoil {
		sum = strings.Repeat("0", 64)
	}
	mux := http.NewServeMux()
	mux.Handle("/latest", http.RedirectHandler("/tag/v1.2.3", http.StatusFound))
	mux.HandleFunc("/tag/v1.2.3", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/download/v1.2.3/goperf_1.2.3_linux_amd64.tar.gz", func(w http.ResponseWriter, _ *http.Request) { w.Write(archive.Bytes()) })
	mux.HandleFunc("/download/v1.2.3/checksums.txt", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, "%s  goperf_1.2.3_darwin_amd64.tar.gz\n%s  goperf_1.2.3_linux_amd64.tar.gz\n", strings.Repeat("1", 64), sum)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func TestActionDownloadsARelease(t *testing.T) {
	needShell(t, "bash", "curl", "tar")
	exe := goperfBinary(t)
	for _, spoil := range []bool{false, true} {
		j := newJob(t, map[string]string{"releases": release(t, exe, spoil).URL, "base-runs": "base", "new-runs": "slow"})
		j.run()
		want := "regression"
		if spoil {
			want = ""
		}
		if j.outputs["gate"]["verdict"] != want || j.status == 0 {
			t.Errorf("spoilt %v: status %d, outputs %v\n%s", spoil, j.status, j.outputs, j.log.String())
		}
	}
}
