package cmd_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/pprof/driver"
	pprof "github.com/google/pprof/profile"

	"github.com/goperf/goperf/cmd"
	"github.com/goperf/goperf/internal/bench/profgen"
)

// views are options of goperf with those of pprof that mean the same.
var views = []struct{ ours, theirs string }{
	{"", ""},
	{"--cum", "-cum"},
	{"--granularity lines", "-lines"},
	{"--granularity addresses", "-addresses"},
	{"--granularity files", "-files"},
	{"--noinlines", "-noinlines"},
	{"--noinlines --granularity lines", "-noinlines -lines"},
	{"--focus Get|main", "-focus=Get|main"},
	{"--ignore Put|runtime", "-ignore=Put|runtime"},
	{"--hide [Cc]ode|sync", "-hide=[Cc]ode|sync"},
	{"--show e --noinlines", "-show=e -noinlines"},
	{"--show Order|main|net/http", "-show=Order|main|net/http"},
	{"--show-from Order|serve|main", "-show_from=Order|serve|main"},
	{"--prune-from lookup|runtime.*|main.*", "-prune_from=lookup|runtime.*|main.*"},
	{"--focus [a-m] --ignore Close --hide Read --show-from e", "-focus=[a-m] -ignore=Close -hide=Read -show_from=e"},
	{"--tagfocus bytes=32b:", "-tagfocus=bytes=32b:"},
	{"--tagfocus :1kb", "-tagfocus=:1kb"},
	{"--tagfocus 16b:4kb", "-tagfocus=16b:4kb"},
	{"--tagfocus request_id=1", "-tagfocus=request_id=1"},
	{"--tagfocus e,r", "-tagfocus=e,r"},
	{"--tagignore 7|a", "-tagignore=7|a"},
	{"--tagroot endpoint,bytes --tagleaf request_id", "-tagroot=endpoint,bytes -tagleaf=request_id"},
	{"--tagroot bytes --focus kB", "-tagroot=bytes -focus=kB"},
	{"--tagshow e --taghide q", "-tagshow=e -taghide=q"},
	{"--unit s", "-unit=s"},
	{"--unit kb --divide-by 3", "-unit=kb -divide_by=3"},
	{"--sample-index 0 --divide-by 0.5", "-sample_index=0 -divide_by=0.5"},
	{"--diff-base BASE", "-diff_base=BASE"},
	{"--diff-base BASE --normalize --focus e", "-diff_base=BASE -normalize -focus=e"},
	{"--diff-base BASE --cum --granularity lines", "-diff_base=BASE -cum -lines"},
	{"--diff-base BASE --noinlines --granularity files", "-diff_base=BASE -noinlines -files"},
	{"--diff-base BASE --hide e --unit s --divide-by 7", "-diff_base=BASE -hide=e -unit=s -divide_by=7"},
	{"--base BASE", "-base=BASE"},
	{"--base BASE --normalize --granularity lines", "-base=BASE -normalize -lines"},
	{"--base BASE --sample-index 0 --tagroot request_id", "-base=BASE -sample_index=0 -tagroot=request_id"},
	{"--noinlines --granularity addresses --focus [.]go", "-noinlines -addresses -focus=[.]go"},
	{"--noinlines --granularity files --show-from main|Order", "-noinlines -files -show_from=main|Order"},
	{"--granularity lines --prune-from Get|main --tagleaf bytes", "-lines -prune_from=Get|main -tagleaf=bytes"},
	{"--granularity lines --hide Order|Session|runtime --ignore Token", "-lines -hide=Order|Session|runtime -ignore=Token"},
	{"--tagroot endpoint,request_id --granularity lines --noinlines", "-tagroot=endpoint,request_id -lines -noinlines"},
	{"--tagleaf bytes --unit MB", "-tagleaf=bytes -unit=MB"},
	{"--unit minutes --divide-by 0.001", "-unit=minutes -divide_by=0.001"},
	{"--unit auto", "-unit=auto"},
	{"--divide-by 2 --cum", "-divide_by=2 -cum"},
	{"--tagfocus request_id=1,2 --tagignore endpoint=a", "-tagfocus=request_id=1,2 -tagignore=endpoint=a"},
	{"--focus ^$ --cum", "-focus=^$ -cum"},
}

