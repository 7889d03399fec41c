package goproc

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A proc file system of another PID namespace numbers other processes.
func TestSameNamespace(t *testing.T) {
	proc := t.TempDir()
	if err := sameNamespace(proc); err == nil {
		t.Error("a directory without processes is taken for a proc file system")
	}
	if err := os.Symlink("999999999", filepath.Join(proc, "self")); err != nil {
		t.Fatal(err)
	}
	err := sameNamespace(proc)
	if h, ok := errors.AsType[interface {
		error
		Hint() string
	}](err); !ok || !strings.Contains(err.Error(), "another PID namespace") || h.Hint() == "" {
		t.Errorf("another namespace: %v", err)
	}
	if err := os.Remove(filepath.Join(proc, "self")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(strconv.Itoa(os.Getpid()), filepath.Join(proc, "self")); err != nil {
		t.Fatal(err)
	}
	if err := sameNamespace(proc); err != nil {
		t.Errorf("this namespace: %v", err)
	}
}

func TestEntryOf(t *testing.T) {
	var auxv []byte
	for _, v := range []uint64{3, 0x400040, 9, 0x46f880, 0, 0} {
		auxv = binary.NativeEndian.AppendUint64(auxv, v)
	}
	if entry, ok := entryOf(auxv); !ok || entry != 0x46f880 {
		t.Errorf("%#x, %t", entry, ok)
	}
	if _, ok := entryOf(auxv[:24]); ok {
		t.Error("an entry of half a pair")
	}
	if _, ok := entryOf(nil); ok {
		t.Error("an entry of nothing")
	}
}

// odd is memory in which some ranges are not mapped.
type odd struct{}

func (odd) readv(buf []byte, parts []part) error {
	for i := range parts {
		p := &parts[i]
		if p.ok = p.addr != 0xbad000; !p.ok {
			continue
		}
		for k := range p.n {
			buf[p.at+k] = byte(p.addr + uint64(k))
		}
	}
	return nil
}

// Ranges come back in the order they were asked for, joined or not.
func TestGather(t *testing.T) {
	p := &Process{mem: odd{}}
	wants := []want{{0x1110, 4}, {0x1000, 8}, {0xbad000, 8}, {0x1004, 16}, {0x1108, 2}, {0x9000, 0}}
	got, err := p.gather(wants, 16)
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range wants {
		if w.addr == 0xbad000 {
			if got[i] != nil {
				t.Errorf("%#x was read", w.addr)
			}
			continue
		}
		if len(got[i]) != w.n {
			t.Errorf("%#x: %d bytes of %d", w.addr, len(got[i]), w.n)
		}
		for k, b := range got[i] {
			if b != byte(w.addr+uint64(k)) {
				t.Errorf("%#x: byte %d is %#x", w.addr, k, b)
			}
		}
	}
	if len(p.parts) != 4 {
		t.Errorf("%d parts were read: %+v", len(p.parts), p.parts)
	}
}
