package rules_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/exectrace"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/rules"
)

// sound is what holds of every report, whatever the evidence was.
func sound(t testing.TB, r *report.Report) {
	t.Helper()
	if err := r.Validate(); err != nil {
		t.Errorf("the report breaks its contract: %v", err)
	}
	if at := notFinite(reflect.ValueOf(r), "report"); at != "" {
		t.Errorf("%s is no finite number", at)
	}
	for _, f := range r.Findings {
		for _, text := range append([]string{f.Title}, f.Advice...) {
			if text == "" || strings.Contains(text, "%!") {
				t.Errorf("rule %s writes %q", f.Rule, text)
			}
		}
		if len(f.Because) == 0 || len(f.Advice) == 0 {
			t.Errorf("rule %s: %q has %d facts and %d pieces of advice", f.Rule, f.Title, len(f.Because), len(f.Advice))
		}
	}
}

// notFinite is the place of the first number that is none, "" when there is none.
func notFinite(v reflect.Value, at string) string {
	switch v.Kind() {
	case reflect.Float64:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return at
		}
	case reflect.Pointer:
		if !v.IsNil() {
			return notFinite(v.Elem(), at)
		}
	case reflect.Slice:
		for i := range v.Len() {
			if bad := notFinite(v.Index(i), fmt.Sprintf("%s[%d]", at, i)); bad != "" {
				return bad
			}
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return ""
		}
		for i := range v.NumField() {
			if bad := notFinite(v.Field(i), at+"."+v.Type().Field(i).Name); bad != "" {
				return bad
			}
		}
	}
	return ""
}

func run(set *evidence.Set) *report.Report {
	return diagnose.Run(rules.All(), set, diagnose.Limits{})
}

// TestNothing: without evidence every rule is skipped or silent.
func TestNothing(t *testing.T) {
	for name, set := range map[string]*evidence.Set{
		"zero":    {},
		"decoded": evidence.Decode(&evidence.Capture{From: began, To: began}),
	} {
		r := run(set)
		sound(t, r)
		if len(r.Findings) > 0 {
			t.Errorf("%s: findings without evidence: %+v", name, r.Findings)
		}
		if len(r.Skipped) < len(rules.All())/2 {
			t.Errorf("%s: only %d rules were skipped", name, len(r.Skipped))
		}
	}
}

// TestOneSample: one sample of each kind proves nothing but what a runtime states.
func TestOneSample(t *testing.T) {
	stack := "main.main:3;regexp.MustCompile;runtime.mallocgc"
	files := map[string]string{
		"cpu.folded": stack + " 1", "heap-1.folded": stack + " 1KiB 1KiB", "heap-2.folded": stack + " 2KiB 1KiB",
		"goroutine-1.folded": stack + " 1", "goroutine-2.folded": stack + " 2", "mutex-1.folded": stack + " 1 1us", "mutex-2.folded": stack + " 2 2us",
		"block-1.folded": stack + " 1 1us", "block-2.folded": stack + " 2 2us",
		"goroutines.txt": "goroutine 1 [running]:\nmain.main()\n\tmain.go:3 +0x1\n", "memstats-1.txt": "NumGC = 9\n", "memstats-2.txt": "NumGC = 9\n",
		"trace.json": `{"Window":1000000,"Waits":[{"Reason":"sleep","Count":1,"Total":1000}]}`, "host.json": `{"num_cpu":1}`,
	}
	all := testCase{name: "all"}
	for name, text := range files {
		f := txtar.File{Name: name, Data: []byte(text)}
		all.files = append(all.files, f)
		t.Run(name, func(t *testing.T) { checkQuiet(t, testCase{name: name, files: []txtar.File{f}}) })
	}
	t.Run("all", func(t *testing.T) { checkQuiet(t, all) })
}

func checkQuiet(t *testing.T, c testCase) {
	t.Helper()
	r := run(c.set(t))
	sound(t, r)
	for _, f := range r.Findings {
		t.Errorf("one sample made a finding: %s: %s", f.Rule, f.Title)
	}
}

// corpus calls f with each pattern of testdata/frames as a CPU profile.
func corpus(t *testing.T, f func(name string, set *evidence.Set)) {
	t.Helper()
	files, err := filepath.Glob("../testdata/frames/go*.txtar")
	if err != nil || len(files) < 5 {
		t.Fatalf("testdata/frames: want at least five releases, got %v: %v", files, err)
	}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range a.Files {
			c := testCase{name: s.Name, files: []txtar.File{{Name: "cpu.folded", Data: append([]byte("# duration=200ms period=4ms\n"), s.Data...)}}}
			f(filepath.Base(file)+" "+s.Name, c.set(t))
		}
	}
}

