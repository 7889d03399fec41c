package demo

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

var lockDuringIOSickness = Sickness{
	Name:      "lock-during-io",
	Doc:       "The ledger holds its mutex while it writes to the bank and waits for the answer, so all payments queue behind one round trip at a time.",
	Mechanism: "lock-held-during-io",
	Accept:    []string{"lock-contention"},
	Function:  symbol("(*ledger).pay"),
	Shows:     "mutex",
	build:     buildLedger,
}

// ledger books payments with a bank over one connection.
type ledger struct {
	mu     sync.Mutex
	bank   net.Conn
	answer *bufio.Reader
	total  int
}

func buildLedger(h *host) (*app, error) {
	address, err := startBank(h)
	if err != nil {
		return nil, err
	}
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	h.onStop(func() { _ = conn.Close() })
	l := &ledger{bank: conn, answer: bufio.NewReader(conn)}
	return &app{
		handler: http.HandlerFunc(l.serve),
		clients: 8,
		rate:    600,
		ask:     func(n int) request { return request{path: "/payments?cents=" + strconv.Itoa(100+n%900)} },
	}, nil
}

func (l *ledger) serve(w http.ResponseWriter, r *http.Request) {
	cents, err := strconv.Atoi(r.FormValue("cents"))
	if err != nil {
		http.Error(w, "cents: not a number", http.StatusBadRequest)
		return
	}
	if err := l.pay(cents); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
	}
}

func (l *ledger) pay(cents int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total += cents
	if _, err := fmt.Fprintf(l.bank, "pay %d total %d\n", cents, l.total); err != nil {
		return fmt.Errorf("bank: write: %w", err)
	}
	if _, err := l.answer.ReadSlice('\n'); err != nil {
		return fmt.Errorf("bank: read: %w", err)
	}
	return nil
}

// startBank runs the slow side: a server that confirms each line after 2 ms.
func startBank(h *host) (address string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	h.background(func(ctx context.Context) {
		stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
		defer stop()
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			h.background(func(ctx context.Context) { confirm(ctx, conn) })
		}
	})
	return listener.Addr().String(), nil
}

func confirm(ctx context.Context, conn net.Conn) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		time.Sleep(2 * time.Millisecond)
		if _, err := conn.Write([]byte("ok\n")); err != nil {
			return
		}
	}
}
