package profile_test

import (
	"bytes"
	"testing"

	"github.com/goperf/goperf/internal/bench/profgen"
	"github.com/goperf/goperf/profile"
)

// generated is the bytes of a made-up profile.
func generated(tb testing.TB, spec profgen.Spec) []byte {
	tb.Helper()
	var buf bytes.Buffer
	if err := profgen.Write(&buf, spec); err != nil {
		tb.Fatal(err)
	}
	return buf.Bytes()
}

func parsed(tb testing.TB, data []byte, opts profile.Options) *profile.Profile {
	tb.Helper()
	p, err := profile.Parse(data, opts)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func large() profgen.Spec {
	return profgen.Spec{Seed: 1, Samples: 60_000, Functions: 12_000, Depth: 18, Heap: true, Requests: 5_000}
}

func BenchmarkParse(b *testing.B) {
	spec := large()
	packed := generated(b, spec)
	spec.Raw = true
	raw := generated(b, spec)
	for _, c := range []struct {
		name string
		data []byte
		opts profile.Options
	}{
		{"gzip", packed, profile.Options{}},
		{"raw", raw, profile.Options{}},
		{"labels", raw, profile.Options{Labels: true}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				parsed(b, c.data, c.opts)
			}
		})
	}
}

func BenchmarkUse(b *testing.B) {
	p := parsed(b, generated(b, large()), profile.Options{Labels: true})
	spec := large()
	spec.Seed = 2
	q := parsed(b, generated(b, spec), profile.Options{Labels: true})
	for _, c := range []struct {
		name string
		do   func()
	}{
		{"Top", func() { profile.Top(p, profile.TopOptions{}) }},
		{"TopLine", func() { profile.Top(p, profile.TopOptions{By: profile.ByLine}) }},
		{"Merge", func() { _, _ = profile.Merge(p, q) }},
		{"Sub", func() { profile.Sub(p, q) }},
		{"Normalize", func() { profile.Normalize(p) }},
		{"Encode", func() { _, _ = profile.Encode(p) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.do()
			}
		})
	}
}
