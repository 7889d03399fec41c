package compare

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/symbol"
)

// refuse says why two sides cannot be compared. The error names both values.
func refuse(base, next Side) error {
	for _, side := range []Side{base, next} {
		if len(side.Runs) == 0 {
			return fmt.Errorf("%s: holds no run", side.Name)
		}
	}
	for _, f := range []struct {
		what string
		of   func(*Env) string
	}{
		{"operating system", func(e *Env) string { return e.GOOS }},
		{"architecture", func(e *Env) string { return e.GOARCH }},
		{"Go release", func(e *Env) string { return release(e.GoVersion) }},
	} {
		a, b := values(base, f.of), values(next, f.of)
		for _, v := range [][]string{a, b} {
			if len(v) > 1 {
				return fmt.Errorf("the runs of one side differ in %s: %s", f.what, strings.Join(v, ", "))
			}
		}
		if len(a) == 1 && len(b) == 1 && a[0] != b[0] {
			return fmt.Errorf("different %s: %s and %s", f.what, a[0], b[0])
		}
	}
	if a, b := units(base), units(next); len(a) > 0 && len(b) > 0 && !slices.Equal(a, b) {
		return fmt.Errorf("different units of work: %s and %s", strings.Join(a, ", "), strings.Join(b, ", "))
	}
	if err := refuseProfiles(base, next); err != nil {
		return err
	}
	return refusePrograms(base, next)
}

// fewOwn functions do not tell a program from another one.
const fewOwn = 4

// refusePrograms finds programs that have nothing to do with each other: of the
// code that is not Go's own no function is on both sides, not even in another
// package. A function that moved or a module that was renamed leaves others.
func refusePrograms(base, next Side) error {
	a, b := ownNames(base), ownNames(next)
	if len(a) < fewOwn || len(b) < fewOwn {
		return nil
	}
	for name := range a {
		if b[name] != "" {
			return nil
		}
	}
	return fmt.Errorf("different programs: no function of %s (%s, ...) is in %s (%s, ...)", base.Name, first(a), next.Name, first(b))
}

// ownNames are the functions beyond the standard library, without their
// packages, each with the whole name. What every program has is left out.
func ownNames(s Side) map[string]string {
	out := map[string]string{}
	classify := symbol.Classifier{}
	seen := map[string]bool{}
	for i := range s.Runs {
		for _, p := range s.Runs[i].Profiles {
			for _, f := range p.Functions {
				if seen[f.Name] || classify.Of(f.Name) > symbol.ThirdParty {
					continue
				}
				seen[f.Name] = true
				outer := symbol.Outer(f.Name)
				if pkg, local := symbol.Split(outer); pkg != "" && local != "main" && local != "init" && local != "TestMain" {
					out[local] = outer
				}
			}
		}
	}
	return out
}

// first is the first of them by name.
func first(names map[string]string) string {
	return slices.Min(slices.Collect(maps.Values(names)))
}

// release is go1.26 of go1.26.3.
func release(version string) string {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return version
	}
	minor := strings.TrimRight(parts[1], "abcdefghijklmnopqrstuvwxyz -")
	if i := strings.IndexAny(parts[1], "rb -"); i > 0 {
		minor = parts[1][:i]
	}
	return parts[0] + "." + minor
}

// values are the different known values of a side, in order.
func values(s Side, of func(*Env) string) []string {
	var out []string
	for i := range s.Runs {
		if v := of(&s.Runs[i].Env); v != "" {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func units(s Side) []string {
	var out []string
	for _, r := range s.Runs {
		if r.Work > 0 && r.Unit != "" {
			out = append(out, r.Unit)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// refuseProfiles finds profiles of one kind that hold other things.
func refuseProfiles(base, next Side) error {
	a, b := kinds(base), kinds(next)
	common := false
	for _, k := range a {
		if !slices.Contains(b, k) {
			continue
		}
		common = true
		if err := refuseTypes(k, base, next); err != nil {
			return err
		}
	}
	if common || hasBench(base) && hasBench(next) || hasCounts(base) && hasCounts(next) {
		return nil
	}
	return fmt.Errorf("nothing in common: %s has %s, %s has %s", base.Name, holds(base, a), next.Name, holds(next, b))
}

func hasBench(s Side) bool {
	return slices.ContainsFunc(s.Runs, func(r Run) bool { return len(r.Bench) > 0 })
}

func hasCounts(s Side) bool {
	return slices.ContainsFunc(s.Runs, func(r Run) bool { return r.CPU > 0 || r.Alloc > 0 })
}

func holds(s Side, kinds []evidence.Kind) string {
	var all []string
	for _, k := range kinds {
		all = append(all, string(k))
	}
	if hasBench(s) {
		all = append(all, "benchmarks")
	}
	if len(all) == 0 {
		return "nothing that can be compared"
	}
	return strings.Join(all, ", ")
}

func kinds(s Side) []evidence.Kind {
	var out []evidence.Kind
	for _, r := range s.Runs {
		for k := range r.Profiles {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func refuseTypes(k evidence.Kind, base, next Side) error {
	var first *profile.Profile
	for _, side := range []Side{base, next} {
		for i := range side.Runs {
			p := side.Runs[i].Profiles[k]
			if p == nil {
				continue
			}
			if first == nil {
				first = p
			}
			if !slices.Equal(first.SampleTypes, p.SampleTypes) {
				return fmt.Errorf("%s: %s profiles hold different things: %s and %s", side.Runs[i].Label, k, types(first), types(p))
			}
			if k == evidence.Heap || k == evidence.Allocs {
				continue // the variance takes the rate into account
			}
			if first.PeriodType != p.PeriodType {
				return fmt.Errorf("%s: %s profiles are of different events: %s/%s and %s/%s", side.Runs[i].Label, k,
					first.PeriodType.Type, first.PeriodType.Unit, p.PeriodType.Type, p.PeriodType.Unit)
			}
		}
	}
	return nil
}

func types(p *profile.Profile) string {
	var all []string
	for _, t := range p.SampleTypes {
		all = append(all, t.Type+"/"+t.Unit)
	}
	return strings.Join(all, ", ")
}
