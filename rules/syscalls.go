package rules

import "github.com/goperf/goperf/blame"

// ioCalls are about files, sockets, names and processes.
var ioCalls = []hotCall{
	{
		id: "small-writes", title: "writes in many small system calls", mechanism: "small-writes",
		concepts: []blame.Concept{blame.NetWrite, blame.FileWrite}, min: 0.06, kLow: 0.5, kHigh: 0.97, certain: 0.75, basis: measured,
		advice: []string{
			"Collect output before it is written at {line}: a bufio.Writer that is flushed when full or on a short timer, net.Buffers, or one datagram for many messages.",
		},
		doc:    "A write system call costs one to several microseconds whatever its size. Sixty-four 16-byte writes cost forty times one 1-KiB write.",
		refine: unbufferedWrite,
	},
	{
		id: "small-reads", title: "reads in many small system calls", mechanism: "unbuffered-io",
		concepts: []blame.Concept{blame.NetRead, blame.FileRead}, min: 0.06, kLow: 0.4, kHigh: 0.9, certain: 0.65, basis: measured,
		advice: []string{"Read through a bufio.Reader or in larger pieces at {line}; read a file that is needed whole with one os.ReadFile and keep it."},
		doc:    "Each read of a few bytes is a system call; a buffered reader makes one for 4 KiB or more.",
		refine: unbufferedRead,
	},
	{
		id: "repeated-file-read", title: "opens or reads files again and again", mechanism: "repeated-file-read",
		concepts: []blame.Concept{blame.FileReadWhole, blame.FileOpen}, grouped: true, min: 0.03, kLow: 0.7, kHigh: 0.98, certain: 0.8, basis: "estimate",
		advice: []string{"Read the file once, or when its modification time changes, and keep the parsed result; at {line} it is read on every call."},
		doc:    "Opening, reading and closing a file is at least four system calls and a path walk; configuration and /proc files that do not change want to be read once.",
	},
	{
		id: "stat-storm", title: "asks the file system about paths on the hot path", mechanism: "syscall-storm",
		concepts: []blame.Concept{blame.FileStat, blame.DirRead}, grouped: true, min: 0.03, kLow: 0.6, kHigh: 0.95, certain: 0.75, basis: "estimate",
		advice: []string{"Cache the answer, watch the directory, or use filepath.WalkDir, which does not stat each entry ({line})."},
		doc:    "Stat and ReadDir are system calls with a path walk each.",
	},
	{
		id: "fsync-hot", title: "syncs files on the hot path", mechanism: "off-cpu-io",
		concepts: []blame.Concept{blame.FileSync}, min: 0.01, kLow: 0.5, kHigh: 0.95, certain: 0.7, basis: "estimate",
		advice: []string{"Commit several writes with one Sync (group commit) at {line}."},
		doc:    "fsync waits for the disk; its CPU share is small against the time the caller stands still.",
	},
	{
		id: "syscall-storm", title: "makes many system calls", mechanism: "syscall-storm",
		concepts: []blame.Concept{blame.Syscall, blame.OSEnv, blame.NetIfs}, grouped: true, min: 0.06, kLow: 0.4, kHigh: 0.9, certain: 0.65, basis: "estimate",
		advice: []string{"Ask the kernel once and keep the answer where it cannot change; batch what is asked for each item at {line}."},
		doc:    "A system call costs about a thousand instructions before it does anything.",
	},
	{
		id: "process-spawn", title: "starts processes on the hot path", mechanism: "syscall-storm",
		concepts: []blame.Concept{blame.Exec}, grouped: true, min: 0.02, kLow: 0.7, kHigh: 0.98, certain: 0.85, basis: "estimate",
		advice: []string{"Keep one helper process and talk to it, or do the work in Go, instead of starting a process at {line}."},
		doc:    "fork and exec take milliseconds and stop other forks meanwhile.",
	},
	{
		id: "dns-per-call", title: "resolves names on the hot path", mechanism: "dns-per-call",
		concepts: []blame.Concept{blame.DNS}, grouped: true, min: 0.01, kLow: 0.8, kHigh: 0.95, certain: 0.85, basis: "estimate",
		advice: []string{"Keep connections open so that names are not looked up again; cache addresses for their TTL ({line})."},
		doc:    "The Go resolver caches nothing: each dial of a name reads configuration files and asks a server.",
	},
	{
		id: "connection-churn", title: "opens connections that it could keep", mechanism: "connection-churn",
		concepts: []blame.Concept{blame.Dial}, grouped: true, min: 0.03, kLow: 0.6, kHigh: 0.95, certain: 0.8, basis: "estimate",
		advice: []string{
			"Use one client with a pool: a shared http.Client with MaxIdleConnsPerHost at least the concurrency (the default is 2), or a kept connection, instead of dialling at {line}.",
			"Read response bodies to the end and close them, or the connection cannot be reused.",
		},
		doc: "Each new connection costs a handshake, several system calls, buffers and, at both ends, goroutines.",
	},
	{
		id: "http-client-hot", title: "makes outgoing HTTP requests for most of its time", mechanism: "n-plus-one",
		concepts: []blame.Concept{blame.HTTPClient}, min: 0.25, kLow: 0.3, kHigh: 0.9, certain: 0.4, basis: "estimate",
		advice: []string{"Ask once for many things instead of once for each at {line}; cache answers that do not change."},
		doc:    "An HTTP round trip costs tens of microseconds of CPU on each side; requests made in a loop want a batch interface.",
	},
	{
		id: "sql-round-trips", title: "makes many database round trips", mechanism: "n-plus-one",
		concepts: []blame.Concept{blame.SQL}, min: 0.1, kLow: 0.4, kHigh: 0.9, certain: 0.55, basis: "estimate",
		advice: []string{"Fetch the rows of all items with one query (IN, JOIN, a batch) instead of one query per item at {line}; prepare statements once."},
		doc:    "One query for a list and one for each of its items is the N+1 pattern: latency and CPU grow with the list.",
	},
	{
		id: "mime-headers", title: "builds or canonicalises headers on the hot path", mechanism: "excessive-alloc",
		concepts: []blame.Concept{blame.MIMEHeader}, min: 0.06, kLow: 0.3, kHigh: 0.8, certain: 0.5, basis: "estimate",
		advice: []string{"Use canonical header names as constants, avoid Header.Clone and per-request Header maps at {line}."},
		doc:    "Header names that are not canonical are rewritten and allocated at each access.",
	},
	{
		id: "buffer-per-connection", title: "makes new buffered readers or writers all the time", mechanism: "per-connection-buffer",
		concepts: []blame.Concept{blame.BufioNew}, min: 0.03, kLow: 0.6, kHigh: 0.9, certain: 0.7, basis: measured,
		advice: []string{"Keep the bufio.Reader or Writer with the connection, or Reset one from a sync.Pool, at {line}."},
		doc:    "Each bufio.NewReader allocates 4 KiB or what it is told.",
	},
}

