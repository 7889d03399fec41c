package exectrace

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"runtime/trace"
	"strings"
	"sync"
	"testing"
	"time"
)

// record is what the trace of f says.
func record(t *testing.T, f func()) *Summary {
	t.Helper()
	var buf bytes.Buffer
	if err := trace.Start(&buf); err != nil {
		t.Fatal(err)
	}
	f()
	trace.Stop()
	sum, err := Summarize(&buf, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if sum.Truncated != "" {
		t.Errorf("truncated: %s", sum.Truncated)
	}
	checkSums(t, sum)
	return sum
}

// checkSums holds what is true of every summary.
func checkSums(t *testing.T, sum *Summary) {
	t.Helper()
	var waits, count time.Duration
	for i, w := range sum.Waits {
		waits += w.Total
		if w.Count <= 0 || w.Max > w.Total || w.Reason == "" || i > 0 && sum.Waits[i-1].Total < w.Total {
			t.Errorf("wait %d: %+v", i, w)
		}
		checkLengths(t, w)
	}
	if want := sum.Waiting + sum.Syscall; waits != want {
		t.Errorf("waits add up to %v, want waiting and syscall %v", waits, want)
	}
	var starts StartFunc
	for _, s := range sum.Starts {
		starts.Running += s.Running
		starts.Runnable += s.Runnable
		starts.Waiting += s.Waiting
		starts.Syscall += s.Syscall
		starts.Created += s.Created
		count += time.Duration(s.Count)
	}
	want := StartFunc{Running: sum.Running, Runnable: sum.Runnable, Waiting: sum.Waiting, Syscall: sum.Syscall, Created: sum.Created}
	if starts != want {
		t.Errorf("start functions add up to %+v, want %+v", starts, want)
	}
	if sum.ShortLived > sum.Created || sum.RunnableLat.Total > sum.Runnable || sum.Assist > sum.Running || sum.GCActive > sum.Window {
		t.Errorf("a part above its whole: %+v", sum)
	}
	if l := starts.life(); count > 0 && l > sum.Window*count {
		t.Errorf("%d goroutines lived %v in a window of %v", count, l, sum.Window)
	}
	for _, d := range []Distribution{sum.RunnableLat, sum.Pauses} {
		if d.P50 > d.P90 || d.P90 > d.P99 || d.P99 > d.Max || d.Max > d.Total {
			t.Errorf("distribution out of order: %+v", d)
		}
	}
	if sum.Parallel < 0 || sum.Parallel > float64(max(sum.Procs, 1)) {
		t.Errorf("%.2f of %d Ps running", sum.Parallel, sum.Procs)
	}
}

// checkLengths holds what is true of the lengths of single waits: they are not
// more, nor longer, than the waits.
func checkLengths(t *testing.T, w Wait) {
	t.Helper()
	bounds := LengthBounds()
	var n int64
	var least time.Duration
	for i, k := range w.Lengths {
		n += k
		least += time.Duration(k) * bounds[i]
		if k > 0 && bounds[i] > w.Max {
			t.Errorf("%d waits of %v and more, the longest took %v", k, bounds[i], w.Max)
		}
	}
	if n > w.Count || least > w.Total {
		t.Errorf("lengths of %d waits, %v in all; there were %d, %v", n, least, w.Count, w.Total)
	}
}

// Each wait that began and ended in the window is counted by its length.
func TestLengths(t *testing.T) {
	var l Lengths
	for _, d := range []time.Duration{0, 999, 1000, 1999, 2000, 9e9, 1e10, time.Hour} {
		l.add(d)
	}
	if l[0] != 2 || l[1] != 2 || l[2] != 1 || l[len(l)-2] != 1 || l[len(l)-1] != 2 {
		t.Errorf("%v", l)
	}
	const naps = 3
	stop := make(chan bool)
	sum := record(t, func() {
		go func() { <-stop }() // has not ended when the window does
		var done sync.WaitGroup
		done.Go(func() {
			for range naps {
				time.Sleep(3 * time.Millisecond)
			}
		})
		done.Wait()
	})
	close(stop)
	bounds, long := LengthBounds(), int64(0)
	for _, w := range sum.Waits {
		for i, n := range w.Lengths {
			switch {
			case w.Reason == "sleep" && bounds[i+1] > 3*time.Millisecond:
				long += n
			case w.Reason == "chan receive" && n > 0 && strings.Contains(fmt.Sprint(w.Stack), "TestLengths"):
				t.Errorf("%d waits for a channel ended", n)
			}
		}
	}
	if long < naps {
		t.Errorf("%d naps of 3 ms are counted, want %d", long, naps)
	}
}

// waitsFor adds up the waits for a reason under a function.
func waitsFor(sum *Summary, reason, function string) (count int64, total time.Duration) {
	for _, w := range sum.Waits {
		if w.Reason != reason {
			continue
		}
		for _, f := range w.Stack {
			if strings.HasSuffix(f.Function, function) {
				count += w.Count
				total += w.Total
				break
			}
		}
	}
	return count, total
}

func startOf(sum *Summary, function string) StartFunc {
	for _, s := range sum.Starts {
		if strings.HasSuffix(s.Function, function) {
			return s
		}
	}
	return StartFunc{}
}

// blocked waits until n goroutines in the named function are in a state.
func blocked(t *testing.T, n int, state, function string) {
	t.Helper()
	buf := make([]byte, 1<<20)
	for range 1_000_000 {
		seen := 0
		for g := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if strings.Contains(g, "["+state) && strings.Contains(g, function+"(") {
				seen++
			}
		}
		if seen >= n {
			return
		}
		runtime.Gosched()
	}
	t.Fatalf("%d goroutines never got to %s", n, function)
}

