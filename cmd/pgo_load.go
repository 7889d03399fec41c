package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/pgo"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/source/program"
)

// pgoInput is what the profiles add up to.
type pgoInput struct {
	pgo.Input
	sum     *profile.Profile
	builds  []string // build ids of the binaries that were profiled, "" for one without
	skipped int
	folded  int // stacks that ended in the profiler's own frames
}

// gather adds up the CPU profiles of all targets. What cannot be read is named
// and skipped.
func (o *pgoOptions) gather(ctx context.Context, env Env, args []string) (*pgoInput, error) {
	names, err := sources(env, args, "") // an existing default.pgo may be part of the next one
	if err != nil {
		return nil, err
	}
	in := &pgoInput{Input: pgo.Input{Name: strings.Join(args, " ")}}
	into := profile.NewBuilder(false)
	line := newProgressLine(env, o.view.target.quiet)
	defer line.erase()
	var first error
	for i, name := range names {
		line.show(fmt.Sprintf("reading %d of %d: %s", i+1, len(names), name))
		err := o.add(ctx, env, name, in, into)
		if err == nil {
			continue
		}
		if errors.Is(err, context.Canceled) {
			return nil, err
		}
		if in.skipped++; first == nil {
			first = err
		}
		if in.skipped == len(names) {
			return nil, noEvidence(hintOf(first), fmt.Errorf("no CPU profile: %w", first))
		}
		line.erase()
		if _, err := fmt.Fprintf(env.Stderr, "goperf: skipped: %s\n", oneLine(err.Error())); err != nil {
			return nil, err
		}
	}
	in.sum, err = into.Finish()
	if err != nil {
		return nil, err
	}
	in.tell()
	return in, nil
}

func (o *pgoOptions) add(ctx context.Context, env Env, name string, in *pgoInput, into *profile.Builder) error {
	var p *profile.Profile
	var err error
	if env.isFile(name) {
		p, err = o.view.loadFile(env, name, profile.Options{})
	} else {
		p, err = o.view.loadTarget(ctx, env, name, profile.Options{})
	}
	if err != nil {
		return err
	}
	if _, err := pgo.Read(p); err != nil {
		return noEvidence(pgoHint(err), named(name, err))
	}
	p, repairs := profile.Normalize(p)
	if err := into.Add(p); err != nil {
		return named(name, err)
	}
	in.note(env, name, p, repairs)
	return nil
}

func pgoHint(err error) string {
	if errors.Is(err, pgo.ErrNotCPU) {
		return "take a CPU profile: goperf collect, /debug/pprof/profile?seconds=30, go test -cpuprofile"
	}
	return "take the profile with a program that Go 1.20 or later built"
}

// note keeps what the sum does not say.
func (in *pgoInput) note(env Env, name string, p *profile.Profile, repairs profile.Repairs) {
	in.Profiles++
	if info, err := os.Stat(env.path(name)); err == nil {
		in.BytesIn += info.Size()
	}
	if p.TimeNanos > 0 {
		t := time.Unix(0, p.TimeNanos)
		if in.Oldest.IsZero() || t.Before(in.Oldest) {
			in.Oldest = t
		}
		if t.After(in.Newest) {
			in.Newest = t
		}
	}
	id := ""
	if len(p.Mappings) > 0 {
		id = p.Mappings[0].BuildID
	}
	if !slices.Contains(in.builds, id) {
		in.builds = append(in.builds, id)
	}
	in.folded += repairs.Folded
}

// tell says what of the sum matters for its trust.
func (in *pgoInput) tell() {
	if i, ok := in.sum.SampleType("samples"); ok {
		in.Samples = in.sum.Total(i)
	}
	if i, ok := in.sum.SampleType("cpu"); ok {
		in.Seconds = float64(in.sum.Total(i)) / 1e9
	}
	if len(in.builds) > 1 {
		in.Notes = append(in.Notes, fmt.Sprintf("the profiles are of %d builds of the program", len(in.builds)))
	}
	if in.folded > 0 {
		in.Notes = append(in.Notes, fmt.Sprintf("%d stacks ended in frames of the profiler's own signal, which the compiler would take for calls, and were given to the function below", in.folded))
	}
	for _, w := range in.sum.Warnings {
		in.Notes = append(in.Notes, report.Clean(w))
	}
}

// built is the program that --binary names; nil is none.
type built struct {
	pgo.Binary
	program *program.Program
}

// openBuilt reads all that is asked of the binary, so that it need not stay open.
func openBuilt(env Env, file string) (*built, error) {
	if file == "" {
		return nil, nil
	}
	hint := "--binary names the program that go build made"
	p, err := program.Open(env.path(file))
	if err != nil {
		return nil, noEvidence(hint, err)
	}
	b := &built{program: p, Binary: pgo.Binary{Name: file, BuildID: p.ID()}}
	names, err := p.Functions()
	if p.Build == nil && err != nil {
		return nil, noEvidence(hint, errors.Join(err, p.Close()))
	}
	if err != nil {
		b.Why = err.Error()
	} else {
		b.Has = func(name string) bool { return names[name] }
	}
	if p.Build != nil {
		b.GoVersion, b.Module, b.Package = p.Build.GoVersion, p.Build.Main.Path, p.Build.Path
		for _, s := range p.Build.Settings {
			if s.Key == "vcs.time" {
				b.Committed, _ = time.Parse(time.RFC3339, s.Value) // a time of another form says nothing
			}
		}
	}
	return b, p.Close()
}

// is compares the program with the build ids of the profiles.
func (b *built) is(builds []string) *pgo.Binary {
	if b == nil {
		return nil
	}
	b.Same = len(builds) == 1 && b.program.Is(builds[0]) == program.Same
	return &b.Binary
}
