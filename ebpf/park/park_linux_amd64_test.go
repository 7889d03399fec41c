package park

import (
	"errors"
	"testing"

	"github.com/goperf/goperf/ebpf/attach"
	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/ebpf/probe/probetest"
	"github.com/goperf/goperf/internal/goprog"
)

// naps sleeps as often as it is told to, and says how often and how long it did.
// Told to rush it hands a value to and fro as fast as it can.
const naps = `package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"time"
)

//go:noinline
func nap(n int) (total time.Duration) {
	for i := 0; i < n; i++ {
		from := time.Now()
		time.Sleep(2 * time.Millisecond)
		total += time.Since(from)
	}
	return total
}

func rush() {
	there, back := make(chan int), make(chan int)
	go func() {
		for v := range there {
			back <- v
		}
	}()
	for {
		there <- 1
		<-back
	}
}

func main() {
	fmt.Println("ready")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		n, err := strconv.Atoi(in.Text())
		if err != nil {
			go rush()
			time.Sleep(20 * time.Millisecond)
			fmt.Println(0)
			continue
		}
		total := nap(n)
		fmt.Printf("{\"naps\": %d, \"seconds\": %f}\n", n, total.Seconds())
	}
}
`

func need(t *testing.T) {
	t.Helper()
	if err := attach.UprobesSupported(); err != nil {
		t.Skip("SKIPPED:", err)
	}
	probetest.Need(t, Probe())
}

// Every nap is a wait that is counted, for no longer than it took.
func TestEveryWaitIsCounted(t *testing.T) {
	need(t)
	for _, toolchain := range []string{"", "go1.22.12", "go1.24.9"} {
		b := goprog.Build{Toolchain: toolchain, Strip: true, PIE: toolchain == ""}
		t.Run(b.Name(), func(t *testing.T) {
			p := probetest.Run(t, goprog.Compile(t, naps, b))
			s, err := Probe().Start(t.Context(), probe.Target{PID: p.PID})
			if err != nil {
				t.Fatal(err)
			}
			var truth struct {
				Naps    float64
				Seconds float64
			}
			p.Tell("200")
			p.Truth(&truth)
			m, err := s.Finish()
			if err != nil {
				t.Fatal(err)
			}
			if m.Lost() != 0 {
				t.Errorf("lost: %+v", m.Losses)
			}
			for _, row := range m.Tables[0].Rows {
				if row[3].Text != "sleep" || row[4].Text != "main.nap" {
					continue
				}
				if row[1].Value != truth.Naps || row[0].Value > truth.Seconds || row[0].Value < truth.Seconds/2 {
					t.Errorf("%v waits of %v s, the program napped %v times for %v s", row[1].Value, row[0].Value, truth.Naps, truth.Seconds)
				}
				return
			}
			t.Errorf("no naps in %+v", m.Tables[0].Rows)
		})
	}
}

// A program that parks all the time is left alone.
func TestRefusesTheBusy(t *testing.T) {
	need(t)
	p := probetest.Run(t, goprog.Compile(t, naps, goprog.Build{Strip: true}))
	p.Tell("rush")
	var ok int
	p.Truth(&ok)
	s, err := Probe().Start(t.Context(), probe.Target{PID: p.PID})
	if !errors.Is(err, probe.ErrNotSupported) {
		t.Errorf("Start: %v, want a refusal", err)
	}
	if err == nil {
		_, _ = s.Finish()
	}
}
