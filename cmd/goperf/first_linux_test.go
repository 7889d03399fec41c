package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/goperf/goperf/internal/bench/profgen"
)

// terminal opens a pseudo-terminal of 200×50.
func terminal(b *testing.B) (outside, inside *os.File) {
	b.Helper()
	outside, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		b.Fatal(err)
	}
	fd := int(outside.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		b.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		b.Fatal(err)
	}
	inside, err = os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		b.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 50, Col: 200}); err != nil {
		b.Fatal(err)
	}
	return outside, inside
}

// BenchmarkFirst is the time from the start of the process to its first frame, and
// to the first flame graph, on a terminal, by the clock (ns/op) and of CPU.
func BenchmarkFirst(b *testing.B) {
	dir := b.TempDir()
	program := filepath.Join(dir, "goperf")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	for _, samples := range []int{1_000, 44_000, 460_000} {
		path := filepath.Join(dir, strconv.Itoa(samples)+".pb.gz")
		f, err := os.Create(path)
		if err != nil {
			b.Fatal(err)
		}
		if err := profgen.Write(f, profgen.Spec{Seed: 1, Samples: samples, Functions: 60_000, Depth: 40}); err != nil {
			b.Fatal(err)
		}
		size, err := f.Seek(0, 1)
		if err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
		for _, first := range []struct{ name, shows string }{{"frame", "Overview"}, {"flame", "stacks"}} {
			b.Run(fmt.Sprintf("%.1fMB-gz/%s", float64(size)/1e6, first.name), func(b *testing.B) {
				var cpu time.Duration
				for range b.N {
					cpu += untilShown(b, first.shows, program, "tui", "--screen", "flame", path)
				}
				b.ReportMetric(float64(cpu.Microseconds())/1e3/float64(b.N), "cpu-ms/op")
			})
		}
	}
}

// untilShown runs the program until it has written a text.
func untilShown(b *testing.B, text, program string, args ...string) (cpu time.Duration) {
	b.StopTimer()
	outside, inside := terminal(b)
	defer outside.Close()
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = inside, inside, inside
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	b.StartTimer()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	var seen []byte
	room := make([]byte, 1<<16)
	for !bytes.Contains(seen, []byte(text)) {
		n, err := outside.Read(room)
		if err != nil {
			b.Fatalf("%v after %q", err, seen)
		}
		seen = append(seen, room[:n]...)
	}
	b.StopTimer()
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
	inside.Close()
	b.StartTimer()
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}
