package evidence

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestDumpOfEveryVersion reads the goroutines that internal/gen parks.
func TestDumpOfEveryVersion(t *testing.T) {
	for _, dir := range versions(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			data := read(t, dir, "goroutine.txt")
			all, doubt, err := parseDump(data)
			if err != nil || doubt != "" {
				t.Fatalf("%v, %q", err, doubt)
			}
			if want := strings.Count("\n"+string(data), "\ngoroutine "); len(all) != want {
				t.Errorf("%d goroutines, the page has %d", len(all), want)
			}
			states := map[string]int{}
			for _, g := range all {
				states[g.State]++
				checkGoroutine(t, g)
			}
			waitGroup := "sync.WaitGroup.Wait"
			if strings.HasPrefix(filepath.Base(dir), "go1.22") {
				waitGroup = "semacquire"
			}
			want := map[string]int{
				"running": 1, "chan send": 3, "chan receive": 4, "chan receive (nil chan)": 1, "chan send (nil chan)": 1,
				"select (no cases)": 1, "select": 1, "sync.RWMutex.RLock": 1, "sync.Mutex.Lock": 1, "sleep": 1,
				"sync.Cond.Wait": 1, waitGroup: 1, "IO wait": 1,
			}
			if diff := cmp.Diff(want, states); diff != "" {
				t.Errorf("states (-want +got):\n%s", diff)
			}
			checkParked(t, all, filepath.Base(dir))
		})
	}
}

func checkGoroutine(t *testing.T, g GoroutineState) {
	t.Helper()
	if len(g.Frames) == 0 || g.ID == 0 {
		t.Errorf("goroutine %d has no frames: %+v", g.ID, g)
	}
	for _, f := range append(g.Frames, g.CreatedBy) {
		if f.Function == "" && g.ID != 1 || f.Function != "" && (!strings.HasSuffix(f.File, ".go") || f.Line == 0) {
			t.Errorf("goroutine %d: frame %+v", g.ID, f)
		}
		if strings.ContainsAny(f.Function, " \t\n") || strings.Contains(f.Args, ")") {
			t.Errorf("goroutine %d: frame %+v", g.ID, f)
		}
	}
	if g.ID == 1 {
		return
	}
	if g.Wait != time.Minute {
		t.Errorf("goroutine %d waits %s, not the minute that it did", g.ID, g.Wait)
	}
	if g.Creator == 0 {
		t.Errorf("goroutine %d has no creator", g.ID)
	}
}

// checkParked looks at goroutines that differ from the others.
func checkParked(t *testing.T, all []GoroutineState, version string) {
	t.Helper()
	locked, labelled, deepest, inlined, args := 0, 0, 0, 0, 0
	for _, g := range all {
		if g.Locked {
			locked++
		}
		if len(g.Labels) > 0 {
			labelled++
			want := map[string]string{"plain": "value", "odd key": `a "b"], {c}: ü`}
			if diff := cmp.Diff(want, g.Labels); diff != "" {
				t.Error(diff)
			}
		}
		deepest = max(deepest, len(g.Frames))
		for _, f := range g.Frames {
			if strings.HasPrefix(f.Args, "0x") {
				args++
			}
			if f.Args == "" {
				inlined++
			}
		}
	}
	if locked != 1 {
		t.Errorf("%d goroutines are locked to a thread, want 1", locked)
	}
	if want := strings.HasPrefix(version, "go1.26") || strings.HasPrefix(version, "go1.27"); (labelled == 1) != want {
		t.Errorf("%d goroutines have labels", labelled)
	}
	if deepest < 95 || deepest > 101 {
		t.Errorf("the deepest stack has %d frames: the runtime prints 100 of the 151", deepest)
	}
	if inlined == 0 || args == 0 {
		t.Errorf("%d frames without and %d with arguments", inlined, args)
	}
}

func TestDumpHeaders(t *testing.T) {
	for line, want := range map[string]GoroutineState{
		"goroutine 1 [running]:":                                       {ID: 1, State: "running"},
		"goroutine 18 [chan receive, 47 minutes]:":                     {ID: 18, State: "chan receive", Wait: 47 * time.Minute},
		"goroutine 7 [syscall, 2 minutes, locked to thread]:":          {ID: 7, State: "syscall", Wait: 2 * time.Minute, Locked: true},
		"goroutine 7 [select (no cases)]:":                             {ID: 7, State: "select (no cases)"},
		"goroutine 7 [chan send (nil chan), 3 minutes]:":               {ID: 7, State: "chan send (nil chan)", Wait: 3 * time.Minute},
		"goroutine 7 [select (leaked)]:":                               {ID: 7, State: "select", Leaked: true},
		"goroutine 7 [chan receive (leaked) (scan)]:":                  {ID: 7, State: "chan receive", Leaked: true},
		"goroutine 7 [running (scan)]:":                                {ID: 7, State: "running"},
		"goroutine 7 [sleep (durable), synctest bubble 9]:":            {ID: 7, State: "sleep"},
		"goroutine 7 gp=0xc000002380 m=0 mp=0x5 [running]:":            {ID: 7, State: "running"},
		"goroutine 7 gp=0xc000002380 m=nil [sync.Mutex.Lock]:":         {ID: 7, State: "sync.Mutex.Lock"},
		`goroutine 7 [select, 1 minutes labels:{"a": "]:", "b": ""}]:`: {ID: 7, State: "select", Wait: time.Minute, Labels: map[string]string{"a": "]:", "b": ""}},
		`goroutine 7 [select] {path: /a/b, "k k": "v\x01"}:`:           {ID: 7, State: "select", Labels: map[string]string{"path": "/a/b", "k k": "v\x01"}},
		"goroutine 7 [select, 999999999999999 minutes]:":               {ID: 7, State: "select", Wait: 153722867 * time.Minute},
	} {
		got, ok := parseHeader(line)
		if !ok {
			t.Errorf("%s: not read", line)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", line, diff)
		}
	}
	for _, line := range []string{"goroutine x [running]:", "goroutine 1 [running", "goroutine 1 running:", "goroutine -1 [running]:", "goroutine 99999999999999999999 [x]:"} {
		if g, ok := parseHeader(line); ok {
			t.Errorf("%s: read as %+v", line, g)
		}
	}
}

