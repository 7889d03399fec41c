// Package probe is the contract between what measures a process from outside
// and those who ask for it: a [Probe] starts a [Session] on a [Target], the
// session ends in a [kernel.Measurement].
//
// A probe is a directory: C, Go and the generated object. Three things stay
// apart in it: attaching (Linux, privileges, thin), decoding what the kernel
// counted, and folding it into a measurement; the last two are functions of
// their input that build and are tested everywhere.
//
// Whether a probe can run here has three answers, see [Probe.Supported].
package probe

import (
	"context"
	"errors"

	"github.com/goperf/goperf/kernel"
)

// ErrNotSupported is a conclusive no: this kernel, or these privileges, cannot
// run the probe, and asking again will not help. It is part of the chain of
// the errors that [Refuse] makes.
var ErrNotSupported = errors.New("not supported here")

// ErrInPart goes with [ErrNotSupported] where a probe runs all the same and
// measures less. [InPart] makes such errors.
var ErrInPart = errors.New("in part")

// Target is the process to measure, by its number in the PID namespace of this
// process. For the probes that say so it is the processes of a control group, or
// nothing: those of the network namespace that this process is in.
type Target struct {
	PID   int
	Group string // its directory; then PID is 0
}

// Probe is one way to measure a process.
type Probe struct {
	Name string // one word, as on the command line
	Doc  string // one sentence: what it measures, in what, at what cost

	// Supported finds out by trying, on this process: nil is yes, an error with
	// [ErrNotSupported] in its chain is a conclusive no, with [ErrInPart] beside it
	// a no to a part of what it measures, and any other error means that it could
	// not tell.
	Supported func() error

	// How says, once Supported has said yes, by which means it attaches here, and
	// why not by a better one; nil when there is only one way.
	How func() string

	// Start attaches to a target. The session is attached when it returns; ctx
	// bounds the start alone. What is attached goes when this process goes.
	Start func(ctx context.Context, t Target) (Session, error)
}

// Session is a probe at work. Its methods are called by one goroutine at a time.
type Session interface {
	// Seen is how much was measured and lost so far.
	Seen() (events, lost uint64)

	// Finish detaches and says what was measured. It is called once and works
	// when the target has ended.
	Finish() (*kernel.Measurement, error)
}

// Refuse is a conclusive no: why, and what would turn it into a yes. The error
// that said so stays in the chain when there is one.
func Refuse(why, hint string, cause error) error {
	return &refusal{why: why, hint: hint, cause: cause}
}

// InPart is a conclusive no to a part: what is lost, and the error that says why,
// with its hint.
func InPart(lost string, cause error) error {
	r := &refusal{why: lost + ": " + cause.Error(), cause: errors.Join(ErrInPart, cause)}
	var h interface{ Hint() string }
	if errors.As(cause, &h) {
		r.hint = h.Hint()
	}
	return r
}

type refusal struct {
	why, hint string
	cause     error
}

func (r *refusal) Error() string { return r.why }

// Hint is what would turn the no into a yes.
func (r *refusal) Hint() string { return r.hint }

func (r *refusal) Unwrap() []error {
	if r.cause == nil {
		return []error{ErrNotSupported}
	}
	return []error{ErrNotSupported, r.cause}
}

// Elsewhere is a probe on a system that has none of it.
func Elsewhere(name, doc string) Probe {
	no := func() error {
		return Refuse("probes need the Linux kernel", "run goperf on the Linux machine of the service", errors.ErrUnsupported)
	}
	return Probe{Name: name, Doc: doc, Supported: no, Start: func(context.Context, Target) (Session, error) { return nil, no() }}
}
