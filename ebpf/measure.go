package ebpf

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/kernel"
)

// Progress is how far a measurement is.
type Progress struct {
	Elapsed time.Duration
	Window  time.Duration // 0 when only the end of the target ends it
	Events  uint64
	Lost    uint64
}

// progressEvery is how often the kernel's counters are read while it measures.
const progressEvery = 250 * time.Millisecond

// Measure attaches a probe and detaches it after a time (0: never), when the
// target ends, or when ctx does; what was measured by then is returned in each
// case. attached is called once the probe is in place, progress from then on.
// Both may be nil.
func Measure(ctx context.Context, p probe.Probe, t probe.Target, window time.Duration, attached func() error, progress func(Progress)) (*kernel.Measurement, error) {
	// From here on it is known whether the target ends, even if its number is
	// given to another process.
	var gone <-chan struct{}
	if t.PID != 0 {
		ended, release, err := watch(t.PID)
		if err != nil {
			return nil, err
		}
		defer release()
		gone = ended
	}
	s, err := p.Start(ctx, t)
	if err != nil {
		return nil, err
	}
	if attached != nil {
		if err := attached(); err != nil {
			_, finishErr := s.Finish()
			return nil, errors.Join(err, finishErr)
		}
	}
	note := wait(ctx, s, window, gone, progress)
	m, err := s.Finish()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Name, err)
	}
	if note != "" {
		m.Notes = append(m.Notes, note)
	}
	return m, nil
}

// wait returns why it ended early, "" when it did not.
func wait(ctx context.Context, s probe.Session, window time.Duration, gone <-chan struct{}, progress func(Progress)) string {
	began := time.Now()
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	var end <-chan time.Time
	if window > 0 {
		timer := time.NewTimer(window)
		defer timer.Stop()
		end = timer.C
	}
	for {
		select {
		case <-end:
			return ""
		case <-ctx.Done():
			return fmt.Sprintf("ended by the user after %v", time.Since(began).Round(time.Millisecond))
		case <-gone:
			if window == 0 {
				return ""
			}
			return fmt.Sprintf("the target ended after %v", time.Since(began).Round(time.Millisecond))
		case <-tick.C:
			if progress != nil {
				events, lost := s.Seen()
				progress(Progress{Elapsed: time.Since(began), Window: window, Events: events, Lost: lost})
			}
		}
	}
}
