package cmd

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/source"
	"github.com/goperf/goperf/tui"
)

// before is what the last collection brought, and what was seen since: no more than a
// title the first time.
func (f *feeder) before() *tui.Data {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.shown != nil && f.onward != nil:
		return f.onward.seen(f.shown, f.env.Now())
	case f.shown != nil:
		return f.shown
	}
	d := &tui.Data{Title: f.title}
	if f.compared != nil {
		d.Compared = &tui.Comparison{New: f.compared.next}
	}
	return d
}

// during is what is shown while it is collected anew.
func during(before *tui.Data, c *tui.Collecting) *tui.Data {
	d := *before
	d.Collecting, d.Err, d.Hint = c, nil, ""
	return &d
}

// heard is the data with what a command that was started has written last.
func (f *feeder) heard(d *tui.Data) *tui.Data {
	if f.output == nil {
		return d
	}
	out := *d
	out.Output = f.output.lines(linesShown)
	return &out
}

// linesShown is how many lines of what a command wrote are on the screens.
const linesShown = 6

// replaces says that what has come takes the place of what was there before: when
// there is a CPU profile, which the flame graph is of, again.
func replaces(before *tui.Data, c *evidence.Capture) bool {
	return before.Report == nil || slices.ContainsFunc(c.Blobs, func(b evidence.Blob) bool { return b.Kind == evidence.CPU })
}

// poorer is why a collection that came to its end early does not take the place of
// the one before.
func poorer(before *tui.Data, c *evidence.Capture, stopped bool) error {
	switch {
	case replaces(before, c):
		return nil
	case stopped:
		return fmt.Errorf("%s: stopped before a CPU profile had come", before.Title)
	case evidence.Decode(c).Lost:
		return fmt.Errorf("%s: stopped answering before a CPU profile had come", before.Title)
	}
	return nil
}

// missed shows why nothing could be collected, with what was there before.
func (f *feeder) missed(before *tui.Data, live bool, err error, send func(*tui.Data)) {
	d := *before
	d.Err, d.Hint = err, hintOf(err)
	if d.Report == nil {
		d.Live = live
		if _, decided := errors.AsType[*statusError](err); !decided {
			err = noEvidence("", err)
		}
		f.fail(err)
	}
	send(&d)
}

// came keeps what a collection has brought by now, so that it can be written.
func (f *feeder) came(p source.Progress) {
	if !source.Holds(p.SoFar) {
		return
	}
	soFar := *p.SoFar
	soFar.To, soFar.Blobs = f.env.Now(), slices.Clone(soFar.Blobs)
	if len(p.Uses) > 1 {
		_ = soFar.SetUsage(p.Uses) // numbers can be encoded
	}
	useWallClock(&soFar)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.onward != nil {
		f.onward.watch.Close()
	}
	f.capture, f.onward = &soFar, nil
}

// bundle writes what was collected, by now.
func (f *feeder) bundle(w io.Writer) error {
	f.mu.Lock()
	capture, onward := f.capture, f.onward
	f.mu.Unlock()
	if capture == nil {
		if f.failed() != nil {
			return errors.New("nothing has come that could be kept")
		}
		return errors.New("this was read from files, which hold it already")
	}
	if onward != nil {
		var err error
		if capture, err = onward.with(capture); err != nil {
			return err
		}
	}
	return evidence.WriteBundle(w, capture, f.env.toolVersion())
}
