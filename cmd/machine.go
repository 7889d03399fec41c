package cmd

import (
	"context"
	"net"
	"os"
	"os/exec"
	"runtime"
	"time"
)

// machine is what doctor may ask of the computer; a test puts another in its place.
type machine struct {
	goos         string
	getenv       func(string) string
	readFile     func(string) ([]byte, error)
	stat         func(string) error
	lookPath     func(string) (string, error)
	run          func(ctx context.Context, path string, args ...string) (string, error)
	listen       func(context.Context) (string, error)
	openPerf     func() error
	createBPFMap func() error
}

// toolTimeout is long for a command that only prints settings and short for a
// person who waits.
const toolTimeout = 10 * time.Second

func newMachine(env Env) machine {
	return machine{
		goos:     runtime.GOOS,
		getenv:   env.getenv,
		readFile: os.ReadFile,
		stat: func(name string) error {
			_, err := os.Stat(name)
			return err
		},
		lookPath: exec.LookPath,
		run: func(ctx context.Context, path string, args ...string) (string, error) {
			ctx, cancel := context.WithTimeout(ctx, toolTimeout)
			defer cancel()
			out, err := exec.CommandContext(ctx, path, args...).Output()
			return string(out), err
		},
		listen: func(ctx context.Context) (string, error) {
			l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
			if err != nil {
				return "", err
			}
			defer l.Close()
			return l.Addr().String(), nil
		},
		openPerf:     openPerf,
		createBPFMap: createBPFMap,
	}
}
