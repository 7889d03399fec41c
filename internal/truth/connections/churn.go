//go:build linux

package main

import (
	"io"
	"net"

	"golang.org/x/sys/unix"
)

// cpu is the CPU time that the process has taken, in ns.
func cpu() int64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// loop listens on loopback and gives each connection to serve.
func loop(serve func(net.Conn)) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serve(c)
		}
	}()
	return l
}

// churn opens and closes connections to itself, and says what CPU time it took.
func churn(n int) int64 {
	l := loop(func(c net.Conn) { c.Close() })
	defer l.Close()
	began := cpu()
	for range n {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			panic(err)
		}
		io.Copy(io.Discard, c)
		c.Close()
	}
	return cpu() - began
}

// rounds sends a message and waits for its answer, again and again.
func rounds(n int) int64 {
	l := loop(func(c net.Conn) { io.Copy(c, c) })
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		panic(err)
	}
	defer c.Close()
	var b [64]byte
	began := cpu()
	for range n {
		if _, err := c.Write(b[:]); err != nil {
			panic(err)
		}
		if _, err := io.ReadFull(c, b[:]); err != nil {
			panic(err)
		}
	}
	return cpu() - began
}
