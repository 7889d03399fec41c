package evidence

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestBundleRoundTrip(t *testing.T) {
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		want := randomCapture(rnd)
		data := bundleOf(t, want)
		if again := bundleOf(t, want); !bytes.Equal(data, again) {
			t.Fatalf("seed %d: the same capture gives two bundles", seed)
		}
		got, err := ReadBundle(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(Blob{})); diff != "" {
			t.Fatalf("seed %d: a capture changed on its way through a bundle (-want +got):\n%s", seed, diff)
		}
	}
}

func bundleOf(t testing.TB, c *Capture) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := WriteBundle(&buf, c, "goperf test"); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func randomCapture(rnd *rand.Rand) *Capture {
	at := func() time.Time {
		if rnd.IntN(5) == 0 {
			return time.Time{}
		}
		return time.Unix(rnd.Int64N(4e9), rnd.Int64N(1e9)).UTC()
	}
	text := func() string {
		const letters = "abc é\"\n<&\u2028日/"
		r := []rune(letters)
		out := make([]rune, rnd.IntN(12))
		for i := range out {
			out[i] = r[rnd.IntN(len(r))]
		}
		return string(out)
	}
	kinds := []Kind{CPU, Heap, Goroutine, GoroutineText, Vars, "custom", ""}
	c := &Capture{Target: Target{Name: text(), Kind: "url", PID: rnd.IntN(9)}, From: at(), To: at()}
	for range rnd.IntN(4) {
		c.Asked = append(c.Asked, Request{What: text(), Took: time.Duration(rnd.Int64()), Bytes: rnd.Int64(), Effect: text()})
		c.Gaps = append(c.Gaps, Gap{Want: kinds[rnd.IntN(len(kinds))], Why: text(), Hint: text()})
	}
	for i := range rnd.IntN(8) {
		data := make([]byte, rnd.IntN(5000))
		for j := range data {
			data[j] = byte(rnd.Uint32() % 7)
		}
		if rnd.IntN(2) == 0 {
			data = zipped(data)
		}
		b := Blob{
			Kind: kinds[rnd.IntN(len(kinds))], Name: fmt.Sprintf("dir/ä %d.pb.gz", i), From: at(), To: at(),
			URL: text(), Asked: time.Duration(rnd.Int64()), Doubt: text(), Data: data,
		}
		c.Blobs = append(c.Blobs, b)
	}
	return c
}

func zipped(data []byte) []byte {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	w.Write(data)
	w.Close()
	return buf.Bytes()
}

func TestBundleKeepsBlobsAsServed(t *testing.T) {
	served := zipped([]byte(strings.Repeat("a profile ", 1000)))
	data := bundleOf(t, &Capture{Blobs: []Blob{{Kind: CPU, Name: "cpu.pb.gz", Data: served}, {Kind: Vars, Name: "vars.json", Data: []byte("{}")}}})
	if !bytes.Contains(data, served) {
		t.Error("a gzipped blob is not stored as it is")
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	if diff := cmp.Diff([]string{"manifest.json", "cpu.pb.gz", "vars.json"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestBundleRenamesWhatIsNoName(t *testing.T) {
	names := []string{"../../etc/passwd", "/abs", `a\b`, "C:x", "", "manifest.json", "Cpu.pb.gz", "cpu.pb.gz", "nul\x00", strings.Repeat("x", 300), "a/../b"}
	c := &Capture{}
	for i, n := range names {
		c.Blobs = append(c.Blobs, Blob{Kind: "cpu", Name: n, Data: []byte{byte(i)}})
	}
	data := bundleOf(t, c)
	got, err := ReadBundle(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i, b := range got.Blobs {
		if !safeName(b.Name) || seen[strings.ToLower(b.Name)] {
			t.Errorf("%q became %q", names[i], b.Name)
		}
		seen[strings.ToLower(b.Name)] = true
		if len(b.Data) != 1 || b.Data[0] != byte(i) {
			t.Errorf("%q became %q with the data of another", names[i], b.Name)
		}
	}
	if len(got.Blobs) != len(names) {
		t.Errorf("%d blobs became %d", len(names), len(got.Blobs))
	}
}

// file is an entry of a zip that WriteBundle would not write.
type file struct {
	name, data string
}

func zipOf(t testing.TB, files ...file) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, f := range files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Deflate})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f.data)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func good() file { return file{"manifest.json", `{"schema": 1, "blobs": []}`} }

func TestReadBundleRefuses(t *testing.T) {
	whole := bundleOf(t, &Capture{Blobs: []Blob{{Kind: Vars, Name: "vars.json", Data: []byte(`{"a": 1}`)}}})
	bomb := zipOf(t, good(), file{"cpu.pb.gz", strings.Repeat("\x00", 32<<20)})
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"slip", zipOf(t, good(), file{"../x", ""}), `"../x"`},
		{"absolute", zipOf(t, good(), file{"/etc/x", ""}), `"/etc/x"`},
		{"windows", zipOf(t, good(), file{`..\x`, ""}), `"..\\x"`},
		{"drive", zipOf(t, good(), file{`C:x`, ""}), `"C:x"`},
		{"duplicate", zipOf(t, good(), file{"a", "1"}, file{"a", "2"}), `"a": is there twice`},
		{"bomb", bomb, `"cpu.pb.gz": 33554432 bytes out of`},
		{"truncated", whole[:len(whole)-30], "cut off or damaged at its end"},
		{"half", whole[:len(whole)/2], "cut off or damaged at its end"},
		{"no manifest", zipOf(t, file{"a", "1"}), "no manifest.json"},
		{"newer", zipOf(t, file{"manifest.json", `{"schema": 99, "blobs": {"new": "form"}}`}), "schema 99 is newer than 1"},
		{"no schema", zipOf(t, file{"manifest.json", `{}`}), "schema 0"},
		{"no json", zipOf(t, file{"manifest.json", `{"schema": }`}), "manifest.json: byte"},
		{"manifest slip", zipOf(t, file{"manifest.json", `{"schema": 1, "blobs": [{"name": "../x"}]}`}), `"../x"`},
		{"manifest twice", zipOf(t, file{"manifest.json", `{"schema": 1, "blobs": [{"name": "a"}, {"name": "a"}]}`}, file{"a", ""}), `"a"`},
		{"all missing", zipOf(t, file{"manifest.json", `{"schema": 1, "blobs": [{"name": "a"}]}`}), "a: is in the manifest and not in the bundle"},
		{"text", []byte("hello"), "not a zip file"},
		{"empty", nil, "not a zip file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ReadBundle(bytes.NewReader(c.data), int64(len(c.data)))
			if err == nil {
				t.Fatalf("no error: %+v", got)
			}
			if !strings.HasPrefix(err.Error(), "bundle: ") || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("want a line with %q, got %q", c.want, err)
			}
		})
	}
}

