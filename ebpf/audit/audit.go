// Package audit tells what a process, or a control group, executes, opens and
// connects to, and what a policy says of it (package policy). It detects and does
// not enforce: the system call goes on as it would have.
//
// The policy lies in maps of the kernel, so that what it allows costs a look-up
// and no event. Another policy takes over in one store, without a gap in which
// none is in force.
package audit

import (
	"time"

	"github.com/goperf/goperf/ebpf/audit/policy"
)

// Name is how the probe is called.
const Name = "audit"

const doc = "what the process executes, opens and connects to, and what a policy says of it: also of the processes it starts; costs some 60 ns for each system call of the machine, about 1 µs for each of these"

// Options are what can be chosen. The zero value tells everything of one process.
type Options struct {
	Policy  *policy.Policy        // nil: everything is told
	Updates <-chan *policy.Policy // each takes the place of the one before; nil: there are none
	Sink    func(Event)           // is handed each event when it has happened; called by one goroutine at a time
}

// Event is one attempt that the policy does not allow, or any when there is none.
type Event struct {
	Time      time.Time         `json:"time"`
	Kind      string            `json:"kind"`              // exec, open, connect
	Verdict   string            `json:"verdict"`           // denied, not allowed, noted, undecided
	Subject   string            `json:"subject"`           // path, or address with port
	Args      []string          `json:"args,omitempty"`    // of an exec: the first ones, cut at 63 bytes
	Result    string            `json:"result"`            // ok, or the name of the error
	Rule      string            `json:"rule,omitempty"`    // file:line:column and text
	PID       int               `json:"pid"`               // in the initial PID namespace
	Process   string            `json:"process,omitempty"` // its name, as the kernel has it
	Goroutine uint64            `json:"goroutine,omitempty"`
	Function  string            `json:"function,omitempty"` // of the program itself, nearest to the call
	Stack     []string          `json:"stack,omitempty"`    // leaf first
	Labels    map[string]string `json:"labels,omitempty"`   // of pprof
}
