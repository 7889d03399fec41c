package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/goperf/goperf/convert"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/source"
)

// open reads the targets and what they are compared with, and applies the
// options. Labels are read only where something asks for them.
func (o *viewOptions) open(ctx context.Context, env Env, targets []string, labels bool) (*view, error) {
	re, err := o.check(env)
	if err != nil {
		return nil, err
	}
	env.collectRarely()
	// Labels keep samples apart when profiles are subtracted one from the other.
	read := profile.Options{Labels: labels || o.labels.any() || len(o.base.base) > 0}
	p, err := o.load(ctx, env, targets, read)
	if err != nil {
		return nil, err
	}
	var base *profile.Profile
	if names := append(o.base.base, o.base.diff...); len(names) > 0 {
		env.collectOften() // much of what was read is garbage as soon as it is compared
		if base, err = o.load(ctx, env, names, read); err != nil {
			return nil, err
		}
	}
	p, repairs := o.mend(p, read.Labels)
	if base != nil {
		base, _ = o.mend(base, read.Labels)
	}
	v, err := o.build(p, base, re)
	if err != nil {
		return nil, err
	}
	v.repairs, v.mended = repairs, o.repair
	return v, v.warn(env, v.p.Warnings)
}

// mend repairs the profile if that was asked for, and sees what there is to repair.
func (o *viewOptions) mend(p *profile.Profile, mark bool) (*profile.Profile, profile.Repairs) {
	if o.repair {
		return p.Repair(mark)
	}
	return p, p.Faults()
}

// load reads profiles from files, which is the short way, or from any other
// target, and adds them up.
func (o *viewOptions) load(ctx context.Context, env Env, targets []string, read profile.Options) (*profile.Profile, error) {
	var all []*profile.Profile
	for _, target := range targets {
		var p *profile.Profile
		var err error
		if env.isFile(target) {
			p, err = o.loadFile(env, target, read)
		} else {
			p, err = o.loadTarget(ctx, env, target, read)
		}
		if err != nil {
			return nil, err
		}
		for i, w := range p.Warnings {
			p.Warnings[i] = target + ": " + w
		}
		all = append(all, p)
	}
	if len(all) == 1 {
		return all[0], nil
	}
	sum, err := profile.Merge(all...)
	if err != nil {
		return nil, noEvidence("profiles that are added up have to count the same", err)
	}
	return sum, nil
}

// isFile says that a target is one file, or standard input. A name that is no
// target of another kind is taken for a file as well, so that the error is about it.
func (e Env) isFile(target string) bool {
	if target == "-" {
		return true
	}
	info, err := os.Stat(e.path(target))
	if err != nil {
		return looksLikeFile(target) && target != "demo"
	}
	return !info.IsDir()
}

func (o *viewOptions) loadFile(env Env, name string, read profile.Options) (p *profile.Profile, err error) {
	err = env.withProfile(name, func(r io.ReaderAt, size int64) (err error) {
		p, err = o.loadBytes(name, r, size, read)
		return err
	})
	return p, err
}

func (o *viewOptions) loadBytes(name string, r io.ReaderAt, size int64, read profile.Options) (*profile.Profile, error) {
	if isBundle(r, size) {
		capture, err := evidence.ReadBundle(r, size)
		if err != nil {
			return nil, noEvidence("", named(name, err))
		}
		return o.choose(name, capture, read)
	}
	p, err := profile.ParseAt(r, size, read)
	if err != nil {
		return nil, noEvidence(otherThanProfile(name, io.NewSectionReader(r, 0, size)), named(name, err))
	}
	return p, nil
}

// isBundle says that a file begins as a bundle does.
func isBundle(r io.ReaderAt, size int64) bool {
	head := make([]byte, min(size, 64))
	n, err := r.ReadAt(head, 0)
	return (err == nil || n == len(head)) && evidence.IsBundle(head)
}

