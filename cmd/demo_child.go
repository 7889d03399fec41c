package cmd

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"github.com/goperf/goperf/demo"
)

// childFlag is for goperf itself: "analyze demo" runs the service in a process
// of its own, because in the same process goperf would find itself.
const childFlag = "until-stdin-ends"

// startDemo gives package source the embedded service. The child ends with its
// standard input, hence also when this process is killed.
func (e Env) startDemo(ctx context.Context, sickness string) (url string, stop func(), err error) {
	if err := checkSickness(sickness); err != nil {
		return "", nil, err
	}
	path, err := e.Executable()
	if err != nil {
		return "", nil, fmt.Errorf("demo: start: %w", err)
	}
	child := exec.CommandContext(ctx, path, "demo", sickness, "--"+childFlag)
	child.Args[0] = "goperf"
	var trouble strings.Builder
	child.Stderr = &trouble
	in, inErr := child.StdinPipe()
	out, outErr := child.StdoutPipe()
	if err := errors.Join(inErr, outErr, child.Start()); err != nil {
		return "", nil, fmt.Errorf("demo: start: %w", err)
	}
	stop = func() {
		_ = child.Process.Kill() // it has nothing to put in order
		_ = in.Close()
		_ = child.Wait()
	}
	url, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("demo: start: %s", cmp.Or(strings.TrimSpace(trouble.String()), "it said nothing"))
	}
	return strings.TrimSpace(url), stop, nil
}

// runDemoChild is the other end of startDemo. Interrupts come to the whole
// group of processes; the parent decides what they mean.
func runDemoChild(ctx context.Context, env Env, opts demoOptions) error {
	_, release := env.Interruptible(ctx)
	defer release()
	service, err := demo.Start(ctx, opts.sickness, demo.Options{Life: demoLife(opts.duration)})
	if err != nil {
		return noEvidence("", err)
	}
	defer service.Stop()
	if _, err := fmt.Fprintln(env.Stdout, service.URL); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, env.Stdin)
	return err
}
