//go:build linux

// Command connections opens, accepts, keeps and abandons TCP connections as it is
// told line by line, and says as JSON what it knows of each:
//
//	listen ADDR BACKLOG       listens and accepts nothing yet
//	accept N MILLISECONDS     waits, accepts and echoes, N times
//	dial ADDR N BYTES         connects, has BYTES echoed and closes, N times
//	keep ADDR N               connects and forgets
//	orphan N                  accepts N connections and forgets them
//	churn N                   opens and closes N connections to itself
//	rounds N                  has N messages echoed
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Connection is what the program knows of one.
type Connection struct {
	Local, Remote       string
	Began, Returned     int64 // ns of the monotonic clock: around dialling or accepting
	RTT, RTTVar, MinRTT uint32
	Retransmits         uint32
	Sent, Received      int
	Error               string `json:",omitempty"`
}

type program struct {
	forgotten []net.Conn
	listener  net.Listener
}

func now() int64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		panic(err)
	}
	return ts.Nano()
}

func (p *program) listen(address string, backlog int) (string, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "", err
	}
	p.listener = l
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		return "", err
	}
	var inner error
	err = raw.Control(func(fd uintptr) { inner = unix.Listen(int(fd), backlog) })
	if err != nil {
		return "", err
	}
	return l.Addr().String(), inner
}

// accept echoes each connection in a goroutine of its own.
func (p *program) accept(n int, wait time.Duration) []Connection {
	var all []Connection
	for range n {
		time.Sleep(wait)
		began := now()
		c, err := p.listener.Accept()
		if err != nil {
			return append(all, Connection{Error: err.Error()})
		}
		all = append(all, Connection{Local: c.LocalAddr().String(), Remote: c.RemoteAddr().String(), Began: began, Returned: now()})
		go func() {
			io.Copy(c, c)
			c.Close()
		}()
	}
	return all
}

func (p *program) orphan(n int) []Connection {
	var all []Connection
	for range n {
		c, err := p.listener.Accept()
		if err != nil {
			return append(all, Connection{Error: err.Error()})
		}
		p.forgotten = append(p.forgotten, c)
		all = append(all, Connection{Local: c.LocalAddr().String(), Remote: c.RemoteAddr().String()})
	}
	return all
}

func dial(address string, n, bytes int) []Connection {
	var all []Connection
	for range n {
		all = append(all, once(address, bytes))
	}
	return all
}

// once leaves the socket in a state in which nothing changes any more before it
// reads what the kernel knows of it.
func once(address string, bytes int) Connection {
	k := Connection{Remote: address, Began: now()}
	c, err := net.Dial("tcp", address)
	k.Returned = now()
	if err != nil {
		k.Error = err.Error()
		return k
	}
	defer c.Close()
	k.Local = c.LocalAddr().String()
	go func() {
		c.Write(make([]byte, bytes))
		c.(*net.TCPConn).CloseWrite()
	}()
	n, err := io.Copy(io.Discard, c)
	k.Sent, k.Received = bytes, int(n)
	if err != nil {
		k.Error = err.Error()
		return k
	}
	raw, err := c.(*net.TCPConn).SyscallConn()
	if err != nil {
		panic(err)
	}
	raw.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			panic(err)
		}
		k.RTT, k.RTTVar, k.MinRTT, k.Retransmits = info.Rtt, info.Rttvar, info.Min_rtt, info.Total_retrans
	})
	return k
}

// keep is the leak.
//
//go:noinline
func (p *program) keep(address string, n int) []Connection {
	var all []Connection
	for range n {
		c, err := net.Dial("tcp", address)
		if err != nil {
			return append(all, Connection{Error: err.Error()})
		}
		p.forgotten = append(p.forgotten, c)
		all = append(all, Connection{Local: c.LocalAddr().String(), Remote: c.RemoteAddr().String()})
	}
	return all
}

func (p *program) do(line string) any {
	var address string
	var n, m int
	if k, _ := fmt.Sscanf(line, "listen %s %d", &address, &n); k == 2 {
		at, err := p.listen(address, n)
		if err != nil {
			return Connection{Error: err.Error()}
		}
		return Connection{Local: at}
	}
	if k, _ := fmt.Sscanf(line, "accept %d %d", &n, &m); k == 2 {
		return p.accept(n, time.Duration(m)*time.Millisecond)
	}
	if k, _ := fmt.Sscanf(line, "dial %s %d %d", &address, &n, &m); k == 3 {
		return dial(address, n, m)
	}
	if k, _ := fmt.Sscanf(line, "keep %s %d", &address, &n); k == 2 {
		return p.keep(address, n)
	}
	if k, _ := fmt.Sscanf(line, "orphan %d", &n); k == 1 {
		return p.orphan(n)
	}
	if k, _ := fmt.Sscanf(line, "churn %d", &n); k == 1 {
		return churn(n)
	}
	if k, _ := fmt.Sscanf(line, "rounds %d", &n); k == 1 {
		return rounds(n)
	}
	fmt.Fprintf(os.Stderr, "%q: what is that?\n", line)
	os.Exit(2)
	return nil
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	var p program
	fmt.Println("ready")
	for in.Scan() {
		if err := json.NewEncoder(os.Stdout).Encode(p.do(in.Text())); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
}
