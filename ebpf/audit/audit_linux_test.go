package audit

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goperf/goperf/ebpf/audit/policy"
	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/ebpf/probe/probetest"
	"github.com/goperf/goperf/kernel"
)

// trail keeps what happened, in order.
type trail struct {
	mu     sync.Mutex
	events []Event
}

func (tr *trail) add(e Event) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.events = append(tr.events, e)
}

// wait lets the events come that were there before.
func (tr *trail) wait(t *testing.T, n int) {
	t.Helper()
	for range 1000 {
		if len(tr.said()) >= n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("only %q after 10 s", tr.said())
}

// said is the events as lines: kind, subject, result, verdict, line of the rule.
func (tr *trail) said() []string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	var all []string
	for _, e := range tr.events {
		line := ""
		if f := strings.Split(e.Rule, ":"); len(f) > 1 {
			line = " by line " + f[1]
		}
		all = append(all, fmt.Sprintf("%s %s is %s%s: %s", e.Kind, e.Subject, e.Verdict, line, e.Result))
	}
	return all
}

func parse(t *testing.T, text string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse("p.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// begin starts the probe on a program that does what it is told.
func begin(t *testing.T, o Options) (*probetest.Program, probe.Session) {
	t.Helper()
	probetest.Need(t, Probe(Options{}))
	p := probetest.Run(t, probetest.Build(t, "internal/truth/attempts", "-ldflags=-s -w"))
	s, err := Probe(o).Start(t.Context(), probe.Target{PID: p.PID})
	if err != nil {
		t.Fatal(err)
	}
	return p, s
}

func do(p *probetest.Program, lines ...string) {
	for _, line := range lines {
		p.Tell(line)
		var answer string
		p.Truth(&answer)
	}
}

func finish(t *testing.T, s probe.Session) *kernel.Measurement {
	t.Helper()
	m, err := s.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if lost := m.Lost(); lost != 0 {
		t.Errorf("%d lost: %+v", lost, m.Losses)
	}
	return m
}

// TestTrail compares what a program did with what is told of it, and by whom it
// was done. The program is stripped.
func TestTrail(t *testing.T) {
	dir := t.TempDir()
	var tr trail
	p, s := begin(t, Options{Sink: tr.add, Policy: parse(t, `exec:
  allow: [/bin/true]
open:
  deny:
    - /etc/hostname
    - `+dir+`/
  allow: [/, `+dir+`/fine]
connect:
  deny: [127.0.0.0/8]
  allow: [127.0.0.1, "[::1]:2", "unix:`+dir+`/*"]
`)})
	do(p, "open /etc/hostname", "open /etc/hosts", "cd "+dir, "open fine", "open secret", "open ../../../../../../../etc//hostname")
	tr.wait(t, 3) // what is relative is looked up after the event
	do(p, "cd /",
		"exec /bin/true", "exec /no/such -x y", "exec /bin/sh -c /bin/false;exit",
		"connect tcp 127.0.0.1:1", "connect tcp 127.0.0.2:1", "connect udp [::1]:3", "connect udp [::1]:2",
		"connect unix "+dir+"/sock", "connect unix @goperf")
	m := finish(t, s)
	want := []string{
		"open /etc/hostname is denied by line 5: ok",
		"open " + dir + "/secret is denied by line 6: ENOENT",
		"open /etc/hostname is denied by line 5: ok",
		"exec /no/such is not allowed: ENOENT",
		"exec /bin/sh is not allowed: ok",
		"exec /bin/false is not allowed: ok",
		"connect 127.0.0.2:1 is denied by line 9: EINPROGRESS",
		"connect [::1]:3 is not allowed: ok",
		"connect unix:@goperf is not allowed: ECONNREFUSED",
	}
	if got := tr.said(); !slices.Equal(got, want) {
		t.Errorf("told\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
	for _, e := range tr.events {
		function := map[string]string{"open": "main.opens", "exec": "main.executes", "connect": "main.connects"}[e.Kind]
		if e.Subject == "/bin/false" {
			function = "" // done by the shell
		}
		if e.Function != function || function != "" && (e.Goroutine != 1 || e.PID == 0) {
			t.Errorf("%s %s by %q, goroutine %d, want %q, 1", e.Kind, e.Subject, e.Function, e.Goroutine, function)
		}
		if e.Subject == "/no/such" && !slices.Equal(e.Args, []string{"-x", "y"}) {
			t.Errorf("arguments %q", e.Args)
		}
	}
	if n, ok := m.Count("connections opened or tried"); !ok || n != 6 {
		t.Errorf("%v connections, want 6", n)
	}
	if n, ok := m.Count("denied"); !ok || n != 4 {
		t.Errorf("%v denied, want 4", n)
	}
}

// TestSame holds the two judges against each other: the maps in the kernel and
// package policy.
func TestSame(t *testing.T) {
	text := `exec:
  allow: []
open:
  allow: [/, /a/b/c/d, /a/b/*, /a/bc*]
  deny: [/a/, /a/b/c/, /a/b/c/dd, /a/bcd]
connect:
  allow: [10.0.0.0/8, 10.1.0.0/16, "10.1.2.3:80", "0.0.0.0/0:443", "::/0"]
  deny: [10.1.2.0/24, "10.0.0.0/8:80", "[fd00::/8]:80", 0.0.0.0/0]
`
	pol := parse(t, text)
	var tr trail
	p, s := begin(t, Options{Sink: tr.add, Policy: pol})
	var want []string
	expect := func(kind, what string, v policy.Verdict) {
		if v != policy.Allowed {
			want = append(want, fmt.Sprintf("%s %s is %v", kind, what, v))
		}
	}
	for _, path := range []string{"/a", "/a/x", "/a/b", "/a/b/", "/a/b/x", "/a/b/c", "/a/b/c/x", "/a/b/c/d", "/a/b/c/d/x", "/a/b/c/dd", "/a/bc", "/a/bcd", "/a/bcde", "/" + strings.Repeat("a", 252), "/a/" + strings.Repeat("y", 400), "/a/./b/x"} {
		do(p, "open "+path)
		subject := policy.Resolve("", path)
		v, _ := pol.Path(policy.Open, subject)
		if len(path) > policy.PathMax {
			subject = path[:policy.PathMax] + "…"
		}
		expect("open", subject, v)
	}
	for _, addr := range []string{"10.9.9.9:80", "10.9.9.9:81", "10.1.9.9:80", "10.1.2.9:80", "10.1.2.3:80", "10.1.2.3:81", "192.0.2.1:443", "192.0.2.1:80", "[fd00::1]:80", "[fd00::1]:81", "[2001:db8::1]:80", "[::ffff:10.1.2.3]:81"} {
		do(p, "connect udp "+addr)
		a := netip.MustParseAddrPort(addr)
		v, _ := pol.Address(a)
		expect("connect", netip.AddrPortFrom(a.Addr().Unmap(), a.Port()).String(), v)
	}
	finish(t, s)
	var got []string
	for _, e := range tr.events {
		got = append(got, fmt.Sprintf("%s %s is %s", e.Kind, e.Subject, e.Verdict))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the kernel says\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// TestUpdate changes the policy while the program opens files all the time: each
// is judged by one policy or the other, and after it by the new one.
func TestUpdate(t *testing.T) {
	updates := make(chan *policy.Policy)
	var tr trail
	p, s := begin(t, Options{Sink: tr.add, Updates: updates, Policy: parse(t, "open:\n  deny: [/etc/hosts]")})
	p.Tell("times 2000 open /etc/hosts")
	for range 5 {
		updates <- parse(t, "open:\n\n  deny: [/etc/hosts]")
		updates <- parse(t, "open:\n\n\n  deny: [/etc/hosts, /etc/hostname]")
	}
	updates <- parse(t, "open:\n\n\n\n  deny: [/etc/hostname]") // taken: the one before is in force
	var answer string
	p.Truth(&answer)
	updates <- parse(t, "open: {allow: [/no/such/]}")
	updates <- parse(t, "open: {deny: [/etc/hosts]}")
	updates <- parse(t, "open: {deny: [/etc/hosts]}") // both before are in force by now
	do(p, "open /etc/hosts")
	m := finish(t, s)
	said := tr.said()
	if len(said) == 0 {
		t.Fatal("nothing was told")
	}
	for _, line := range said {
		if !strings.HasPrefix(line, "open /etc/hosts is denied by line ") {
			t.Errorf("%s", line)
		}
	}
	if last := said[len(said)-1]; last != "open /etc/hosts is denied by line 1: ok" {
		t.Errorf("the last one is %s", last)
	}
	if !slices.ContainsFunc(m.Notes, func(n string) bool { return strings.Contains(n, "another policy 14 times") }) {
		t.Errorf("notes %q", m.Notes)
	}
}

// A control group is a target as well, and what is none is refused.
func TestGroup(t *testing.T) {
	probetest.Need(t, Probe(Options{}))
	_, err := Probe(Options{}).Start(t.Context(), probe.Target{Group: filepath.Join(t.TempDir())})
	if err == nil || !strings.Contains(err.Error(), "is no control group") {
		t.Errorf("%v", err)
	}
	group := cgroupOfTest(t)
	p := probetest.Run(t, probetest.Build(t, "internal/truth/attempts"))
	other := probetest.Run(t, probetest.Build(t, "internal/truth/attempts"))
	group.take(t, p.PID)
	var tr trail
	s, err := Probe(Options{Sink: tr.add, Policy: parse(t, "open: {deny: [/etc/hosts]}\nexec: {allow: []}")}).Start(t.Context(), probe.Target{Group: group.dir})
	if err != nil {
		t.Fatal(err)
	}
	do(other, "open /etc/hosts")
	do(p, "open /etc/hosts", "exec /bin/true")
	finish(t, s)
	want := []string{"open /etc/hosts is denied by line 1: ok", "exec /bin/true is not allowed: ok"}
	if got := tr.said(); !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}