// clockCalls are about time, randomness and the log.
var clockCalls = []hotCall{
	{
		id: "time-hot", title: "asks for the time on the hot path", mechanism: "time-hot-path",
		concepts: []blame.Concept{blame.TimeNow}, min: 0.04, kLow: 0.6, kHigh: 0.96, certain: 0.75, basis: measured,
		advice: []string{"Take the time once per request or batch instead of per item at {line}; a coarse clock updated by a ticker is enough for expiry."},
		doc:    "time.Now costs 40 ns with a good clock source and a system call with a bad one.",
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
	},
	{
		id: "stack-dump", title: "captures whole stack traces on the hot path", mechanism: "stack-walk",
		concepts: []blame.Concept{blame.StackDump}, grouped: true, min: 0.01, kLow: 0.95, kHigh: 1, certain: 0.88, basis: measured,
		advice: []string{"Capture a stack only where it is printed; debug.Stack at {line} formats every frame as text."},
		doc:    "debug.Stack and runtime.Stack symbolise and print each frame.",
	},
}

// workCalls are about goroutines, channels and locks as the CPU profile shows them.
var workCalls = []hotCall{
	{
		id: "goroutine-churn", title: "starts a goroutine for every small piece of work", mechanism: "goroutine-churn",
		concepts: []blame.Concept{blame.GoStart}, min: 0.02, kLow: 0.6, kHigh: 1, certain: 0.7, basis: measured,
		advice: []string{"Process items in batches on a fixed set of workers instead of `go` per item at {line}."},
		doc:    "Starting, scheduling and ending a goroutine costs 300 ns and more with a cold stack; per item that is often more than the work.",
	},
	{
		id: "channel-hot", title: "passes single items through channels", mechanism: "channel-contention",
		concepts: []blame.Concept{blame.ChanOp, blame.Select}, min: 0.05, kLow: 0.5, kHigh: 0.97, certain: 0.65, basis: measured,
		advice: []string{"Send slices of items instead of single ones at {line}, give the channel a buffer, or use a mutex and a slice; fewer cases in the select."},
		doc:    "An unbuffered handoff parks and wakes goroutines; all users of one channel share its lock.",
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
		concepts: []blame.Concept{blame.SyncPool}, min: 0.04, kLow: 0.3, kHigh: 0.9, certain: 0.55, basis: "estimate",
		advice: []string{"Put back what is taken at {line}, pool pointers (a slice put by value is boxed), and drop the pool where objects are small."},
		doc:    "A pool whose Get mostly calls New adds a lock and an allocation to each use.",
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
