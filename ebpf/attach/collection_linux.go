package attach

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"

	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/ebpf/stacks"
)

// Collection is the programs and maps of a probe in the kernel.
type Collection struct {
	maps     map[string]*ebpf.Map
	programs map[string]*ebpf.Program
	attached []io.Closer
	open     []io.Closer // what reads maps
	loaded   *ebpf.Collection
}

// Load puts a collection into the kernel with some of its constants set. What
// it needs the capabilities for is said when they are not there.
func Load(spec *ebpf.CollectionSpec, constants map[string]any) (*Collection, error) {
	for name, v := range constants {
		variable, ok := spec.Variables[name]
		if !ok {
			continue // this probe does not ask for it
		}
		if err := variable.Set(v); err != nil {
			return nil, fmt.Errorf("load: %s: %w", name, err)
		}
	}
	for _, m := range spec.Maps {
		if major, minor := release(); m.Type == ebpf.TaskStorage && major > 0 && older(major, minor, 5, 11) {
			return nil, probe.Refuse(fmt.Sprintf("loading BPF programs: following threads needs Linux 5.11, this is %d.%d", major, minor), "", nil)
		}
	}
	raiseMemlock()
	c, err := ebpf.NewCollection(spec)
	if err != nil {
		return nil, explain("loading BPF programs", err)
	}
	return &Collection{maps: c.Maps, programs: c.Programs, loaded: c}, nil
}

// Tracing attaches programs of type tp_btf.
func (c *Collection) Tracing(programs ...string) error {
	for _, name := range programs {
		l, err := link.AttachTracing(link.TracingOptions{Program: c.programs[name]})
		if err != nil {
			return explain("attaching "+name, err)
		}
		c.attached = append(c.attached, l)
	}
	return nil
}

// Clock runs a program at a rate on every CPU that is online, whatever runs there.
func (c *Collection) Clock(program string, hertz int) error {
	list, err := os.ReadFile("/sys/devices/system/cpu/online")
	if err != nil {
		return fmt.Errorf("online CPUs: %w", err)
	}
	cpus, err := parseCPUs(strings.TrimSpace(string(list)))
	if err != nil {
		return fmt.Errorf("online CPUs: %w", err)
	}
	for _, cpu := range cpus {
		if err := c.clockOn(cpu, program, hertz); err != nil {
			return err
		}
	}
	return nil
}

func (c *Collection) clockOn(cpu int, program string, hertz int) error {
	attr := unix.PerfEventAttr{
		Type: unix.PERF_TYPE_SOFTWARE, Config: unix.PERF_COUNT_SW_CPU_CLOCK,
		Size:   uint32(unsafe.Sizeof(unix.PerfEventAttr{})),
		Sample: uint64(hertz), Bits: unix.PerfBitFreq | unix.PerfBitDisabled,
	}
	fd, err := unix.PerfEventOpen(&attr, -1, cpu, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if errors.Is(err, unix.ENODEV) {
		return nil // went offline meanwhile
	}
	if err != nil {
		return explain(fmt.Sprintf("opening the clock of CPU %d", cpu), err)
	}
	c.attached = append(c.attached, descriptor(fd))
	// The ioctl works on all kernels, a BPF link of a perf event since 5.15.
	if err := unix.IoctlSetInt(fd, unix.PERF_EVENT_IOC_SET_BPF, c.programs[program].FD()); err != nil {
		return explain("attaching "+program, err)
	}
	if err := unix.IoctlSetInt(fd, unix.PERF_EVENT_IOC_ENABLE, 0); err != nil {
		return explain("starting the clock", err)
	}
	return nil
}

// descriptor closes a file descriptor that is nothing more.
type descriptor int

func (d descriptor) Close() error { return unix.Close(int(d)) }

// Detach stops all programs; the maps can still be read. The kernel lets each
// wait until no CPU runs it any more, so they wait together.
func (c *Collection) Detach() error {
	errs := make([]error, len(c.attached))
	var all sync.WaitGroup
	for i, a := range c.attached {
		all.Go(func() { errs[i] = a.Close() })
	}
	all.Wait()
	c.attached = nil
	return errors.Join(errs...)
}

// Close detaches and takes everything out of the kernel.
func (c *Collection) Close() error {
	err := c.Detach()
	for _, o := range c.open {
		_ = o.Close()
	}
	c.loaded.Close()
	return err
}

// Counters sums up the rows of the counters of a probe (ebpf/bpf/helpers.h).
func (c *Collection) Counters() ([]uint64, error) { return c.Sums("counters") }

// Sums is an array of numbers for each CPU, summed up over the CPUs.
func (c *Collection) Sums(name string) ([]uint64, error) {
	m := c.maps[name]
	sums := make([]uint64, m.MaxEntries())
	for i := range sums {
		var perCPU []uint64
		if err := m.Lookup(uint32(i), &perCPU); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for _, n := range perCPU {
			sums[i] += n
		}
	}
	return sums, nil
}

// Each visits the entries of a map as bytes. The slices are the callee's.
func (c *Collection) Each(name string, visit func(key, value []byte) error) error {
	var key, value []byte
	it := c.maps[name].Iterate()
	for it.Next(&key, &value) {
		if err := visit(key, value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		key, value = nil, nil
	}
	if err := it.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Stacks reads the tables of stacks and label sets of a process
// (ebpf/bpf/stack.h, labels.h).
func (c *Collection) Stacks(of *Process) (map[uint64]stacks.Stack, map[uint64]stacks.Labels, error) {
	byHash := map[uint64]stacks.Stack{}
	err := c.Each("stacks", func(key, value []byte) error {
		s, err := stacks.DecodeStack(value)
		byHash[binary.NativeEndian.Uint64(key)] = s
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	labels := map[uint64]stacks.Labels{}
	err = c.Each("label_sets", func(key, value []byte) error {
		l, err := stacks.DecodeLabels(value, of.Constant)
		labels[binary.NativeEndian.Uint64(key)] = l
		return err
	})
	return byHash, labels, err
}

// parseCPUs reads a list such as 0-3,8.
func parseCPUs(list string) ([]int, error) {
	const limit = 1 << 13 // more than any machine has
	var cpus []int
	for part := range strings.SplitSeq(list, ",") {
		from, to, ranged := strings.Cut(part, "-")
		if !ranged {
			to = from
		}
		a, err1 := strconv.Atoi(from)
		b, err2 := strconv.Atoi(to)
		if err := errors.Join(err1, err2); err != nil || a < 0 || b < a || b >= limit {
			return nil, fmt.Errorf("%.40q: is no list of CPUs", list)
		}
		for cpu := a; cpu <= b; cpu++ {
			cpus = append(cpus, cpu)
		}
	}
	return cpus, nil
}
