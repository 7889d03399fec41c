package ebpf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"

	"golang.org/x/sys/unix"
)

// Command is a process that was started to be measured. It stands still until
// Resume.
type Command struct {
	PID int
	cmd *exec.Cmd
}

// Launch starts a command and stops it at once: it runs for the few microseconds
// that a signal takes. Its output goes to the writers.
func Launch(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (*Command, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(unix.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", args[0], root(err))
	}
	c := &Command{PID: cmd.Process.Pid, cmd: cmd}
	if err := cmd.Process.Signal(unix.SIGSTOP); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", args[0], err), c.Stop())
	}
	return c, nil
}

// root is the innermost error of a chain.
func root(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// Resume lets the command run.
func (c *Command) Resume() error { return c.cmd.Process.Signal(unix.SIGCONT) }

// Stop ends the command if it still runs, first politely, and waits for it. How
// the command ended is its own affair.
func (c *Command) Stop() error {
	_ = c.cmd.Process.Signal(unix.SIGTERM)
	_ = c.cmd.Process.Signal(unix.SIGCONT)
	ended := make(chan error, 1)
	go func() { ended <- c.cmd.Wait() }()
	select {
	case err := <-ended:
		return ignoreStatus(err)
	case <-time.After(5 * time.Second):
		_ = c.cmd.Process.Kill()
		return ignoreStatus(<-ended)
	}
}

func ignoreStatus(err error) error {
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
