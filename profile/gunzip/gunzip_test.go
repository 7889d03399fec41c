package gunzip

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
)

func zip(t testing.TB, level int, data []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	zw, err := gzip.NewWriterLevel(&buf, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := zw.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// read inflates in pieces of this size, from memory and from a stream that gives
// a few bytes at a time: both have to end alike.
func read(data []byte, piece int) ([]byte, *Reader, error) {
	z, err := NewReader(data)
	out, err := readAll(z, err, piece)
	s, streamErr := NewStream(iotest.HalfReader(iotest.DataErrReader(bytes.NewReader(data))))
	streamed, streamErr := readAll(s, streamErr, piece)
	switch {
	case !bytes.Equal(out, streamed) || fmt.Sprint(err) != fmt.Sprint(streamErr):
		return nil, z, fmt.Errorf("a stream gives %d bytes and %w, memory %d and %w", len(streamed), streamErr, len(out), err)
	case z != nil && (s.Offset() != z.Offset() || s.Junk() != z.Junk()):
		return nil, z, fmt.Errorf("a stream ends at %d with junk %d, memory at %d with %d", s.Offset(), s.Junk(), z.Offset(), z.Junk())
	}
	return out, z, err
}

func readAll(z *Reader, err error, piece int) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	var out []byte
	buf := make([]byte, piece)
	for {
		n, err := z.Read(buf)
		out = append(out, buf[:n]...)
		if err != nil {
			return out, err
		}
	}
}

// What cannot be read is no end of the data.
func TestStreamFails(t *testing.T) {
	whole := zip(t, 6, texts()["varints"])
	broken := errors.New("disk on fire")
	z, err := NewStream(io.MultiReader(bytes.NewReader(whole[:len(whole)/2]), iotest.ErrReader(broken)))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(z); !errors.Is(err, broken) || !bytes.HasPrefix(texts()["varints"], got) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// texts are data of every kind that a compressor treats in a way of its own.
func texts() map[string][]byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 300_000)
	for i := range noise {
		noise[i] = byte(rnd.Uint32())
	}
	skewed := make([]byte, 300_000) // codes of all lengths
	for i := range skewed {
		skewed[i] = byte(min(255, int(rnd.ExpFloat64()*12)))
	}
	varints := make([]byte, 0, 300_000) // what profiles hold
	for len(varints) < 300_000 {
		x := rnd.Uint32N(1 << (7 + rnd.Uint32N(10)))
		for ; x >= 0x80; x >>= 7 {
			varints = append(varints, byte(x)|0x80)
		}
		varints = append(varints, byte(x))
	}
	far := bytes.Join([][]byte{noise[:1<<15-300], noise[:1<<15-300], noise[:1<<15]}, nil)
	return map[string][]byte{
		"nothing": nil, "one byte": {7}, "noise": noise, "skewed": skewed, "varints": varints, "far matches": far,
		"one value": make([]byte, 1<<20), "short period": []byte(strings.Repeat("abc", 100_000)),
		"words": []byte(strings.Repeat("main.(*server).ServeHTTP runtime.mallocgc ", 9_000)),
	}
}

func TestInflates(t *testing.T) {
	for name, data := range texts() {
		for _, level := range []int{flate.HuffmanOnly, 0, 1, 4, 9} {
			for _, piece := range []int{1 << 16, 4097} {
				got, z, err := read(zip(t, level, data), piece)
				if !errors.Is(err, io.EOF) || !bytes.Equal(got, data) || z.Junk() != 0 {
					t.Fatalf("%s at level %d: %d bytes of %d, junk %d: %v", name, level, len(got), len(data), z.Junk(), err)
				}
			}
		}
	}
}

func TestMembers(t *testing.T) {
	a, b := texts()["skewed"], texts()["words"]
	both := append(zip(t, 6, a), zip(t, 1, b)...)
	for _, tail := range []string{"", "junk", "\x1f\x8b", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"} {
		got, z, err := read(append(bytes.Clone(both), tail...), 1<<16)
		if !errors.Is(err, io.EOF) || z.Junk() != len(tail) || !bytes.Equal(got, append(bytes.Clone(a), b...)) {
			t.Errorf("%q behind: %d bytes, junk %d: %v", tail, len(got), z.Junk(), err)
		}
	}
}

