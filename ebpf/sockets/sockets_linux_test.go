package sockets

import (
	"net"
	"os"
	"testing"
)

// The sockets of this process are found, with what it knows of them.
func TestOwnSockets(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for range 2 { // until both have been acknowledged, nobody knows who sent what
		if _, err := c.Write([]byte("12345")); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 5)
		if _, err := s.Read(b); err != nil {
			t.Fatal(err)
		}
	}

	n, err := Open(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	held, open, err := Held(os.Getpid())
	if err != nil || open < 3 {
		t.Fatalf("%d descriptors, %v", open, err)
	}
	found := map[string]Socket{}
	if err := n.Sockets(func(s *Socket) {
		if _, ok := held[s.Inode]; ok {
			found[s.Local.String()+" "+s.State.String()] = *s
		}
	}); err != nil {
		t.Fatal(err)
	}
	if s, ok := found[l.Addr().String()+" LISTEN"]; !ok || s.Send == 0 {
		t.Errorf("listener: %+v", s)
	}
	mine := found[c.LocalAddr().String()+" ESTABLISHED"]
	if !mine.Known || mine.Sent != 10 || mine.Remote.String() != l.Addr().String() || mine.RTT == 0 {
		t.Errorf("connection: %+v in %v", mine, found)
	}
	if limit, err := Limit(os.Getpid()); err != nil || limit < open {
		t.Errorf("limit %d, %v", limit, err)
	}
	if _, err := ReadCounters(os.Getpid()); err != nil {
		t.Error(err)
	}
	if n.LastPort <= n.FirstPort || n.Inode == 0 {
		t.Errorf("%+v", n)
	}
	if _, err := Open(1 << 30); err == nil {
		t.Error("the namespace of no process is open")
	}
}