// crash is what a program prints that dies, in a log.
const crash = `2026/01/02 15:04:05 something before
fatal error: all goroutines are asleep - deadlock!

goroutine 1 [running]:
panic({0x45c1a0?, 0x4a2b30?})
	/go/src/runtime/panic.go:792 +0x132 fp=0xc0 sp=0xc1 pc=0x43
main.(*T[...]).Do.func1.2(0xc000012345, {0x1, 0x2, ...}, _)
	/src/has space/main.go:12 +0x1f
main.caller(...)
	C:/src/main.go:20
...12 frames elided...
main.main()
	/src/main.go:30 +0x25

goroutine 5 [runnable]:
	goroutine running on other thread; stack unavailable
created by main.main in goroutine 1
	/src/main.go:31 +0x30

goroutine 6 [semacquire, 12 minutes]:
main.f()
	/src/main.go:40 +0x1
...additional frames elided...
created by net/http.(*Server).Serve
	/go/src/net/http/server.go:3086 +0x5cb
[originating from goroutine 9]:
net/http.(*Server).Serve(...)
	/go/src/net/http/server.go:1
exit status 2
`

func TestDumpOfACrash(t *testing.T) {
	got, doubt, err := parseDump([]byte(crash))
	if err != nil || doubt != "" {
		t.Fatal(err, doubt)
	}
	want := []GoroutineState{
		{ID: 1, State: "running", Frames: []DumpFrame{
			{"runtime.gopanic", "/go/src/runtime/panic.go", 792, "{0x45c1a0?, 0x4a2b30?}"},
			{"main.(*T[...]).Do.func1.2", "/src/has space/main.go", 12, "0xc000012345, {0x1, 0x2, ...}, _"},
			{"main.caller", "C:/src/main.go", 20, ""},
			{"main.main", "/src/main.go", 30, ""},
		}},
		{ID: 5, State: "runnable", CreatedBy: DumpFrame{"main.main", "/src/main.go", 31, ""}, Creator: 1},
		{
			ID: 6, State: "semacquire", Wait: 12 * time.Minute,
			Frames:    []DumpFrame{{"main.f", "/src/main.go", 40, ""}},
			CreatedBy: DumpFrame{"net/http.(*Server).Serve", "/go/src/net/http/server.go", 3086, ""},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	windows, _, err := parseDump([]byte(strings.ReplaceAll(crash, "\n", "\r\n")))
	if diff := cmp.Diff(want, windows); err != nil || diff != "" {
		t.Errorf("with \\r\\n: %v (-want +got):\n%s", err, diff)
	}
}

func TestDumpDoubts(t *testing.T) {
	for _, c := range []struct{ name, text, doubt, err string }{
		{"cut", crash[:len(crash)-500], "cut off after", ""},
		{"odd header", strings.Replace(crash, "goroutine 5 [runnable]:", "goroutine 5 [runnable", 1), "line 15", ""},
		{"no goroutine", "hello\nworld\n", "", "no goroutine in it"},
		{"bad header alone", "goroutine x [y]:\n", "", "line 1"},
		{"empty line", "\n", "", "no goroutine in it"},
	} {
		_, doubt, err := parseDump([]byte(c.text))
		if !strings.Contains(doubt, c.doubt) || (c.doubt == "") != (doubt == "") {
			t.Errorf("%s: doubt %q, want %q", c.name, doubt, c.doubt)
		}
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.err)
		}
	}
}

func FuzzGoroutineText(f *testing.F) {
	for _, dir := range versions(f) {
		f.Add(read(f, dir, "goroutine.txt"))
	}
	f.Add([]byte(crash))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return // Decode refuses it before
		}
		all, doubt, err := parseDump(data)
		if (err == nil) == (len(all) == 0) {
			t.Fatalf("%d goroutines and error %v", len(all), err)
		}
		if strings.Contains(doubt, "\n") || err != nil && strings.Contains(err.Error(), "\n") {
			t.Fatalf("more than a line: %q, %v", doubt, err)
		}
		frames := 0
		for _, g := range all {
			frames += len(g.Frames)
			if g.ID < 0 || g.Wait < 0 || g.CreatedBy.Line < 0 {
				t.Fatalf("negative: %+v", g)
			}
		}
		if lines := strings.Count(string(data), "\n") + 1; 2*frames+len(all) > lines {
			t.Fatalf("%d goroutines and %d frames out of %d lines", len(all), frames, lines)
		}
		dump := GoroutineDump{Goroutines: all}
		sum := 0
		for _, g := range dump.Groups() {
			sum += g.Count
		}
		if sum != len(all) {
			t.Fatalf("groups hold %d of %d goroutines", sum, len(all))
		}
	})
}
