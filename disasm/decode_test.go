package disasm

import (
	"encoding/hex"
	"strings"
	"testing"
)

func symbolAt(addr uint64) (string, uint64) {
	if addr == 0x1100 {
		return "main.work", addr
	}
	return "", 0
}

type zeros struct{}

func (zeros) ReadAt(b []byte, _ int64) (int, error) { return len(b), nil }

func TestDecode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ arch, code, want string }{
		{"amd64", "554889e5e8f7000000c3", "1000 PUSHQ BP|1001 MOVQ SP, BP|1004 CALL main.work(SB)|1009 RET"},
		{"amd64", "c3ff", "1000 RET|1001 BYTE $0xff"},
		{"amd64", "06", "1000 BYTE $0x06"},
		{"arm64", "fe0f1ff83f000094c0035fd6", "1000 MOVD.W R30, -16(RSP)|1004 CALL main.work(SB)|1008 RET"},
		{"arm64", "c0035fd600", "1000 RET|1004 BYTE $0x00"},
		{"riscv64", "0102030405", "1000 BYTE $0x01; BYTE $0x02; BYTE $0x03; BYTE $0x04|1004 BYTE $0x05"},
	} {
		code, err := hex.DecodeString(c.code)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, in := range decode(c.arch, code, 0x1000, symbolAt, zeros{}) {
			got = append(got, hexText(in.Addr)+" "+in.Text)
		}
		if s := strings.Join(got, "|"); s != c.want {
			t.Errorf("%s %s:\n%s, want\n%s", c.arch, c.code, s, c.want)
		}
	}
}

func hexText(n uint64) string {
	return strings.TrimLeft(hex.EncodeToString([]byte{byte(n >> 8), byte(n)}), "0")
}

// FuzzDecode wants all code accounted for, whatever it is.
func FuzzDecode(f *testing.F) {
	f.Add([]byte("\x55\x48\x89\xe5\xe8\xf7\x00\x00\x00\xc3"), uint64(0x1000))
	f.Add([]byte("\xfe\x0f\x1f\xf8\x3f\x00\x00\x94"), uint64(1<<63))
	f.Fuzz(func(t *testing.T, code []byte, pc uint64) {
		code = code[:min(len(code), 64)] // instructions do not know of one another
		for _, arch := range Arches {
			at := pc
			for _, in := range decode(arch, code, pc, symbolAt, zeros{}) {
				if in.Addr != at || in.Len <= 0 || in.Text == "" {
					t.Fatalf("%s: %+v at %x", arch, in, at)
				}
				at += uint64(in.Len)
			}
			if at != pc+uint64(len(code)) {
				t.Fatalf("%s: %d of %d bytes", arch, at-pc, len(code))
			}
		}
	})
}
