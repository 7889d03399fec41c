// Package evidence holds what was observed about one target in one window.
//
// A source fills a [Capture] with blobs exactly as they were served; [Decode]
// reads the blobs into a [Set], on which rules work. A .goperf bundle is a
// Capture in a zip file, so a saved capture and a live one are read by the same
// code and give the same findings.
//
// What could not be had is a [Gap]: absence is data, never silence. The package
// does no I/O of its own and reads no clock.
package evidence

import (
	"time"

	"github.com/goperf/goperf/exectrace"
	"github.com/goperf/goperf/gctune"
	"github.com/goperf/goperf/kernel"
	"github.com/goperf/goperf/profile"
)

// Kind names one kind of evidence. Profiles of a kind that goperf does not know
// are kept under the name the target gives them.
type Kind string

// The kinds of evidence that goperf reads.
const (
	CPU           Kind = "cpu"
	Heap          Kind = "heap"   // inuse and alloc, since program start
	Allocs        Kind = "allocs" // the same data, alloc_space by default
	Goroutine     Kind = "goroutine"
	GoroutineLeak Kind = "goroutineleak"
	Mutex         Kind = "mutex"
	Block         Kind = "block"
	ThreadCreate  Kind = "threadcreate"
	Trace         Kind = "trace"          // execution trace
	HeapText      Kind = "heap-text"      // heap?debug=1: MemStats, GCCPUFraction, MaxRSS
	GoroutineText Kind = "goroutine-text" // goroutine?debug=2: states, ages, creators
	Index         Kind = "index"          // the /debug/pprof/ page
	Cmdline       Kind = "cmdline"
	Vars          Kind = "vars"    // expvar JSON
	Metrics       Kind = "metrics" // Prometheus text
	BuildInfo     Kind = "buildinfo"
	HostLimits    Kind = "host"    // cgroup, /proc and cores, when the target is local
	Syntax        Kind = "syntax"  // facts about the source of hot functions, see package syntax
	GCTrace       Kind = "gctrace" // GODEBUG=gctrace=1 lines
	OffCPU        Kind = "offcpu"  // blocked and waiting for a CPU, by stack: a probe's profile
	Wall          Kind = "wall"    // goroutines by state and stack, sampled from outside: a probe's profile
	Kernel        Kind = "kernel"  // the numbers of a probe, see package kernel
)

// Blob is one piece of evidence as it was served.
type Blob struct {
	Kind  Kind          `json:"kind"`
	Name  string        `json:"name"` // path inside a bundle, "cpu-1.pb.gz"
	From  time.Time     `json:"from"` // when the request was sent
	To    time.Time     `json:"to"`   // when the last byte came
	URL   string        `json:"url,omitempty"`
	Asked time.Duration `json:"asked,omitempty"` // window asked for, 0 for a snapshot
	Doubt string        `json:"doubt,omitempty"` // "cut short by the user after 3 s"
	Data  []byte        `json:"-"`

	read *profile.Profile // by Sniff, without labels; nil when it was not
}

// Gap is evidence that was wanted and could not be had.
type Gap struct {
	Want Kind   `json:"want"`
	Why  string `json:"why"`
	Hint string `json:"hint,omitempty"`
}

// Request is something that was asked of the target, and what it took.
type Request struct {
	What   string        `json:"what"`
	Took   time.Duration `json:"took"`
	Bytes  int64         `json:"bytes"`
	Effect string        `json:"effect,omitempty"`
}

// Target names the program that was looked at.
type Target struct {
	Name string `json:"name"`          // as the user wrote it
	Kind string `json:"kind"`          // url, file, bundle, stdin, demo, pid
	PID  int    `json:"pid,omitempty"` // when it is local and known
}

