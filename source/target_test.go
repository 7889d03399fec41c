package source

import (
	"bytes"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	httppprof "net/http/pprof"
	"os"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goperf/goperf/evidence"
)

// What the process can record only one of at a time, recorded once.
var canned struct{ cpu, trace []byte }

func TestMain(m *testing.M) {
	var cpu, tr bytes.Buffer
	if err := pprof.StartCPUProfile(&cpu); err != nil {
		log.Fatal(err)
	}
	if err := trace.Start(&tr); err != nil {
		log.Fatal(err)
	}
	burn(300 * time.Millisecond)
	trace.Stop()
	pprof.StopCPUProfile()
	canned.cpu, canned.trace = cpu.Bytes(), tr.Bytes()
	os.Exit(m.Run())
}

// burn keeps a core busy; it is what the canned profile shows.
func burn(d time.Duration) {
	n := 0
	for end := time.Now().Add(d); time.Now().Before(end); {
		for i := range 10_000 {
			n += i * n
		}
	}
	runtime.KeepAlive(n)
}

// target is a service whose profiles come at once: snapshots are real, windows
// are canned. Handlers by name take the place of its own.
type target struct {
	prefix string
	on     map[string]http.HandlerFunc // by the name of a profile; "" is the index page

	mu    sync.Mutex
	asked []string
}

func (t *target) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	t.asked = append(t.asked, r.URL.RequestURI())
	t.mu.Unlock()
	name, ok := strings.CutPrefix(r.URL.Path, t.prefix+"/debug/pprof/")
	if !ok {
		if h := t.on[r.URL.Path]; h != nil {
			h(w, r)
			return
		}
		http.NotFound(w, r)
		return
	}
	if h := t.on[name]; h != nil {
		h(w, r)
		return
	}
	r.URL.Path = "/debug/pprof/" + name
	switch name {
	case "cmdline":
		httppprof.Cmdline(w, r)
	case "profile":
		w.Write(canned.cpu)
	case "trace":
		w.Write(canned.trace)
	default:
		httppprof.Index(w, r)
	}
}

// requests are those asked so far for one profile.
func (t *target) requests(name string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var some []string
	for _, a := range t.asked {
		if rest, ok := strings.CutPrefix(a, t.prefix+"/debug/pprof/"+name); ok && (rest == "" || rest[0] == '?') {
			some = append(some, strings.TrimPrefix(rest, "?"))
		}
	}
	return some
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// noWait is a clock's After on which no test has to wait.
func noWait(time.Duration) <-chan time.Time {
	c := make(chan time.Time, 1)
	c <- time.Time{}
	return c
}

func testDeps() Deps {
	// Processes are another test's subject.
	return Deps{After: noWait, Proc: "/nonexistent", Cgroup: "/nonexistent"}
}

func mustParse(t *testing.T, name string, deps Deps) Source {
	t.Helper()
	s, err := Parse(name, deps)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func collect(t *testing.T, name string, want Plan) *evidence.Capture {
	t.Helper()
	c, err := mustParse(t, name, testDeps()).Collect(t.Context(), want, nil)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return c
}

func collectErr(t *testing.T, name string, want Plan) error {
	t.Helper()
	_, err := mustParse(t, name, testDeps()).Collect(t.Context(), want, nil)
	if err == nil {
		t.Fatalf("%s: no error", name)
	}
	return err
}

func blobs(c *evidence.Capture, kind evidence.Kind) []evidence.Blob {
	var some []evidence.Blob
	for _, b := range c.Blobs {
		if b.Kind == kind {
			some = append(some, b)
		}
	}
	return some
}

func gaps(c *evidence.Capture, kind evidence.Kind) string {
	var some []string
	for _, g := range c.Gaps {
		if g.Want == kind {
			some = append(some, g.Why+" | "+g.Hint)
		}
	}
	return strings.Join(some, "\n")
}

// quietly is the plan of most tests.
func quietly() Plan { return Plan{Duration: 6 * time.Second, NoSyntax: true, GC: WhenNever} }

func wantGap(t *testing.T, c *evidence.Capture, kind evidence.Kind, words ...string) {
	t.Helper()
	got := gaps(c, kind)
	for _, w := range words {
		if !strings.Contains(got, w) {
			t.Errorf("gaps of %s: %q: want %q in it", kind, got, w)
		}
	}
}

// real is a mux with net/http/pprof as a program has it.
func realTarget() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", httppprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", httppprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", httppprof.Profile)
	mux.HandleFunc("/debug/pprof/trace", httppprof.Trace)
	return mux
}

// TestRealTarget takes everything from the real net/http/pprof. It alone may
// profile this process's CPU, so it does not run beside others.
func TestRealTarget(t *testing.T) {
	old := runtime.SetMutexProfileFraction(1)
	runtime.SetBlockProfileRate(1)
	defer func() {
		runtime.SetMutexProfileFraction(old)
		runtime.SetBlockProfileRate(0)
	}()
	contend()
	stop := make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				burn(10 * time.Millisecond)
			}
		}
	})
	var told []Progress
	src := mustParse(t, serve(t, realTarget()), Deps{})
	c, err := src.Collect(t.Context(), Plan{Duration: time.Second}, func(p Progress) { told = append(told, p) })
	close(stop)
	work.Wait()
	if err != nil {
		t.Fatal(err)
	}
	for kind, n := range map[evidence.Kind]int{
		evidence.CPU: 1, evidence.Trace: 1, evidence.Heap: 2, evidence.HeapText: 2, evidence.Goroutine: 2,
		evidence.GoroutineText: 2, evidence.Mutex: 2, evidence.Block: 2, evidence.ThreadCreate: 1, evidence.Cmdline: 1, evidence.Index: 1,
	} {
		if got := blobs(c, kind); len(got) != n {
			t.Errorf("%d blobs of %s, want %d (%s)", len(got), kind, n, gaps(c, kind))
		}
	}
	if len(blobs(c, evidence.Allocs)) > 0 {
		t.Error("allocs was pulled beside heap, which holds the same")
	}
	set := evidence.Decode(c)
	if p, ok := set.Last(evidence.CPU); !ok || p.NumSamples() == 0 {
		t.Error("no CPU samples of a busy process")
	}
	if len(c.Asked) < 15 {
		t.Errorf("asked: %v", c.Asked)
	}
	for _, a := range c.Asked {
		if !strings.HasPrefix(a.What, "GET /") || a.Took <= 0 {
			t.Errorf("asked: %+v", a)
		}
	}
	last := told[len(told)-1]
	if last.Samples == 0 || last.Bytes == 0 || last.Window != time.Second || last.Elapsed != time.Second {
		t.Errorf("last progress: %+v", last)
	}
	if runtime.GOOS == "linux" {
		checkOwnProcess(t, c)
	}
}

