package rules

import "github.com/goperf/goperf/blame"

// clockCalls are about time, randomness and the log.
var clockCalls = []hotCall{
	{
		id: "time-hot", title: "asks for the time on the hot path", mechanism: "time-hot-path",
		concepts: []blame.Concept{blame.TimeNow}, min: 0.04, kLow: 0.6, kHigh: 0.96, certain: 0.75, basis: measured,
		advice: []string{"Take the time once per request or batch instead of per item at {line}; a coarse clock updated by a ticker is enough for expiry."},
		doc:    "time.Now costs 40 ns with a good clock source and a system call with a bad one.",
		refine: spinsOnClock,
	},
	{
		id: "time-format", title: "formats or parses times on the hot path", mechanism: "time-hot-path",
		concepts: []blame.Concept{blame.TimeFormat}, min: 0.03, kLow: 0.44, kHigh: 0.8, certain: 0.75, basis: measured,
		advice: []string{"Use AppendFormat into a reused buffer, cache the text of the current second, and keep Unix numbers inside ({line})."},
		doc:    "Formatting computes the calendar each time.",
	},
	{
		id: "timezone-load", title: "loads time zones on the hot path", mechanism: "repeated-file-read",
		concepts: []blame.Concept{blame.TimeZone}, grouped: true, min: 0.01, kLow: 0.9, kHigh: 0.99, certain: 0.85, basis: "estimate",
		advice: []string{"Load each location once and keep the *time.Location: time.LoadLocation at {line} opens, reads and parses a file every time."},
		doc:    "time.LoadLocation does not cache.",
	},
	{
		id: "timer-churn", title: "makes a timer for every wait", mechanism: "timer-churn",
		concepts: []blame.Concept{blame.Timer}, min: 0.02, kLow: 0.3, kHigh: 0.8, certain: 0.75, basis: measured,
		advice: []string{"Reuse one time.Timer with Reset instead of time.After or NewTimer at {line}; before Go 1.23 a time.After that has not fired is not collected."},
		doc:    "Each time.After allocates a timer and a channel and edits the timer heap twice.",
	},
	{
		id: "rng-seeding", title: "seeds random generators on the hot path", mechanism: "rng-seeding",
		concepts: []blame.Concept{blame.RandSeed}, grouped: true, min: 0.005, kLow: 0.95, kHigh: 1, certain: 0.93, basis: measured,
		advice: []string{"Use the package functions of math/rand/v2 or keep one generator; rand.New(rand.NewSource(...)) at {line} fills a 5-KB table each time (9 µs)."},
		doc:    "Seeding the classic generator computes 607 numbers.",
	},
	{
		id: "global-rand-lock", title: "draws from the locked global random source", mechanism: "global-rand-lock",
		concepts: []blame.Concept{blame.RandGlobal}, min: 0.04, kLow: 0.4, kHigh: 0.9, certain: 0.7, basis: "estimate",
		advice: []string{"Use math/rand/v2, whose top-level functions use per-thread generators, or give each worker its own generator, at {line}; do not call rand.Seed: it switches the lock back on."},
		doc:    "A seeded global source of math/rand sits behind one mutex.",
	},
	{
		id: "crypto-rand-hot", title: "draws cryptographic random numbers one at a time", mechanism: "syscall-storm",
		concepts: []blame.Concept{blame.CryptoRand}, grouped: true, min: 0.03, kLow: 0.5, kHigh: 0.8, certain: 0.75, basis: measured,
		advice: []string{"Read random bytes in blocks and hand them out (uuid.EnableRandPool does it for google/uuid), or use math/rand/v2 where no secret is made, at {line}."},
		doc:    "Each small crypto/rand.Read is a system call or a DRBG step behind a lock.",
	},
	{
		id: "logging-hot", title: "logs on the hot path", mechanism: "logging-hot-path",
		concepts: []blame.Concept{blame.Log}, min: 0.04, kLow: 0.5, kHigh: 0.95, certain: 0.7, basis: "estimate",
		advice: []string{"Lower the level or sample what is logged for each request at {line}; use slog with typed attributes and LogAttrs; write through a buffer."},
		doc:    "A log line is formatted, locked and written with a system call of its own.",
	},
	{
		id: "caller-lookup", title: "looks up its caller on the hot path", mechanism: "caller-lookup",
		concepts: []blame.Concept{blame.CallerLookup}, grouped: true, min: 0.02, kLow: 0.9, kHigh: 0.99, certain: 0.85, basis: measured,
		advice: []string{"Turn off caller reporting (AddSource, Lshortfile, ReportCaller) or keep the stack capture of errors for unexpected ones; {callee} is called at {line}."},
		doc:    "runtime.Callers unwinds the stack and resolves names: 200 ns for one frame, microseconds for a deep stack.",
		refine: walksStack,
	},
	{
		id: "stack-dump", title: "captures whole stack traces on the hot path", mechanism: "stack-walk",
		concepts: []blame.Concept{blame.StackDump}, grouped: true, min: 0.01, kLow: 0.95, kHigh: 1, certain: 0.88, basis: measured,
		advice: []string{"Capture a stack only where it is printed; debug.Stack at {line} formats every frame as text."},
		doc:    "debug.Stack and runtime.Stack symbolise and print each frame.",
	},
}
