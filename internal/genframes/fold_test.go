package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

func TestPrintKeepsNewsFirst(t *testing.T) {
	t.Parallel()
	s := section{
		name: "p", left: 3,
		stacks: []stack{{"a;b", 9}, {"a;b;a", 5}, {"a;c", 2}, {"a;b;b", 1}},
	}
	for _, test := range []struct {
		limit int
		want  string
	}{
		{1000, "# 17 of 20 samples, 3 of the collector's goroutines left out\na;b 9\na;b;a 5\na;b;b 1\na;c 2\n"},
		{len("a;b 9\na;c 2\n"), "# 11 of 20 samples, 3 of the collector's goroutines left out\na;b 9\na;c 2\n"},
		{0, "# 0 of 20 samples, 3 of the collector's goroutines left out\n"},
	} {
		if got := string(s.print(test.limit)); got != test.want {
			t.Errorf("print(%d):\n%swant\n%s", test.limit, got, test.want)
		}
	}
}

func TestFairLimitFits(t *testing.T) {
	t.Parallel()
	var sections []section
	for i := range 5 {
		s := section{name: fmt.Sprint("p", i)}
		for j := range 20 * i {
			s.stacks = append(s.stacks, stack{fmt.Sprintf("root;f%d;g%d", i, j), int64(100 - j)})
		}
		sections = append(sections, s)
	}
	for _, total := range []int{500, 1500, 2500} {
		size := func(limit int) (n int) {
			for _, s := range sections {
				n += len("--  --\n") + len(s.name) + len(s.print(limit))
			}
			return n
		}
		limit := fairLimit(sections, total)
		if size(limit) > total {
			t.Errorf("limit %d for %d bytes makes %d", limit, total, size(limit))
		}
		if size(limit+1) <= total {
			t.Errorf("limit %d for %d bytes leaves room", limit, total)
		}
	}
}

func TestMinorVersion(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"go1.26.8": "go1.26", "go1.27.0": "go1.27", "go1.27": "go1.27", "local": "local"} {
		if got := minorVersion(in); got != want {
			t.Errorf("minorVersion(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestArchives holds the checked-in corpus to what its README promises.
func TestArchives(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(filepath.Join("..", "..", "testdata", "frames", "*.txtar"))
	if err != nil || len(paths) < 2 {
		t.Fatalf("archives: %v, %v", paths, err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		archive := txtar.Parse(data)
		if len(data) > 400_000 {
			t.Errorf("%s: %d bytes", path, len(data))
		}
		if version := strings.TrimSuffix(filepath.Base(path), ".txtar"); !strings.Contains(string(archive.Comment), version+".") {
			t.Errorf("%s: made by another version: %s", path, archive.Comment)
		}
		for _, name := range declared(t, "newer.go", "foreign.go") {
			if !has(archive, name) {
				t.Errorf("%s: no section %s", path, name)
			}
		}
		for _, file := range archive.Files {
			checkSection(t, path, file)
		}
	}
}

var (
	headLine   = regexp.MustCompile(`^# (\d+) of (\d+) samples(, \d+ of the collector's goroutines left out)?$`)
	stackLine  = regexp.MustCompile(`^[^ ].* (\d+)$`)
	familyList = regexp.MustCompile(`(?s)return \[\]func\(\)\{(.*?)\}`)
	member     = regexp.MustCompile(`b\.(\w+)`)
)

// checkSection adds the counts up and compares them with the first line.
func checkSection(t *testing.T, path string, file txtar.File) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(string(file.Data), "\n"), "\n")
	head := headLine.FindStringSubmatch(lines[0])
	if head == nil || len(lines) < 2 {
		t.Errorf("%s: %s: first line %q of %d", path, file.Name, lines[0], len(lines))
		return
	}
	sum := 0
	for _, line := range lines[1:] {
		m := stackLine.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("%s: %s: bad line %q", path, file.Name, line)
			continue
		}
		var n int
		_, _ = fmt.Sscan(m[1], &n)
		sum += n
	}
	if head[1] != fmt.Sprint(sum) {
		t.Errorf("%s: %s: %q, but the counts add up to %d", path, file.Name, lines[0], sum)
	}
}

// declared lists the patterns of the program, except those of some files.
func declared(t *testing.T, except ...string) (names []string) {
	t.Helper()
	entries, err := program.ReadDir("patterns")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		text, err := program.ReadFile("patterns/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		list := familyList.FindSubmatch(text)
		if list == nil || strings.Contains(strings.Join(except, " "), e.Name()) {
			continue
		}
		for _, m := range member.FindAllSubmatch(list[1], -1) {
			names = append(names, string(m[1]))
		}
	}
	if len(names) < 100 {
		t.Fatalf("only %d patterns declared", len(names))
	}
	return names
}

func has(archive *txtar.Archive, name string) bool {
	for _, f := range archive.Files {
		if f.Name == name {
			return true
		}
	}
	return false
}
