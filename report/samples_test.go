package report_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/report"
)

var update = flag.Bool("update", false, "rewrite testdata/reports and docs/report.schema.json")

const samplesDir = "../testdata/reports"

// The samples are what every renderer is tried on. They are made here, from an
// invented service, and written as JSON by -update.
func samples() map[string]*report.Report {
	return map[string]*report.Report{
		"empty":   emptyReport(),
		"nothing": nothingReport(),
		"gaps":    gapsReport(),
		"one":     oneReport(),
		"shop":    shopReport(),
		"many":    manyReport(),
		"unsure":  unsureReport(),
		"hostile": hostileReport(),

		"gate-regression":   regressionReport(),
		"gate-pass":         passReport(),
		"gate-inconclusive": inconclusiveReport(),
		"gate-nothing":      uncomparedReport(),
		"gate-hostile":      hostileVerdict(),
	}
}

func TestSamplesAreUpToDate(t *testing.T) {
	for name, r := range samples() {
		r.Sort()
		if err := r.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		want, err := report.Encode(r)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(samplesDir, name+".json")
		if *update {
			if err := os.WriteFile(file, want, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s differs from what the program makes (go test ./report -update):\n%s", file, diff)
		}
	}
}

func base() *report.Report {
	from := time.Date(2026, 11, 23, 5, 41, 40, 0, time.UTC)
	return &report.Report{
		Schema: report.Schema,
		Tool:   "goperf v0.1.0",
		Target: report.Target{Name: "http://10.0.3.7:6060", Kind: "url", Command: "/srv/shopd -listen :8080", Module: "acme.dev/shop", GoVersion: "go1.26.1", GOMAXPROCS: 8},
		From:   from,
		To:     from.Add(30 * time.Second),
		Vitals: []report.Fact{
			{Text: "CPU", Value: 1.36, Unit: "cores", Source: "cpu"},
			{Text: "GC", Value: 0.24, Unit: "ratio", Source: "cpu"},
			{Text: "live heap", Value: 41.2 * (1 << 20), Unit: "B", Source: "heap"},
			{Text: "RSS", Value: 131 << 20, Unit: "B", Source: "host"},
			{Text: "allocating", Value: 58.3 * (1 << 20), Unit: "B/s", Source: "allocs"},
			{Text: "goroutines", Value: 1284, Unit: "count", Source: "goroutine"},
		},
		Evidence: []report.Seen{
			{Kind: "cpu", Count: 6, Samples: 4080, Seconds: 30},
			{Kind: "heap", Count: 2, Samples: 1911, Seconds: 30},
			{Kind: "allocs", Count: 2, Samples: 1911, Seconds: 30},
			{Kind: "goroutine", Count: 2, Seconds: 30},
			{Kind: "trace", Count: 1, Seconds: 1},
			{Kind: "heap-text", Count: 2, Seconds: 30},
		},
		Asked: []report.Request{
			{What: "GET /debug/pprof/", Seconds: 0.004, Bytes: 3120},
			{What: "GET /debug/pprof/heap", Seconds: 0.031, Bytes: 61234},
			{What: "GET /debug/pprof/profile?seconds=8", Seconds: 8.21, Bytes: 48211, Effect: "100 signals per second and core while it runs"},
			{What: "GET /debug/pprof/trace?seconds=1", Seconds: 1.12, Bytes: 2811034, Effect: "execution trace for 1 s: up to 10 % of the CPU in that time"},
			{What: "GET /debug/pprof/goroutine", Seconds: 0.052, Bytes: 9120},
		},
	}
}

func emptyReport() *report.Report {
	r := base()
	r.Target = report.Target{Name: "demo:healthy", Kind: "demo", GoVersion: "go1.26.1", GOMAXPROCS: 2}
	r.Vitals = r.Vitals[:2]
	r.Asked = r.Asked[:2]
	return r
}

func nothingReport() *report.Report {
	return &report.Report{
		Schema: report.Schema,
		Target: report.Target{Name: "http://127.0.0.1:9999", Kind: "url"},
		Gaps:   []report.Gap{{Want: "index", Why: "dial tcp 127.0.0.1:9999: connect: connection refused", Hint: "is the service running, and is this the port of net/http/pprof?"}},
	}
}

func addGaps(r *report.Report) *report.Report {
	r.Gaps = []report.Gap{
		{Want: "mutex", Why: "switched off in the target", Hint: "call runtime.SetMutexProfileFraction(100) at start"},
		{Want: "block", Why: "switched off in the target", Hint: "call runtime.SetBlockProfileRate(1e6) at start"},
		{Want: "goroutineleak", Why: "not offered: Go before 1.27"},
		{Want: "vars", Why: "404 Not Found"},
		{Want: "metrics", Why: "404 Not Found"},
	}
	for _, rule := range []string{"lock-contention", "lock-held-during-io", "rwmutex-misuse", "false-sharing", "global-rand-lock"} {
		r.Skipped = append(r.Skipped, report.Skip{Rule: rule, Why: "needs a mutex profile"})
	}
	r.Skipped = append(r.Skipped,
		report.Skip{Rule: "channel-contention", Why: "needs a block profile"},
		report.Skip{Rule: "goroutine-leak-proof", Why: "needs the goroutineleak profile"},
		report.Skip{Rule: "cpu-throttling", Why: "the target is not on this machine"},
		report.Skip{Rule: "memory-limit-risk", Why: "the target is not on this machine"})
	return r
}

func gapsReport() *report.Report {
	r := addGaps(base())
	r.Evidence = r.Evidence[:1]
	r.Evidence[0].Samples = 121
	r.Notes = []string{"only 121 CPU samples: shares are known to about ±9 points; --duration 2m would bring that to ±4"}
	return r
}

func regexpFinding() report.Finding {
	return report.Finding{
		Rule: "regexp-compile", Mechanism: "regexp-compile", Severity: report.Critical, Confidence: 0.96,
		Title: "A regular expression is compiled on every call of price.Quote",
		Where: []report.Frame{
			{Function: "acme.dev/shop/price.Quote", File: "/home/ci/shop/price/quote.go", Line: 14},
			{Function: "regexp.MustCompile", File: "/usr/local/go/src/regexp/regexp.go", Line: 311},
			{Function: "regexp.compile", File: "/usr/local/go/src/regexp/regexp.go", Line: 170},
		},
		Cost:   report.Cost{Resource: "cpu", Share: 0.214, Low: 0.181, High: 0.249, Of: "process CPU", Amount: 0.291, Unit: "cores"},
		Saving: report.Range{Low: 0.24, High: 0.29, Unit: "cores", Share: 0.195, Basis: "cost less the matching itself"},
		Because: []report.Fact{
			{Text: "of CPU samples are under regexp.compile, called from price.Quote", Value: 0.214, Unit: "ratio", Source: "cpu"},
			{Text: "are allocated by regexp.compile, 31 % of all allocation, so the collector works for it as well", Value: 18.2 * (1 << 20), Unit: "B/s", Source: "allocs"},
			{Text: "live regexp.Regexp values: they are thrown away, not kept", Value: 3, Unit: "count", Source: "heap", Doubt: "the heap profile samples one in 512 KiB"},
		},
		Advice: []string{
			"Move the regexp.MustCompile of price/quote.go:14 to a package variable: it is safe for concurrent use",
			"If the pattern comes from the request, keep compiled ones in a bounded cache keyed by the pattern",
		},
		Related: []string{"excessive-alloc: 31 % of allocation in regexp/syntax.Parse"},
	}
}

func oneReport() *report.Report {
	r := base()
	r.Findings = []report.Finding{regexpFinding()}
	return r
}

func leakFinding() report.Finding {
	return report.Finding{
		Rule: "goroutine-leak", Mechanism: "goroutine-leak", Severity: report.Critical, Confidence: 0.93,
		Title: "412 goroutines wait for a channel that nobody sends to, and there are more every second",
		Where: []report.Frame{
			{Function: "acme.dev/shop/cart.(*Server).notify.func1", File: "/home/ci/shop/cart/notify.go", Line: 88},
			{Function: "acme.dev/shop/cart.(*Server).ServeHTTP", File: "/home/ci/shop/cart/server.go", Line: 40},
		},
		Cost:   report.Cost{Resource: "goroutines", Share: 0.321, Low: 0.321, High: 0.321, Of: "all goroutines", Amount: 412, Unit: "count"},
		Saving: report.Range{Low: 412, High: 412, Unit: "count", Share: 0.32},
		Because: []report.Fact{
			{Text: "goroutines in chan receive at cart/notify.go:88", Value: 412, Unit: "count", Source: "goroutine"},
			{Text: "more of them each second between the two snapshots", Value: 1.2, Unit: "count/s", Source: "goroutine"},
			{Text: "is how long the oldest has waited", Value: 11040, Unit: "s", Source: "goroutine-text"},
			{Text: "created by cart.(*Server).ServeHTTP"},
		},
		Advice: []string{"Make the channel of cart/notify.go:81 buffered with capacity 1, so that the sender never waits for a receiver that has left", "Or select on ctx.Done() beside the receive"},
	}
}

func shopFindings() []report.Finding {
	return []report.Finding{
		regexpFinding(), leakFinding(),
		{
			Rule: "gc-pressure", Mechanism: "gc-pressure", Severity: report.Warning, Confidence: 0.84,
			Title: "The garbage collector takes 24 % of the CPU while 380 MiB of the memory limit are unused",
			Where: []report.Frame{{Function: "runtime.gcBgMarkWorker"}},
			Cost:  report.Cost{Resource: "gc", Share: 0.241, Low: 0.21, High: 0.27, Of: "process CPU", Amount: 0.328, Unit: "cores"}, Saving: report.Range{Low: 0.1, High: 0.24, Unit: "cores", Share: 0.12, Basis: "GOGC=400, heap goal 206 MiB"},
			Because: []report.Fact{{Text: "of CPU samples in the collector", Value: 0.241, Unit: "ratio", Source: "cpu"}, {Text: "collections per second", Value: 1.02, Unit: "count/s", Source: "heap-text"}, {Text: "live heap", Value: 41.2 * (1 << 20), Unit: "B", Source: "heap"}, {Text: "of container memory, of which 131 MiB are used", Value: 512 << 20, Unit: "B", Source: "host"}},
			Advice:  []string{"Start with GOGC=400 GOMEMLIMIT=460MiB; the limit keeps a burst from being killed"},
		},
		{
			Rule: "lock-held-during-io", Mechanism: "lock-held-during-io", Severity: report.Warning, Confidence: 0.71,
			Title: "store.(*DB).mu is held while a response is compressed and written",
			Where: []report.Frame{{Function: "acme.dev/shop/store.(*DB).Put", File: "/home/ci/shop/store/db.go", Line: 22}, {Function: "compress/gzip.(*Writer).Write"}, {Function: "internal/poll.(*FD).Write"}, {Function: "internal/runtime/syscall/linux.Syscall6"}},
			Cost:  report.Cost{Resource: "lock-wait", Share: 0.63, Low: 0.58, High: 0.68, Of: "time waited for locks", Amount: 2.13, Unit: "s/s"}, Saving: report.Range{Low: 1.2, High: 2.1, Unit: "s/s", Share: 0.5},
			Because: []report.Fact{{Text: "of lock waiting ends in the Unlock of store/db.go:31", Value: 0.63, Unit: "ratio", Source: "mutex"}, {Text: "waits on average", Value: 0.0021, Unit: "s", Source: "mutex"}},
			Advice:  []string{"Take the bytes out under the lock, compress and write them after Unlock"},
		},
		{
			Rule: "json-reflection", Mechanism: "json-reflection", Severity: report.Notice, Confidence: 0.55,
			Title: "Responses are marshalled from map[string]any, with reflection and a key sort for each",
			Where: []report.Frame{{Function: "acme.dev/shop/cart.(*Server).ServeHTTP", File: "/home/ci/shop/cart/server.go", Line: 21}},
			Cost:  report.Cost{Resource: "cpu", Share: 0.062, Low: 0.045, High: 0.084, Of: "process CPU", Amount: 0.084, Unit: "cores"}, Saving: report.Range{Low: 0.02, High: 0.05, Unit: "cores", Share: 0.026},
			Because: []report.Fact{{Text: "under encoding/json.mapEncoder.encode", Value: 0.062, Unit: "ratio", Source: "cpu"}}, Advice: []string{"Marshal a struct with the same fields"},
		},
		{
			Rule: "cpu-hot-path", Mechanism: "cpu-hot-path", Severity: report.Info, Confidence: 0.35,
			Title: "store.(*Index[...]).Lookup is where most of the remaining CPU goes",
			Where: []report.Frame{{Function: "acme.dev/shop/store.(*Index[go.shape.struct { acme.dev/shop/store.key string; acme.dev/shop/store.hash uint64 }]).Lookup", File: "/home/ci/shop/store/index.go", Line: 118}},
			Cost:  report.Cost{Resource: "cpu", Share: 0.118, Low: 0.092, High: 0.147, Of: "process CPU", Amount: 0.16, Unit: "cores"}, Saving: report.Range{Unit: "cores", Share: 0.01},
			Because: []report.Fact{{Text: "flat in this function", Value: 0.118, Unit: "ratio", Source: "cpu"}}, Advice: []string{"No rule explains this; look at the lines with goperf source"},
		},
	}
}

func memoryExhibit() report.Exhibit {
	row := func(name string, bytes float64, share float64, note string) []report.Cell {
		return []report.Cell{{Text: name}, {Value: bytes * (1 << 20)}, {Value: share}, {Text: note}}
	}
	return report.Exhibit{ID: "memory", Title: "Where 131 MiB of RSS are", Table: &report.Table{
		Columns: []report.Column{{Name: "part"}, {Name: "size", Unit: "B"}, {Name: "share", Unit: "ratio"}, {Name: "meaning"}},
		Rows: [][]report.Cell{
			row("live heap", 41.2, 0.3145, "reachable at the last collection"),
			row("newer or dead", 35.8, 0.2733, "made since that collection, live or dead is not known"),
			row("unused in spans", 6.1, 0.0466, "free slots between objects"),
			row("free, not returned", 22.4, 0.171, "kept for reuse, given back to the system slowly"),
			row("stacks", 5.5, 0.042, "of 1,284 goroutines"),
			row("runtime metadata", 4.7, 0.0359, "spans, GC bitmaps"),
			row("profiling", 1.6, 0.0122, "buckets of the heap, mutex and block profiles"),
			row("not Go's", 13.7, 0.1046, "binary, shared libraries, cgo"),
		},
	}}
}

func shopReport() *report.Report {
	r := addGaps(base())
	r.Notes = []string{"the clock of the target is 2.1 s ahead of this one"}
	r.Findings = shopFindings()
	r.Exhibits = []report.Exhibit{
		memoryExhibit(),
		{ID: "top-cpu", Title: "Functions by CPU", Table: &report.Table{
			Columns: []report.Column{{Name: "flat", Unit: "s"}, {Name: "flat %", Unit: "ratio"}, {Name: "cum", Unit: "s"}, {Name: "cum %", Unit: "ratio"}, {Name: "function"}},
			Rows: [][]report.Cell{
				{{Value: 4.81}, {Value: 0.118}, {Value: 4.81}, {Value: 0.118}, {Text: "acme.dev/shop/store.(*Index[...]).Lookup"}},
				{{Value: 2.92}, {Value: 0.0716}, {Value: 2.92}, {Value: 0.0716}, {Text: "runtime.scanObjectsSmall"}},
				{{Value: 0.52}, {Value: 0.0127}, {Value: 8.73}, {Value: 0.214}, {Text: "regexp.compile"}},
				{{Value: 0.01}, {Value: 0.0002}, {Value: 12.2}, {Value: 0.299}, {Text: "acme.dev/shop/price.Quote"}},
			},
		}},
		{ID: "flame-cpu", Title: "CPU", Flame: &report.Flame{Name: "all", Total: 40.8, Unit: "s", Children: []report.Flame{
			{Name: "net/http.(*conn).serve", Total: 28, Self: 0.4, Children: []report.Flame{{Name: "acme.dev/shop/price.Quote", Total: 12.2, Self: 0.01}, {Name: "acme.dev/shop/cart.(*Server).ServeHTTP", Total: 9.1, Self: 1.2}}},
			{Name: "runtime.gcBgMarkWorker", Total: 9.8, Self: 0.2},
		}}},
		{ID: "heap", Title: "Heap", Series: &report.Series{Unit: "B", Times: []float64{0, 10, 20, 30}, Lines: []report.Line{{Name: "live", Values: []float64{40e6, 41e6, 42e6, 43e6}}, {Name: "goal", Values: []float64{80e6, 82e6, 84e6, 86e6}}}}},
		{ID: "pauses", Title: "GC pauses", Histogram: &report.Histogram{Unit: "s", Bounds: []float64{0, 1e-4, 2e-4, 5e-4, 1e-3}, Counts: []float64{41, 12, 7, 1}}},
	}
	return r
}

func manyReport() *report.Report {
	r := base()
	for i := range 25 {
		f := regexpFinding()
		f.Mechanism = report.Mechanisms[i*3%len(report.Mechanisms)]
		f.Rule = f.Mechanism
		f.Severity = report.Severity(3 - i*4/25)
		f.Confidence = 0.97 - 0.03*float64(i)
		f.Title = fmt.Sprintf("%s in handler %d", f.Mechanism, i+1)
		f.Where = []report.Frame{{Function: fmt.Sprintf("acme.dev/shop/handlers.(*H%d).ServeHTTP", i+1), File: "handlers.go", Line: 10 * (i + 1)}}
		share := 0.2 / float64(i+1)
		f.Cost = report.Cost{Resource: "cpu", Share: share, Low: share * 0.8, High: share * 1.2, Of: "process CPU", Amount: share * 1.36, Unit: "cores"}
		f.Saving = report.Range{Low: share, High: share * 1.2, Unit: "cores", Share: share * 0.8}
		r.Findings = append(r.Findings, f)
	}
	return r
}

func unsureReport() *report.Report {
	r := base()
	f := shopFindings()[5]
	r.Findings = []report.Finding{f}
	return r
}

const evilName = "main.\x1b[2J\x1b]0;owned\x07\u202egnp.exe\u202c`|<script>alert(1)</script>\n## Fake heading\n- [x](javascript:alert(1)) @everyone #1\t&amp; **bold** \u009b31m \u200bzero \xff\xfe"

// hostileReport has what a target could put into a name to fool a reader or a terminal.
func hostileReport() *report.Report {
	r := base()
	evil := evilName
	r.Target.Name = "http://host/" + evil
	r.Target.Command = evil
	r.Target.Module = ""
	r.Notes = []string{evil}
	f := regexpFinding()
	f.Title = "Title with " + evil
	f.Where = []report.Frame{{Function: evil, File: evil + ".go", Line: 3}, {Function: strings.Repeat("very/long/", 80) + "pkg.Func[" + strings.Repeat("go.shape.int,", 40) + "]"}, {Function: "日本語パッケージ.関数名を長くする"}, {Function: "e\u0301\u0301\u0301\u0301\u0301\u0301zalgo"}}
	f.Because = []report.Fact{{Text: evil, Value: 1, Unit: evil, Source: evil, Doubt: evil}}
	f.Advice = []string{evil, "```\n</details>", "| a | b |\n|---|---|"}
	f.Cost.Of, f.Saving.Basis = evil, evil
	f.Related = []string{evil}
	r.Findings = []report.Finding{f}
	r.Gaps = []report.Gap{{Want: evil, Why: evil, Hint: evil}}
	r.Skipped = []report.Skip{{Rule: evil, Why: evil}}
	r.Asked = []report.Request{{What: evil, Seconds: 1, Bytes: 1, Effect: evil}}
	r.Vitals = append(r.Vitals, report.Fact{Text: evil, Value: 1, Unit: "B"})
	r.Exhibits = []report.Exhibit{{ID: evil, Title: evil, Table: &report.Table{Columns: []report.Column{{Name: evil}, {Name: "n", Unit: "B"}}, Rows: [][]report.Cell{{{Text: evil}, {Text: evil}}}}}}
	return r
}
