package attach

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/ebpf/gosym"
)

func TestParseMaps(t *testing.T) {
	got := parseMaps(`00400000-0053d000 r-xp 00000000 fd:01 77                  /srv/shop server (deleted)
c000000000-c000400000 rw-p 00000000 00:00 0
7ffd1000-7ffd3000 r-xp 00000000 00:00 0                          [vdso]
nonsense
9-8 r-xp 0 0 0
zz-10 r-xp 0 0 0
`)
	want := []mapping{
		{0x400000, 0x53d000, 0, "/srv/shop server (deleted)"},
		{0xc000000000, 0xc000400000, 0, ""},
		{0x7ffd1000, 0x7ffd3000, 0, "[vdso]"},
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(mapping{})); d != "" {
		t.Error(d)
	}
}

// Code that is not Go's is named for the file it lies in.
func TestPlace(t *testing.T) {
	s := newSymbols(&gosym.Table{}, 0, []mapping{{0x1000, 0x2000, 0, "/lib/libc.so.6"}, {0x2000, 0x3000, 0, ""}, {0x5000, 0x6000, 0, "[vdso]"}})
	for pc, want := range map[uint64]string{
		0x1000: "[libc.so.6]", 0x1fff: "[libc.so.6]", 0x2000: "[anonymous memory]",
		0x5800: "[vdso]", 0x6000: "[unmapped 0x6000]", 0: "[unmapped 0x0]",
	} {
		if got := s.place(pc); got != want {
			t.Errorf("%#x is in %s, want %s", pc, got, want)
		}
	}
}
