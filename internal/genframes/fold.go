package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"strings"

	"github.com/google/pprof/profile"
	"github.com/rogpeppe/go-internal/txtar"
)

// archiveLimit keeps a whole archive readable in a review.
const archiveLimit = 390_000

// section is what one pattern showed.
type section struct {
	name   string
	stacks []stack
	left   int64 // samples of the collector that were left out
}

// fold turns the profiles of a folder into an archive with one file per pattern.
func fold(dir, toolchain string) ([]byte, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.pb.gz"))
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("%s: no profiles: %w", dir, err)
	}
	sections := make([]section, len(paths))
	for i, path := range paths {
		if sections[i], err = read(path); err != nil {
			return nil, err
		}
	}
	limit := fairLimit(sections, archiveLimit)
	archive := &txtar.Archive{Comment: fmt.Appendf(nil,
		"CPU samples of %d patterns with %s on %s/%s, made by internal/genframes; see README.md.\n",
		len(paths), toolchain, runtime.GOOS, runtime.GOARCH)}
	for _, s := range sections {
		archive.Files = append(archive.Files, txtar.File{Name: s.name, Data: s.print(limit)})
	}
	return txtar.Format(archive), nil
}

// fairLimit is the largest limit for a single section under which all of them
// fit into total.
func fairLimit(sections []section, total int) int {
	return sort.Search(total, func(limit int) bool {
		size := 0
		for _, s := range sections {
			size += len("--  --\n") + len(s.name) + len(s.print(limit))
		}
		return size > total
	}) - 1
}

// stack is frames from the root to the leaf, joined by semicolons.
type stack struct {
	frames string
	count  int64
}

// read folds one profile. Frames above the pattern are those of the program
// around it and are cut off.
func read(path string) (section, error) {
	s := section{name: strings.TrimSuffix(filepath.Base(path), ".pb.gz")}
	f, err := os.Open(path)
	if err != nil {
		return s, err
	}
	defer func() { _ = f.Close() }()
	p, err := profile.Parse(f)
	if err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	counts := map[string]int64{}
	for _, sample := range p.Sample {
		frames := names(sample)
		if len(frames) == 0 {
			continue // the kernel's own page, or a signal at a bad moment
		}
		i := slices.Index(frames, "main.(*bench)."+s.name)
		if i < 0 && slices.Contains(frames, "main.record") {
			continue // between two runs of the pattern
		}
		frames = frames[max(i, 0):]
		if background(frames) && !aboutMemory(s.name) {
			s.left += sample.Value[0]
			continue
		}
		counts[strings.Join(frames, ";")] += sample.Value[0]
	}
	for frames, n := range counts {
		s.stacks = append(s.stacks, stack{frames, n})
	}
	slices.SortFunc(s.stacks, func(a, b stack) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.frames, b.frames))
	})
	return s, nil
}

// background says whether the stack is one of the collector's own goroutines,
// which look the same whatever the program does.
func background(frames []string) bool {
	return len(frames) > 0 && slices.Contains([]string{"runtime.gcBgMarkWorker", "runtime.bgsweep", "runtime.bgscavenge"}, frames[0])
}

// aboutMemory says whether the collector is what the pattern is about.
func aboutMemory(name string) bool {
	for _, prefix := range []string{"alloc", "collector", "finalizers", "cleanups", "pointerWrites", "freeMemory"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// names are the functions of a sample, root first, inlined ones included.
func names(sample *profile.Sample) (frames []string) {
	for _, location := range slices.Backward(sample.Location) {
		for _, line := range slices.Backward(location.Line) {
			frames = append(frames, line.Function.Name)
		}
	}
	return frames
}

// print writes the stacks that fit into the limit: first those that show a
// function not seen before, then the others, in both cases the most frequent
// ones first. The first line says how much was kept.
func (s section) print(limit int) []byte {
	var lines []string
	all, kept := s.left, int64(0)
	for _, st := range s.byNews() {
		all += st.count
		if line := fmt.Sprintf("%s %d\n", st.frames, st.count); len(line) <= limit {
			limit -= len(line)
			kept += st.count
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	head := fmt.Sprintf("# %d of %d samples", kept, all)
	if s.left > 0 {
		head += fmt.Sprintf(", %d of the collector's goroutines left out", s.left)
	}
	return []byte(head + "\n" + strings.Join(lines, ""))
}

// byNews puts the stacks first that show a function which none before showed.
func (s section) byNews() []stack {
	seen := map[string]bool{}
	var fresh, rest []stack
	for _, st := range s.stacks {
		list := &rest
		for frame := range strings.SplitSeq(st.frames, ";") {
			if !seen[frame] {
				seen[frame] = true
				list = &fresh
			}
		}
		*list = append(*list, st)
	}
	return append(fresh, rest...)
}