func TestFrames(t *testing.T) {
	findings := 0
	corpus(t, func(name string, set *evidence.Set) {
		r := run(set)
		sound(t, r)
		findings += len(r.Findings)
		for _, f := range r.Findings {
			if p := f.Place(); p != "" && !strings.HasPrefix(p, "main.") {
				t.Errorf("%s: rule %s blames %s, which the program cannot change", name, f.Rule, p)
			}
		}
	})
	if findings < 500 {
		t.Errorf("%d findings in all releases: the rules do not know these frames", findings)
	}
}

// rich is the evidence of every archive's first case, of all kinds that go together.
func rich(t *testing.T) *evidence.Set {
	t.Helper()
	var set *evidence.Set
	files, err := filepath.Glob(filepath.Join(archives, "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		_, cases := readArchive(t, file)
		next := cases[0].set(t)
		if set == nil {
			set = next
			continue
		}
		set.Goroutines = append(set.Goroutines, next.Goroutines...)
		for k, ps := range next.Profiles {
			switch have := set.Profiles[k]; {
			case len(have) == 0:
				set.Profiles[k] = ps
			case k == evidence.CPU:
				set.Profiles[k] = append(have, ps...)
			default: // snapshots are cumulative: join the first with the first, the last with the last
				for i := range min(len(have), len(ps)) {
					if have[i], err = profile.Merge(have[i], ps[i]); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		if next.Sched != nil {
			if set.Sched == nil {
				set.Sched = &exectrace.Summary{}
			}
			set.Sched.Window = max(set.Sched.Window, next.Sched.Window)
			set.Sched.Waits = append(set.Sched.Waits, next.Sched.Waits...)
			set.Sched.STW = append(set.Sched.STW, next.Sched.STW...)
		}
		if len(next.Memory) > len(set.Memory) {
			set.Memory = next.Memory
		}
		for name, facts := range next.Syntax {
			if set.Syntax == nil {
				set.Syntax = evidence.SyntaxFacts{}
			}
			set.Syntax[name] = facts
		}
	}
	return set
}

// TestOrder: neither the order of the rules nor that of maps has a say.
func TestOrder(t *testing.T) {
	set := rich(t)
	limits := diagnose.Limits{MinShare: 1e-4, MinSamples: 3}
	want := diagnose.Run(rules.All(), set, limits)
	sound(t, want)
	if len(want.Findings) < 8 {
		t.Errorf("only %d findings: too few to tell about their order", len(want.Findings))
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		shuffled := slices.Clone(rules.All())
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if d := cmp.Diff(want, diagnose.Run(shuffled, set, limits)); d != "" {
			t.Fatalf("another order of rules gives another report:\n%s", d)
		}
	}
}

// FuzzRules: whatever the evidence says, the rules make a sound report of it.
func FuzzRules(f *testing.F) {
	f.Add([]byte{})
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 7))
		data := make([]byte, 80+40*seed)
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d := dice{data}
		c := d.evidence()
		set := c.set(t)
		r := run(set)
		sound(t, r)
		slices.Reverse(set.Notes)
		if diff := cmp.Diff(r.Findings, run(set).Findings); diff != "" {
			t.Errorf("a second look says something else:\n%s", diff)
		}
	})
}

// dice makes evidence of bytes, each of which decides one thing.
type dice struct{ data []byte }

func (d *dice) roll(n int) int {
	if len(d.data) == 0 {
		return 0
	}
	b := d.data[0]
	d.data = d.data[1:]
	return int(b) % n
}

func (d *dice) pick(list []string) string { return list[d.roll(len(list))] }

