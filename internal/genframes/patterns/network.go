package main

import (
	"bufio"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"time"
)

func (b *bench) network() []func() {
	return []func(){
		b.tcpSmallWrites, b.tcpBuffered, b.tcpDial, b.udpWrites, b.dnsHosts, b.dnsQuery, b.pipeCopy, b.sqlQuery,
	}
}

// peers are the servers that the network pieces talk to, all on loopback.
type peers struct {
	swallow net.Listener
	names   net.PacketConn
	web     *httptest.Server
	secure  *httptest.Server
	db      *sql.DB
}

func (p *peers) start(b *bench) (err error) {
	if p.swallow, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	if p.names, err = net.ListenPacket("udp", "127.0.0.1:0"); err != nil {
		return err
	}
	go drain(p.swallow)
	go refuse(p.names)
	p.web = httptest.NewServer(http.HandlerFunc(b.answer))
	p.secure = httptest.NewUnstartedServer(http.HandlerFunc(b.answer))
	p.secure.StartTLS()
	p.db = sql.OpenDB(fakeDB{})
	return nil
}

func (p *peers) stop() {
	_ = p.swallow.Close()
	_ = p.names.Close()
	_ = p.db.Close()
	p.web.CloseClientConnections()
	p.web.Close()
	p.secure.Close()
}

// drain reads and forgets what clients send.
func drain(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			_, _ = io.Copy(io.Discard, struct{ io.Reader }{c})
		}()
	}
}

// refuse answers every DNS question with "no such name".
func refuse(c net.PacketConn) {
	buf := make([]byte, 1500)
	for {
		n, from, err := c.ReadFrom(buf)
		if err != nil {
			return
		}
		if n > 12 {
			buf[2], buf[3] = 0x81, 0x83
			buf[10], buf[11] = 0, 0 // no additional records
			_, _ = c.WriteTo(buf[:question(buf[:n])], from)
		}
	}
}

// question is the length of a message with its one question.
func question(m []byte) int {
	i := 12
	for i < len(m) && m[i] != 0 {
		i += int(m[i]) + 1
	}
	return min(i+5, len(m))
}

func (b *bench) tcpSmallWrites() {
	c := must(net.Dial("tcp", b.peers.swallow.Addr().String()))
	defer c.Close()
	for range 500 {
		_ = must(c.Write(b.raw[:16]))
	}
}

func (b *bench) tcpBuffered() {
	c := must(net.Dial("tcp", b.peers.swallow.Addr().String()))
	defer c.Close()
	w := bufio.NewWriterSize(c, 16<<10)
	for range 50_000 {
		_ = must(w.Write(b.raw[:16]))
	}
	check(w.Flush())
}

func (b *bench) tcpDial() {
	for range 20 {
		check(must(net.Dial("tcp", b.peers.swallow.Addr().String())).Close())
	}
}

func (b *bench) udpWrites() {
	c := must(net.Dial("udp", b.peers.swallow.Addr().String()))
	defer c.Close()
	for range 200 {
		_, _ = c.Write(b.raw[:200]) // nobody listens: refused is fine
	}
}

func (b *bench) dnsHosts() {
	r := net.Resolver{PreferGo: true}
	for range 20 {
		b.number += len(must(r.LookupHost(context.Background(), "localhost")))
	}
}

func (b *bench) dnsQuery() {
	r := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", b.peers.names.LocalAddr().String())
	}}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for range 5 {
		if _, err := r.LookupHost(ctx, "stock.shop.example."); err == nil {
			panic("a name that does not exist was found")
		}
	}
}

func (b *bench) pipeCopy() {
	r, w := io.Pipe()
	go func() {
		for range 500 {
			_, _ = w.Write(b.raw[:1000])
		}
		_ = w.Close()
	}()
	b.number += int(must(io.Copy(io.Discard, r)))
}

func (b *bench) sqlQuery() {
	for range 200 {
		rows := must(b.peers.db.Query("select id, name from carts where id = ?", 35))
		for rows.Next() {
			check(rows.Scan(&b.number, &b.str))
		}
		check(rows.Err())
		check(rows.Close())
	}
}

// fakeDB is a database with one row.
type fakeDB struct{}

// Connect opens a connection.
func (d fakeDB) Connect(context.Context) (driver.Conn, error) { return d, nil }

// Driver is not asked for here.
func (d fakeDB) Driver() driver.Driver { return nil }

// Prepare makes a statement.
func (d fakeDB) Prepare(string) (driver.Stmt, error) { return fakeStatement{}, nil }

// Begin is not asked for here.
func (d fakeDB) Begin() (driver.Tx, error) { return nil, errors.New("no transactions") }

// Close does nothing.
func (d fakeDB) Close() error { return nil }

type fakeStatement struct{}

// Close does nothing.
func (fakeStatement) Close() error { return nil }

// NumInput says that any number of arguments is fine.
func (fakeStatement) NumInput() int { return -1 }

// Exec is not asked for here.
func (fakeStatement) Exec([]driver.Value) (driver.Result, error) { return nil, errors.New("read only") }

// Query finds the row.
func (fakeStatement) Query([]driver.Value) (driver.Rows, error) { return new(fakeRows), nil }

type fakeRows struct{ done bool }

// Columns names the columns.
func (*fakeRows) Columns() []string { return []string{"id", "name"} }

// Close does nothing.
func (*fakeRows) Close() error { return nil }

// Next gives the one row once.
func (r *fakeRows) Next(dest []driver.Value) error {
	if r.done {
		return io.EOF
	}
	r.done = true
	dest[0], dest[1] = int64(35), []byte("cart")
	return nil
}
