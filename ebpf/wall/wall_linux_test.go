package wall_test

import (
	"bufio"
	"math"
	"os/exec"
	"testing"
	"time"

	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/ebpf/wall"
	"github.com/goperf/goperf/internal/goprog"
	"github.com/goperf/goperf/kernel"
)

// still has ten goroutines that do nothing but wait: four for a lock, three for
// time to pass, two for a message, and the main one for nothing.
const still = `package main

import (
	"context"
	"fmt"
	"runtime/pprof"
	"sync"
	"time"
)

func locked(mu *sync.Mutex) { mu.Lock() }

func main() {
	var mu sync.Mutex
	mu.Lock()
	ch := make(chan int)
	pprof.Do(context.Background(), pprof.Labels("role", "locker"), func(context.Context) {
		for i := 0; i < 4; i++ {
			go locked(&mu)
		}
	})
	for i := 0; i < 3; i++ {
		go time.Sleep(time.Hour)
	}
	for i := 0; i < 2; i++ {
		go func() { <-ch }()
	}
	time.Sleep(100 * time.Millisecond)
	fmt.Println("ready")
	select {}
}
`

func startStill(t testing.TB) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(goprog.Compile(t, still, goprog.Build{Strip: true}))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the program said %q: %v", line, err)
	}
	return cmd
}

// measure looks until so many goroutines were seen.
func measure(t *testing.T, o wall.Options, pid int, events uint64) *kernel.Measurement {
	t.Helper()
	s, err := wall.Probe(o).Start(t.Context(), probe.Target{PID: pid})
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if n, _ := s.Seen(); n >= events {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no look in a minute")
		}
	}
	m, err := s.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSharesOfStates(t *testing.T) {
	m := measure(t, wall.Options{Hertz: 100}, startStill(t).Process.Pid, 100)
	want := map[string]float64{"sync.Mutex.Lock": 0.4, "sleep": 0.3, "chan receive": 0.2, "select (no cases)": 0.1}
	rows := m.Tables[0].Rows
	if len(rows) != len(want) {
		t.Errorf("states %+v", rows)
	}
	for _, row := range rows {
		state := row[2].Text
		if math.Abs(row[0].Value-want[state]) > 1e-6 || math.Abs(row[1].Value-10*want[state]) > 1e-6 {
			t.Errorf("%s: %v of the time, %v goroutines; want %v", state, row[0].Value, row[1].Value, want[state])
		}
	}
	if first := m.Tables[1].Rows[0]; first[3].Text != "main.locked" {
		t.Errorf("the first place is %+v", first)
	}
	if m.Lost() != 0 {
		t.Errorf("lost of goroutines that do nothing: %+v", m.Losses)
	}
	checkProfile(t, m)
}

// The profile has the same time, by state and reason.
func checkProfile(t *testing.T, m *kernel.Measurement) {
	t.Helper()
	column, ok := m.Profile.SampleType("wall")
	if !ok {
		t.Fatal("the profile has no wall time")
	}
	total, _ := m.Count("goroutine time")
	if got := float64(m.Profile.Total(column)) / 1e9; math.Abs(got-total) > 1e-3 {
		t.Errorf("%v s in the profile, %v s measured", got, total)
	}
	for i := range m.Profile.NumSamples() {
		labels := map[string]string{}
		for _, l := range m.Profile.Labels(i) {
			labels[l.Key] = l.Str
		}
		if labels["state"] != "waiting" || labels["reason"] == "" {
			t.Errorf("labels %v", labels)
		}
	}
}

func TestLabelsAndIDs(t *testing.T) {
	m := measure(t, wall.Options{Hertz: 100, Labels: true, IDs: true}, startStill(t).Process.Pid, 50)
	lockers := map[int64]bool{}
	for i := range m.Profile.NumSamples() {
		role, id := "", int64(0)
		for _, l := range m.Profile.Labels(i) {
			switch l.Key {
			case "role":
				role = l.Str
			case "goroutine":
				id = l.Num
			}
		}
		if role == "locker" {
			lockers[id] = true
		}
	}
	if len(lockers) != 4 || lockers[0] {
		t.Errorf("goroutines with the label: %v", lockers)
	}
}

// A target that ends gives what was measured by then.
func TestTargetEnds(t *testing.T) {
	cmd := startStill(t)
	s, err := wall.Probe(wall.Options{Hertz: 100}).Start(t.Context(), probe.Target{PID: cmd.Process.Pid})
	if err != nil {
		t.Fatal(err)
	}
	for n := uint64(0); n < 50; n, _ = s.Seen() {
		time.Sleep(10 * time.Millisecond)
	}
	cmd.Process.Kill()
	cmd.Wait()
	m, err := s.Finish()
	if err != nil || len(m.Tables[0].Rows) == 0 {
		t.Errorf("Finish: %v, %+v", err, m)
	}
}

func TestSupportedHere(t *testing.T) {
	if err := wall.Probe(wall.Options{}).Supported(); err != nil {
		t.Errorf("a process reads itself: %v", err)
	}
}

func TestRefusesRates(t *testing.T) {
	if _, err := wall.Probe(wall.Options{Hertz: 100000}).Start(t.Context(), probe.Target{PID: 1}); err == nil {
		t.Error("100,000 looks a second were taken for possible")
	}
}
