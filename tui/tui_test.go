package tui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/disasm"
	"github.com/goperf/goperf/ebpf/gosym"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/flame"
	"github.com/goperf/goperf/internal/folded"
	"github.com/goperf/goperf/listing"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

const shopCPU = `
runtime.main;main.main:12;example.com/shop/cart.(*Server).ServeHTTP:40;example.com/shop/price.Quote:14;regexp.MustCompile:9;regexp.compile:4 35
runtime.main;main.main:12;example.com/shop/cart.(*Server).ServeHTTP:40;example.com/shop/price.Quote:15;regexp.(*Regexp).MatchString:9 5
runtime.main;main.main:12;example.com/shop/cart.(*Server).ServeHTTP:44;encoding/json.Marshal:9;encoding/json.(*encodeState).marshal:8 12
runtime.main;main.main:12;example.com/shop/cart.(*Server).ServeHTTP:44;github.com/x/log/v2.Printf:9;fmt.Sprintf:4 8
runtime.main;main.main:12;example.com/shop/cart.(*Server).ServeHTTP:44;runtime.mallocgc:8;runtime.gcAssistAlloc:5;runtime.systemstack:3 6
runtime.gcBgMarkWorker;runtime.systemstack:3;runtime.gcDrain:7;runtime.scanobject:9 25
net/http.(*conn).serve:5;_Cfunc_hash 5
net/http.(*conn).serve:6;a.b:1 1
net/http.(*conn).serve:6;a.c:1 1
net/http.(*conn).serve:6;a.d:1 1
`

const shopHeap = `
runtime.main;main.main:12;example.com/shop/cart.(*Server).ServeHTTP:40;encoding/json.Marshal:9 64MiB 2MiB
runtime.main;main.main:12;example.com/shop/store.Open:7 8MiB 8MiB
`

var start = time.Date(2026, 9, 21, 14, 13, 20, 0, time.UTC)