// checkOwnProcess looks at what was found out about this test as a process.
func checkOwnProcess(t *testing.T, c *evidence.Capture) {
	t.Helper()
	if c.Target.PID != os.Getpid() {
		t.Errorf("pid %d, want %d (%s)", c.Target.PID, os.Getpid(), gaps(c, evidence.HostLimits))
	}
	b := blobs(c, evidence.BuildInfo)
	if len(b) != 1 || !strings.Contains(string(b[0].Data), "go\t"+runtime.Version()) {
		t.Errorf("build info: %v", b)
	}
	host := evidence.Decode(c).Host
	if host.NumCPU != runtime.NumCPU() || host.Threads == 0 || host.RSS == 0 || host.FDs == 0 || host.CPUTime <= 0 || host.Window < time.Second || !host.EnvKnown {
		t.Errorf("host: %+v", host)
	}
	facts := evidence.Decode(c).Syntax
	if _, ok := facts["github.com/goperf/goperf/source.burn"]; !ok {
		t.Errorf("no facts about burn, which is most of the CPU profile: %d facts; %s", len(facts), gaps(c, evidence.Syntax))
	}
}

// contend makes one goroutine wait for a lock that another holds.
func contend() {
	var mu sync.Mutex
	mu.Lock()
	waiting := make(chan struct{})
	done := make(chan struct{})
	go func() {
		close(waiting)
		mu.Lock()
		mu.Unlock() //nolint:staticcheck // the wait is the point
		close(done)
	}()
	<-waiting
	burn(5 * time.Millisecond)
	mu.Unlock()
	<-done
}

// TestSlices is the schedule of the default window.
func TestSlices(t *testing.T) {
	t.Parallel()
	tg := &target{}
	c := collect(t, serve(t, tg), Plan{NoSyntax: true})
	want := []string{"seconds=1", "seconds=2", "seconds=4", "seconds=8", "seconds=8", "seconds=7"}
	if got := tg.requests("profile"); !slices.Equal(got, want) {
		t.Errorf("slices %v, want %v", got, want)
	}
	if got := tg.requests("trace"); !slices.Equal(got, []string{"seconds=2"}) {
		t.Errorf("traces %v", got)
	}
	for i, b := range blobs(c, evidence.CPU) {
		if b.Name != fmt.Sprintf("cpu-%d.pb.gz", i+1) || fmt.Sprintf("seconds=%g", b.Asked.Seconds()) != want[i] || !strings.HasSuffix(b.URL, "/debug/pprof/profile?"+want[i]) {
			t.Errorf("slice %d: %s, %v, %s", i, b.Name, b.Asked, b.URL)
		}
	}
	if n := len(blobs(c, evidence.Goroutine)); n != 7 {
		t.Errorf("%d goroutine snapshots, want one on each end and between slices", n)
	}
	if c.Target.Kind != "url" || c.From.IsZero() || c.To.Before(c.From) {
		t.Errorf("capture: %+v, %v to %v", c.Target, c.From, c.To)
	}
}

func TestNextSlice(t *testing.T) {
	t.Parallel()
	for _, seconds := range []int{1, 2, 3, 5, 6, 7, 8, 10, 15, 30, 31, 60, 120, 600, 3600} {
		window := time.Duration(seconds) * time.Second
		for _, most := range []time.Duration{window, 3 * time.Second, time.Second} {
			sum, longest := time.Duration(0), time.Duration(0)
			for i := 0; sum < window; i++ {
				d := nextSlice(i, window, window-sum, most)
				if d < time.Second || d%time.Second != 0 || d > most {
					t.Fatalf("window %v, most %v: slice %d is %v", window, most, i, d)
				}
				sum += d
				longest = max(longest, d)
			}
			if sum != window {
				t.Errorf("window %v, most %v: slices add up to %v", window, most, sum)
			}
			if window <= time.Minute && longest > 12*time.Second {
				t.Errorf("window %v: a slice of %v", window, longest)
			}
		}
	}
}
