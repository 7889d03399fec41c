package evidence

import (
	"os"
	"path/filepath"
	"testing"
)

// versions is the toolchains whose output is in testdata, see internal/gen.
func versions(t testing.TB) []string {
	t.Helper()
	pages, err := filepath.Glob("testdata/go1.*/goroutine.txt")
	if err != nil || len(pages) < 4 {
		t.Fatalf("testdata: want at least four toolchains, got %v: %v", pages, err)
	}
	dirs := make([]string, len(pages))
	for i, p := range pages {
		dirs[i] = filepath.Dir(p)
	}
	return dirs
}

func read(t testing.TB, elements ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// capture is what a folder of testdata holds.
func capture(t testing.TB, dir string) *Capture {
	t.Helper()
	c := &Capture{Target: Target{Name: dir, Kind: "file"}}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data := read(t, dir, e.Name())
		kind, err := sniffed(e.Name(), data)
		if err != nil {
			t.Fatal(err)
		}
		c.Blobs = append(c.Blobs, Blob{Kind: kind, Name: e.Name(), Data: data})
	}
	return c
}

// sniffed is the kind of a file.
func sniffed(name string, data []byte) (Kind, error) {
	b, err := Sniff(name, data)
	return b.Kind, err
}