func parsed(t testing.TB, text, kind string) *profile.Profile {
	t.Helper()
	enc, err := folded.Encode(text, kind, start, 0)
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(enc.Data, profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// halves is the CPU profile in two slices: the collector is in the second.
func halves(t testing.TB) Profile {
	t.Helper()
	at := strings.Index(shopCPU, "runtime.gcBgMarkWorker")
	p := Profile{Kind: "cpu"}
	for i, text := range []string{shopCPU[:at], "\n" + shopCPU[at:]} {
		half := parsed(t, text, "cpu")
		half.TimeNanos += int64(time.Duration(i) * 5 * time.Second)
		half.DurationNanos = int64(5 * time.Second)
		p.Parts = append(p.Parts, half)
	}
	var err error
	if p.Profile, err = profile.Merge(p.Parts...); err != nil {
		t.Fatal(err)
	}
	return p
}

// shop is what is known of a small service in the end.
func shop(t testing.TB) *Data {
	t.Helper()
	frames := []evidence.DumpFrame{{Function: "runtime.gopark", File: "/go/src/runtime/proc.go", Line: 435}, {Function: "example.com/shop/cart.(*Server).notify", File: "/src/shop/cart/cart.go", Line: 88}}
	dump := func(n int) (d evidence.GoroutineDump) {
		for i := range n {
			d.Goroutines = append(d.Goroutines, evidence.GoroutineState{ID: int64(10 + i), State: "chan receive", Wait: time.Duration(i) * time.Minute, Labels: map[string]string{"endpoint": []string{"/cart", "/warm"}[min(i/10, 1)]}, Frames: frames, CreatedBy: evidence.DumpFrame{Function: "example.com/shop/cart.(*Server).ServeHTTP", File: "/src/shop/cart/cart.go", Line: 40}})
		}
		d.Goroutines = append(d.Goroutines, evidence.GoroutineState{ID: 1, State: "IO wait", Frames: []evidence.DumpFrame{{Function: "internal/poll.runtime_pollWait", Line: 345}, {Function: "net.(*netFD).Read", Line: 55}}})
		return d
	}
	locks := exhibitOf("lock-waits", "Who waits for which lock", "waiting:count|longest|in|for|held by|goroutine|sure",
		"3|< 1 min?|example.com/shop/store.(*DB).Put:20|sync.Mutex 0xc0000140a8|example.com/shop/store.(*DB).Put:23|39, [sleep] time.Sleep|likely: past the lock of the same object",
		"1|4 min|example.com/shop/store.(*DB).Get:35|sync.RWMutex|||not seen: nobody is past the lock in this code")
	return &Data{
		Title:    "shop.goperf",
		Main:     "example.com/shop",
		Profiles: []Profile{halves(t), {Kind: "heap", Profile: parsed(t, shopHeap, "heap")}},
		Groups:   Groups([]evidence.GoroutineDump{dump(3), dump(14)}, nil),
		Looked:   []time.Time{start, start.Add(9 * time.Second)},
		Locks:    &locks,
		Report:   shopReport(),
	}
}

func shopReport() *report.Report {
	r := &report.Report{
		Schema: report.Schema,
		Target: report.Target{Name: "shop.goperf", Module: "example.com/shop", GoVersion: "go1.26.8"},
		From:   start, To: start.Add(10 * time.Second),
		Vitals: []report.Fact{{Text: "CPU", Value: 0.99, Unit: "cores"}, {Text: "live heap", Value: 10 << 20, Unit: "B"}, {Text: "goroutines", Value: 15, Unit: "count"}},
		Gaps:   []report.Gap{{Want: "mutex", Why: "the target does not record it", Hint: "runtime.SetMutexProfileFraction(5)"}},
		Notes:  []string{"the CPU profile has only 99 samples: shares are rough"},
		Findings: []report.Finding{{
			Rule: "regexp-compile", Mechanism: "regexp-compile", Severity: report.Critical, Confidence: 0.96,
			Title:   "price.Quote compiles a regular expression on every call",
			Where:   []report.Frame{{Function: "example.com/shop/price.Quote", File: "/src/shop/price/price.go", Line: 14}, {Function: "regexp.MustCompile"}},
			Cost:    report.Cost{Resource: "cpu", Share: 0.35, Low: 0.26, High: 0.45, Of: "process CPU", Amount: 0.35, Unit: "cores"},
			Saving:  report.Range{Low: 0.33, High: 0.35, Unit: "cores", Share: 0.34, Basis: "what compiling takes"},
			Because: []report.Fact{{Text: "under regexp.MustCompile, called from price.Quote", Value: 0.35, Unit: "ratio", Source: "cpu"}},
			Advice:  []string{"Compile the expression once, in a package variable", "Or keep compiled ones in a map"},
		}, {
			Rule: "goroutine-leak", Mechanism: "goroutine-leak", Severity: report.Warning, Confidence: 0.6,
			Title: "goroutines in cart.(*Server).notify accumulate",
			Where: []report.Frame{{Function: "example.com/shop/cart.(*Server).notify", File: "/src/shop/cart/cart.go", Line: 88}},
			Cost:  report.Cost{Resource: "goroutines", Amount: 11, Unit: "count"},
		}},
	}
	r.Exhibits = shopExhibits()
	r.Asked = []report.Request{{What: "GET /debug/pprof/heap", Seconds: 0.02, Bytes: 2200, Effect: "none to speak of"}}
	return r
}

// source makes up a file for any function.
func source(_ *profile.Profile, f listing.Function) Listing {
	var b strings.Builder
	for i := 1; i < 40; i++ {
		fmt.Fprintf(&b, "\tstatement(%d)\n", i)
	}
	return Listing{Function: f, Path: "/src/shop/some/where/file.go", Proof: "as in commit 90be117c0ffe, which was built", Rows: f.Rows([]byte(b.String()), -1)}
}

// machine makes up the code of any function: each line with values moves something,
// calls what it would call, and has an instruction of what was inlined there.
func machine(p *profile.Profile, column string, f listing.Function) Assembly {
	_, callees := callsOf(p, column, f.Name)
	r := disasm.Routine{Name: f.Name, Flat: f.Flat, Cum: f.Cum}
	addr := uint64(0x6a3f20)
	add := func(flat, cum int64, text string, frames ...gosym.Frame) {
		in := disasm.Line{Flat: flat, Cum: cum, Frames: frames}
		in.Addr, in.Len, in.Text = addr, 5, text
		r.Lines = append(r.Lines, in)
		addr += 5
	}
	for _, l := range f.Lines {
		own := gosym.Frame{Func: f.Name, File: f.File, Line: int(l.N)}
		add(l.Flat, l.Flat, "MOVQ 0x8(AX), BX", own)
		add(0, 0, "CMPQ BX, $0x7", gosym.Frame{Func: "strings.\x1b[31mcount", File: "/go/src/strings/search.go", Line: 41, Inlined: true}, own)
		if to := callees[l.N].name; to != "" {
			add(0, l.Cum-l.Flat, "CALL "+to+"(SB)", own)
		}
		addr += 3 // something else lies between
	}
	inlined := r
	inlined.Into, inlined.Lines = "main.main", r.Lines[:min(len(r.Lines), 2)]
	return Assembly{Arch: "amd64", Path: "/srv/bin/shopd", Routines: []disasm.Routine{r, inlined}}
}

// began is a program that has had data, on a terminal of a size.
func began(t testing.TB, d *Data, o Options, width, height int) *Model {
	t.Helper()
	o.List, o.Explain = source, meaning
	if o.Asm == nil {
		o.Asm = machine
	}
	m := newModel(context.Background(), o)
	m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	if d != nil {
		m.settle(func() tea.Msg { return dataMsg{d} })
	}
	return m
}

// press presses keys, one after the other, and lets what follows happen.
func (m *Model) press(keys ...string) {
	for _, k := range keys {
		m.View() // as the program does after each message
		if text, ok := strings.CutPrefix(k, "type:"); ok {
			for _, r := range text {
				m.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
			}
			continue
		}
		_, cmd := m.Update(pressed(k))
		m.settle(cmd)
	}
}

// digit is the usual key of a screen.
func (s screenID) digit() string { return string("1234567890"[s]) }

func pressed(k string) tea.KeyPressMsg {
	for name, code := range map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "up": tea.KeyUp, "down": tea.KeyDown, "left": tea.KeyLeft, "right": tea.KeyRight, "pgdown": tea.KeyPgDown, "pgup": tea.KeyPgUp, "end": tea.KeyEnd, "home": tea.KeyHome, "backspace": tea.KeyBackspace} {
		if k == name {
			return tea.KeyPressMsg{Code: code}
		}
	}
	if rest, ok := strings.CutPrefix(k, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(rest[0]), Mod: tea.ModCtrl}
	}
	r := []rune(k)[0]
	return tea.KeyPressMsg{Code: r, Text: k}
}

