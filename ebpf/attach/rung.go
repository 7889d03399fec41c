package attach

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goperf/goperf/ebpf/probe"
)

// Rung is a way to attach programs to the tracepoints of the kernel
// (ebpf/bpf/rung.h).
type Rung string

// The rungs of the ladder, from what costs least to what needs least.
const (
	Typed   Rung = "tp_btf"     // typed arguments, state in the thread: Linux 5.11
	Raw     Rung = "raw_tp"     // addresses, state in a table
	Classic Rung = "tracepoint" // records of numbers, state in a table; needs tracefs
)

// Rungs are all of them, in the order in which they are tried.
func Rungs() []Rung { return []Rung{Typed, Raw, Classic} }

// Climb attaches by the first rung that works, or by the one that is forced, and
// says why not by an earlier one. What the kernel does not have, or forbids for
// one rung, leads to the next; anything else is an error.
func Climb[T any](forced Rung, try func(Rung) (T, error)) (out T, rung Rung, why string, err error) {
	rungs := Rungs()
	if forced != "" {
		if !slices.Contains(rungs, forced) {
			return out, "", "", fmt.Errorf("%q: is none of %v", forced, rungs)
		}
		rungs = []Rung{forced}
	}
	var reasons []string
	var first error
	for _, rung := range rungs {
		out, err := try(rung)
		if err == nil {
			return out, rung, strings.Join(reasons, "; "), nil
		}
		if first == nil {
			first = err
		}
		if !errors.Is(err, probe.ErrNotSupported) {
			break
		}
		reasons = append(reasons, string(rung)+": "+err.Error())
	}
	return out, "", "", first
}

// How is a rung as the list of probes tells it.
func How(rung Rung, why string) string {
	if why == "" {
		return "attached by " + string(rung) + " and detached"
	}
	return "attached by " + string(rung) + " and detached, not by " + why
}

// Notes tell the reader of a measurement that it came by another rung than the first.
func Notes(rung Rung, why string) []string {
	switch {
	case rung == Typed:
		return nil
	case why == "":
		return []string{"measured by " + string(rung)}
	}
	return []string{"measured by " + string(rung) + ", which costs more, because not by " + why}
}
