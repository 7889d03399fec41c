package cmd

import (
	"context"
	"io"
	"path/filepath"
	"runtime/debug"
	"time"
)

// Env is everything that a command may know of the process it runs in.
type Env struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer

	StdinIsTerminal  bool
	StdoutIsTerminal bool
	StderrIsTerminal bool

	Columns   func() int // width of the terminal, 0 when there is none
	LookupEnv func(name string) (string, bool)
	Now       func() time.Time
	Dir       string // what relative file names are relative to; "" is the process's directory

	// Interruptible returns a context that ends when the user interrupts, and
	// stop, after which an interrupt ends the process as it does by default.
	Interruptible func(parent context.Context) (ctx context.Context, stop context.CancelFunc)

	// Ending returns a context that ends with a signal to end: SIGINT, SIGTERM,
	// SIGHUP, another that ends with the next one, and the number of the first, 0
	// before. Signals do nothing else until stop.
	Ending func(parent context.Context) (first, second context.Context, signal func() int, stop context.CancelFunc)

	// Hangup tells each SIGHUP, on which what was read of files is read again,
	// until ctx ends. nil on systems without.
	Hangup func(ctx context.Context) <-chan struct{}

	// SetGCPercent is [debug.SetGCPercent].
	SetGCPercent func(percent int) int
	// SetMemoryLimit is [debug.SetMemoryLimit].
	SetMemoryLimit func(limit int64) int64

	// Executable is the file that this program runs from.
	Executable func() (string, error)

	// BuildInfo is what the toolchain recorded when it built goperf.
	BuildInfo func() (*debug.BuildInfo, bool)
}

// getenv is the value of an environment variable, "" when it is not set.
func (e Env) getenv(name string) string {
	v, _ := e.LookupEnv(name)
	return v
}

// path is the file that the user means by name.
func (e Env) path(name string) string {
	if e.Dir == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(e.Dir, name)
}

// collectRarely spends memory instead of time on garbage, unless the user has
// chosen: a command that reads one file and ends is done before memory matters.
func (e Env) collectRarely() {
	if _, chosen := e.LookupEnv("GOGC"); !chosen {
		e.SetGCPercent(rareGC)
	}
}

// collectOften ends collectRarely, for a command that goes on to make much of
// what it has read: large slices without pointers, which cost next to nothing to mark.
func (e Env) collectOften() {
	if _, chosen := e.LookupEnv("GOGC"); !chosen {
		e.SetGCPercent(oftenGC)
	}
	if _, chosen := e.LookupEnv("GOMEMLIMIT"); !chosen {
		e.SetMemoryLimit(softLimit)
	}
}

// softLimit has garbage collected before there is much of it beside 300 MB of
// profile and what is made of them: without it the screens took 2.1 GB, with it 1.5
// and a third less CPU, because the trees of earlier looks are gone sooner. Where
// more is in use, the runtime spends at most half of the CPU on it.
const softLimit = 1500 << 20

// oftenGC takes a sixth off the peak of flame and no CPU time that could be measured.
const oftenGC = 40

// rareGC saves a seventh of the CPU time of top; its peak stays the same,
// because most of what it allocates is in use to the end.
const rareGC = 400

// toolVersion is how goperf names itself in reports: "goperf v0.1.0".
func (e Env) toolVersion() string {
	info, ok := e.BuildInfo()
	if !ok || info.Main.Version == "" {
		return "goperf (devel)"
	}
	return "goperf " + info.Main.Version
}
