package tui

import (
	"context"
	"io"
	"os/exec"
	"time"

	"github.com/goperf/goperf/listing"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

// Data is all that is known of a target at one time. It is handed over whole: a
// later one replaces it, and the screens keep what the user had chosen by name.
// Nothing in it is changed after it was handed over.
type Data struct {
	Title    string      // the target as the user wrote it
	Compared *Comparison // with what; nil when it is not
	Of       []string    // of one side of a comparison, alone: the targets of the other
	Live     bool        // it is a running service; false for files
	Lost     bool        // it stopped answering
	Silence  struct {    // of one that is lost and still looked at
		For time.Duration // since it answered last
		Why string
	}
	Recorded   time.Time        // when what is looked at was taken; zero for now, or when it is not known
	Numbers    []report.Exhibit // series of the numbers of a window, and of what came since
	From       time.Time        // the zero of their times
	Limit      int64            // of memory, of the container, B; 0 for none that is known
	Output     []string         // last lines of a command that was started to be looked at
	Collecting *Collecting
	Report     *report.Report
	Profiles   []Profile
	Groups     []Group         // of goroutines, see Groups
	Looked     []time.Time     // when those were looked at, see LookedAt
	Locks      *report.Exhibit // who waits for which, see exhibit.Locks; nil for none
	Main       string          // path of the main module, "" when unknown
	Err        error           // why there is nothing, or no more
	Hint       string          // what to try then
}

// Comparison is how the data is one.
type Comparison struct {
	New  []string // the targets on its new side
	Args []string // of a command that shows it, after "goperf tui"; nil while it is to come
	Side *Data    // what is known of one side alone; nil for nothing
	// Swap makes the same comparison with its sides exchanged.
	Swap func() (*Data, error)
}

// on is what a screen shows: of a comparison one side, where the difference says nothing.
func (d *Data) on(s screenID) *Data {
	c := d.Compared
	if c == nil || c.Side == nil || s == liveScreen && d.Collecting != nil {
		return d
	}
	switch s {
	case goroutineScreen, memoryScreen, offCPUScreen, tcpScreen, liveScreen:
		return c.Side
	}
	return d
}

// failed says that there is nothing, and why.
func (d *Data) failed() bool { return d.Err != nil && len(d.Profiles) == 0 && d.Report == nil }

// first says that it is collected, and that nothing of an earlier time is shown.
func (d *Data) first() bool { return d.Collecting != nil && d.Report == nil }

// Collecting is how far the evidence has come; nil in [Data] means that it is all there.
type Collecting struct {
	Doing   string
	Elapsed time.Duration
	Window  time.Duration // 0 when nothing is timed
	Samples int64         // CPU samples so far
	Bytes   int64         // received or read so far
	Arrived []Arrived
	Ahead   []string     // what comes, and when
	Gaps    []report.Gap // known so far
	Asked   []report.Request
}

// Profile is one profile of a target, under the name of its kind.
type Profile struct {
	Kind string
	*profile.Profile
	Base   *profile.Profile   // of a difference: what percentages are of
	After  *profile.Profile   // of a difference: the new side as it was measured; nil when that is not known
	Scales []float64          // what each sample type of After was multiplied by, to be compared with Base
	Parts  []*profile.Profile // of several slices or snapshots each one, in order; nil for one
}

// Listing is the source of a function, or why there is none.
type Listing struct {
	Function  listing.Function
	Rows      []listing.Row
	Path      string // of the file that was read, "" when there is none
	Why, Hint string
	Doubt     string // why it may be another version
	Proof     string // that it is what was built, "" when nothing says so
	Sites     []CallSite
	callees   map[int64]functionAt // what each line calls most
	allocs    *allocations         // nil when nothing is known of them
}

// Options are what the program is run with.
type Options struct {
	Args  []string // of the command, as typed after "goperf tui": to reproduce what is shown
	Less  []string // flags that Args lacks: they hold secrets
	View  View     // what is shown first
	Looks Looks
	Keys  []Key // nil for the usual ones, see [Bind]
	// Feed hands over what becomes known of the target, and returns when that is
	// all. It ends with ctx; keep ends early what is still running. It is called
	// again, after it has returned, to collect anew from a service that runs. A
	// send waits for what was sent before to be seen, where the screen shows it.
	Feed func(ctx context.Context, keep <-chan struct{}, send func(*Data))
	// Watch looks once at a service whose collection has ended: d with what it uses
	// now, nil when it is not to be looked at. Nil when nothing runs on.
	Watch func(ctx context.Context, d *Data) *Data
	// Bundle writes all that was collected; it is called when there is a report.
	// Nil when nothing can be kept.
	Bundle func(io.Writer) error
	// Kept says that the user need not be asked before what was collected is lost:
	// it is written elsewhere, or of a demonstration.
	Kept bool
	// Write writes a file whole or not at all, the latter when ctx ends: the user
	// does not wait for it. What is there it replaces when told so, else the error is
	// [fs.ErrExist]. It may be running when [Run] returns. Nil when files are not to
	// be written.
	Write func(ctx context.Context, name string, over bool, write func(io.Writer) error) error
	// Edit is the user's editor at a line of a file; nil when there is none.
	Edit func(file string, line int) *exec.Cmd
	// Explain is what a rule means, "" when there is none of that name.
	Explain func(rule string) string
	// List finds the source of a function; nil when nothing can.
	List func(p *profile.Profile, f listing.Function) Listing
	// Asm finds the machine code of a function, with the values of a sample type; nil
	// when nothing can. It is called when somebody wants to see it.
	Asm func(p *profile.Profile, column string, f listing.Function) Assembly
}
