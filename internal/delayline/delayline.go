//go:build linux

// Package delayline joins two network namespaces by a line that delays and loses
// packets, for tests of what measures networks: the kernel's own way to do that
// (netem) is a module that many machines do not have. Two TUN devices are pumped
// by this process. It needs root.
package delayline

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Line is the two ends and what is between them.
type Line struct {
	Near, Far *End
	done      sync.WaitGroup
}

// End is one of the namespaces.
type End struct {
	Address netip.Addr // of the device that leads to the other end
	ns, tun *os.File
}

// Options say what happens to packets.
type Options struct {
	Delay time.Duration // one way
	Loss  float64       // share of the packets, each way
	Seed  uint64        // which ones
}

// Open makes a line.
func Open(o Options) (*Line, error) {
	near, err := newEnd(netip.MustParseAddr("10.99.0.1"))
	if err != nil {
		return nil, err
	}
	far, err := newEnd(netip.MustParseAddr("10.99.0.2"))
	if err != nil {
		return nil, errors.Join(err, near.close())
	}
	l := &Line{Near: near, Far: far}
	l.pump(near, far, o, 1)
	l.pump(far, near, o, 2)
	return l, nil
}

// Close takes the line away. Processes may go on in the namespaces.
func (l *Line) Close() error {
	err := errors.Join(l.Near.close(), l.Far.close())
	l.done.Wait()
	return err
}

func (e *End) close() error { return errors.Join(e.tun.Close(), e.ns.Close()) }

func newEnd(address netip.Addr) (*End, error) {
	e := &End{Address: address}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread goes with the goroutine
		done <- e.open()
	}()
	if err := <-done; err != nil {
		return nil, fmt.Errorf("delay line: %w", err)
	}
	return e, nil
}

func (e *End) open() error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("new network namespace: %w", err)
	}
	ns, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return err
	}
	tun, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return errors.Join(fmt.Errorf("/dev/net/tun: %w", err), ns.Close())
	}
	if err := e.configure(tun); err != nil {
		return errors.Join(err, unix.Close(tun), ns.Close())
	}
	// Not before it is a device: a descriptor that is none yet cannot be waited for.
	e.ns, e.tun = ns, os.NewFile(uintptr(tun), "tun")
	return nil
}

const device = "line"

func (e *End) configure(tun int) error {
	make, err := unix.NewIfreq(device)
	if err != nil {
		return err
	}
	make.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(tun, unix.TUNSETIFF, make); err != nil {
		return fmt.Errorf("TUN device: %w", err)
	}
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	for _, set := range []struct {
		request uint
		address netip.Addr
	}{{unix.SIOCSIFADDR, e.Address}, {unix.SIOCSIFNETMASK, netip.MustParseAddr("255.255.255.0")}} {
		r, err := unix.NewIfreq(device)
		if err != nil {
			return err
		}
		if err := r.SetInet4Addr(set.address.AsSlice()); err != nil {
			return err
		}
		if err := unix.IoctlIfreq(s, set.request, r); err != nil {
			return fmt.Errorf("address of the TUN device: %w", err)
		}
	}
	return errors.Join(up(s, device), up(s, "lo"))
}

func up(socket int, name string) error {
	r, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	r.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, r); err != nil {
		return fmt.Errorf("%s: up: %w", name, err)
	}
	return nil
}

type packet struct {
	at   time.Time
	data []byte
}

// pump carries packets one way. A packet that the other device refuses is lost,
// as on any line.
func (l *Line) pump(from, to *End, o Options, way uint64) {
	line := make(chan packet, 1<<14)
	chance := rand.New(rand.NewPCG(o.Seed, way))
	l.done.Go(func() {
		defer close(line)
		b := make([]byte, 1<<16)
		for {
			n, err := from.tun.Read(b)
			if err != nil {
				return
			}
			if chance.Float64() < o.Loss {
				continue
			}
			select {
			case line <- packet{time.Now().Add(o.Delay), append([]byte(nil), b[:n]...)}:
			default: // full
			}
		}
	})
	l.done.Go(func() {
		for p := range line {
			time.Sleep(time.Until(p.at))
			_, _ = to.tun.Write(p.data)
		}
	})
}

// Receive makes the kernel of this end receive a packet, whoever sent it.
func (e *End) Receive(packet []byte) error {
	_, err := e.tun.Write(packet)
	return err
}

// Inside runs a function in the namespace of this end, on a thread of its own;
// processes that it starts stay there.
func (e *End) Inside(do func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread goes with the goroutine
		if err := unix.Setns(int(e.ns.Fd()), unix.CLONE_NEWNET); err != nil {
			done <- fmt.Errorf("delay line: %w", err)
			return
		}
		done <- do()
	}()
	return <-done
}
