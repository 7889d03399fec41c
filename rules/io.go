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
		refine: ofItems,
	},
	{
		id: "stat-storm", title: "asks the file system about paths on the hot path", mechanism: "syscall-storm",
		concepts: []blame.Concept{blame.FileStat, blame.DirRead}, grouped: true, min: 0.03, kLow: 0.6, kHigh: 0.95, certain: 0.75, basis: "estimate",
		advice: []string{"Cache the answer, watch the directory, or use filepath.WalkDir, which does not stat each entry ({line})."},
		doc:    "Stat and ReadDir are system calls with a path walk each.",
		refine: ofItems,
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
		concepts: []blame.Concept{blame.HTTPClient}, min: 0.06, kLow: 0.3, kHigh: 0.9, certain: 0.65, basis: "estimate",
		advice: []string{"Ask once for many things instead of once for each at {line}; cache answers that do not change."},
		doc:    "An HTTP round trip costs tens of microseconds of CPU on each side; requests made in a loop want a batch interface.",
		refine: askedInLoop,
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
