// Package source is where evidence comes from: a service that serves
// net/http/pprof, a process on this machine, files, bundles, standard input and
// the demonstration service.
//
// [Parse] reads a target as the user writes it and gives a [Source]; Collect
// brings home an [evidence.Capture], undecoded. Whatever was wanted and could
// not be had is a gap in the capture, with the reason and what would get it; an
// error means that there is no evidence at all.
//
// # What a live service is asked for
//
// Snapshots (heap, goroutines, mutex, block, MemStats) before the window and
// after it, a few between, CPU profiles in slices for the length of the window,
// and one short execution trace during one of the slices. A slice that has come
// is kept whatever happens later, so an interrupt loses one slice at most.
// Everything asked is listed in the capture with the time it took, its size and
// what it does to the service.
//
// A plan for one kind of profile asks for that and the command line, once: a
// snapshot is there at once, a CPU profile takes the window.
//
// A plan for the collector asks for less and more often: the MemStats page once
// a second, of which the part with the samples is dropped, CPU profiles in long
// slices and a longer trace. It forces no collection and stops nothing.
//
// # Forced collections
//
// A heap profile shows memory in use as of the last collection but one, or of
// the last when it was forced. When that one is older than a tenth of the window,
// the difference of two snapshots says little about the window. A heap of at most [ForceGCHeap] is then
// collected on request (heap?gc=1) before the window, after it, or both: one
// marking of the heap each, while the service goes on. Larger heaps are left
// alone, and the snapshot says how old it is. The MemStats pages that are kept
// lie between the two, so the collections they count are the service's own.
package source

import (
	"context"
	"io"
	"net"
	"time"

	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/kernel"
)

// ForceGCHeap is the largest heap, in bytes, that is collected on request when
// the plan leaves it to the source: marking it takes a core a few tenths of a
// second.
const ForceGCHeap = 256 << 20

// Source is one target that can be looked at.
type Source interface {
	// Collect brings home what can be had. It errs only when there is no
	// evidence at all. When ctx ends early it keeps what has come and still
	// tries for about a second to take the closing snapshots. progress may be
	// nil; it is called by one goroutine at a time.
	Collect(ctx context.Context, want Plan, progress func(Progress)) (*evidence.Capture, error)
}

// When says whether something that costs the target is asked for.
type When string

// The zero value is WhenAuto.
const (
	WhenAuto   When = "auto" // when it is cheap
	WhenAlways When = "always"
	WhenNever  When = "never"
)

// Plan is what is wanted of a live target. Files are read whole whatever the plan says.
type Plan struct {
	Duration      time.Duration // of the window, in whole seconds; 0 means 30 s
	NoTrace       bool
	TraceLength   time.Duration // 0 means 1 s, in windows from 10 s on 2 s
	GoroutineText When          // every goroutine's state, which stops the target; auto: below 1,000 goroutines
	GC            When          // forced collections, see the package's doc
	Collector     bool          // only what says how the garbage collector works, see the package's doc
	Only          evidence.Kind // the one kind of profile that is wanted, "" for all that a diagnosis needs
	NoSyntax      bool          // do not look at the source files of hot functions on this machine
	LateSyntax    bool          // of files not yet: AddSyntax does, and what was read can be shown before

	Preview bool // of a process that serves no profiles: tell CPU samples while the window runs, see Progress.SoFar

	Probes []probe.Probe // attached to a process of this machine for the window

	Header  []string // "Name: value", sent with every request
	Bearer  string
	Basic   string // "user:password"
	TLS     TLS
	Timeout time.Duration // for one answer, on top of its window; 0 means 20 s
}

// TLS says how an https target is talked to. The files are PEM.
type TLS struct {
	CAFile   string // trusted certificates; "" means the system's
	CertFile string // client certificate
	KeyFile  string
	Insecure bool // do not check the server's certificate
}

// Progress is how far a collection is.
type Progress struct {
	Doing   string            // "taking a CPU profile"
	Elapsed time.Duration     // of the window
	Window  time.Duration     // 0 when there is none
	Samples int64             // CPU samples so far
	Bytes   int64             // received or read so far
	Uses    []kernel.Use      // of the process so far, when it is on this machine; they may be read only
	SoFar   *evidence.Capture // what has come; nil while files are read. It may be read only
}

// Deps are the effects a source has on the world. The zero value is the real
// world without environment, standard input and demo.
type Deps struct {
	Now    func() time.Time
	After  func(time.Duration) <-chan time.Time
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
	Getenv func(string) string
	Stdin  io.Reader
	Dir    string // what relative file names are relative to; "" is the process's directory
	Proc   string // where the proc file system is; "" is /proc on Linux and nothing elsewhere
	Cgroup string // where the cgroup file system is; "" is /sys/fs/cgroup on Linux and nothing elsewhere

	// Demo starts the demonstration service in a named sickness.
	Demo func(ctx context.Context, sickness string) (baseURL string, stop func(), err error)
}
