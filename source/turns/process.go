package turns

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/goperf/goperf/source/runs"
)

const (
	maxOutput = 4 << 20 // of what a command prints, the last of it
	tailLines = 20
	grace     = 5 * time.Second // between the request to end and the end
)

// Failed is the error of a command that did not do its work, with the end of
// what it printed.
type Failed struct {
	Command string
	Err     error
	Tail    []string
}

// Error says which command and how it ended.
func (e *Failed) Error() string { return fmt.Sprintf("%s: %v", e.Command, e.Err) }

// Unwrap is how it ended.
func (e *Failed) Unwrap() error { return e.Err }

// process is a command in a folder.
type process struct {
	dir  string
	args []string
	env  []string // beside that of goperf
}

// run runs it to its end and gives what it printed and what it took.
func (p process) run(ctx context.Context) (stdout []byte, took runs.Meta, err error) {
	cmd := exec.CommandContext(ctx, p.args[0], p.args[1:]...)
	cmd.Dir, cmd.Env = p.dir, append(cmd.Environ(), p.env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = grace
	out, both := &lastBytes{}, &lastBytes{}
	cmd.Stdout, cmd.Stderr = io.MultiWriter(out, both), both
	start := time.Now()
	err = cmd.Run()
	took.WallS = time.Since(start).Seconds()
	if s := cmd.ProcessState; s != nil {
		took.UserS, took.SysS = s.UserTime().Seconds(), s.SystemTime().Seconds()
	}
	switch {
	case ctx.Err() != nil:
		return nil, took, ctx.Err()
	case err != nil:
		if missing := (*exec.Error)(nil); errors.As(err, &missing) {
			err = missing.Err
		}
		return nil, took, &Failed{Command: strings.Join(p.args, " "), Err: err, Tail: tail(both.bytes())}
	}
	return out.bytes(), took, nil
}

// tail is the last lines of a text.
func tail(text []byte) []string {
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	if len(lines) == 1 && lines[0] == "" {
		return nil
	}
	return lines[max(0, len(lines)-tailLines):]
}

// lastBytes keeps the end of what is written to it.
type lastBytes struct{ b bytes.Buffer }

func (l *lastBytes) Write(p []byte) (int, error) {
	n, err := l.b.Write(p)
	if over := l.b.Len() - maxOutput; over > maxOutput {
		l.b.Next(over)
	}
	return n, err
}

func (l *lastBytes) bytes() []byte {
	b := l.b.Bytes()
	return b[max(0, len(b)-maxOutput):]
}