// shown is the frame as cells of a terminal.
func shown(m *Model) uv.ScreenBuffer {
	buf := uv.NewScreenBuffer(m.frame.width, m.frame.height)
	uv.NewStyledString(m.View().Content).Draw(buf, buf.Bounds())
	return buf
}

// text is what the cells say, without spaces at the ends of lines.
func text(buf uv.ScreenBuffer) string {
	var b strings.Builder
	for y := range buf.Height() {
		var line strings.Builder
		for x := 0; x < buf.Width(); x++ {
			c := buf.CellAt(x, y)
			if c == nil || c.Content == "" {
				if c == nil || c.Width > 0 {
					line.WriteByte(' ')
				}
				continue
			}
			line.WriteString(c.Content)
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}

// paints is a letter for each kind of colours in the cells, in the order in which they appear.
func paints(buf uv.ScreenBuffer) string {
	var b strings.Builder
	letters := map[string]byte{"": '.'}
	for y := range buf.Height() {
		for x := range buf.Width() {
			style := ""
			if c := buf.CellAt(x, y); c != nil && (c.Style.Bg != nil || c.Style.Fg != nil || c.Style.Attrs != 0) {
				style = fmt.Sprint(c.Style.Fg, c.Style.Bg, c.Style.Attrs)
			}
			if letters[style] == 0 {
				letters[style] = byte('a' + (len(letters)-1)%26)
			}
			b.WriteByte(letters[style])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

var trueColor = Options{Looks: Looks{Colors: flame.TrueColor}}

// idle is a service that did next to nothing while its CPU profile was taken.
func idle(t testing.TB) *Data {
	d := shop(t)
	d.Profiles[0] = Profile{Kind: "cpu", Profile: parsed(t, "\nmain.main 0\n", "cpu")}
	return d
}

func healthy(t testing.TB) *Data {
	d := shop(t)
	r := *d.Report
	r.Findings = nil
	r.Evidence = []report.Seen{{Kind: "cpu", Count: 3, Samples: 99, Seconds: 10}}
	d.Report = &r
	return d
}

func nothing(t testing.TB) *Data {
	d := shop(t)
	r := *d.Report
	r.Exhibits = nil
	r.Target.Name = "http://10.0.3.7:6060"
	r.Gaps = []report.Gap{
		{Want: "cpu", Why: "somebody else was taking a CPU profile", Hint: "try again"},
		{Want: "goroutine", Why: "the target answered 403 Forbidden", Hint: "log in with --bearer-file"},
		{Want: "heap", Why: "it did not come within 10 s", Hint: "try --duration 1m"},
		{Want: "mutex", Why: "the target does not record it", Hint: "runtime.SetMutexProfileFraction(5)"},
		{Want: "tcp", Why: "the kernel refuses: operation not permitted", Hint: "run it as root, or with CAP_BPF and CAP_PERFMON"},
	}
	r.Evidence = []report.Seen{{Kind: "host", Seconds: 10}}
	return &Data{Title: "shop.goperf", Report: &r}
}

func failed(testing.TB) *Data {
	return &Data{Title: "http://127.0.0.1:1", Err: fmt.Errorf("http://127.0.0.1:1: connection refused\nby the \x1b[31mhost")}
}

func collecting(testing.TB) *Data {
	return &Data{Title: "http://127.0.0.1:6060", Live: true, Collecting: &Collecting{Doing: "profiling the CPU, 4s", Elapsed: 3 * time.Second, Window: 30 * time.Second, Samples: 121, Arrived: []Arrived{{"heap", 2200, 0}, {"cpu", 31000, 1}}, Ahead: []string{"CPU profile: slices for 27s more", "diagnosis"}, Gaps: []report.Gap{{Want: "tcp", Why: "permission denied", Hint: "run as root"}}}}
}

func growing(t testing.TB) *Data {
	d := collecting(t)
	d.Profiles, d.Main = shop(t).Profiles[:1], "example.com/shop"
	return d
}

// differs is a comparison: its profiles are differences.
func differs(t testing.TB) *Data {
	base := parsed(t, shopCPU, "cpu")
	next := parsed(t, strings.Replace(strings.Replace(shopCPU, "compile:4 35", "compile:4 70", 1), "_Cfunc_hash 5", "brand.New 9", 1), "cpu")
	d, err := next.Against(base)
	if err != nil {
		t.Fatal(err)
	}
	return &Data{Title: "old to new", Main: "example.com/shop", Profiles: []Profile{{Kind: "cpu", Profile: d, Base: base}}, Report: comparison()}
}

// checkFrame holds a frame to the size of the terminal, and to escape sequences
// that set colours and nothing else.
func checkFrame(t testing.TB, m *Model) {
	t.Helper()
	frame := m.View().Content
	lines := strings.Split(frame, "\n")
	if len(lines) > m.frame.height {
		t.Errorf("%d lines on a terminal of %dx%d", len(lines), m.frame.width, m.frame.height)
	}
	for _, line := range lines {
		if n := width(line); n > m.frame.width {
			t.Errorf("a line of %d columns on a terminal of %dx%d: %q", n, m.frame.width, m.frame.height, line)
		}
	}
	if other := strings.IndexFunc(frame, func(r rune) bool { return r > 0x7e }); m.o.Looks.ASCII && other >= 0 {
		t.Errorf("not ASCII: %q", frame[other:min(other+80, len(frame))])
	}
	if bad := strings.IndexFunc(sgrs.ReplaceAllString(frame, ""), func(r rune) bool { return r != '\n' && (r < ' ' || r == 0x7f || r == 0x202e) }); bad >= 0 {
		t.Errorf("a control character in the frame at %d: %q", bad, sgrs.ReplaceAllString(frame, "")[bad:])
	}
}

func TestUnchangedFrameIsNotDrawnAgain(t *testing.T) {
	m := began(t, shop(t), trueColor, 80, 24)
	before := m.View().Content
	m.Update(struct{}{})
	if m.frame.stale {
		t.Error("a message that means nothing makes a new frame")
	}
	if allocs := testing.AllocsPerRun(100, func() { m.View() }); allocs > 0 || m.View().Content != before {
		t.Errorf("the same frame again takes %v allocations", allocs)
	}
}

// A frame of the flame graph is one allocation: the string that View returns.
func TestFlameAllocations(t *testing.T) {
	m := began(t, shop(t), trueColor, 200, 50)
	for _, keys := range [][]string{{"2", "j"}, {"j", "j", "enter"}, {"/", "type:json", "enter"}} {
		m.press(keys...)
		m.status = ""
		m.draw()
		if allocs := testing.AllocsPerRun(100, func() { m.draw() }); allocs > 1 {
			t.Errorf("after %q a frame takes %v allocations", keys, allocs)
		}
	}
}

func TestNoKeyMeansTwoThings(t *testing.T) {
	for at := range screenCount {
		seen := map[string]string{}
		for _, k := range keys {
			if k.where&(1<<at) == 0 {
				continue
			}
			for _, name := range k.Keys {
				if seen[name] != "" {
					t.Errorf("%s: %q is %q and %q", screenNames[at], name, seen[name], k.Help)
				}
				seen[name] = k.Help
			}
		}
	}
}

// What was chosen is kept by name when there is more data.
func TestKeptByPath(t *testing.T) {
	m := began(t, growing(t), trueColor, 120, 36)
	m.press("2", "j", "j", "j", "enter", "j")
	before, zoom := m.flame().name(), m.flame().zoomPath()
	d := shop(t)
	d.Profiles[0].Profile = parsed(t, "aaa.first;bbb 900\n"+shopCPU, "cpu")
	m.settle(func() tea.Msg { return dataMsg{d} })
	if got := m.flame(); got.name() != before || got.zoomPath() != zoom || before == "" || zoom == "" {
		t.Errorf("selection %q, zoom %q; want %q, %q", got.name(), got.zoomPath(), before, zoom)
	}
}

func TestUndo(t *testing.T) {
	m := began(t, shop(t), trueColor, 120, 36)
	m.press("2")
	first := text(shown(m))
	m.press("j", "j", "j", "enter")
	zoom := m.flame().zoomPath()
	m.press("f", "p", "u", "u")
	if m.seen.lens != (lens{}) || m.flame().zoomPath() != zoom {
		t.Errorf("after two steps back: %+v, zoom %q", m.seen.lens, m.flame().zoomPath())
	}
	m.press("u")
	if m.flame().zoomPath() != "" {
		t.Errorf("after three steps back zoom is %q", m.flame().zoomPath())
	}
	m.press("ctrl+r", "ctrl+r")
	if m.seen.lens.focus == "" || m.flame().zoomPath() == "" {
		t.Errorf("after two steps forward: %+v, zoom %q", m.seen.lens, m.flame().zoomPath())
	}
	m.press("u", "u", "home")
	if diff := cmp.Diff(first, text(shown(m))); diff != "" {
		t.Error(diff)
	}
}

// The command that y copies shows what is shown.
func TestCommand(t *testing.T) {
	m := began(t, shop(t), Options{Args: []string{"my shop.goperf"}}, 120, 36)
	m.press("2", "j", "j", "j", "enter", "/", "type:it's", "enter", "p")
	want := `goperf tui 'my shop.goperf' --screen flame --own --search 'it'\''s'`
	got := m.command()
	if !strings.HasPrefix(got, want) {
		t.Errorf("%s\nwant %s...", got, want)
	}
	if !slices.Contains([]string{"''"}, quote("")) || quote("a/b:c=1") != "a/b:c=1" || quote("a;b") != "'a;b'" {
		t.Error(quote(""), quote("a/b:c=1"), quote("a;b"))
	}
}

func sized(width, height int) tea.WindowSizeMsg {
	return tea.WindowSizeMsg{Width: width, Height: height}
}

// More data is awaited when that which came last is seen, where it is shown; and
// what has the same profiles is not looked at again.
func TestFeedWaitsForTheLook(t *testing.T) {
	d := shop(t)
	for _, test := range []struct {
		screen screenID
		held   bool
	}{{overviewScreen, false}, {flameScreenID, true}, {topScreenID, true}, {goroutineScreen, false}} {
		m := newModel(t.Context(), trueColor)
		m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
		m.at = test.screen
		m.next(d)
		if m.feed.held != test.held {
			t.Errorf("%s: more is put off: %t", screenNames[test.screen], m.feed.held)
		}
		_, more := m.Update(&look{m.seen.number, m.seen.lens.look(d, allNodes)})
		if m.feed.held || more == nil {
			t.Errorf("%s: more is not awaited after the look", screenNames[test.screen])
		}
		seen := m.seen
		again := *d
		again.Title = "again"
		if m.next(&again); m.seen != seen || m.feed.held {
			t.Errorf("%s: the same profiles are looked at again", screenNames[test.screen])
		}
		other := again
		other.Profiles = other.Profiles[1:]
		if m.next(&other); m.seen.number == seen.number {
			t.Errorf("%s: other profiles are not looked at", screenNames[test.screen])
		}
	}
}
