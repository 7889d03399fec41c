package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/pprof/profile"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/goperf/goperf/ebpf"
	"github.com/goperf/goperf/report"
)

var update = flag.Bool("update", false, "rewrite the golden parts of the scripts in testdata/script")

// TestMain makes this binary goperf itself when a script runs the command, so
// that signals, pipes and exit statuses in scripts are the real ones.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"goperf": main})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			// What the developer's shell says must not decide.
			env.Setenv("NO_COLOR", "")
			env.Setenv("TERM", "xterm-256color")
			env.Values[requests] = make(chan string, 1000)
			return nil
		},
		// Whether this kernel lets this process measure others is known by trying.
		Condition: func(name string) (bool, error) {
			if name != "probes" {
				return false, fmt.Errorf("unknown condition %q", name)
			}
			return ebpf.All()[0].Supported() == nil, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"fold":      fold,
			"interrupt": interrupt,
			"runs":      sampledRuns,
			"same":      same,
			"serve":     serve,
			"status":    status,
		},
	})
}

// requests is where a script keeps the paths that its "serve files" was asked for.
const requests = "requests"

// fold makes a profile of folded stacks: fold IN OUT TYPE UNIT. A line is
// "root;caller;leaf 10"; a frame may end in "@file.go:12", or "@file.go:12/9" for a
// function that begins at line 9, and \e is the escape character.
func fold(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: fold in out type unit")
	}
	p := &profile.Profile{
		SampleType:    []*profile.ValueType{{Type: args[2], Unit: args[3]}},
		PeriodType:    &profile.ValueType{Type: args[2], Unit: args[3]},
		Period:        10_000_000,
		TimeNanos:     1_790_000_000_000_000_000,
		DurationNanos: 10_000_000_000,
		Mapping:       []*profile.Mapping{{ID: 1, Start: 0x400000, Limit: 0x800000, File: "/srv/shop", HasFunctions: true}},
	}
	locations := map[string]*profile.Location{}
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		stack, count, ok := strings.Cut(strings.ReplaceAll(strings.TrimSpace(line), `\e`, "\x1b"), " ")
		value, err := strconv.ParseInt(count, 10, 64)
		if !ok || err != nil {
			ts.Fatalf("fold: %q: want \"a;b;c 10\"", line)
		}
		s := &profile.Sample{Value: []int64{value}}
		for frame := range strings.SplitSeq(stack, ";") {
			s.Location = append([]*profile.Location{location(p, locations, frame)}, s.Location...)
		}
		p.Sample = append(p.Sample, s)
	}
	f, err := os.Create(ts.MkAbs(args[1]))
	ts.Check(err)
	ts.Check(p.Write(f))
	ts.Check(f.Close())
}

func location(p *profile.Profile, known map[string]*profile.Location, frame string) *profile.Location {
	if l, ok := known[frame]; ok {
		return l
	}
	name, place, _ := strings.Cut(frame, "@")
	file, number, _ := strings.Cut(place, ":")
	number, start, _ := strings.Cut(number, "/")
	line, _ := strconv.ParseInt(number, 10, 64)
	begin, _ := strconv.ParseInt(start, 10, 64)
	fn := &profile.Function{ID: uint64(len(p.Function) + 1), Name: name, SystemName: name, Filename: file, StartLine: begin}
	l := &profile.Location{ID: fn.ID, Address: 0x400000 + 16*fn.ID, Mapping: p.Mapping[0], Line: []profile.Line{{Function: fn, Line: line}}}
	p.Function, p.Location = append(p.Function, fn), append(p.Location, l)
	known[frame] = l
	return l
}

// serve puts the URL of a service into $URL: "serve demo SICKNESS" runs the
// demo in a process of its own, "serve files DIR" answers /debug/pprof/NAME with
// DIR/NAME, or with the status and text in DIR/NAME.status, or never if there is
// DIR/NAME.hangs. With a file DIR/authorization it wants that in the header.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: serve demo SICKNESS | serve files DIR")
	}
	switch args[0] {
	case "demo":
		ts.Setenv("URL", serveDemo(ts, args[1]))
	case "files":
		server := httptest.NewServer(files(ts.MkAbs(args[1]), ts.Value(requests).(chan string)))
		ts.Defer(server.Close)
		ts.Setenv("URL", server.URL)
	default:
		ts.Fatalf("serve: %q: unknown", args[0])
	}
}

