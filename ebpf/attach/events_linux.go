package attach

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"

	"github.com/goperf/goperf/ebpf/probe"
)

// Tracepoint attaches a program to a classic tracepoint. The error of one that
// this kernel does not have has [fs.ErrNotExist] in its chain.
func (c *Collection) Tracepoint(group, name, program string) error {
	l, err := link.Tracepoint(group, name, c.programs[program], nil)
	switch {
	case err == nil:
		c.attached = append(c.attached, l)
		return nil
	case errors.Is(err, fs.ErrPermission):
		if _, tracefs := os.ReadDir("/sys/kernel/tracing/events"); errors.Is(tracefs, fs.ErrPermission) {
			return probe.Refuse("attaching "+program+": the list of tracepoints (/sys/kernel/tracing) cannot be read",
				"run goperf as root, or with cap_dac_read_search as well", err)
		}
	case errors.Is(err, fs.ErrNotExist):
		return probe.Refuse(fmt.Sprintf("attaching %s: this kernel does not have the tracepoint %s:%s", program, group, name),
			"it takes a kernel built with CONFIG_FTRACE_SYSCALLS=y, and tracefs: mount -t tracefs tracefs /sys/kernel/tracing", err)
	}
	return explain("attaching "+program, err)
}

// Set writes an entry of a map.
func (c *Collection) Set(name string, key, value []byte) error {
	if err := c.maps[name].Update(key, value, ebpf.UpdateAny); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Unset takes an entry out of a map, if it is there.
func (c *Collection) Unset(name string, key []byte) error {
	if err := c.maps[name].Delete(key); err != nil && !errors.Is(err, ebpf.ErrKeyNotExist) {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Look reads an entry of a map, nil when it is not there.
func (c *Collection) Look(name string, key []byte) []byte {
	value, err := c.maps[name].LookupBytes(key)
	if err != nil {
		return nil
	}
	return value
}

// Group makes a control group of version 2 the one that a map of programs is about.
func (c *Collection) Group(name, dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := c.maps[name].Update(uint32(0), uint32(f.Fd()), ebpf.UpdateAny); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	return nil
}

// Ring is a ring buffer of events. Read waits for one; after Flush it reads what
// there is and ends with [io.EOF].
type Ring struct{ r *ringbuf.Reader }

// Ring opens a ring buffer; it goes with the collection.
func (c *Collection) Ring(name string) (*Ring, error) {
	r, err := ringbuf.NewReader(c.maps[name])
	if err != nil {
		return nil, explain("opening "+name, err)
	}
	c.open = append(c.open, r)
	return &Ring{r}, nil
}

// Read returns the next event.
func (r *Ring) Read() ([]byte, error) {
	record, err := r.r.Read()
	if errors.Is(err, ringbuf.ErrFlushed) || errors.Is(err, os.ErrClosed) {
		return nil, io.EOF
	}
	return record.RawSample, err
}

// Flush lets Read end.
func (r *Ring) Flush() error { return r.r.Flush() }