func TestHeaders(t *testing.T) {
	var buf bytes.Buffer
	zw := gzip.NewWriter(&buf)
	zw.Name, zw.Comment, zw.Extra = "a name", "a comment", []byte("more")
	if _, err := zw.Write([]byte("text")); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	data := buf.Bytes()
	if got, _, err := read(data, 100); !errors.Is(err, io.EOF) || string(got) != "text" {
		t.Errorf("%q, %v", got, err)
	}
	head := len(data) - len(zip(t, gzip.DefaultCompression, []byte("text"))) + 10
	for i := range head {
		if _, err := NewReader(data[:i]); !errors.Is(err, ErrHeader) {
			t.Errorf("the first %d bytes: %v, want %v", i, err, ErrHeader)
		}
	}
}

// Whatever is cut off: all that was before it is given, and then the right error.
func TestCut(t *testing.T) {
	data := texts()["varints"][:20_000]
	for _, level := range []int{flate.HuffmanOnly, 0, 1, 6} {
		whole := zip(t, level, data)
		for i := 10; i < len(whole); i += 1 + i%31 {
			got, z, err := read(whole[:i], 1<<16)
			if !errors.Is(err, io.ErrUnexpectedEOF) || z.Offset() != i || !bytes.HasPrefix(data, got) {
				t.Fatalf("level %d cut at %d: %d bytes, offset %d: %v", level, i, len(got), z.Offset(), err)
			}
			if want := stdlib(whole[:i]); len(got) < len(want) {
				t.Fatalf("level %d cut at %d: %d bytes, want at least %d", level, i, len(got), len(want))
			}
		}
	}
}

func TestChecksum(t *testing.T) {
	whole := zip(t, 6, texts()["words"])
	for i := 1; i <= 8; i++ {
		damaged := bytes.Clone(whole)
		damaged[len(damaged)-i] ^= 1
		if _, _, err := read(damaged, 1<<16); !errors.Is(err, ErrChecksum) {
			t.Errorf("byte %d from the end: %v, want %v", i, err, ErrChecksum)
		}
	}
}

// stdlib is what the standard library inflates of the first member.
func stdlib(data []byte) []byte {
	zr, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	zr.Multistream(false)
	got, _ := io.ReadAll(zr)
	return got
}

// member makes deflate data a gzip file with the right sums, as far as it inflates.
func member(deflated, text []byte) []byte {
	out := append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}, deflated...)
	sum, size := crc32.ChecksumIEEE(text), uint32(len(text))
	return append(out, byte(sum), byte(sum>>8), byte(sum>>16), byte(sum>>24), byte(size), byte(size>>8), byte(size>>16), byte(size>>24))
}

// FuzzInflate holds the reader against compress/flate on any bytes: the same
// data, and an error when it has one.
func FuzzInflate(f *testing.F) {
	for _, text := range texts() {
		for _, level := range []int{flate.HuffmanOnly, 0, 1, 9} {
			whole := zip(f, level, text[:min(len(text), 3000)])
			f.Add(whole[10 : len(whole)-8])
		}
	}
	f.Fuzz(func(t *testing.T, deflated []byte) {
		in := bytes.NewReader(deflated)
		zr := flate.NewReader(in)
		want, wantErr := io.ReadAll(io.LimitReader(zr, 1<<24))
		if len(want) == 1<<24 {
			return
		}
		if wantErr == nil {
			deflated = deflated[:len(deflated)-in.Len()]
		}
		got, _, err := read(member(deflated, want), 1<<16)
		switch {
		case wantErr == nil && (!errors.Is(err, io.EOF) || !bytes.Equal(got, want)):
			t.Fatalf("%d bytes, want %d: %v", len(got), len(want), err)
		case wantErr != nil && errors.Is(err, io.EOF):
			t.Fatalf("no error, want %v", wantErr)
		case !bytes.HasPrefix(got, want):
			t.Fatalf("%d bytes that are not the first %d", len(got), len(want))
		}
	})
}