func (o *viewOptions) loadTarget(ctx context.Context, env Env, target string, read profile.Options) (*profile.Profile, error) {
	o.target.only = cmp.Or(evidence.Kind(o.kind), evidence.CPU)
	capture, err := collect(ctx, env, []string{target}, o.target)
	if err != nil {
		return nil, err
	}
	p, err := o.choose(target, capture, read)
	if err != nil {
		return nil, err
	}
	for _, g := range capture.Gaps {
		if g.Want == source.UnreadFiles {
			p.Warnings = append(p.Warnings, g.Why)
		}
	}
	return p, nil
}

// choose takes the profile of the kind that is asked for: of snapshots the
// newest, of CPU profiles the sum, for they are the slices of one window. Without
// a kind it is the CPU profile, or the only kind that there is.
func (o *viewOptions) choose(target string, c *evidence.Capture, read profile.Options) (*profile.Profile, error) {
	o.origin.pid = c.Target.PID
	for _, blob := range c.Blobs {
		if blob.Kind == evidence.BuildInfo {
			o.origin.build, _ = debug.ParseBuildInfo(string(blob.Data)) // other forms say nothing here
		}
	}
	found, kinds, damage := profilesOf(c, read)
	kind := evidence.Kind(o.kind)
	if kind == "" {
		kind = evidence.CPU
		if found[kind] == nil && len(kinds) == 1 {
			kind = evidence.Kind(kinds[0])
		}
	}
	if kind == evidence.Allocs && found[kind] == nil && found[evidence.Heap] != nil {
		kind = evidence.Heap // it holds the same numbers
		for _, p := range found[kind] {
			p.DefaultSampleType = "alloc_space"
		}
	}
	if all := found[kind]; kind == evidence.CPU && len(all) > 1 {
		return profile.Merge(all...)
	} else if len(all) > 0 {
		return all[len(all)-1], nil
	}
	return nil, noProfile(target, c, kind, kinds, damage)
}

// profilesOf reads the profiles of a capture, by kind and in order. Damage is
// the first one that could not be read.
func profilesOf(c *evidence.Capture, read profile.Options) (found map[evidence.Kind][]*profile.Profile, kinds []string, damage error) {
	found = map[evidence.Kind][]*profile.Profile{}
	for _, blob := range c.Blobs {
		switch blob.Kind {
		case evidence.Trace, evidence.HeapText, evidence.GoroutineText, evidence.Index, evidence.Cmdline, evidence.Vars,
			evidence.Metrics, evidence.BuildInfo, evidence.HostLimits, evidence.Syntax, evidence.GCTrace:
			continue
		}
		p, err := profile.Parse(blob.Data, read)
		if err != nil {
			damage = cmp.Or(damage, fmt.Errorf("%s: %w", blob.Name, err))
			continue
		}
		if found[blob.Kind] == nil {
			kinds = append(kinds, string(blob.Kind))
		}
		found[blob.Kind] = append(found[blob.Kind], p)
	}
	return found, kinds, damage
}

// noProfile says why there is no profile of the kind, and what there is.
func noProfile(target string, c *evidence.Capture, kind evidence.Kind, kinds []string, damage error) error {
	for _, g := range c.Gaps {
		if g.Want == kind {
			return noEvidence(g.Hint, named(target, fmt.Errorf("no %s profile: %s", kind, g.Why)))
		}
	}
	if len(kinds) == 0 {
		return noEvidence("goperf analyze "+target+" reads other evidence", named(target, cmp.Or(damage, errors.New("holds no profile"))))
	}
	return noEvidence("--profile takes one of "+strings.Join(kinds, ", "), named(target, fmt.Errorf("holds no %s profile", kind)))
}

// otherThanProfile is the hint for a file that is no profile and yet of use.
func otherThanProfile(name string, r io.Reader) string {
	data, err := readBounded(name, r, 0)
	if err != nil {
		return ""
	}
	if _, err := evidence.Sniff(name, data); err == nil {
		return "goperf analyze " + name + " reads it"
	}
	if convert.Sniff(data) != nil {
		return "goperf convert " + name + " -o profile.pb.gz makes a profile of it"
	}
	return ""
}
