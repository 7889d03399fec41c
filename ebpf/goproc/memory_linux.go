package goproc

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

const supported = true

// remote is the memory of another process.
type remote int

// iovMax is UIO_MAXIOV: how many ranges one call takes.
const iovMax = 1024

func (r remote) readv(buf []byte, parts []part) error {
	var from [iovMax]unix.RemoteIovec
	for i := 0; i < len(parts); {
		n := 0
		for ; n < iovMax && i+n < len(parts) && parts[i+n].n > 0; n++ {
			from[n] = unix.RemoteIovec{Base: uintptr(parts[i+n].addr), Len: parts[i+n].n}
		}
		if n == 0 {
			parts[i].ok = true // nothing was asked for
			i++
			continue
		}
		last := &parts[i+n-1]
		into := buf[parts[i].at : last.at+last.n]
		to := unix.Iovec{Base: &into[0]}
		to.SetLen(len(into))
		got, err := unix.ProcessVMReadv(int(r), []unix.Iovec{to}, from[:n], 0)
		switch {
		case errors.Is(err, unix.EFAULT):
			got = 0
		case errors.Is(err, unix.ESRCH):
			return errGone
		case err != nil:
			return fmt.Errorf("process_vm_readv: %w", err)
		}
		done := 0
		for ; done < n && parts[i+done].n <= got; done++ {
			parts[i+done].ok = true
			got -= parts[i+done].n
		}
		i += done
		if done < n {
			i++ // not mapped, or not all of it
		}
	}
	return nil
}

// ownerOf is the user that a process belongs to, and whether it is this one.
func ownerOf(dir string) (string, bool) {
	fi, err := os.Stat(dir)
	if err != nil {
		return "unknown", false
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return "unknown", false
	}
	return strconv.Itoa(int(st.Uid)), int(st.Uid) == os.Geteuid()
}

// monotonic is the clock of runtime.nanotime, in nanoseconds.
func monotonic() int64 {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) != nil {
		return 0
	}
	return ts.Nano()
}