var fuzzFrames = []string{
	"main.main:1", "main.(*server).list:66", "main.f[go.shape.struct { A int; B []int }]:3", "main.init.0", "main.F.func1.2:9", "main.F.gowrap1",
	"example.com/lib/v2.NewEngine:4", "example.com/lib/v2.(*T).Lock:2", "gopkg.in/yaml%2ev3.unmarshal:7", "{func} {line}", "%s%!d", "\x1b[31m", "..", "a/", "_.goready.func1",
	"type:.eq.main.T", "C.work", "runtime.mallocgc", "runtime.makeslice", "runtime.mapassign_faststr", "internal/runtime/maps.(*table).rehash",
	"runtime.gcBgMarkWorker", "runtime.gcAssistAlloc", "runtime.bgsweep", "runtime.mcall", "runtime.gosched_m", "runtime.growslice", "runtime.memmove",
	"sync.(*Mutex).Lock", "sync.(*Mutex).Unlock", "sync.(*RWMutex).RLock", "sync.(*Cond).Wait", "regexp.Compile", "fmt.Sprintf", "encoding/json.Marshal",
	"sort.Slice", "context.WithCancel", "time.AfterFunc", "bufio.NewReaderSize", "net/http.(*Client).Do", "net/http.(*Transport).dialConn",
	"net/http.(*persistConn).readLoop", "net/http.(*conn).serve", "net/http.serverHandler.ServeHTTP", "net.(*conn).Write", "internal/poll.(*FD).Write",
	"syscall.Syscall6", "os.ReadFile", "runtime.runFinalizers", "runtime.asyncPreempt", "aeshashbody",
}

var fuzzValues = []string{"1", "7", "40", "1000", "0", "-1", "-5000", "123456789", "4611686018427387903", "9223372036854775807", "-9223372036854775808", "64MiB", "-64MiB", "2s"}

// evidence is a case with any files in it.
func (d *dice) evidence() testCase {
	c := testCase{name: "fuzz"}
	add := func(name, text string) { c.files = append(c.files, txtar.File{Name: name, Data: []byte(text)}) }
	for _, kind := range []string{"cpu", "heap", "allocs", "goroutine", "goroutineleak", "mutex", "block"} {
		for n := range d.roll(4) {
			add(fmt.Sprintf("%s-%d.folded", kind, n+1), d.stacks(kind))
		}
	}
	for n := range d.roll(3) {
		add(fmt.Sprintf("memstats-%d.txt", n+1), fmt.Sprintf("NumGC = %d\nNumForcedGC = %d\nNextGC = %d\nHeapAlloc = %d\nSys = %d\nHeapIdle = %d\nHeapInuse = %d\nBuckHashSys = %d\nGCCPUFraction = %d\n",
			d.size(), d.size(), d.size(), d.size(), d.size(), d.size(), d.size(), d.size(), d.roll(3)))
	}
	for n := range d.roll(3) {
		add(fmt.Sprintf("goroutines-%d.txt", n+1), d.dump())
	}
	if d.roll(2) == 1 {
		add("host.json", fmt.Sprintf(`{"gomaxprocs":%d,"cpu_quota":%d,"memory_limit":%d,"rss":%d,"periods":%d,"throttled":%d,"threads":%d,"fds":%d,"fd_limit":%d,"env_known":true,"gogc":"off","window":%d,"io":{"read_calls":%d,"write_calls":%d,"read_bytes":5,"write_bytes":-5}}`,
			d.roll(200), d.roll(5)-1, d.size(), d.size(), d.size(), d.size(), d.roll(250), d.roll(250), d.roll(250), d.size(), d.size(), d.size()))
	}
	if d.roll(2) == 1 {
		add("syntax.json", fmt.Sprintf(`{%q:{"file":"x.go","start":1,"end":%d,"loops":[{"start":%d,"end":%d,"depth":%d,"over":"s.list","range":true}],"lines":{"66":{"does":[%q]}}}}`,
			"main.(*server).list", d.roll(99), d.roll(99), d.roll(99), d.roll(9)-2, d.pick([]string{"make-map", "field-append", "field-map-assign", "http-client-new", "body-no-close"})))
	}
	if d.roll(2) == 1 {
		wait := fmt.Sprintf(`{"Reason":%q,"Count":%d,"Total":%d,"Max":%d,"Stack":[{"Function":%q},{"Function":%q},{"Function":"net/http.serverHandler.ServeHTTP"}]}`,
			d.pick([]string{"sync", "chan receive", "select", "sleep", ""}), d.size(), d.size(), d.size(), "sync.(*Mutex).Lock", "main.main")
		add("trace.json", fmt.Sprintf(`{"Window":%d,"Created":%d,"ShortLived":%d,"Running":%d,"Runnable":%d,"RunnableLat":{"Count":500,"P99":%d},"STW":[{"Reason":"x","Took":%d,"Stack":[{"Function":"main.main"}]}],"Waits":[%s],"Starts":[{"Function":"main.main","Created":%d,"Runnable":%d}]}`,
			d.size(), d.size(), d.size(), d.size(), d.size(), d.size(), d.size(), wait, d.size(), d.size()))
	}
	return c
}

