// Command goperf says why a Go service is slow, big or stalled, what it costs
// and what to change. This package only joins the process to package cmd.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/goperf/goperf/cmd"
)

func main() {
	// Without this, a reader that goes away (| head) would end the process by
	// a signal; with it, the write fails, and the exit status stays the report's.
	signal.Ignore(syscall.SIGPIPE)
	os.Exit(cmd.Main(context.Background(), processEnv(), os.Args[1:]))
}

func processEnv() cmd.Env {
	return cmd.Env{
		Stdin:            os.Stdin,
		Stdout:           os.Stdout,
		Stderr:           os.Stderr,
		StdinIsTerminal:  term.IsTerminal(int(os.Stdin.Fd())),
		StdoutIsTerminal: term.IsTerminal(int(os.Stdout.Fd())),
		StderrIsTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		Columns: func() int {
			width, _, err := term.GetSize(int(os.Stdout.Fd()))
			if err != nil {
				return 0
			}
			return width
		},
		LookupEnv: os.LookupEnv,
		Now:       time.Now,
		Interruptible: func(parent context.Context) (context.Context, context.CancelFunc) {
			return signal.NotifyContext(parent, os.Interrupt, syscall.SIGTERM)
		},
		Ending:         ending,
		Hangup:         hangup,
		SetGCPercent:   debug.SetGCPercent,
		SetMemoryLimit: debug.SetMemoryLimit,
		Executable:     os.Executable,
		BuildInfo:      debug.ReadBuildInfo,
	}
}

// ending ends a context with the first signal to end, another with the second, and
// says which was the first.
func ending(parent context.Context) (first, second context.Context, which func() int, stop context.CancelFunc) {
	first, end := context.WithCancel(parent)
	second, hurry := context.WithCancel(context.WithoutCancel(parent))
	signals := make(chan os.Signal, 1)
	all := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup
		all = append(all, syscall.SIGHUP)
	}
	signal.Notify(signals, all...)
	stopped := make(chan struct{})
	var got atomic.Int32
	go func() {
		defer hurry()
		defer end()
		defer signal.Stop(signals)
		for _, cancel := range []context.CancelFunc{end, hurry} {
			select {
			case <-stopped:
				return
			case s := <-signals:
				if n, ok := s.(syscall.Signal); ok {
					got.CompareAndSwap(0, int32(n))
				}
				cancel()
			}
		}
	}()
	return first, second, func() int { return int(got.Load()) }, sync.OnceFunc(func() { close(stopped) })
}

// hangup passes SIGHUP on; those that come while one waits are the same.
func hangup(ctx context.Context) <-chan struct{} {
	signals, out := make(chan os.Signal, 1), make(chan struct{}, 1)
	signal.Notify(signals, syscall.SIGHUP)
	go func() {
		defer signal.Stop(signals)
		for {
			select {
			case <-ctx.Done():
				return
			case <-signals:
			}
			select {
			case out <- struct{}{}:
			default:
			}
		}
	}()
	return out
}
