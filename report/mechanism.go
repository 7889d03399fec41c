package report

// Mechanisms is the vocabulary of [Finding.Mechanism]: one slug for each way in
// which a Go program is known to be slow, big or stalled.
var Mechanisms = []string{
	"algorithmic-complexity", "busy-loop", "caller-lookup", "cgo-overhead", "channel-contention", "compile-per-call",
	"compression-level", "connection-churn", "context-leak", "copy-by-value", "cpu-hot-path", "cpu-throttling", "crypto-hot-path",
	"data-structure", "deep-copy", "dns-per-call", "evidence-quality", "excessive-alloc", "false-sharing", "finalizer-pressure", "fmt-hot-path",
	"gc-pressure", "gc-thrash", "global-rand-lock", "goroutine-churn", "goroutine-handoff", "goroutine-leak",
	"hash-collision", "hashing", "http-misconfiguration", "interface-boxing", "json-reflection", "large-copy",
	"large-object-zeroing", "linear-scan", "lock-contention", "lock-held-during-io", "log-formatting",
	"logging-hot-path", "map-build-per-call", "map-growth", "map-lookup-hot", "memory-bloat", "memory-leak",
	"memory-limit-risk", "n-plus-one", "network-latency", "off-cpu-io", "parse-per-request", "per-connection-buffer", "policy-violation",
	"pool-misuse", "quadratic", "redundant-work", "reflection", "regexp-compile", "regexp-hot-path",
	"repeated-file-read", "rng-seeding", "rwmutex-misuse", "scheduler-delay", "slice-growth", "slow-algorithm",
	"small-writes", "sort-hot-path", "stack-growth", "stack-walk", "string-concat", "string-conversion",
	"string-split", "syscall-storm", "time-hot-path", "timer-churn", "timer-leak", "tls-handshake",
	"unbounded-cache", "unbounded-map", "unbounded-slice", "unbuffered-io", "unclosed-body", "under-parallel",
}
