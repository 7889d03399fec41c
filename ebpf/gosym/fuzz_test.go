package gosym_test

import (
	"bytes"
	"os"
	"testing"

	"github.com/goperf/goperf/ebpf/gosym"
	"github.com/goperf/goperf/internal/goprog"
)

// FuzzOpen damages a small executable at two places of its headers and tables,
// and looks up what it claims. Nothing may panic, hang or take memory for sizes
// that are only claimed.
func FuzzOpen(f *testing.F) {
	var images [][]byte
	for _, b := range []goprog.Build{{}, {Strip: true, PIE: true}} {
		data, err := os.ReadFile(compileELF(f, b))
		if err != nil {
			f.Fatal(err)
		}
		images = append(images, data)
	}
	f.Add(false, uint32(32), uint64(1<<62), uint32(40), uint64(3))
	f.Add(true, uint32(0x78), uint64(1<<40), uint32(0x1000), uint64(7))
	f.Fuzz(func(t *testing.T, pie bool, at1 uint32, v1 uint64, at2 uint32, v2 uint64) {
		image := images[0]
		if pie {
			image = images[1]
		}
		tab, err := gosym.Open(damaged{image, [2]int64{int64(at1) % int64(len(image)), int64(at2) % int64(len(image))}, [2]uint64{v1, v2}})
		if err != nil {
			return
		}
		text := tab.Text()
		for i := range uint64(64) {
			pc := text.Start + (text.End-text.Start)/64*i + v1%64
			tab.Frames(pc)
			tab.SPDelta(pc)
			if fn, ok := tab.Func(pc); ok && (pc < fn.Entry || pc >= fn.End) {
				t.Fatalf("%#x is not in %+v", pc, fn)
			}
		}
		tab.FuncByName("runtime.gopark")
		tab.Symbol("runtime.allgs")
	})
}

// damaged is an image in which two words differ.
type damaged struct {
	image []byte
	at    [2]int64
	value [2]uint64
}

func (d damaged) ReadAt(b []byte, off int64) (int, error) {
	n, err := bytes.NewReader(d.image).ReadAt(b, off)
	for i, at := range d.at {
		for k := range int64(8) {
			if p := at + k - off; p >= 0 && p < int64(n) {
				b[p] = byte(d.value[i] >> (8 * k))
			}
		}
	}
	return n, err
}

// A table of bytes alone, as other containers have it.
func FuzzNew(f *testing.F) {
	f.Add([]byte("\xf1\xff\xff\xff\x00\x00\x01\x08"), uint64(0x1000))
	header := append([]byte("\xf1\xff\xff\xff\x00\x00\x01\x08\x01\x00\x00\x00\x00\x00\x00\x00"), make([]byte, 120)...)
	for i := range 5 {
		header[8+8*(3+i)] = byte(72 + 8*i)
	}
	f.Add(header, uint64(0x401000))
	f.Fuzz(func(t *testing.T, b []byte, start uint64) {
		tab, err := gosym.New(gosym.Image{Pclntab: b, Addr: 0x10000, Text: gosym.Range{Start: start, End: start + 1<<20}, GoFunc: 0x10000})
		if err != nil {
			return
		}
		for pc := start; pc < start+256 && pc >= start; pc += 5 {
			tab.Frames(pc)
			tab.SPDelta(pc)
			tab.Func(pc)
		}
		tab.FuncByName("main")
	})
}

func BenchmarkOpen(b *testing.B) {
	data, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		b.Skip("SKIPPED: needs /proc/self/exe:", err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := gosym.Open(bytes.NewReader(data)); err != nil {
			b.Fatal(err)
		}
	}
}
