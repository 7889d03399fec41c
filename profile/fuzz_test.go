package profile_test

import (
	"bytes"
	"runtime/pprof"
	"testing"

	"github.com/goperf/goperf/internal/bench/profgen"
	"github.com/goperf/goperf/profile"
)

// FuzzParse: any bytes give a profile that can be summed up, written and read
// again, or an error.
func FuzzParse(f *testing.F) {
	for _, spec := range []profgen.Spec{
		{Seed: 1, Samples: 6, Functions: 4, Depth: 5, Raw: true, Heap: true, Requests: 2},
		{Seed: 2, Samples: 6, Functions: 4, Depth: 5, Negative: true},
	} {
		f.Add(generated(f, spec))
	}
	good := zipped(f, small())
	f.Add([]byte(small()))
	f.Add(good)
	f.Add(good[:len(good)-5])
	f.Add(join(good, good))
	f.Add(flip(small(), 20))
	f.Add([]byte("heap profile: 1: 2 [3: 4] @ heap/524288\n 1: 2 [3: 4] @ 0x1 0x2\n"))
	f.Add([]byte("--- contention:\ncycles/second=1000000000\n500 2 @ 0x1001 0x2001\n"))
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("<!DOCTYPE html>"))
	for _, debug := range []int{0, 1} {
		var buf bytes.Buffer
		if err := pprof.Lookup("goroutine").WriteTo(&buf, debug); err != nil {
			f.Fatal(err)
		}
		f.Add(buf.Bytes())
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := profile.Parse(data, profile.Options{Labels: true, MaxBytes: 1 << 20})
		if err != nil {
			return
		}
		for _, by := range []profile.Granularity{profile.ByFunction, profile.ByLine, profile.ByFile, profile.ByPackage, profile.ByAddress} {
			profile.Top(p, profile.TopOptions{By: by})
		}
		p.Callers("main.f", profile.TopOptions{})
		n, _ := profile.Normalize(p)
		profile.Sub(n, p)
		if _, err := profile.Merge(p, p); err != nil {
			t.Fatalf("merge with itself: %v", err)
		}
		out, err := profile.Encode(p)
		if err != nil {
			t.Fatalf("encode: %v", err)
		}
		q, err := profile.Parse(out, profile.Options{Labels: true})
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if q.NumSamples() != p.NumSamples() || len(q.Locations) != len(p.Locations) {
			t.Fatalf("%d samples and %d locations became %d and %d", p.NumSamples(), len(p.Locations), q.NumSamples(), len(q.Locations))
		}
	})
}

// FuzzBuilder: a profile that goes from its bytes into a sum is what it is when
// it is laid out first, whatever was summed before.
func FuzzBuilder(f *testing.F) {
	for _, spec := range []profgen.Spec{
		{Seed: 1, Samples: 6, Functions: 4, Depth: 5, Raw: true, Heap: true, Requests: 2},
		{Seed: 2, Samples: 6, Functions: 4, Depth: 5, Negative: true},
	} {
		f.Add(generated(f, spec))
	}
	f.Add([]byte(small()))
	f.Add([]byte(unpacked()))
	f.Add(flip(small(), 20))
	first := generated(f, profgen.Spec{Seed: 3, Samples: 5, Functions: 4, Depth: 4, Raw: true, Requests: 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		opts := profile.Options{Labels: true, MaxBytes: 1 << 20}
		read, added := profile.NewBuilder(true), profile.NewBuilder(true)
		for _, data := range [][]byte{data, first, data} {
			got := read.Read(bytes.NewReader(data), int64(len(data)), opts)
			p, want := profile.Parse(data, opts)
			if want == nil {
				want = added.Add(p)
			}
			if (got == nil) != (want == nil) {
				t.Fatalf("Read says %v, Parse and Add say %v", got, want)
			}
		}
		if got, want := written(t, read), written(t, added); !bytes.Equal(got, want) {
			t.Fatalf("Read gives %d bytes, Parse and Add %d", len(got), len(want))
		}
	})
}

func written(t *testing.T, b *profile.Builder) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := b.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
