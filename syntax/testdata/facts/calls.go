package p

import (
	"compress/gzip"
	"context"
	"database/sql"
	js "encoding/json"
	"html/template"
	"io"
	"log"
	"math/rand"
	"net/http"
	"reflect"
	"regexp"
	"sort"
	"sync"
	"time"
)

type server struct {
	mu     sync.Mutex
	rw     sync.RWMutex
	db     *sql.DB
	client *http.Client
	logger *log.Logger
	n      int
}

func (s *server) calls(w io.Writer, names []string) {
	re := regexp.MustCompile(`a+`) // want regexp-compile
	re.MatchString("a")
	js.NewEncoder(w).Encode(s) // want json-call
	enc := js.NewEncoder(w) // want json-call
	enc.Encode(s) // want json-call
	t := template.Must(template.New("x").Parse("y")) // want template-parse
	t.Execute(w, s)
	s.logger.Printf("x") // want log-call
	log.Print("y") // want log-call
	sort.Strings(names) // want sort-call
	sort.SearchStrings(names, "a")
	reflect.DeepEqual(names, names) // want reflect-call
	_ = rand.New(rand.NewSource(1)) // want rand-new
	_ = time.Now() // want time-now
	gzip.NewWriter(w) // want compressor-new
	_ = &http.Client{} // want composite-literal http-client-new
	for _, n := range names { // want loop=46-48 depth=1 range over="names"
		s.db.Query("select ?", n) // want call-in-loop sql-call
	}
	s.calls(w, nil) // want recursion
	defer w.Write(nil) // want defer
	for range names { // want loop=51-59 depth=1 range over="names"
		defer w.Write(nil) // want call-in-loop defer defer-in-loop
		func() { // want closure
			defer w.Write(nil) // want call-in-loop defer
		}()
		select { // want select
		case <-time.After(1): // want call-in-loop chan-recv time-after
		}
	}
	var a any = w // want interface-conv
	_, _ = a.(io.Reader) // want type-assert
	switch a.(type) { // want type-assert
	case io.Writer:
	}
	ch := make(chan int) // want make-chan
	go func() { ch <- 1 }() // want chan-send closure go-stmt
	<-ch // want chan-recv
}

func (s *server) contexts(ctx context.Context) context.Context {
	ctx, _ = context.WithCancel(ctx) // want cancel-dropped ctx-with-cancel
	a, cancel := context.WithTimeout(ctx, 1) // want cancel-dropped ctx-with-cancel
	_ = cancel
	b, stop := context.WithTimeout(a, 1) // want ctx-with-cancel
	defer stop() // want defer
	c, done := context.WithDeadline(b, time.Time{}) // want composite-literal ctx-with-cancel
	s.keep(done)
	return c
}

func (s *server) keep(func()) {}

func (s *server) requests() (*http.Response, error) {
	resp, err := http.Get("http://x") // want body-no-close
	if err != nil {
		return nil, err
	}
	io.ReadAll(resp.Body) // want read-all
	ok, err := http.Get("http://x")
	if err != nil {
		return nil, err
	}
	defer ok.Body.Close() // want defer
	given, err := s.client.Do(nil)
	if err != nil {
		return nil, err
	}
	kept, _ := s.client.Do(nil) // want body-no-close
	io.Copy(io.Discard, kept.Body)
	if kept.StatusCode != 200 {
		return nil, nil
	}
	return given, nil
}

func (s *server) locks(xs []int) {
	s.n++
	s.mu.Lock() // want mutex-lock
	s.n++ // want locked
	if s.n > 1 { // want locked
		s.mu.Unlock() // want mutex-unlock
		println(1)
		return
	}
	for range xs { // want loop=115-117 depth=1 range over="xs" locked
		s.n++ // want locked
	}
	go func() { // want closure go-stmt
		s.n--
	}()
	sort.Slice(xs, func(i, j int) bool { // want closure locked sort-call
		return xs[i] < xs[j] // want locked
	}) // want locked
	s.mu.Unlock() // want mutex-unlock
	s.n++
	s.rw.RLock() // want mutex-lock
	defer s.rw.RUnlock() // want defer mutex-unlock
	println( // want locked
		s.n, // want locked
	) // want locked
}

func (s *server) lockOnly() {
	s.mu.Lock() // want mutex-lock
	s.n++
}

func plain(n int) int {
	if n < 2 {
		return n
	}
	return plain(n-1) + plain(n-2) // want recursion
}