// TestReadBundleDamage flips every byte of a bundle: it is either refused, or
// what is read is what was written and the rest is a gap.
func TestReadBundleDamage(t *testing.T) {
	c := &Capture{Target: Target{Name: "x"}, Blobs: []Blob{
		{Kind: Vars, Name: "vars.json", Data: []byte(`{"a": 1}`)},
		{Kind: CPU, Name: "cpu.pb.gz", Data: zipped([]byte("not really"))},
	}}
	whole := bundleOf(t, c)
	want := map[string][]byte{}
	for _, b := range c.Blobs {
		want[b.Name] = b.Data
	}
	gaps := 0
	for i := range whole {
		broken := bytes.Clone(whole)
		broken[i] ^= 0x20
		got, err := ReadBundle(bytes.NewReader(broken), int64(len(broken)))
		if err != nil {
			continue
		}
		for _, b := range got.Blobs {
			if !bytes.Equal(b.Data, want[b.Name]) {
				t.Fatalf("byte %d flipped: %s is read as %q without a word", i, b.Name, b.Data)
			}
		}
		if len(got.Blobs) < 2 {
			gaps++
			if len(got.Gaps) == 0 {
				t.Fatalf("byte %d flipped: a blob is gone and there is no gap", i)
			}
		}
	}
	if gaps == 0 {
		t.Error("no flip made a gap: the test looks at nothing")
	}
}

func TestReadBundleTellsOfStrangers(t *testing.T) {
	data := zipOf(t, good(), file{"notes.txt", "hi"}, file{"dir/", ""})
	got, err := ReadBundle(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Gaps) != 1 || !strings.Contains(got.Gaps[0].Why, "notes.txt") {
		t.Errorf("gaps: %+v", got.Gaps)
	}
}

func TestManifestIsComplete(t *testing.T) {
	at := time.Unix(1e9, 0).UTC()
	data := bundleOf(t, &Capture{Blobs: []Blob{{Kind: CPU, Name: "cpu.pb.gz", URL: "http://x/", From: at, To: at, Data: []byte("x")}}})
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.NewDecoder(f).Decode(&m); err != nil {
		t.Fatal(err)
	}
	blob := m["blobs"].([]any)[0].(map[string]any)
	for _, key := range []string{"kind", "name", "from", "to", "url", "size", "sha256"} {
		if blob[key] == nil {
			t.Errorf("a blob of the manifest lacks %s: %v", key, blob)
		}
	}
	if m["schema"] != 1.0 || m["tool"] != "goperf test" {
		t.Errorf("schema %v, tool %v", m["schema"], m["tool"])
	}
}