func contend(mu *sync.Mutex, done *sync.WaitGroup) {
	defer done.Done()
	mu.Lock()
	defer mu.Unlock()
}

func TestMutex(t *testing.T) {
	sum := record(t, func() {
		var mu sync.Mutex
		var done sync.WaitGroup
		mu.Lock()
		for range 5 {
			done.Add(1)
			go contend(&mu, &done)
		}
		blocked(t, 5, "sync.Mutex.Lock", "exectrace.contend")
		mu.Unlock()
		done.Wait()
	})
	if n, total := waitsFor(sum, "sync", "exectrace.contend"); n < 5 || total <= 0 {
		t.Errorf("%d waits of %v for the mutex, want 5 or more", n, total)
	}
	s := startOf(sum, "exectrace.contend")
	if s.Count != 5 || s.Created != 5 || s.Waiting <= 0 || s.Running <= 0 {
		t.Errorf("goroutines of contend: %+v", s)
	}
}

func pong(in, out chan int) {
	for v := range in {
		out <- v
	}
	close(out)
}

func choose(first, second chan int) {
	select {
	case <-first:
	case second <- 1:
	}
	close(second)
}

func TestChannels(t *testing.T) {
	const rounds = 200
	sum := record(t, func() {
		in, out := make(chan int), make(chan int)
		go pong(in, out)
		for i := range rounds {
			in <- i
			<-out
		}
		close(in)
		<-out
		first, second := make(chan int), make(chan int)
		go choose(first, second)
		blocked(t, 1, "select", "exectrace.choose")
		close(first)
		<-second
	})
	// Whoever comes first waits: each of the handovers parks one of the two.
	n := int64(0)
	for _, reason := range []string{"chan receive", "chan send"} {
		a, _ := waitsFor(sum, reason, "exectrace.pong")
		b, _ := waitsFor(sum, reason, "TestChannels.func1")
		n += a + b
	}
	if n < rounds {
		t.Errorf("%d waits at channels in %d rounds", n, rounds)
	}
	if sum.RunnableLat.Count < n/2 {
		t.Errorf("%d waits but only %d times runnable to running", n, sum.RunnableLat.Count)
	}
	if n, _ := waitsFor(sum, "select", "exectrace.choose"); n != 1 {
		t.Errorf("%d waits in select, want 1", n)
	}
}

