//go:build !linux

package ebpf

import (
	"context"
	"io"

	"github.com/goperf/goperf/ebpf/probe"
)

func refuse() error { return probe.Elsewhere("", "").Supported() }

func watch(int) (gone <-chan struct{}, release func(), err error) { return nil, nil, refuse() }

// Command is a process that was started to be measured.
type Command struct{ PID int }

// Launch starts a command to be measured, on Linux.
func Launch(context.Context, []string, io.Reader, io.Writer, io.Writer) (*Command, error) {
	return nil, refuse()
}

// Resume lets the command run.
func (c *Command) Resume() error { return refuse() }

// Stop ends the command.
func (c *Command) Stop() error { return refuse() }
