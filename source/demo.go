package source

import (
	"context"
	"fmt"
	"net/url"

	"github.com/goperf/goperf/evidence"
)

// demoSource is the demonstration service, started for the collection and
// stopped after it.
type demoSource struct {
	target   string
	sickness string
	deps     Deps
}

// Collect implements [Source].
func (d demoSource) Collect(ctx context.Context, want Plan, progress func(Progress)) (*evidence.Capture, error) {
	// An interrupt ends the window; the closing snapshots still need the service.
	base, stop, err := d.deps.Demo(context.WithoutCancel(ctx), d.sickness)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.target, err)
	}
	defer stop()
	u, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.target, err)
	}
	// The demonstration service has no use for the user's secrets.
	want.Header, want.Bearer, want.Basic, want.TLS = nil, "", "", TLS{}
	s := &urlSource{target: d.target, kind: kindDemo, base: u, deps: d.deps}
	return s.Collect(ctx, want, progress)
}
