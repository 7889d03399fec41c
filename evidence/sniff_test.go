package evidence

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/goperf/goperf/profile"
)

// TestSniffGoesByBytes gives every file of testdata under a name that says nothing.
func TestSniffGoesByBytes(t *testing.T) {
	kinds := map[string]Kind{
		"cpu.pb.gz": CPU, "heap.pb.gz": Heap, "allocs.pb.gz": Allocs, "goroutine.pb.gz": Goroutine, "mutex.pb.gz": Mutex,
		"block.pb.gz": Block, "threadcreate.pb.gz": ThreadCreate, "heap.txt": HeapText, "goroutine.txt": GoroutineText,
		"vars.json": Vars, "trace.out": Trace,
	}
	for _, dir := range versions(t) {
		for file, want := range kinds {
			data := read(t, dir, file)
			if got, err := sniffed("x", data); got != want {
				t.Errorf("%s/%s: %s, %v", filepath.Base(dir), file, got, err)
			}
			if strings.HasSuffix(file, ".gz") {
				continue
			}
			if got, err := sniffed("x", zipped(data)); got != want && want != HeapText {
				t.Errorf("%s/%s, gzipped: %s, %v", filepath.Base(dir), file, got, err)
			}
		}
	}
}

// What is kept of a file that had to be read to be known is what reading it again gives,
// as often as it is decoded.
func TestRecognizedIsDecodedAlike(t *testing.T) {
	for _, dir := range versions(t) {
		plain := capture(t, dir)
		known := &Capture{Target: plain.Target}
		kept := 0
		for _, b := range plain.Blobs {
			r, err := Sniff(b.Name, b.Data)
			if err != nil {
				t.Fatal(err)
			}
			if r.read != nil {
				kept++
			}
			known.Blobs = append(known.Blobs, r)
		}
		want := Decode(plain)
		for range 2 {
			if diff := cmp.Diff(want, Decode(known), cmpopts.IgnoreUnexported(profile.Profile{})); diff != "" {
				t.Error(diff)
			}
			for kind, all := range Decode(known).Profiles {
				for i, p := range all {
					if a, b := written(want.Profiles[kind][i]), written(p); a != b {
						t.Errorf("%s: %s is not the same", filepath.Base(dir), kind)
					}
				}
			}
		}
		if kept < 5 {
			t.Errorf("%s: %d profiles were kept", filepath.Base(dir), kept)
		}
	}
}

func written(p *profile.Profile) string {
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		return err.Error()
	}
	return b.String()
}

func TestSniffText(t *testing.T) {
	for text, want := range map[string]Kind{
		"gc 1 @0.012s 2%: 0.018+1.3+0.076 ms clock, 0.054+0.35/1.2/3.0+0.22 ms cpu, 4->4->3 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 4 P\n": GCTrace,
		"2026/01/01 log line\ngc 1 @0.012s 2%: 0.018\n":                                     GCTrace,
		"# HELP go_goroutines Number.\n# TYPE go_goroutines gauge\ngo_goroutines 7\n":       Metrics,
		"a log line\ngoroutine 1 [running]:\nmain.main()\n\t/x.go:1 +0x1\n":                 GoroutineText,
		"./prog: go1.26.1\n\tpath\tgithub.com/a/b\n\tmod\tgithub.com/a/b\t(devel)\t\n":      BuildInfo,
		"go\tgo1.26.1\npath\tgithub.com/a/b\n":                                              BuildInfo,
		`{"GoVersion":"go1.26.1","Path":"github.com/a/b","Main":{"Path":"github.com/a/b"}}`: BuildInfo,
		"{\n\"cmdline\": [\"/x\"],\n\"memstats\": {}}":                                      Vars,
		"go 1.22 trace\x00\x00\x00":                                                         Trace,
		"goroutine profile: total 1\n1 @ 0x1\n#\t0x1\tmain.main+0x1\t/x.go:1\n":             Goroutine,
	} {
		if got, err := sniffed("x", []byte(text)); got != want {
			t.Errorf("%q: %q, %v; want %s", text, got, err, want)
		}
	}
	if got, err := sniffed("cmdline", []byte("/bin/x\x00-v\x00")); got != Cmdline {
		t.Errorf("cmdline: %q, %v", got, err)
	}
}

func TestSniffEmptyContentionByName(t *testing.T) {
	empty := made(t, []string{"contentions/count", "delay/nanoseconds"}, epoch, time.Second)
	for name, want := range map[string]Kind{"dir/block.pb.gz": Block, "x/mutex-1.pb.gz": Mutex, "block/mutex.pb.gz": Mutex} {
		if got, err := sniffed(name, empty); got != want {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}

func TestSniffRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "empty",
		"<!DOCTYPE html><html>login</html>": "HTML",
		"<html>\n# TYPE a b\n</html>":       "HTML",
		"404 page not found\n":              "404 page not found",
		"PK\x03\x04":                        "zip",
		`{"a": 1}`:                          "JSON",
		"\x7fELF\x02\x01\x01":               "ELF",
		"\x1f\x8b\x00":                      "gzip",
		"\xfc\x00\x91\x00\x17 random":       "no profile, or a damaged one: ",
	} {
		kind, err := sniffed("dir/file", []byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), "dir/file: ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %q, %v; want one line with %q", text, kind, err, want)
		}
	}
}

func FuzzSniff(f *testing.F) {
	for _, file := range []string{"cpu.pb.gz", "block.pb.gz", "mutex.pb.gz", "vars.json"} {
		f.Add(read(f, versions(f)[0], file))
	}
	f.Add([]byte("gc 1 @0.012s 2%: 0.018+1.3+0.076 ms clock\n"))
	f.Add([]byte("# TYPE a gauge\na{b=\"c\"} 1\n"))
	f.Add([]byte("x: go1.26.1\n\tpath\ta/b\n\tmod\ta/b\tv1.0.0\th1:\n"))
	f.Add([]byte(crash))
	f.Fuzz(func(t *testing.T, data []byte) {
		kind, err := sniffed("name", data)
		if (err == nil) == (kind == "") {
			t.Fatalf("%q, %v", kind, err)
		}
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("more than a line: %v", err)
			}
			return
		}
		// What has a kind can be decoded or is told of.
		s := Decode(&Capture{Blobs: []Blob{{Kind: kind, Name: "name", Data: data}}})
		mayBeEmpty := kind == BuildInfo || kind == Vars || kind == Metrics
		if !s.Has(kind) && !mayBeEmpty && len(s.Gaps) == 0 {
			t.Fatalf("%s is gone without a word: %+v", kind, s)
		}
	})
}

func FuzzReadBundle(f *testing.F) {
	f.Add(bundleOf(f, capture(f, versions(f)[0])))
	f.Add(bundleOf(f, &Capture{Blobs: []Blob{{Kind: Vars, Name: "vars.json", Data: []byte(`{"a": 1}`)}}}))
	f.Add(zipOf(f, good(), file{"../x", ""}))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ReadBundle(strings.NewReader(string(data)), int64(len(data)))
		if err != nil {
			if c != nil {
				t.Fatal("a capture and an error")
			}
			return
		}
		for _, b := range c.Blobs {
			if !safeName(b.Name) {
				t.Fatalf("name %q", b.Name)
			}
		}
		Decode(c)
	})
}