// A goroutine that was parked before the window has its reason from its stack.
func TestParkedBefore(t *testing.T) {
	var mu sync.Mutex
	var done sync.WaitGroup
	in, out := make(chan int), make(chan int)
	mu.Lock()
	done.Add(1)
	go contend(&mu, &done)
	go pong(in, out)
	blocked(t, 1, "sync.Mutex.Lock", "exectrace.contend")
	blocked(t, 1, "chan receive", "exectrace.pong")
	sum := record(t, runtime.GC)
	for reason, function := range map[string]string{"sync": "exectrace.contend", "chan receive": "exectrace.pong"} {
		if n, total := waitsFor(sum, reason, function); n != 1 || total != sum.Window {
			t.Errorf("%s: %d waits of %v, want one of the whole window, %v", function, n, total, sum.Window)
		}
		if s := startOf(sum, function); s.Count != 1 || s.Created != 0 || s.Waiting != sum.Window {
			t.Errorf("%s: %+v", function, s)
		}
	}
	mu.Unlock()
	close(in)
	done.Wait()
}

func TestChurn(t *testing.T) {
	const n = 300
	sum := record(t, func() {
		var done sync.WaitGroup
		done.Add(n)
		for range n {
			go func() { done.Done() }()
		}
		done.Wait()
	})
	s := startOf(sum, "TestChurn.func1.1")
	if s.Count != n || s.Created != n || sum.Created < n {
		t.Errorf("%d created in all, of them %+v; want %d", sum.Created, s, n)
	}
	if sum.ShortLived == 0 {
		t.Error("none of the goroutines was short-lived")
	}
	if sum.Procs != runtime.GOMAXPROCS(0) {
		t.Errorf("%d Ps, want %d", sum.Procs, runtime.GOMAXPROCS(0))
	}
}

func TestCollections(t *testing.T) {
	sum := record(t, func() {
		for range 3 {
			runtime.GC()
		}
	})
	if sum.GCActive <= 0 || sum.GCActive >= sum.Window {
		t.Errorf("collector active for %v of %v", sum.GCActive, sum.Window)
	}
	reasons := map[string]int{}
	for _, p := range sum.STW {
		reasons[p.Reason]++
		if p.Reason == "GC sweep termination" && len(p.Stack) == 0 {
			t.Error("stop-the-world without a stack")
		}
	}
	if reasons["GC sweep termination"] < 3 || reasons["GC mark termination"] < 3 || sum.Pauses.Count < 6 {
		t.Errorf("pauses %v, %d in all", reasons, sum.Pauses.Count)
	}
}

func TestSleepAcrossGenerations(t *testing.T) {
	if testing.Short() {
		t.Skip("takes as long as two generations")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
	defer cancel()
	sum := record(t, func() {
		done := make(chan bool)
		go func() {
			time.Sleep(time.Millisecond)
			close(done)
		}()
		<-done
		// The runtime begins a new generation every second.
		<-ctx.Done()
	})
	if n, _ := waitsFor(sum, "sleep", "TestSleepAcrossGenerations.func1.1"); n != 1 {
		t.Errorf("%d sleeps, want 1", n)
	}
	n, total := waitsFor(sum, "chan receive", "TestSleepAcrossGenerations.func1")
	if n != 2 || total < sum.Window/2 {
		t.Errorf("%d waits of %v at the channels, want 2, most of %v", n, total, sum.Window)
	}
}

func TestBusy(t *testing.T) {
	sum := record(t, func() {
		x := 0
		for i := range 200_000_000 {
			x += i
		}
		runtime.KeepAlive(x)
	})
	if sum.Running <= 0 || sum.Parallel <= 0 {
		t.Errorf("running %v, %.2f Ps", sum.Running, sum.Parallel)
	}
	for i, s := range sum.LongSlices {
		if s.Took <= longSlice || s.Start == "" || i > 0 && sum.LongSlices[i-1].Took < s.Took {
			t.Errorf("slice %d: %+v", i, s)
		}
	}
}
