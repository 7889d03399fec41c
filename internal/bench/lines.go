//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goperf/goperf/internal/bench/profgen"
)

// generated are the profiles that lines are about, by name.
func generated() map[string]profgen.Spec {
	heap := func(seed uint64, samples, functions int) profgen.Spec {
		return profgen.Spec{Seed: seed, Samples: samples, Functions: functions, Depth: 18, Heap: true}
	}
	later := heap(3, 205_000, 25_000)
	later.Walk = 7
	return map[string]profgen.Spec{
		"heap-1": heap(1, 9_000, 3_000), "heap-5": heap(2, 55_000, 10_000),
		"heap-18": heap(3, 205_000, 25_000), "heap-18-later": later,
		"heap-89":   heap(5, 1_150_000, 50_000),
		"labels-18": {Seed: 4, Samples: 225_000, Functions: 12_000, Depth: 18, Requests: 50_000},
	}
}

// what both programs do with a line's profiles.
const (
	top   = "top"
	merge = "merge"
	diff  = "diff" // of the second against the first
	why   = "why"  // the same, and what it means: goperf diff, which pprof has no equal of
)

// line is a line of the table.
type line struct {
	name     string
	does     string
	profiles []string // names of generated ones
	paths    []string
	rounds   int
	large    bool
}

// standard is the table, small to large.
func standard() []line {
	return []line{
		{name: "heap-1", does: top, profiles: []string{"heap-1"}, rounds: 7},
		{name: "heap-5", does: top, profiles: []string{"heap-5"}, rounds: 3},
		{name: "heap-18", does: top, profiles: []string{"heap-18"}, rounds: 1},
		{name: "heap-89", does: top, profiles: []string{"heap-89"}, rounds: 1, large: true},
		{name: "labels-18", does: top, profiles: []string{"labels-18"}, rounds: 1},
		{name: "merge-18", does: merge, profiles: []string{"heap-18", "heap-18-later"}, rounds: 3},
		{name: "diff-18", does: diff, profiles: []string{"heap-18", "heap-18-later"}, rounds: 1},
		{name: "why-18", does: why, profiles: []string{"heap-18", "heap-18-later"}, rounds: 1},
	}
}

// lines are the lines that the options ask for.
func lines(tmp string, o options) ([]line, error) {
	var all []line
	for _, l := range standard() {
		if !o.wants(l) {
			continue
		}
		for _, p := range l.profiles {
			l.paths = append(l.paths, profilePath(tmp, p))
		}
		all = append(all, l)
	}
	if o.dir != "" {
		entries, err := os.ReadDir(o.dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if e.Type().IsRegular() {
				all = append(all, line{name: e.Name(), does: top, paths: []string{filepath.Join(o.dir, e.Name())}, rounds: 3})
			}
		}
	}
	if o.rounds > 0 {
		for i := range all {
			all[i].rounds = o.rounds
		}
	}
	return all, nil
}

func (o options) wants(l line) bool {
	if o.only == "" {
		return o.large || !l.large
	}
	return slices.Contains(strings.Split(o.only, ","), l.name)
}

func profilePath(dir, name string) string { return filepath.Join(dir, name+".pb.gz") }

// writeProfiles writes those that the options ask for.
func writeProfiles(dir string, o options) error {
	specs := generated()
	written := map[string]bool{}
	for _, l := range standard() {
		for _, name := range l.profiles {
			if !o.wants(l) || written[name] {
				continue
			}
			written[name] = true
			if err := writeProfile(profilePath(dir, name), specs[name]); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

func writeProfile(path string, spec profgen.Spec) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := profgen.Write(f, spec); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
