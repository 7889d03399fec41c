package rules

import "github.com/goperf/goperf/blame"

// workCalls are about goroutines, channels and locks as the CPU profile shows them.
var workCalls = []hotCall{
	{
		id: "goroutine-churn", title: "starts a goroutine for every small piece of work", mechanism: "goroutine-churn",
		concepts: []blame.Concept{blame.GoStart}, min: 0.02, kLow: 0.6, kHigh: 1, certain: 0.7, basis: measured,
		advice: []string{"Process items in batches on a fixed set of workers instead of `go` per item at {line}."},
		doc:    "Starting, scheduling and ending a goroutine costs 300 ns and more with a cold stack; per item that is often more than the work. One goroutine for each request is how servers are made: without a loop around the go statement the finding is unsure.",
		refine: startedInLoop,
	},
	{
		id: "channel-hot", title: "passes single items through channels", mechanism: "channel-contention",
		concepts: []blame.Concept{blame.ChanOp, blame.Select}, min: 0.05, kLow: 0.5, kHigh: 0.97, certain: 0.65, basis: measured,
		advice: []string{"Send slices of items instead of single ones at {line}, give the channel a buffer, or use a mutex and a slice; fewer cases in the select."},
		doc:    "An unbuffered handoff parks and wakes goroutines; all users of one channel share its lock.",
		refine: polling,
	},
	{
		id: "spin-yield", title: "spins, yielding the processor", mechanism: "busy-loop",
		concepts: []blame.Concept{blame.GoSched, blame.Sleep}, min: 0.03, kLow: 0.8, kHigh: 1, certain: 0.85, basis: "estimate",
		advice: []string{"Wait for the event (channel, sync.Cond, context) instead of polling with {callee} at {line}."},
		doc:    "runtime.Gosched or very short sleeps in a loop keep a core busy doing nothing.",
	},
	{
		id: "sync-map-hot", title: "uses sync.Map where it does not fit", mechanism: "data-structure",
		concepts: []blame.Concept{blame.SyncMap}, min: 0.04, kLow: 0.3, kHigh: 0.6, certain: 0.55, basis: "estimate",
		advice: []string{"Use a map with a mutex, sharded by key if it is contended, for keys that are written often ({line})."},
		doc:    "sync.Map is for keys written once and read by many; each store boxes key and value.",
	},
	{
		id: "pool-miss", title: "gets little from its sync.Pool", mechanism: "pool-misuse",
		concepts: []blame.Concept{blame.SyncPool}, callbacks: true, min: 0.04, kLow: 0.3, kHigh: 0.9, certain: 0.55, basis: "estimate",
		advice: []string{"Put back what is taken at {line}, pool pointers (a slice put by value is boxed), and drop the pool where objects are small."},
		doc:    "A pool whose Get mostly calls New adds a lock and an allocation to each use. Time in New is charged to whoever calls Get.",
		refine: poolNew,
	},
	{
		id: "atomic-contention", title: "hammers one memory location with atomics", mechanism: "false-sharing",
		concepts: []blame.Concept{blame.Atomic}, min: 0.06, kLow: 0.4, kHigh: 0.9, certain: 0.55, basis: "estimate",
		advice: []string{"Give each worker its own counter, padded to a cache line, and add them up when read ({line})."},
		doc:    "Atomic operations on one cache line pass it from core to core: 50 to 200 ns each under contention; neighbours in the same line suffer too.",
	},
	{
		id: "context-hot", title: "makes or searches contexts on the hot path", mechanism: "excessive-alloc",
		concepts: []blame.Concept{blame.Context, blame.ContextValue}, min: 0.03, kLow: 0.6, kHigh: 1, certain: 0.65, basis: measured,
		advice: []string{"Make one deadline per request instead of one per call at {line}; pass values as parameters instead of through context.Value, which searches a linked list."},
		doc:    "context.WithTimeout allocates, registers with its parent under a lock and starts a timer; Value walks up one context at a time.",
	},
}
