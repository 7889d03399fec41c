//go:build linux

package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/charmbracelet/x/vt"
	"golang.org/x/sys/unix"

	"github.com/goperf/goperf/tui/picture"
)

// terminal is a program on a pseudo-terminal with an emulator at the other end.
type terminal struct {
	cmd *exec.Cmd
	pty *os.File

	mu  sync.Mutex
	emu *vt.Emulator
	at  time.Time // of the last output
}

func open(width, height int, dir, name string, args ...string) (*terminal, error) {
	pty, tty, err := pair(width, height)
	if err != nil {
		return nil, err
	}
	defer tty.Close()
	t := &terminal{pty: pty, emu: vt.NewEmulator(width, height), at: time.Now()}
	t.cmd = exec.Command(name, args...)
	t.cmd.Dir = dir
	t.cmd.Stdin, t.cmd.Stdout, t.cmd.Stderr = tty, tty, tty
	t.cmd.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor", "NO_COLOR=")
	t.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := t.cmd.Start(); err != nil {
		_ = pty.Close() // the error is told
		return nil, err
	}
	go t.read()
	go func() { _, _ = io.Copy(pty, t.emu) }() // what the terminal answers
	return t, nil
}

// pair makes a pseudo-terminal.
func pair(width, height int) (pty, tty *os.File, err error) {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("/dev/ptmx: %w", err)
	}
	pty = os.NewFile(uintptr(fd), "/dev/ptmx")
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: uint16(height), Col: uint16(width)})
	}
	if err == nil {
		tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		_ = pty.Close() // the error is told
		return nil, nil, fmt.Errorf("pseudo-terminal: %w", err)
	}
	return pty, tty, nil
}

func (t *terminal) read() {
	buf := make([]byte, 64<<10)
	for {
		n, err := t.pty.Read(buf)
		if n > 0 {
			t.mu.Lock()
			_, _ = t.emu.Write(buf[:n]) // it takes all
			t.at = time.Now()
			t.mu.Unlock()
		}
		if err != nil {
			return
		}
	}
}

func (t *terminal) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.emu.String()
}

// patience is how long the program may take to show something.
const patience = time.Minute

func (t *terminal) await(pattern string) error {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return err
	}
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if re.MatchString(t.text()) {
			return nil
		}
	}
	return fmt.Errorf("the screen does not come to show %q:\n%s", pattern, t.text())
}

// step waits for something or types keys.
func (t *terminal) step(s string) error {
	if pattern, ok := strings.CutPrefix(s, "wait:"); ok {
		return t.await(pattern)
	}
	t.settle(150 * time.Millisecond)
	_, err := t.pty.WriteString(s)
	return err
}

// settle waits until nothing was written for a while.
func (t *terminal) settle(quiet time.Duration) {
	for range 200 {
		t.mu.Lock()
		idle := time.Since(t.at)
		t.mu.Unlock()
		if idle >= quiet {
			return
		}
		time.Sleep(quiet - idle)
	}
}

func (t *terminal) close() {
	_ = t.cmd.Process.Kill() // it may have ended by itself
	_ = t.cmd.Wait()
	_ = t.pty.Close()
}

// draw writes the screen as a PNG.
func (t *terminal) draw(file string, light bool) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return cmp.Or(picture.PNG(f, t.emu, columns, rows, light), f.Close())
}
