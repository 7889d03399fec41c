package cmd

import (
	"context"
	"sync"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/exhibit"
	"github.com/goperf/goperf/kernel"
	"github.com/goperf/goperf/source"
	"github.com/goperf/goperf/tui"
)

// onward is what is seen of a service after its collection, while the screens are
// looked at.
type onward struct {
	watch *source.Watch
	set   *evidence.Set // of the collection
	mu    sync.Mutex
	uses  []kernel.Use // since then
	last  time.Time    // when it answered last
	lost  bool         // the last look was in vain
	why   string       // it was
}

// mostUses bounds the looks that are kept: when there are more, every other one
// goes, so that what is there reaches back to the collection.
const mostUses = 2000

// look makes ready to look at a service; nil when that does not run on.
func (f *feeder) look(c *evidence.Capture, set *evidence.Set) *onward {
	if f.onward != nil {
		f.onward.watch.Close()
	}
	w := source.NewWatch(f.src, c, f.plan)
	if w == nil {
		return nil
	}
	return &onward{watch: w, set: set, last: f.env.Now(), lost: set.Lost}
}

// watch is the data with what the service uses now.
func (f *feeder) watch(ctx context.Context, d *tui.Data) *tui.Data {
	f.mu.Lock()
	o := f.onward
	f.mu.Unlock()
	if o == nil {
		return nil
	}
	o.look(ctx)
	return f.heard(o.seen(d, f.env.Now()))
}

// look has a look at the service.
func (o *onward) look(ctx context.Context) {
	u, err := o.watch.Look(ctx)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lost = err != nil; o.lost {
		o.why = err.Error()
		return
	}
	o.last, o.why = u.At, ""
	o.keep(u)
}

// seen is the data, in a comparison its side, with what was seen since the
// collection: it outlives the service, and a collection that fails.
func (o *onward) seen(d *tui.Data, now time.Time) *tui.Data {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := *d
	side := &out
	if d.Compared != nil && d.Compared.Side != nil {
		out.Compared = new(*d.Compared)
		side = new(*d.Compared.Side)
		out.Compared.Side = side
	}
	side.Numbers, side.From = exhibit.OverTime(o.set, o.uses...)
	side.Silence.Why = o.why
	if side.Lost, side.Silence.For = o.lost, 0; o.lost {
		side.Silence.For = now.Sub(o.last)
	}
	out.Lost, out.Silence.For = side.Lost, side.Silence.For
	return &out
}

func (o *onward) keep(u kernel.Use) {
	if len(o.uses) >= mostUses {
		fewer := make([]kernel.Use, 0, mostUses)
		for i := 0; i < len(o.uses); i += 2 {
			fewer = append(fewer, o.uses[i])
		}
		o.uses = fewer
	}
	o.uses = append(o.uses, u)
}

// with is a capture with what was seen since.
func (o *onward) with(c *evidence.Capture) (*evidence.Capture, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := *c
	err := out.SetUsage(append(o.set.Usage(), o.uses...))
	return &out, err
}
