package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/disasm"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/listing"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/source/code"
	"github.com/goperf/goperf/source/git"
	"github.com/goperf/goperf/source/program"
	"github.com/goperf/goperf/tui"
)

// origin keeps what is known of the program that the evidence is of; its process
// is looked at only while it is the one that was measured.
func (f *feeder) origin(c *evidence.Capture, live bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if live {
		f.program.pid = c.Target.PID
	}
	for _, blob := range c.Blobs {
		if blob.Kind == evidence.BuildInfo {
			f.program.build, _ = debug.ParseBuildInfo(string(blob.Data)) // other forms say nothing here
		}
	}
}

// known is what is known of the program by now.
func (f *feeder) known() origin {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.program
}

// list finds the source of a function.
func (f *feeder) list(p *profile.Profile, fn listing.Function) tui.Listing {
	out := tui.Listing{Function: fn}
	finder := code.NewFinder(code.Options{Dir: f.env.Dir, Getenv: f.env.getenv, Build: f.known().build, Search: splitLists(f.code.sourcePath)})
	finder.Guess([]code.Query{{File: fn.File, Function: fn.Name, Fits: fn.Plausible}})
	file, err := finder.Find(code.Query{File: fn.File, Function: fn.Name, Fits: fn.Fits})
	if err != nil {
		out.Why, out.Hint = err.Error(), hintOf(err)
		out.Rows = fn.Rows(nil, -1)
		return out
	}
	out.Path, out.Rows, out.Doubt = file.Path, fn.Rows(file.Text, -1), file.Doubt
	proof, doubt := f.known().compared(file)
	if out.Proof = proof; doubt != "" {
		out.Doubt = doubt
	}
	end := time.Unix(0, p.TimeNanos).Add(time.Duration(max(p.DurationNanos, 0)))
	if out.Doubt == "" && proof == "" && p.TimeNanos != 0 && file.Modified.After(end) {
		out.Doubt = "the file was changed after the profile was taken: lines may have moved"
	}
	return out
}

// gitTime bounds what is waited for the git program.
const gitTime = 2 * time.Second

// compared says whether a file is as it was in the commit that was built: a proof, or
// a doubt, or nothing where the build does not name a commit or files do not change.
func (o origin) compared(file code.File) (proof, doubt string) {
	if o.build == nil || file.Modified.IsZero() {
		return "", ""
	}
	commit := setting(o.build, "vcs.revision")
	if commit == "" {
		return "", ""
	}
	with := ""
	if setting(o.build, "vcs.modified") == "true" {
		with = ", which had changes of its own"
	}
	ctx, stop := context.WithTimeout(context.Background(), gitTime)
	defer stop()
	same, err := git.Repo{Dir: filepath.Dir(file.Path)}.Same(ctx, commit, filepath.Base(file.Path), file.Text)
	short := commit[:min(len(commit), 12)]
	switch {
	case errors.Is(err, git.ErrNoCommit):
		return "", fmt.Sprintf("commit %s, which was built, %v: lines may have moved", short, git.ErrNoCommit)
	case err != nil:
		return "", "" // nobody to ask
	case same:
		return fmt.Sprintf("as in commit %s, which was built%s", short, with), ""
	}
	return "", fmt.Sprintf("the file is not as in commit %s, which was built%s: lines may have moved", short, with)
}

// The machine code that is handed over of a function: a small one may have been
// inlined everywhere.
const (
	mostRoutines     = 40
	mostInstructions = 20_000
)

// asm finds the machine code of a function.
func (f *feeder) asm(p *profile.Profile, column string, fn listing.Function) tui.Assembly {
	none := func(err error) tui.Assembly {
		hint := hintOf(err)
		if strings.HasPrefix(hint, "--binary") {
			hint = shellLine(slices.Concat([]string{"goperf", "tui"}, f.files.looks, []string{"--screen", "source", "--asm", "line"})) + " " + hint
		}
		return tui.Assembly{Why: err.Error(), Hint: hint}
	}
	prog, tried, err := executable{f.env, f.code.binary, f.known().pid}.open(p)
	if err == nil && prog == nil {
		err = noEvidence(binaryHint(p), absent(tried))
	}
	if err != nil {
		return none(err)
	}
	defer prog.Close()
	listed, err := disassemble(prog, p, column, func(*program.Image) func(string) bool {
		return func(name string) bool { return name == fn.Name }
	})
	if err != nil {
		return none(err)
	}
	out := tui.Assembly{Path: prog.Path, Arch: listed.Arch, Routines: listed.Routines}
	if len(out.Routines) == 0 {
		return none(fmt.Errorf("%s: no sampled address is in %s", prog.Path, fn.Name))
	}
	if listed.Strange > 0 {
		out.Doubt = fmt.Sprintf("%d of %d sampled addresses are in other functions of it: it may be another build", listed.Strange, listed.Named)
	} else if prog.Is(mainMapping(p).BuildID) == program.Unknown {
		out.Doubt = "no build id says that it is this build; the samples lie where they should"
	}
	out.Routines, out.More = mostOf(out.Routines)
	return out
}

// mostOf are the routines that took most, as many as are handed over, and how many
// are left out.
func mostOf(all []disasm.Routine) (most []disasm.Routine, more int) {
	slices.SortStableFunc(all, func(a, b disasm.Routine) int { return cmp.Compare(magnitude(b.Cum), magnitude(a.Cum)) })
	left := mostInstructions
	for i := range all {
		if i == mostRoutines || i > 0 && len(all[i].Lines) > left {
			return all[:i], len(all) - i
		}
		all[i].Lines = all[i].Lines[:min(len(all[i].Lines), mostInstructions)]
		left -= len(all[i].Lines)
	}
	return all, 0
}
