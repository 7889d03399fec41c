package advise_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/gctune/advise"
	"github.com/goperf/goperf/gctune/observe"
	"github.com/goperf/goperf/gctune/pacer"
	"github.com/goperf/goperf/report"
)

// seen is a steady service: 200 MiB live, 100 MiB/s, GOGC=100.
func seen() observe.Seen {
	const live = 200 * pacer.MiB
	o := pacer.Observation{
		Window: 60, Setting: pacer.Setting{GOGC: 100}, Procs: 4, Alloc: pacer.Rate(100 * pacer.MiB), Cadence: pacer.Cadence{Every: 0.55, Count: 33},
		CPU:    pacer.Usage{Process: 0.5, GC: 0.08, Cycles: 33, Samples: 480, Wall: 1.1},
		Memory: pacer.Footprint{Peak: 440 * pacer.MiB, Heap: 400 * pacer.MiB, NonHeap: 30 * pacer.MiB, Inuse: 1.04},
	}
	for i := range 33 {
		o.Live = append(o.Live, pacer.Live{At: pacer.Seconds(1.8 * float64(i)), Marked: live})
		o.Marks = append(o.Marks, pacer.Mark{Took: 0.1, Before: live, HeapStart: 375 * pacer.MiB, HeapEnd: 385 * pacer.MiB, Marked: live, Goal: 400 * pacer.MiB, Next: 400 * pacer.MiB})
	}
	return observe.Seen{Observation: o, Sources: []string{"MemStats", "CPU profile", "trace"}, SettingFrom: "trace"}
}