// Capture is everything a source brought home, undecoded.
type Capture struct {
	Target Target    `json:"target"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Asked  []Request `json:"asked,omitempty"`
	Gaps   []Gap     `json:"gaps,omitempty"`
	Blobs  []Blob    `json:"blobs"`
}

// Set is the decoded evidence about one target in one window. A nil or empty
// field means that there is none; Gaps says why.
type Set struct {
	Target     Target
	From, To   time.Time
	Profiles   map[Kind][]*profile.Profile // in time order, repaired by [profile.Profile.Repair]
	Repairs    map[Kind]profile.Repairs    // what Repair did and saw, summed over the profiles of a kind
	Goroutines []GoroutineDump             // in time order
	Memory     []MemorySample              // in time order
	GC         *gctune.Log
	Sched      *exectrace.Summary
	Traced     Span // of Sched
	Build      Build
	Host       Limits
	Runtime    []RuntimeSample    // in time order
	Vars       map[string]float64 // expvar and Prometheus samples by name, last value
	Syntax     SyntaxFacts
	Kernel     []kernel.Measurement // in time order; a profile of theirs is in Profiles
	Asked      []Request
	Gaps       []Gap
	Lost       bool     // the target stopped answering in the middle
	Notes      []string // doubts: clock skew, damaged blobs, different builds
}

// Span is a length of time; both ends are zero when it is not known.
type Span struct{ From, To time.Time }

// Build is what is known of how the target was built.
type Build struct {
	GoVersion string            `json:"go_version,omitempty"` // "go1.26.1"
	Main      string            `json:"main,omitempty"`       // main module path
	GoMod     string            `json:"go_mod,omitempty"`     // the go line of the main module, when known
	Modules   map[string]string `json:"modules,omitempty"`    // path -> version
	Settings  map[string]string `json:"settings,omitempty"`   // -pgo, CGO_ENABLED, GOARCH, DefaultGODEBUG...
	BuildID   string            `json:"build_id,omitempty"`
	Cmdline   []string          `json:"cmdline,omitempty"`
}

// Limits is what the machine or container allows the target; 0 means unknown.
type Limits struct {
	NumCPU       int           `json:"num_cpu,omitempty"`
	GOMAXPROCS   int           `json:"gomaxprocs,omitempty"`
	CPUQuota     float64       `json:"cpu_quota,omitempty"`    // cores; 0 = none known
	MemoryLimit  int64         `json:"memory_limit,omitempty"` // B, cgroup; 0 = none known
	MemoryUsed   int64         `json:"memory_used,omitempty"`  // B
	RSS          int64         `json:"rss,omitempty"`          // B
	Threads      int           `json:"threads,omitempty"`
	FDs          int           `json:"fds,omitempty"`
	FDLimit      int64         `json:"fd_limit,omitempty"`
	Periods      int64         `json:"periods,omitempty"`   // cgroup cpu.stat nr_periods, over the window
	Throttled    int64         `json:"throttled,omitempty"` // nr_throttled, over the window
	ThrottledFor time.Duration `json:"throttled_for,omitempty"`
	CPUTime      time.Duration `json:"cpu_time,omitempty"` // of the process, over the window
	IO           IOCounts      `json:"io,omitzero"`        // over the window
	Window       time.Duration `json:"window,omitempty"`   // what the window of the three above was
	GOGC         string        `json:"gogc,omitempty"`     // from the environment, "" when unset or unknown
	GOMEMLIMIT   string        `json:"gomemlimit,omitempty"`
	GODEBUG      string        `json:"godebug,omitempty"`
	EnvKnown     bool          `json:"env_known,omitempty"` // the three above were read, "" means unset
	Memory       MemoryUse     `json:"memory,omitzero"`
}

// MemoryUse is what the kernel says of the memory of the process and of the
// groups around it, B; 0 means unknown or none.
type MemoryUse struct {
	Peak    int64     `json:"peak,omitempty"`    // largest RSS seen in the window
	Highest int64     `json:"highest,omitempty"` // VmHWM: largest RSS since the process began
	Anon    int64     `json:"anon,omitempty"`    // of RSS
	File    int64     `json:"file,omitempty"`    // of RSS: mapped files, which the kernel can drop
	Shared  int64     `json:"shared,omitempty"`  // of RSS: shared memory
	Swap    int64     `json:"swap,omitempty"`
	Huge    int64     `json:"huge,omitempty"`   // of Anon, in huge pages
	High    int64     `json:"high,omitempty"`   // memory.high, least of the groups around: above it the kernel stalls the process
	Others  int64     `json:"others,omitempty"` // anonymous memory of other processes in the limited group
	Started time.Time `json:"started,omitzero"`
}

// IOCounts is read and write calls of the process as /proc/PID/io counts them
// (rchar, wchar, syscr, syscw: files, pipes and sockets through read(2) and write(2)).
type IOCounts struct {
	ReadCalls  int64 `json:"read_calls"`
	WriteCalls int64 `json:"write_calls"`
	ReadBytes  int64 `json:"read_bytes"`
	WriteBytes int64 `json:"write_bytes"`
}

// MemorySample is runtime.MemStats as heap?debug=1 prints it, at one time.
// Bytes, counts and seconds; fields as in runtime.MemStats.
type MemorySample struct {
	At            time.Time
	Alloc         int64
	TotalAlloc    int64
	Sys           int64
	Mallocs       int64
	Frees         int64
	HeapAlloc     int64
	HeapSys       int64
	HeapIdle      int64
	HeapInuse     int64
	HeapReleased  int64
	HeapObjects   int64
	StackInuse    int64
	StackSys      int64
	MSpanSys      int64
	MCacheSys     int64
	BuckHashSys   int64
	GCSys         int64
	OtherSys      int64
	NextGC        int64
	LastGC        time.Time
	NumGC         int64
	NumForcedGC   int64
	GCCPUFraction float64         // since program start
	MaxRSS        int64           // 0 when not printed
	Pauses        []time.Duration // most recent first, as far as the ring holds them
	Ends          []time.Time     // of the collections that Pauses belong to, by the target's clock
	SampleRate    int64           // the heap profile's rate, B per sample
}

// GoroutineDump is one goroutine?debug=2 page.
type GoroutineDump struct {
	At         time.Time
	Goroutines []GoroutineState
}

// GoroutineState is one goroutine of a dump.
type GoroutineState struct {
	ID        int64
	State     string        // "chan receive", "IO wait", "sync.Mutex.Lock", ...
	Wait      time.Duration // how long it has been in State, whole minutes; 0 below one minute
	Locked    bool          // locked to thread
	Leaked    bool          // marked (leaked) by the collector's leak detection
	Frames    []DumpFrame   // leaf first
	CreatedBy DumpFrame     // Function "" for the main goroutine
	Creator   int64         // id of the goroutine that created it, 0 when not printed
	Labels    map[string]string
}

// DumpFrame is a frame of a textual dump.
type DumpFrame struct {
	Function string
	File     string
	Line     int
	Args     string // hex words as printed, "" when not printed
}

// SyntaxFacts says what the source of hot functions looks like at sampled lines.
type SyntaxFacts map[string]FuncSyntax // by full function name as in profiles

// FuncSyntax is what the source says about one function.
type FuncSyntax struct {
	File  string             `json:"file"`
	Start int                `json:"start"`
	End   int                `json:"end"`
	Loops []LoopSyntax       `json:"loops,omitempty"` // in source order, outer before inner
	Lines map[int]LineSyntax `json:"lines,omitempty"` // lines with a construct of interest
}

// LoopSyntax is one for statement.
type LoopSyntax struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	Depth int    `json:"depth"`          // 1 = not inside another loop of the function
	Over  string `json:"over,omitempty"` // the source text of the range operand or condition, cut at 60 bytes
	Range bool   `json:"range,omitempty"`
	Early bool   `json:"early,omitempty"` // it can be left early by a return or break under a condition (a search)
}

// LineSyntax is what a source line does; the slices are small and sorted.
type LineSyntax struct {
	Depth int      `json:"depth,omitempty"` // loops around it in this function
	Does  []string `json:"does,omitempty"`  // constructs: see package syntax for the vocabulary
	Calls []string `json:"calls,omitempty"` // callee as written: "strings.Split", "s.parse"
	Stmt  string   `json:"stmt,omitempty"`  // the trimmed line, cut at 120 bytes
}
