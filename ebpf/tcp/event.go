package tcp

import "time"

// Event is something that happened to a connection, or an anomaly. It is one
// line of the log; what does not apply is left out.
type Event struct {
	Time time.Time `json:"time"`
	Kind string    `json:"event"` // one of the constants below

	Subject   string `json:"subject,omitempty"`   // of an anomaly: peer, listener or limit
	Text      string `json:"text,omitempty"`      // of an anomaly: what is wrong
	Process   string `json:"process,omitempty"`   // name[number], when more than one is watched
	Direction string `json:"direction,omitempty"` // out, in
	Local     string `json:"local,omitempty"`
	Remote    string `json:"remote,omitempty"`
	Code      string `json:"code,omitempty"` // the function that opened or accepted it
	Goroutine uint64 `json:"goroutine,omitempty"`
	Error     string `json:"error,omitempty"`

	Connect     float64 `json:"connect_s,omitempty"`     // handshake
	Queued      float64 `json:"accept_wait_s,omitempty"` // in the accept queue
	Duration    float64 `json:"duration_s,omitempty"`
	RTT         float64 `json:"srtt_s,omitempty"`
	MinRTT      float64 `json:"min_rtt_s,omitempty"`
	Retransmits uint32  `json:"retransmits,omitempty"`
	Sent        uint64  `json:"sent_bytes,omitempty"`
	Received    uint64  `json:"received_bytes,omitempty"`
}

// The kinds of event that are no anomalies.
const (
	Connected = "connected"
	Accepted  = "accepted"
	Failed    = "connect-failed"
	Closed    = "closed"
)

// The anomalies.
const (
	SYNFlood       = "syn-flood"        // half-open connections from one address
	Burst          = "connection-burst" // completed ones
	Leak           = "leak"             // established and idle for long, or more and more of them
	Unclosed       = "close-wait"       // the peer closed, the process does not
	Loss           = "retransmissions"
	Surge          = "retransmission-surge"
	AcceptOverflow = "accept-overflow"
	SlowConnect    = "slow-connect"
	Failing        = "connects-fail"
	Unread         = "unread" // bytes came long ago and the process does not read them
	Unsent         = "unsent" // bytes wait to be sent and the peer takes none
	Ports          = "ports"
	Descriptors    = "descriptors"
)

// connectionEvent is what a record says as an event.
func connectionEvent(r *record, code string, at time.Time) Event {
	e := Event{
		Time: at, Process: r.owner, Direction: direction(r.outgoing), Local: r.local.String(), Remote: r.remote.String(),
		Code: code, Goroutine: r.goid, Connect: r.connecting().Seconds(),
		RTT: r.srtt.Seconds(), MinRTT: r.minRTT.Seconds(),
		Retransmits: r.retransmits, Sent: r.sent, Received: r.received,
	}
	if d, ok := r.queued(); ok {
		e.Queued = d.Seconds()
	}
	switch {
	case r.kind == recordOpened && r.outgoing:
		e.Kind = Connected
	case r.kind == recordOpened:
		e.Kind = Accepted
	default:
		e.Kind = Closed
		e.Duration = span(r.began, r.over).Seconds()
		e.Error = errorName(r.errno)
		if r.established == 0 {
			e.Kind = Failed
			e.Error = failure(r.errno)
		}
	}
	return e
}

func direction(outgoing bool) string {
	if outgoing {
		return "out"
	}
	return "in"
}

// errorName is an error of a socket by the number that Linux gives it on all
// architectures that goperf runs on (asm-generic/errno.h).
func errorName(errno uint32) string {
	switch errno {
	case 0:
		return ""
	case 32:
		return "broken pipe"
	case 101:
		return "network unreachable"
	case 103:
		return "aborted"
	case 104:
		return "reset by the peer"
	case 110:
		return "timed out"
	case 111:
		return "refused"
	case 113:
		return "no route to host"
	}
	return "other error"
}

// failure is why a connection never was: without an error, who wanted it gave up.
func failure(errno uint32) string {
	if errno == 0 {
		return "given up"
	}
	return errorName(errno)
}