func study(t *testing.T, s observe.Seen, terms pacer.Terms) *advise.Study {
	t.Helper()
	out, err := advise.Make(s, terms, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// What is written of a study is a valid report, whatever was seen.
func TestReportsAreValid(t *testing.T) {
	leak := seen()
	for i := range leak.Live {
		leak.Live[i].Marked += pacer.Bytes(i) * 4 * pacer.MiB
	}
	blind := seen()
	blind.CPU, blind.Marks, blind.Memory = pacer.Usage{}, nil, pacer.Footprint{}
	for name, c := range map[string]struct {
		seen  observe.Seen
		terms pacer.Terms
	}{
		"steady": {seen(), pacer.Terms{}}, "container": {seen(), pacer.Terms{Container: 700 * pacer.MiB}}, "tight": {seen(), pacer.Terms{Container: 300 * pacer.MiB}},
		"small": {seen(), pacer.Terms{Container: 200 * pacer.MiB}}, "leak": {leak, pacer.Terms{Container: 700 * pacer.MiB}}, "blind": {blind, pacer.Terms{Load: 2}},
	} {
		s := study(t, c.seen, c.terms)
		r := &report.Report{Schema: report.Schema, Vitals: s.Vitals(), Findings: []report.Finding{s.Finding()}}
		r.Exhibits = []report.Exhibit{s.Observation(), s.Frontier(), s.Recommendation(), s.FrontierData()}
		if err := r.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, e := range r.Exhibits {
			for _, row := range e.Table.Rows {
				if slices.ContainsFunc(row, func(c report.Cell) bool { return math.IsNaN(c.Value) || math.IsInf(c.Value, 0) }) {
					t.Errorf("%s: %s has a number that is none: %v", name, e.ID, row)
				}
			}
		}
	}
}

// The levels are severities, so that --fail-on knows them.
func TestLevelsAreSeverities(t *testing.T) {
	for container, want := range map[pacer.Bytes]report.Severity{2000 * pacer.MiB: report.Notice, 470 * pacer.MiB: report.Warning, 400 * pacer.MiB: report.Critical} {
		s := study(t, seen(), pacer.Terms{Container: container})
		if f := s.Finding(); f.Severity != want {
			t.Errorf("container of %v: %v (%s, %s), want %v", container/pacer.MiB, f.Severity, s.Advice.Level, s.Advice.Risk, want)
		}
	}
}

// A leak gets no setting, and says how long it has.
func TestALeakGetsNoSetting(t *testing.T) {
	leak := seen()
	for i := range leak.Live {
		leak.Live[i].Marked += pacer.Bytes(i) * 4 * pacer.MiB
	}
	s := study(t, leak, pacer.Terms{Container: 2000 * pacer.MiB})
	f := s.Finding()
	if s.Advice.Advised || !strings.HasPrefix(f.Title, "No setting is advised") {
		t.Errorf("advised %v: %s", s.Advice.Advised, f.Title)
	}
	if !slices.ContainsFunc(f.Because, func(b report.Fact) bool { return b.Text == "until the limit at this growth" && b.Value > 0 }) {
		t.Errorf("how long it has is not said: %+v", f.Because)
	}
	for _, b := range f.Because {
		if strings.HasPrefix(b.Text, "risk now: the live heap grows") && b.Doubt != "" {
			t.Errorf("what was measured is said to be %s: %s", b.Doubt, b.Text)
		}
	}
}

// A fact names the evidence that it is from.
func TestSourcesOfALog(t *testing.T) {
	log := seen()
	log.Sources, log.CPU = []string{"gctrace"}, pacer.Usage{}
	s := study(t, log, pacer.Terms{})
	for _, f := range append(s.Vitals(), s.Finding().Because...) {
		if f.Source == "heap-text" {
			t.Errorf("%s is not from MemStats", f.Text)
		}
	}
}

// One reason limits the confidence, the gravest.
func TestGrade(t *testing.T) {
	s := study(t, seen(), pacer.Terms{})
	if g, reason, _ := s.Grade(); g != "A" || reason != "" {
		t.Errorf("%s: %s", g, reason)
	}
	s.Seen.Doubts = []observe.Doubt{{Grave: 2, Text: "worst"}, {Grave: 1, Text: "also"}}
	if g, reason, _ := s.Grade(); g != "C" || reason != "worst" {
		t.Errorf("%s: %s", g, reason)
	}
}

// A name of the target cannot leave its place in a picture or a page.
func TestNamesAreHarmless(t *testing.T) {
	const hostile = "x</title><script>alert(1)</script>\x1b[31m\u202e&"
	s := study(t, seen(), pacer.Terms{Container: 700 * pacer.MiB})
	var svg, page bytes.Buffer
	if err := s.WriteSVG(&svg, hostile); err != nil {
		t.Fatal(err)
	}
	r := &report.Report{Target: report.Target{Name: hostile}, Notes: []string{hostile}, Exhibits: []report.Exhibit{s.Observation()}}
	if err := s.WriteHTML(&page, r); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"SVG": svg.String(), "HTML": page.String()} {
		if strings.Contains(text, "<script") || strings.ContainsAny(text, "\x1b\u202e") {
			t.Errorf("%s: the name is loose", name)
		}
	}
	for dec := xml.NewDecoder(&svg); ; {
		if _, err := dec.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the SVG is no XML: %v", err)
		}
	}
}

// No label of the chart stands on another one.
func TestLabelsKeepApart(t *testing.T) {
	text := regexp.MustCompile(`<text x="([\d.]+)" y="([\d.]+)" fill="#(?:2563eb|15803d|111827|d97706)" text-anchor="(start|end)">([^<]*)</text>`)
	number := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, container := range []pacer.Bytes{0, 600 * pacer.MiB, 1000 * pacer.MiB, 8000 * pacer.MiB} {
		var svg strings.Builder
		if err := study(t, seen(), pacer.Terms{Container: container}).WriteSVG(&svg, "x"); err != nil {
			t.Fatal(err)
		}
		labels := text.FindAllStringSubmatch(svg.String(), -1)
		if len(labels) < 5 {
			t.Fatalf("%d labels", len(labels))
		}
		left := func(l []string) float64 {
			if l[3] == "end" {
				return number(l[1]) - 6.6*float64(len(l[4]))
			}
			return number(l[1])
		}
		for i, a := range labels {
			for _, b := range labels[:i] {
				apart := left(a)+6.6*float64(len(a[4])) <= left(b)+0.2 || left(b)+6.6*float64(len(b[4])) <= left(a)+0.2
				if !apart && math.Abs(number(a[2])-number(b[2])) < 12 {
					t.Errorf("container %v MiB: %q stands on %q", container/pacer.MiB, a[4], b[4])
				}
			}
		}
	}
}

