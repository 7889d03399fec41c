package gosym_test

import (
	_ "embed"
	"os/exec"
	"strconv"
	"testing"

	"github.com/goperf/goperf/internal/goprog"
)

//go:embed testdata/tls.go.txt
var tls string

// The place of g holds where C code has thread-local variables, too.
func TestTLSOffsetBesideC(t *testing.T) {
	for _, toolchain := range toolchains() {
		for _, b := range []goprog.Build{
			{Toolchain: toolchain, External: true},
			{Toolchain: toolchain, External: true, Strip: true},
			{Toolchain: toolchain, External: true, Strip: true, PIE: true},
		} {
			if toolchain != "" && !b.PIE {
				continue
			}
			t.Run(b.Name(), func(t *testing.T) {
				t.Parallel()
				exe := goprog.Compile(t, tls, b)
				off := open(t, exe).TLSOffset()
				out, err := exec.CommandContext(t.Context(), exe, strconv.Itoa(off)).Output()
				if string(out) != "true\n" {
					t.Errorf("g at %d: %q, %v", off, out, err)
				}
			})
		}
	}
}
