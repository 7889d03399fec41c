// Package tcp measures the TCP connections of a process, or of all processes of a
// network namespace: how long connecting and the accept queue take, round trips
// and retransmissions by peer, which code opens connections and does not close
// them, and what is about to run out.
//
// Two things tell: programs in the kernel see connections begin, be accepted and
// end (tcp.bpf.c), and sock_diag is asked once a second for the sockets of the
// namespace. No program runs while data flows. Without the privileges for the first
// one, the second still works.
package tcp

import "time"

// Name is how the probe is called.
const Name = "tcp"

const doc = "TCP connections by peer and by the code that opened them: connect latency, round trips, retransmissions, accept queues, leaks, what runs out; costs 7 microseconds for each connection, tens of nanoseconds for a system call"

// Options are how the probe is run; the zero value is what is good for most.
type Options struct {
	Thresholds Thresholds
	Events     func(Event) // told what happens as it happens, by one goroutine at a time; nil: nobody
	Looks      func(State) // told what each look at the sockets saw; nil: nobody
}

// Thresholds are where something begins to be an anomaly. A zero is the default.
type Thresholds struct {
	Flood       int           // new or half-open connections from one address in a second
	Idle        time.Duration // an established connection without data for longer is leaked
	CloseWait   time.Duration // a connection that the peer closed is to be closed within this
	Retransmits float64       // share of the segments that are sent again
	Surge       float64       // retransmissions against what was usual before, as a factor
	SlowConnect time.Duration
	Ahead       time.Duration // what runs out within this is said
}

// Filled is the thresholds with the defaults where nothing was set.
func (t Thresholds) Filled() Thresholds {
	set(&t.Flood, 100)
	set(&t.Idle, 5*time.Minute)
	set(&t.CloseWait, time.Minute)
	set(&t.Retransmits, 0.01)
	set(&t.Surge, 4)
	set(&t.SlowConnect, time.Second)
	set(&t.Ahead, 10*time.Minute)
	return t
}

func set[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}
