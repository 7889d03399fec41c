package ebpf

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// watch closes gone when a process ends. release ends the watching.
func watch(pid int) (gone <-chan struct{}, release func(), err error) {
	fd, err := unix.PidfdOpen(pid, 0)
	switch {
	case errors.Is(err, unix.ESRCH):
		return nil, nil, &missingError{pid}
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EPERM): // before 5.3, or a seccomp profile
		return poll(pid)
	case err != nil:
		return nil, nil, fmt.Errorf("pid:%d: %w", pid, err)
	}
	ended, stop := make(chan struct{}), make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		for {
			n, err := unix.Poll(fds, 100)
			if n > 0 || err != nil && !errors.Is(err, unix.EINTR) {
				close(ended)
				return
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	return ended, func() { close(stop); done.Wait(); _ = unix.Close(fd) }, nil
}

// poll looks for the process's directory ten times a second.
func poll(pid int) (<-chan struct{}, func(), error) {
	dir := fmt.Sprintf("/proc/%d", pid)
	if _, err := os.Stat(dir); err != nil {
		return nil, nil, &missingError{pid}
	}
	ended, stop := make(chan struct{}), make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Millisecond):
			}
			if _, err := os.Stat(dir); err != nil {
				close(ended)
				return
			}
		}
	}()
	return ended, func() { close(stop) }, nil
}

// missingError says that a process is not there.
type missingError struct{ pid int }

func (e *missingError) Error() string {
	return fmt.Sprintf("pid:%d: there is no such process", e.pid)
}

// Hint is what to try.
func (e *missingError) Hint() string {
	return "inside a container, give the number that the process has there"
}