// Every way to apply a setting names both parts of it.
func TestSnippets(t *testing.T) {
	for _, s := range advise.Snippets {
		text := s.Write(pacer.Setting{GOGC: 130, Limit: 480 * pacer.MiB}, 512*pacer.MiB)
		if !strings.Contains(text, "130") || !strings.Contains(text, "480MiB") || !strings.HasSuffix(text, "\n") {
			t.Errorf("%s:\n%s", s.Name, text)
		}
	}
}

// Each oddity of a target has a warning with a name.
func TestNotes(t *testing.T) {
	s := study(t, seen(), pacer.Terms{})
	s.Seen.Cadence.Forced, s.Seen.Throttled, s.Seen.Quota, s.Seen.Lifetime = 0.2, 0.3, 0.5, true
	s.Seen.Memory.Outside = 200 * pacer.MiB
	s.Seen.Scan = pacer.Scan{Bytes: 300 * pacer.MiB, Known: true}
	s.Seen.Live[3].Marked *= 3
	s.Seen.Handles = observe.Handles{Finalizers: 0.02, Weak: 0.01, Pools: 0.03}
	set := &evidence.Set{
		Host: evidence.Limits{MemoryLimit: 1 << 30, Memory: evidence.MemoryUse{Swap: 1 << 20, Anon: 100 << 20, Huge: 60 << 20, High: 900 << 20, Others: 50 << 20, Started: time.Unix(1, 0)}},
		Build: evidence.Build{
			Modules: map[string]string{"github.com/nats-io/nats-server/v2": "v2.11.0"}, Settings: map[string]string{"GOEXPERIMENT": "arenas,nogreenteagc"},
		},
	}
	var codes []string
	for _, n := range s.Notes(set) {
		codes = append(codes, n.Code)
	}
	for want := range strings.FieldsSeq("SWAP HUGE-PAGES OUTSIDE-GO MEMORY-HIGH SHARED-CONTAINER LIFETIME-PEAK FORCED LARGE-STACKS GOMAXPROCS THROTTLED BURSTS FINALIZERS WEAK-POINTERS SYNC-POOL ARENAS GREEN-TEA READS-GOMEMLIMIT") {
		if !slices.Contains(codes, want) {
			t.Errorf("no warning %s in %v", want, codes)
		}
	}
	s = study(t, seen(), pacer.Terms{})
	s.Seen.Memory.Outside, s.Seen.Cadence.Every = -100*pacer.MiB, 1.0/125
	codes = nil
	for _, n := range s.Notes(&evidence.Set{}) {
		codes = append(codes, n.Code)
	}
	if !slices.Equal(codes, []string{"UNTOUCHED", "PERIODIC"}) {
		t.Errorf("%v", codes)
	}
}