// TestViewsEqualPprof holds what top, tree, peek, traces and raw print against
// google/pprof's own driver, cell by cell: on generated profiles always, and on
// all below $GOPERF_PROFILES.
func TestViewsEqualPprof(t *testing.T) {
	dir := t.TempDir()
	for name, spec := range map[string]profgen.Spec{
		"cpu":       {Seed: 1, Samples: 200, Functions: 120, Depth: 14},
		"heap":      {Seed: 2, Samples: 200, Functions: 120, Depth: 14, Heap: true},
		"labels":    {Seed: 3, Samples: 200, Functions: 120, Depth: 14, Requests: 30},
		"recursive": {Seed: 5, Samples: 200, Functions: 6, Depth: 30},
		"negative":  {Seed: 7, Samples: 200, Functions: 120, Depth: 14, Heap: true, Negative: true},
	} {
		file, base := filepath.Join(dir, name), filepath.Join(dir, name+".base")
		generate(t, file, spec)
		spec.Seed, spec.Samples = spec.Seed+100, spec.Samples/2
		generate(t, base, spec)
		t.Run(name, func(t *testing.T) { compareViews(t, file, base) })
	}
	dropping := filepath.Join(dir, "dropping")
	makeDropping(t, filepath.Join(dir, "cpu"), dropping)
	t.Run("drop_frames", func(t *testing.T) { compareViews(t, dropping, filepath.Join(dir, "cpu.base")) })
	root := os.Getenv("GOPERF_PROFILES")
	if root == "" {
		return
	}
	bases := map[string]string{}
	err := filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if p, err := pprof.ParseData(data); err == nil {
			// The base is the one before of the same kind, or itself.
			kind := fmt.Sprint(p.SampleType)
			base := cmp.Or(bases[kind], path)
			bases[kind] = path
			t.Run(strings.TrimPrefix(path, root), func(t *testing.T) { compareViews(t, path, base) })
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func generate(t *testing.T, file string, spec profgen.Spec) {
	t.Helper()
	var buf bytes.Buffer
	if err := profgen.Write(&buf, spec); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// makeDropping adds patterns of frames that the profile wants left out.
func makeDropping(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	p, err := pprof.ParseData(data)
	if err != nil {
		t.Fatal(err)
	}
	p.DropFrames, p.KeepFrames = ".*(Order|Cache|[.]).*", ".*(Row|Get).*"
	var buf bytes.Buffer
	if err := p.Write(&buf); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func compareViews(t *testing.T, file, base string) {
	for _, v := range views {
		ours := strings.Fields(strings.ReplaceAll(v.ours, "BASE", base))
		theirs := strings.Fields(strings.ReplaceAll(v.theirs, "BASE", base))
		for command, normal := range map[string]func(string) []string{"top": rowsOf, "tree": blocksOf, "traces": stacksOf} {
			if command == "traces" && strings.Contains(v.ours, "diff-base") {
				continue // pprof adds a label of its own
			}
			got := goperf(t, append([]string{command, file, "-n", "0"}, ours...)...)
			want := reference(t, file, append([]string{"-" + command}, theirs...)...)
			if diff := gocmp.Diff(normal(want), normal(got)); diff != "" {
				t.Errorf("%s %s (-pprof +goperf):\n%.3000s", command, v.ours, diff)
			}
		}
	}
	for _, pattern := range []string{"Get|main|runtime", "."} {
		got, want := goperf(t, "peek", pattern, file, "-n", "0"), reference(t, file, "-peek="+pattern)
		if diff := gocmp.Diff(blocksOf(want), blocksOf(got)); diff != "" {
			t.Errorf("peek %s (-pprof +goperf):\n%.3000s", pattern, diff)
		}
	}
	got, want := goperf(t, "raw", file), reference(t, file, "-raw")
	if diff := gocmp.Diff(fields(want), fields(got)); diff != "" {
		t.Errorf("raw (-pprof +goperf):\n%.3000s", diff)
	}
}

// rowsOf is the cells of a table and the line that says what share is shown. The
// running sum holds the order of what has flat.
func rowsOf(text string) []string {
	head, body, _ := strings.Cut(text, "cum   cum%\n")
	var rows []string
	for line := range strings.Lines(head) {
		if strings.HasPrefix(line, "Showing nodes") {
			rows = append(rows, strings.TrimSpace(line))
		}
	}
	for line := range strings.Lines(body) {
		rows = append(rows, strings.Join(strings.Fields(line), " "))
	}
	slices.Sort(rows)
	return rows
}

// blocksOf is the blocks of a tree, each with its lines in order of the alphabet.
func blocksOf(text string) []string {
	var blocks []string
	parts := strings.Split(text, strings.Repeat("-", 58)+"+-------------\n")
	for _, part := range parts[min(2, len(parts)):] {
		var lines []string
		above := true
		for line := range strings.Lines(part) {
			cells, name, _ := strings.Cut(line, "|")
			f := strings.Fields(cells)
			side := "calls "
			if len(f) == 5 {
				side, above = "", false
				f = slices.Delete(f, 2, 3)
			} else if above {
				side = "is called by "
			}
			lines = append(lines, side+strings.Join(f, " ")+" "+strings.TrimSpace(name))
		}
		slices.Sort(lines)
		blocks = append(blocks, strings.Join(lines, "\n"))
	}
	slices.Sort(blocks)
	return blocks
}

func stacksOf(text string) []string {
	parts := strings.Split(text, strings.Repeat("-", 11)+"+"+strings.Repeat("-", 55)+"\n")
	for i, part := range parts {
		parts[i] = strings.Join(strings.Fields(part), " ")
	}
	return parts[1:]
}

func fields(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "Time: ") { // pprof prints it in the local zone
			lines = append(lines, strings.Join(strings.Fields(line), " "))
		}
	}
	return lines
}

// goperf runs a command and returns what it prints.
func goperf(t *testing.T, args ...string) string {
	t.Helper()
	var out, warnings bytes.Buffer
	env := cmd.Env{
		Stdin: strings.NewReader(""), Stdout: &out, Stderr: &warnings,
		Columns:        func() int { return 0 },
		LookupEnv:      func(string) (string, bool) { return "", false },
		Now:            time.Now,
		SetGCPercent:   func(int) int { return 100 },
		SetMemoryLimit: func(int64) int64 { return 0 },
	}
	if status := cmd.Main(context.Background(), env, args); status != 0 {
		t.Fatalf("goperf %v: status %d\n%s", args, status, warnings.String())
	}
	return out.String()
}

// reference is what google/pprof's driver prints. Its options outlive a run, so
// that each is given again.
func reference(t *testing.T, file string, flags ...string) string {
	t.Helper()
	all := strings.Fields("-trim=false -nodecount=0 -symbolize=none -output=x -unit=minimum -sample_index= -divide_by=1 " +
		"-focus= -ignore= -hide= -show= -show_from= -prune_from= -tagfocus= -tagignore= -tagshow= -taghide= -tagroot= -tagleaf= -noinlines=false -normalize=false")
	if !slices.ContainsFunc(flags, func(f string) bool { return slices.Contains([]string{"-lines", "-files", "-addresses"}, f) }) {
		all = append(all, "-functions")
	}
	if !slices.Contains(flags, "-cum") {
		all = append(all, "-flat")
	}
	out := &written{}
	set := &arguments{FlagSet: flag.NewFlagSet("pprof", flag.ContinueOnError), args: append(append(all, flags...), file)}
	err := driver.PProf(&driver.Options{Writer: out, Flagset: set, Fetch: files{slices.Contains(flags, "-files")}, Obj: noTools{}, UI: silent{}})
	if err != nil {
		t.Fatalf("pprof %v: %v", flags, err)
	}
	return out.String()
}

type written struct{ bytes.Buffer }

func (w *written) Open(string) (io.WriteCloser, error) { return w, nil }
func (w *written) Close() error                        { return nil }

// files is a fetcher that reads files. pprof keeps functions of one file apart
// when they have start lines, because a frame without a name takes the line into
// its identity: joined takes them away.
type files struct{ joined bool }

func (f files) Fetch(name string, _, _ time.Duration) (*pprof.Profile, string, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, "", err
	}
	p, err := pprof.ParseData(data)
	if err == nil {
		// Profiles of the old text form have labels "bytes: 0", which pprof itself
		// loses when it writes them as profile.proto: they are compared as written.
		var buf bytes.Buffer
		if err := p.WriteUncompressed(&buf); err != nil {
			return nil, "", err
		}
		p, err = pprof.ParseUncompressed(buf.Bytes())
	}
	if err == nil && f.joined {
		for _, fn := range p.Function {
			fn.StartLine = 0
		}
	}
	return p, "", err
}

type noTools struct{}

func (noTools) Open(string, uint64, uint64, uint64, string) (driver.ObjFile, error) {
	return nil, errors.New("no binaries here")
}

func (noTools) Disasm(string, uint64, uint64, bool) ([]driver.Inst, error) {
	return nil, errors.New("no binaries here")
}

type silent struct{}

func (silent) ReadLine(string) (string, error)     { return "", io.EOF }
func (silent) Print(...any)                        {}
func (silent) PrintErr(...any)                     {}
func (silent) IsTerminal() bool                    { return false }
func (silent) WantBrowser() bool                   { return false }
func (silent) SetAutoComplete(func(string) string) {}

// arguments gives the driver its flags.
type arguments struct {
	*flag.FlagSet
	args []string
}

func (a *arguments) ExtraUsage() string   { return "" }
func (a *arguments) AddExtraUsage(string) {}
func (a *arguments) Parse(func()) []string {
	if err := a.FlagSet.Parse(a.args); err != nil {
		panic("arguments of pprof: " + err.Error())
	}
	return a.Args()
}

func (a *arguments) StringList(name, value, usage string) *[]*string {
	return &[]*string{a.String(name, value, usage)}
}

// TestLabelUnitsOfAllSamples: the unit of a key is what any sample says, also one
// that a filter takes away.
func TestLabelUnitsOfAllSamples(t *testing.T) {
	p := &pprof.Profile{SampleType: []*pprof.ValueType{{Type: "cpu", Unit: "nanoseconds"}}}
	for i, name := range []string{"gone", "kept"} {
		f := &pprof.Function{ID: uint64(i + 1), Name: name}
		l := &pprof.Location{ID: uint64(i + 1), Line: []pprof.Line{{Function: f}}}
		s := &pprof.Sample{Value: []int64{5}, Location: []*pprof.Location{l}, NumLabel: map[string][]int64{"size": {2048}}}
		if name == "gone" {
			s.NumUnit = map[string][]string{"size": {"kilobytes"}}
		}
		p.Function, p.Location, p.Sample = append(p.Function, f), append(p.Location, l), append(p.Sample, s)
	}
	var buf bytes.Buffer
	if err := p.Write(&buf); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "units.pb.gz")
	if err := os.WriteFile(file, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, filter := range []string{"focus=kept", "ignore=gone"} {
		for _, size := range []string{"2mb", "3mb"} {
			got := goperf(t, "traces", file, "--"+filter, "--tagfocus=size="+size)
			want := reference(t, file, "-traces", "-"+filter, "-tagfocus=size="+size)
			if diff := gocmp.Diff(stacksOf(want), stacksOf(got)); diff != "" {
				t.Errorf("%s, %s (-pprof +goperf):\n%s", filter, size, diff)
			}
		}
	}
}
