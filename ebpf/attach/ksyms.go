package attach

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/goperf/goperf/ebpf/stacks"
)

// KernelSymbols names the addresses of the kernel.
type KernelSymbols struct {
	at    []uint64
	names []string
}

// parseKernelSymbols reads /proc/kallsyms. Without the privilege to see them all
// addresses are 0 there, and nothing has a name.
func parseKernelSymbols(r io.Reader) (*KernelSymbols, error) {
	data, err := io.ReadAll(io.LimitReader(r, 64<<20))
	if err != nil {
		return nil, err
	}
	type symbol struct {
		at   uint64
		name string
	}
	var all []symbol
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line) // address, type, name, [module]
		if len(f) < 3 || !strings.ContainsAny(f[1], "tTwW") {
			continue
		}
		if at, err := strconv.ParseUint(f[0], 16, 64); err == nil && at != 0 {
			all = append(all, symbol{at, f[2]})
		}
	}
	slices.SortStableFunc(all, func(a, b symbol) int { return cmp.Compare(a.at, b.at) })
	k := &KernelSymbols{}
	for _, s := range all {
		k.at, k.names = append(k.at, s.at), append(k.names, s.name)
	}
	return k, nil
}

// Frames names a stack of the kernel. A return address is looked up one before.
func (k *KernelSymbols) Frames(pcs []uint64) []stacks.Frame {
	fs := make([]stacks.Frame, len(pcs))
	for i, pc := range pcs {
		if i > 0 {
			pc--
		}
		fs[i] = stacks.Frame{Function: fmt.Sprintf("[kernel %#x]", pc)}
		if n, found := slices.BinarySearch(k.at, pc); found {
			fs[i].Function = k.names[n]
		} else if n > 0 {
			fs[i].Function = k.names[n-1]
		}
	}
	return fs
}