func serveDemo(ts *testscript.TestScript, sickness string) string {
	cmd := exec.Command(inPath(ts, "goperf"), "demo", sickness, "--duration", "2m")
	cmd.Env = append(os.Environ(), "PATH="+ts.Getenv("PATH"))
	cmd.Args[0] = "goperf" // what testscript makes of os.Args[0]: the two are compared
	cmd.Stderr = ts.Stderr()
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		_ = cmd.Process.Kill() // it may have ended by itself
		_ = cmd.Wait()
	})
	url, err := bufio.NewReader(out).ReadString('\n')
	ts.Check(err)
	return strings.TrimSpace(url)
}

func files(dir string, asked chan<- string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ok := strings.CutPrefix(r.URL.Path, "/debug/pprof/")
		if !ok || strings.ContainsAny(name, `/\`) {
			http.NotFound(w, r)
			return
		}
		if name == "" {
			name = "index"
		}
		if want, err := os.ReadFile(filepath.Join(dir, "authorization")); err == nil && r.Header.Get("Authorization") != strings.TrimSpace(string(want)) {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		select {
		case asked <- name:
		default:
		}
		if _, err := os.Stat(filepath.Join(dir, name+".hangs")); err == nil {
			<-r.Context().Done()
			return
		}
		if b, err := os.ReadFile(filepath.Join(dir, name+".status")); err == nil {
			code, text, _ := strings.Cut(string(b), " ")
			n, _ := strconv.Atoi(code)
			http.Error(w, strings.TrimSpace(text), n)
			return
		}
		http.ServeFile(w, r, filepath.Join(dir, name))
	})
}

// same wants two reports to have the same findings.
func same(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: same a.json b.json")
	}
	a, err := report.Decode([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	b, err := report.Decode([]byte(ts.ReadFile(args[1])))
	ts.Check(err)
	if diff := cmp.Diff(a.Findings, b.Findings); diff != "" {
		ts.Fatalf("%s and %s find different things:\n%s", args[0], args[1], diff)
	}
}

// status runs a command and wants this exit status: status 3 goperf top x.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit := (*exec.ExitError)(nil); err != nil {
		if !errors.As(err, &exit) {
			ts.Fatalf("status: %v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// interrupt runs a command, waits for a sign of life, presses Ctrl-C once, or
// again and again until the command ends, and keeps its output:
//
//	interrupt once|often line:REGEXP|request:NAME COMMAND...
//
// A line is one of standard output; a request is one that "serve files" got.
// Once wants the command to end with status 0, often by the signal.
func interrupt(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: interrupt once|often line:REGEXP|request:NAME COMMAND...")
	}
	often := args[0] == "often"
	kind, what, _ := strings.Cut(args[1], ":")
	cmd := exec.Command(inPath(ts, args[2]), args[3:]...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), append(os.Environ(), "HOME="+ts.Getenv("HOME"))
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	cmd.Stderr = ts.Stderr()
	ts.Check(cmd.Start())
	lines := bufio.NewReader(out)
	switch kind {
	case "line":
		awaitLine(ts, lines, regexp.MustCompile(what))
	case "request":
		awaitRequest(ts, what)
	}
	ended := make(chan struct{})
	go press(cmd.Process, often, ended)
	_, err = io.Copy(ts.Stdout(), lines)
	ts.Check(err)
	err = cmd.Wait()
	close(ended)
	if !often {
		ts.Check(err)
	} else if err == nil || cmd.ProcessState.Exited() {
		ts.Fatalf("ended with %v, want death by the signal", cmd.ProcessState)
	}
}

// press sends one interrupt, or one after the other until the process has ended.
func press(p *os.Process, often bool, ended <-chan struct{}) {
	for {
		_ = p.Signal(os.Interrupt) // it may just have ended
		if !often {
			return
		}
		select {
		case <-ended:
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func awaitLine(ts *testscript.TestScript, r *bufio.Reader, want *regexp.Regexp) {
	for {
		line, err := r.ReadString('\n')
		if want.MatchString(line) {
			return
		}
		if err != nil {
			ts.Fatalf("no line like %s: %v", want, err)
		}
	}
}

func awaitRequest(ts *testscript.TestScript, want string) {
	patience := time.After(30 * time.Second)
	for {
		select {
		case name := <-ts.Value(requests).(chan string):
			if name == want {
				return
			}
		case <-patience:
			ts.Fatalf("nobody asked for %s", want)
		}
	}
}

// inPath is the command in the script's PATH, which is not that of the test.
func inPath(ts *testscript.TestScript, name string) string {
	return filepath.Join(filepath.SplitList(ts.Getenv("PATH"))[0], name)
}
