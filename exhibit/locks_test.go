package exhibit_test

import (
	"bytes"
	"fmt"
	"regexp"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/exhibit"
)

// store is what the goroutines of the tests lock: neither lock is at its start.
type store struct {
	name  string
	mu    sync.Mutex // of name
	other string
	rw    sync.RWMutex // of other
}

//go:noinline
func (s *store) put(held chan<- struct{}, free <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if held != nil {
		close(held)
		<-free
	}
	s.name = "put"
}

//go:noinline
func (s *store) reload(held chan<- struct{}, free <-chan struct{}) {
	s.rw.Lock()
	defer s.rw.Unlock()
	if held != nil {
		close(held)
		<-free
	}
	s.other = "reload"
}

//go:noinline
func (s *store) get() string {
	s.rw.RLock()
	defer s.rw.RUnlock()
	return s.other
}

// dumpOf is this process when so many goroutines wait in Mutex.Lock and in RLock.
func dumpOf(t *testing.T, mutexes, readers int) *evidence.Set {
	t.Helper()
	for range 1000 {
		var b bytes.Buffer
		if err := pprof.Lookup("goroutine").WriteTo(&b, 2); err != nil {
			t.Fatal(err)
		}
		if strings.Count(b.String(), "[sync.Mutex.Lock") == mutexes && strings.Count(b.String(), "[sync.RWMutex.RLock") == readers {
			return evidence.Decode(&evidence.Capture{Blobs: []evidence.Blob{{Kind: evidence.GoroutineText, Name: "dump.txt", Data: b.Bytes()}}})
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("never %d and %d that wait", mutexes, readers)
	return nil
}

// told are the rows of the locks whose waiters or holders are in a function.
func told(t *testing.T, set *evidence.Set, in string) (out []string) {
	t.Helper()
	e, _ := exhibit.Locks(set)
	if e.Table == nil {
		return nil
	}
	for _, row := range e.Table.Rows {
		if strings.Contains(row[2].Text+row[4].Text, in) {
			out = append(out, fmt.Sprintf("%.0f for %s held by %s (%s): %s", row[0].Value, row[3].Text, row[4].Text, row[5].Text, row[6].Text))
		}
	}
	return out
}

// TestLocksOfARealProgram: two stores whose locks are held, each by one goroutine
// that waits for something else. The runtime under test prints the dump.
func TestLocksOfARealProgram(t *testing.T) {
	free := make(chan struct{})
	var all sync.WaitGroup
	for range 2 {
		s, held, read := &store{}, make(chan struct{}), make(chan struct{})
		all.Go(func() { s.put(held, free) })
		all.Go(func() { s.reload(read, free) })
		<-held
		<-read
		for range 3 {
			all.Go(func() { s.put(nil, nil) })
		}
		all.Go(func() { s.reload(nil, nil) })
		all.Go(func() { _ = s.get() })
	}
	set := dumpOf(t, 8, 2)
	close(free)
	all.Wait()
	got := told(t, set, "store).put")
	if len(got) != 2 {
		t.Fatalf("locks of put: %q, want one for each store", got)
	}
	who := regexp.MustCompile(`held by \S+exhibit_test\.\(\*store\)\.put:\d+ \((\d+), \[chan receive\].*\): likely`)
	first, second := who.FindStringSubmatch(got[0]), who.FindStringSubmatch(got[1])
	if first == nil || second == nil || first[1] == second[1] {
		t.Errorf("%q: want the holder of each, and not the other's", got)
	}
	if got := told(t, set, "store).reload"); len(got) != 2 || !strings.Contains(got[0], "sync.RWMutex") || !strings.Contains(got[0], "[chan receive]") {
		t.Errorf("%q: want a lock for writers, held by one that waits for a channel", got)
	}
}

const waits = `goroutine %d [sync.Mutex.Lock, 3 minutes]:
sync.runtime_SemacquireMutex(0x0?, 0x1?, 0x2?)
	/go/src/runtime/sema.go:77 +0x25
sync.(*Mutex).lockSlow(%#x)
	/go/src/sync/mutex.go:171 +0x15d
sync.(*Mutex).Lock(...)
	/go/src/sync/mutex.go:90
main.%s
	/src/main.go:%d +0x53

`

const stands = `goroutine %d [%s]:
time.Sleep(0x11e1a300)
	/go/src/runtime/time.go:195 +0x125
main.%s
	/src/main.go:%d +0x3f

`

func TestLocks(t *testing.T) {
	wait := func(id, lock int, call string, line int) string { return fmt.Sprintf(waits, id, lock, call, line) }
	stand := func(id int, state, call string, line int) string { return fmt.Sprintf(stands, id, state, call, line) }
	for _, test := range []struct {
		name, dump, want string
	}{
		{"nobody waits", stand(1, "sleep", "f()", 9), ""},
		{
			"past the lock of the object", wait(2, 0xc000010008, "(*DB).Put(0xc000010000, 0x1)", 20) + wait(3, 0xc000010008, "(*DB).Put(0xc000010000, 0x2)", 20) + stand(4, "sleep", "(*DB).Put(0xc000010000, 0x3)", 24),
			"2 for sync.Mutex 0xc000010008 held by main.(*DB).Put:24 (4, [sleep] time.Sleep): likely: past the lock of the same object",
		},
		{
			"of another object", wait(2, 0xc000010008, "(*DB).Put(0xc000010000)", 20) + stand(4, "sleep", "(*DB).Put(0xc000020000)", 24),
			"1 for sync.Mutex 0xc000010008 held by  (): not seen: nobody is past the lock in this code",
		},
		{
			"of an object that is not known", wait(2, 0xc000010008, "(*DB).Put(0xc000010000)", 20) + stand(4, "sleep", "(*DB).Put(0xc000020000?)", 24),
			"1 for sync.Mutex 0xc000010008 held by main.(*DB).Put:24 (4, [sleep] time.Sleep): perhaps: past the lock in the same code",
		},
		{
			"before it", wait(2, 0xc000010008, "(*DB).Put(0xc000010000)", 20) + stand(4, "sleep", "(*DB).Put(0xc000010000?)", 19),
			"1 for sync.Mutex 0xc000010008 held by  (): not seen: nobody is past the lock in this code",
		},
		{
			"another method of the object", wait(2, 0xc000010008, "(*DB).Put(0xc000010000)", 20) + stand(4, "sleep", "(*DB).Get(0xc000010000)", 3),
			"1 for sync.Mutex 0xc000010008 held by main.(*DB).Get:3 (4, [sleep] time.Sleep): perhaps: works on the same object",
		},
		{
			"many know the object", wait(2, 0xc000010008, "(*DB).Put(0xc000010000)", 20) + stand(4, "sleep", "(*DB).Get(0xc000010000)", 3) + stand(5, "sleep", "(*DB).Get(0xc000010000)", 3),
			"1 for sync.Mutex 0xc000010008 held by  (): not seen: nobody is past the lock in this code",
		},
		{
			"a variable of the program", wait(2, 0xa48728, "under()", 20) + stand(4, "sleep", "under()", 21),
			"1 for sync.Mutex 0xa48728 held by main.under:21 (4, [sleep] time.Sleep): likely: past the lock of the same object",
		},
		{
			"one of several", wait(2, 0xa48728, "under()", 20) + stand(4, "sleep", "under()", 25) + stand(5, "sleep", "under()", 25),
			"1 for sync.Mutex 0xa48728 held by main.under:25 (4 of 2 goroutines): perhaps: one of those past the lock",
		},
		{
			"no words", "goroutine 2 [sync.Mutex.Lock]:\nsync.(*Mutex).lockSlow(...)\n\t/go/mutex.go:1\nmain.f(...)\n\t/src/main.go:20\n\n" + stand(4, "sleep", "f(...)", 25),
			"1 for sync.Mutex held by main.f:25 (4, [sleep] time.Sleep): perhaps: past the lock in the same code",
		},
		{
			"a deadlock", wait(2, 0xc000010008, "(*A).Both(0xc000010000)", 20) + wait(3, 0xc000020008, "(*B).Both(0xc000020000)", 40) +
				strings.Replace(wait(5, 0xc000010008, "(*A).Both(0xc000010000)", 20), "\n\n", "\nmain.(*B).Both(0xc000020000)\n\t/src/main.go:44 +0x3f\n\n", 1) +
				strings.Replace(wait(6, 0xc000020008, "(*B).Both(0xc000020000)", 40), "\n\n", "\nmain.(*A).Both(0xc000010000)\n\t/src/main.go:24 +0x3f\n\n", 1),
			"2 for sync.Mutex 0xc000010008 held by main.(*A).Both:24 (6, [sync.Mutex.Lock] main.(*B).Both): likely: a deadlock, it waits for a lock that leads back here",
		},
	} {
		set := evidence.Decode(&evidence.Capture{Blobs: []evidence.Blob{{Kind: evidence.GoroutineText, Name: "dump.txt", Data: []byte(test.dump)}}})
		got := told(t, set, "main.")
		if test.want == "" && len(got) == 0 {
			continue
		}
		if len(got) == 0 || got[0] != test.want {
			t.Errorf("%s:\n got %q\nwant %q", test.name, got, test.want)
		}
	}
}
