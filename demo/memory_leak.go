package demo

import (
	"net/http"
	"strconv"
	"sync"
)

var memoryLeakSickness = Sickness{
	Name:      "memory-leak",
	Doc:       "Rendered receipts are kept in a map by request id for retries, and nothing ever takes them out again.",
	Mechanism: "memory-leak",
	Accept:    []string{"unbounded-map", "unbounded-cache", "memory-bloat"},
	Function:  symbol("(*receipts).render"),
	Shows:     "heap",
	build:     buildReceipts,
}

// receipts renders receipts and remembers them in case the client asks again.
type receipts struct {
	mu   sync.Mutex
	done map[string][]byte // by request id
	size int
}

// receiptLimit stands for the memory limit of a container: a real service
// would be killed there and start anew.
const receiptLimit = 512 << 20

func buildReceipts(*host) (*app, error) {
	s := &receipts{done: make(map[string][]byte)}
	return &app{
		handler: http.HandlerFunc(s.serve),
		clients: 2,
		rate:    200,
		ask:     func(n int) request { return request{path: "/receipt?request=" + strconv.Itoa(1_000_000+n)} },
	}, nil
}

func (s *receipts) serve(w http.ResponseWriter, r *http.Request) {
	_, _ = w.Write(s.render(r.FormValue("request")))
}

func (s *receipts) render(id string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if receipt, ok := s.done[id]; ok {
		return receipt
	}
	if s.size > receiptLimit {
		s.done, s.size = make(map[string][]byte), 0
	}
	receipt := make([]byte, 0, 12<<10)
	receipt = append(receipt, "receipt "...)
	receipt = append(receipt, id...)
	for line := range 400 {
		receipt = append(receipt, "\n1 x article "...)
		receipt = strconv.AppendInt(receipt, int64(line), 10)
		receipt = append(receipt, " 9.95"...)
	}
	s.done[id] = receipt
	s.size += cap(receipt)
	return receipt
}
