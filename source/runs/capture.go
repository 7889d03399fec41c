package runs

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goperf/goperf/compare"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
)

// Fill makes a run of what was observed about one target in one window: CPU
// profiles are added up, of what counts since the start of the process the
// window is taken, and of snapshots the last.
func Fill(r *compare.Run, name string, c *evidence.Capture) error {
	set := evidence.Decode(c)
	r.Label = name
	r.CPU, r.Wall = set.Host.CPUTime.Seconds(), set.Host.Window.Seconds()
	r.Env = compare.Env{
		GoVersion: set.Build.GoVersion, BuildID: set.Build.BuildID, Module: set.Build.Main,
		GOOS: set.Build.Settings["GOOS"], GOARCH: set.Build.Settings["GOARCH"], Commit: set.Build.Settings["vcs.revision"],
		GOMAXPROCS: set.Host.GOMAXPROCS, GOGC: set.Host.GOGC, GOMEMLIMIT: set.Host.GOMEMLIMIT,
	}
	built(&r.Env, set.Build)
	if len(set.Profiles) == 0 {
		return fmt.Errorf("%s: %w", name, ErrNothing)
	}
	for kind, all := range set.Profiles {
		p, err := inWindow(kind, all)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		put(r, kind, p)
	}
	allocated(r, set)
	if r.CPU <= 0 || r.Wall <= 0 {
		r.CPU, r.Wall = 0, 0
	}
	return nil
}

// built is what is known of how a program was built, beside its version.
func built(e *compare.Env, b evidence.Build) {
	if len(b.Settings) > 0 {
		e.PGO = "none"
	}
	if file := b.Settings["-pgo"]; file != "" {
		e.PGO = filepath.Base(file)
	}
	for _, level := range []string{"GOAMD64", "GOARM64", "GOARM", "GO386", "GOPPC64", "GORISCV64"} {
		if v := b.Settings[level]; v != "" {
			e.Level = level + "=" + v
		}
	}
	if b.Settings["vcs.modified"] == "true" && e.Commit != "" {
		e.Commit += "+dirty"
	}
	var modules []string
	for path, version := range b.Modules {
		modules = append(modules, path+"@"+version)
	}
	slices.Sort(modules)
	e.Modules = strings.Join(modules, " ")
}

// inWindow is one profile of several of a kind.
func inWindow(kind evidence.Kind, all []*profile.Profile) (*profile.Profile, error) {
	first, last := all[0], all[len(all)-1]
	switch {
	case len(all) == 1:
		return last, nil
	case kind == evidence.CPU || kind == evidence.Wall || kind == evidence.OffCPU:
		return profile.Merge(all...)
	case kind == evidence.Mutex || kind == evidence.Block || kind == evidence.Allocs:
		return profile.Sub(last, first), nil
	}
	return last, nil
}

// allocated takes what was allocated in the window from snapshots of the heap.
func allocated(r *compare.Run, set *evidence.Set) {
	heap := set.Profiles[evidence.Heap]
	if len(set.Profiles[evidence.Allocs]) > 0 || len(heap) < 2 {
		return
	}
	r.Profiles[evidence.Allocs] = profile.Sub(heap[len(heap)-1], heap[0])
}