// Two observations of different programs are no pair.
func TestApart(t *testing.T) {
	with := func(main, cmd, id string, procs int) *evidence.Set {
		return &evidence.Set{Build: evidence.Build{Main: main, Cmdline: []string{cmd}, BuildID: id}, Host: evidence.Limits{GOMAXPROCS: procs}}
	}
	for name, c := range map[string]struct {
		a, b *evidence.Set
		want string
	}{
		"the same":         {with("x.org/a", "/bin/a", "1", 2), with("x.org/a", "/opt/a", "1", 2), ""},
		"other module":     {with("x.org/a", "/bin/a", "1", 2), with("x.org/b", "/bin/a", "1", 2), "OTHER-PROGRAM"},
		"other command":    {with("", "/bin/a", "", 0), with("", "/bin/b", "", 2), "OTHER-PROGRAM"},
		"other build":      {with("x.org/a", "/bin/a", "1", 2), with("x.org/a", "/bin/a", "2", 2), "OTHER-BUILD"},
		"other machine":    {with("x.org/a", "/bin/a", "1", 2), with("x.org/a", "/bin/a", "1", 8), "OTHER-MACHINE"},
		"nothing is known": {&evidence.Set{}, with("x.org/a", "/bin/a", "1", 8), ""},
	} {
		var codes []string
		for _, n := range advise.Apart("--compare", c.a, c.b) {
			codes = append(codes, n.Code)
		}
		if got := strings.Join(codes, " "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// What was predicted is put beside what was seen, and judged by its interval.
func TestCompare(t *testing.T) {
	s := study(t, seen(), pacer.Terms{})
	after := seen()
	after.Setting.GOGC = 200
	p := s.Model.Predict(after.Setting)
	after.Cadence.Every, after.CPU.GC, after.CPU.Process, after.Memory.Peak = p.Cycles.Mid, p.GC.Mid, p.CPU.Mid, p.RSS.Mid
	if e, held := s.Compare(after, false); !held || len(e.Table.Rows) != 4 {
		t.Errorf("as predicted: %v, %v", held, e.Table.Rows)
	}
	after.Memory.Peak *= 2
	if _, held := s.Compare(after, false); held {
		t.Error("twice the memory was taken for what was predicted")
	}
	// A heap that shrank in a process that goes on keeps its memory for a while.
	after.Setting.GOGC = 50
	p = s.Model.Predict(after.Setting)
	after.Cadence.Every, after.CPU.GC, after.CPU.Process, after.Memory.Peak = p.Cycles.Mid, p.GC.Mid, p.CPU.Mid, s.Seen.Memory.Peak
	if _, held := s.Compare(after, false); held {
		t.Error("the memory of before was taken for what was predicted for less")
	}
	if e, held := s.Compare(after, true); !held || len(e.Table.Rows) != 4 {
		t.Errorf("in place: %v, %v", held, e.Table.Rows)
	}
}

// A setting that is kept has no effect, and a collector without a sample no cost of 0.
func TestWhatIsNotKnownIsNotShown(t *testing.T) {
	s := seen()
	s.CPU.GC = 0
	written := cells(study(t, s, pacer.Terms{}).Observation())
	if !strings.Contains(written, "too little to be seen") || strings.Contains(written, "0 cores,") {
		t.Errorf("observed: %s", written)
	}
	kept := study(t, seen(), pacer.Terms{})
	kept.Advice.Best = kept.Model.Predict(kept.Seen.Setting)
	if written := cells(kept.Recommendation()); strings.Contains(written, "effect") {
		t.Errorf("kept: %s", written)
	}
}

// Under another load nothing in the table was measured.
func TestLoadIsPredicted(t *testing.T) {
	for load, want := range map[float64]string{1: "* measured", 1.5: "at 1.5 times the load (* the one now; all predicted"} {
		if title := study(t, seen(), pacer.Terms{Load: load}).Frontier().Title; !strings.Contains(title, want) {
			t.Errorf("load %g: %s", load, title)
		}
	}
}

func cells(e report.Exhibit) string {
	var b strings.Builder
	for _, r := range e.Table.Rows {
		for _, c := range r {
			b.WriteString(c.Text + "\n")
		}
	}
	return b.String()
}

// A container that holds the memory of a setting and not the program's code beside
// it is too small, though nobody is killed.
func TestCodeNeedsRoom(t *testing.T) {
	with := seen()
	with.Memory.File, with.Memory.Outside, with.Memory.Peak = 60*pacer.MiB, with.Memory.Outside+60*pacer.MiB, with.Memory.Peak+60*pacer.MiB
	for _, c := range []struct {
		spare pacer.Bytes
		want  string
	}{{-100 * pacer.MiB, "OOM kill"}, {-10 * pacer.MiB, "too large"}, {200 * pacer.MiB, ""}} {
		s := study(t, with, pacer.Terms{Container: with.Memory.Peak + c.spare})
		for _, row := range s.Frontier().Table.Rows {
			if note := row[len(row)-1].Text; strings.HasSuffix(row[0].Text, "*") && note != c.want {
				t.Errorf("a container of the peak and %v: %q, want %q", c.spare/pacer.MiB, note, c.want)
			}
		}
	}
}

// A risk that was not seen is a note with its name, and what would bear it.
func TestThrashRiskIsNoted(t *testing.T) {
	s := study(t, seen(), pacer.Terms{Container: 2000 * pacer.MiB})
	s.Advice.Doubt, s.Advice.Container = "thrash risk: at a live heap of 9 MiB", 64*pacer.MiB
	notes := s.Notes(&evidence.Set{})
	if len(notes) == 0 || notes[0].Code != "THRASH-RISK" || !strings.HasPrefix(notes[0].Text, "at a live heap of 9 MiB: a container of 64 MiB bears it") {
		t.Errorf("%+v", notes)
	}
}