func (d *dice) stacks(kind string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# duration=%ds at=%ds\n", d.roll(12), d.roll(60))
	for range d.roll(12) {
		frames := []string{d.pick(fuzzFrames)}
		for range d.roll(7) {
			frames = append(frames, d.pick(fuzzFrames))
		}
		fmt.Fprintf(&b, "%s %s", strings.Join(frames, ";"), d.pick(fuzzValues))
		if kind != "cpu" && !strings.HasPrefix(kind, "goroutine") {
			fmt.Fprintf(&b, " %s", d.pick(fuzzValues))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// size is a number of any magnitude; MemStats has no negative ones.
func (d *dice) size() int64 {
	return []int64{0, 1, 3, 100, 4096, 1 << 20, 100 << 20, 1 << 30, 5e9, 1 << 40, 1 << 62, math.MaxInt64}[d.roll(12)]
}

func (d *dice) dump() string {
	var b strings.Builder
	for range 1 + d.roll(4) {
		fmt.Fprintf(&b, "x%d\ngoroutine 9 [%s]:\n", 1+d.roll(150), d.pick([]string{"running", "chan receive (nil chan)", "select, 90 minutes", "IO wait, 20 minutes", "sync.Mutex.Lock, 3 minutes", "semacquire", "sleep"}))
		for range 1 + d.roll(5) {
			name, _, _ := strings.Cut(d.pick(fuzzFrames), ":")
			fmt.Fprintf(&b, "%s(0x1)\n\t/src/x.go:%d +0x1\n", name, d.roll(90))
		}
		b.WriteString("created by main.main in goroutine 1\n\t/src/main.go:7 +0x1\n\n")
	}
	return b.String()
}

// TestRulesShareNothing: a rule says the same alone as it says after all others,
// for it must not change the tables that they share.
func TestRulesShareNothing(t *testing.T) {
	set := rich(t)
	first := map[string]int{}
	var both []diagnose.Rule
	for _, r := range rules.All() {
		check := r.Check
		var before []report.Finding
		both = append(both,
			diagnose.Rule{ID: "a-" + r.ID, Mechanism: r.Mechanism, Needs: r.Needs, Check: func(p *diagnose.Pass) []report.Finding {
				before = check(p)
				first[r.ID] = len(before)
				return nil
			}},
			diagnose.Rule{ID: "b-" + r.ID, Mechanism: r.Mechanism, Needs: r.Needs, Check: func(p *diagnose.Pass) []report.Finding {
				if d := cmp.Diff(before, check(p)); d != "" {
					t.Errorf("rule %s says something else after other rules have looked:\n%s", r.ID, d)
				}
				return nil
			}})
	}
	diagnose.Run(both, set, diagnose.Limits{})
	if len(first) < len(rules.All())/2 {
		t.Errorf("only %d rules ran", len(first))
	}
}

// TestLargeNumbers: an hour of sixty cores is more than a product of two counts
// can hold in 64 bits.
func TestLargeNumbers(t *testing.T) {
	const samples = 60 * 3600 * 100
	small := strings.NewReplacer("N", "1000")
	large := strings.NewReplacer("N", fmt.Sprint(samples/4))
	text := "main.main:1;main.serve:9;example.com/engine.NewEngine:4;example.com/engine.parse:2 N\n" +
		"main.main:1;main.list:5;runtime.makeslice;runtime.mallocgc;runtime.mallocgcSmallNoscan N\n" +
		"net/http.(*Transport).dialConnFor;net/http.(*Transport).dialConn N\n" +
		"main.main:1;main.fetch:7;net/http.(*Client).Do;net/http.(*Transport).RoundTrip N\n"
	titles := func(r *strings.Replacer) (out []string) {
		c := testCase{name: "large", files: []txtar.File{{Name: "cpu.folded", Data: []byte("# duration=3600s\n" + r.Replace(text))}}}
		rep := run(c.set(t))
		sound(t, rep)
		for _, f := range rep.Findings {
			out = append(out, f.Rule+" "+f.Place())
		}
		slices.Sort(out)
		return out
	}
	if d := cmp.Diff(titles(small), titles(large)); d != "" {
		t.Errorf("the same shares of more samples (-few +many):\n%s", d)
	}
}
