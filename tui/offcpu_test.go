package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

// What waits for locks cost is told of the window and not of the life of the
// process, where it was looked at twice.
func TestContentionIsOfTheWindow(t *testing.T) {
	first := parsed(t, "main.main;main.hold;sync.(*Mutex).Unlock 1000 60s\nmain.main;main.once;sync.(*Mutex).Unlock 5 90s", "mutex")
	last := parsed(t, "main.main;main.hold;sync.(*Mutex).Unlock 1100 64s\nmain.main;main.once;sync.(*Mutex).Unlock 5 90s", "mutex")
	last.TimeNanos = first.TimeNanos + int64(15*time.Second)
	for name, c := range map[string]struct {
		parts []*profile.Profile
		note  string
		top   string
		delay float64
		rows  int
	}{
		"twice": {[]*profile.Profile{first, last}, "in 15 s, by the runtime's estimate", "main.hold", 4, 1},
		"once":  {nil, "since the process began, by the runtime's estimate", "main.once", 90, 2},
	} {
		o := &offCPU{}
		o.d = &Data{Profiles: []Profile{{Kind: "mutex", Profile: last, Parts: c.parts}}}
		p := o.contention("mutex", "locks")
		if p == nil || p.note != c.note {
			t.Fatalf("%s: %+v, want it %s", name, p, c.note)
		}
		s := p.show.(*sheet)
		if rows := s.table.Rows; len(rows) != c.rows || rows[0][0].Value != c.delay || rows[0][2].Text != c.top {
			t.Errorf("%s: %v", name, rows)
		}
	}
}

// The rows stand by the time blocked and the time for a CPU: both are there at every
// width.
func TestWaitsShowWhatTheyStandBy(t *testing.T) {
	waits := exhibitOf("waits", "Waits", "blocked:s|for a CPU:s|waits:count|state|system call|where",
		"0|4.4|120|runnable, waiting for a CPU||example.com/shop/price.(*Server).QuoteAll", "1|0|9|interruptible sleep|epoll_pwait|internal/runtime/syscall.EpollWait")
	for _, width := range []int{50, 60, 80, 100, 120} {
		o := &offCPU{}
		o.set(&Data{Report: &report.Report{Exhibits: []report.Exhibit{waits}}})
		s, _ := o.chosen("waits")
		s.lay(width)
		if head := s.shown; len(head) < 2 || s.columns[head[0]].of != "blocked" || s.columns[head[1]].of != "for a CPU" {
			t.Errorf("%d columns: %v", width, head)
		}
	}
}

// Who ends whose waits: not measured is not nobody.
func TestWhoEndsWaits(t *testing.T) {
	const id = "offcpu-who-ended-whose-waits"
	waits := exhibitOf("waits", "Waits", "blocked:s|where", "1|main.a")
	for want, exhibits := range map[string][]report.Exhibit{
		"Not measured. To get it":     {waits},
		"Measured, and no wait ended": {waits, exhibitOf(id, "Who ended whose waits", "blocked:s|waits:count|waiting|woken by")},
		"":                            {waits, exhibitOf(id, "Who ended whose waits", "blocked:s|waits:count|waiting|woken by", "1|2|main.a|main.b")},
	} {
		o := &offCPU{}
		o.d = &Data{Report: &report.Report{Exhibits: exhibits}}
		p, got := o.nobody(), ""
		if p != nil {
			for _, l := range p.show.(*made).make(120) {
				for _, piece := range l.pieces {
					got += piece.text
				}
			}
		}
		if (want == "") != (p == nil) || !strings.Contains(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The CPU profiler's sleep is no wait of the program.
func TestHeadOfWaitsLeavesTheProfilerOut(t *testing.T) {
	p := parsed(t, "runtime/pprof.profileWriter;runtime/pprof.readProfile;time.Sleep 300 1ms 30s\nmain.main;main.read;os.(*File).Read 20 2ms 500ms", "offcpu")
	o := &offCPU{}
	o.d = &Data{Profiles: []Profile{{Kind: "offcpu", Profile: p}}}
	got := map[string]string{}
	for _, f := range o.vitals() {
		got[f.label] = f.value
	}
	if got["threads blocked"] != "500 ms" || got["waiting for a CPU with work"] != "2 ms" || got["waits"] != "20" {
		t.Errorf("%v", got)
	}
}
