//go:build !(linux && amd64)

package park

import (
	"context"
	"errors"
	"runtime"

	"github.com/goperf/goperf/ebpf/probe"
)

// Probe is the probe.
func Probe() probe.Probe {
	if runtime.GOOS != "linux" {
		return probe.Elsewhere("wall-exact", doc)
	}
	no := func() error {
		return probe.Refuse("exact waiting is measured on amd64 only: the arguments of runtime.gopark are looked for in its registers", "without --exact the probe runs here", errors.ErrUnsupported)
	}
	return probe.Probe{Name: "wall-exact", Doc: doc, Supported: no, Start: func(context.Context, probe.Target) (probe.Session, error) { return nil, no() }}
}
