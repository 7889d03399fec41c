package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/goperf/goperf/exectrace"
	"github.com/goperf/goperf/gctune"
	"github.com/goperf/goperf/profile"
)

// Decode reads all blobs of a capture. It never fails: a blob that cannot be
// read is a note when others of its kind can, and a gap otherwise.
func Decode(c *Capture) *Set {
	d := decoder{set: &Set{
		Target: c.Target, From: c.From, To: c.To,
		Profiles: map[Kind][]*profile.Profile{}, Repairs: map[Kind]profile.Repairs{},
		Asked: slices.Clone(c.Asked), Gaps: slices.Clone(c.Gaps),
	}}
	blobs := slices.Clone(c.Blobs)
	slices.SortStableFunc(blobs, func(a, b Blob) int { return a.From.Compare(b.From) })
	for i := range blobs {
		b := &blobs[i]
		if b.Doubt != "" {
			d.note(b, b.Doubt)
		}
		if err := d.blob(b); err != nil {
			d.broken = append(d.broken, damage{b.Kind, b.Name, err})
		}
	}
	d.profiles()
	slices.SortStableFunc(d.set.Runtime, func(a, b RuntimeSample) int { return a.At.Compare(b.At) })
	d.clock()
	d.asOf()
	d.infer()
	d.host()
	d.damages()
	d.departed()
	d.set.Notes = compact(d.set.Notes)
	return d.set
}

// departed notes that the target stopped answering: what is missing then is not
// a setting, and silence is no clean bill of health.
func (d *decoder) departed() {
	if len(d.set.Profiles) == 0 {
		return
	}
	for _, g := range d.set.Gaps {
		if strings.Contains(g.Why, "connection refused") {
			d.set.Lost = true
			d.set.Notes = append(d.set.Notes, "the target stopped answering in the middle: it may have ended, and what is below covers the time before")
			return
		}
	}
}

// decoder collects what blobs say.
type decoder struct {
	set     *Set
	broken  []damage
	entries []entry
	runtime RuntimeSample  // of the page that is being read
	memory  []MemorySample // of expvar, for when heap?debug=1 is not there
	odd     string         // what the page that is being read has instead of a number, the first of it
}

// damage is a blob that could not be read.
type damage struct {
	kind Kind
	name string
	err  error
}

func (d *decoder) note(b *Blob, text string) {
	d.set.Notes = append(d.set.Notes, b.Name+": "+text)
}

// blob reads one blob into the set.
func (d *decoder) blob(b *Blob) error {
	if len(b.Data) == 0 {
		return errors.New("empty: it holds no bytes")
	}
	if b.Kind.isText() {
		return d.text(b)
	}
	return d.profile(b)
}

// isText reports whether evidence of a kind is no profile.
func (k Kind) isText() bool {
	switch k {
	case Index, HeapText, GoroutineText, Cmdline, Vars, Metrics, BuildInfo, HostLimits, Syntax, Trace, GCTrace, Kernel:
		return true
	}
	return false
}

// text reads what is no profile; a file may be gzipped.
func (d *decoder) text(blob *Blob) error {
	b := *blob
	var err error
	if b.Data, err = inflate(b.Data); err != nil {
		return err
	}
	switch b.Kind {
	case Index: // a source reads it to learn what is offered
	case HeapText:
		m, err := parseHeapText(b.Data, b.To)
		if err == nil {
			d.set.Memory = append(d.set.Memory, m)
		}
		return err
	case GoroutineText:
		return d.dump(&b)
	case Vars:
		return d.expvar(&b)
	case Metrics:
		return d.metrics(&b)
	case BuildInfo:
		return d.buildInfo(&b)
	case Trace:
		return d.trace(&b)
	case GCTrace:
		return d.gctrace(&b)
	case Kernel:
		return d.measurement(&b)
	case Cmdline:
		d.set.Build.Cmdline = strings.Split(strings.TrimRight(string(b.Data), "\x00\n"), "\x00")
		return nil
	case HostLimits:
		return unmarshal(b.Data, &d.set.Host)
	case Syntax:
		var facts SyntaxFacts
		err := unmarshal(b.Data, &facts)
		if d.set.Syntax == nil {
			d.set.Syntax = SyntaxFacts{}
		}
		maps.Copy(d.set.Syntax, facts)
		return err
	}
	return nil
}

// trace sums up an execution trace.
func (d *decoder) trace(b *Blob) error {
	sum, err := exectrace.Summarize(bytes.NewReader(b.Data), exectrace.Options{})
	if err != nil {
		return err
	}
	if sum.Truncated != "" {
		d.note(b, sum.Truncated)
	}
	d.set.Sched, d.set.Traced = sum, Span{b.From, b.To}
	return nil
}

// gctrace keeps the last log: collections of two processes are no series.
func (d *decoder) gctrace(b *Blob) error {
	log, err := gctune.ParseGCTrace(bytes.NewReader(b.Data))
	if err != nil {
		return err
	}
	for _, w := range log.Warnings {
		d.note(b, w)
	}
	if d.set.GC != nil {
		d.note(b, "stands for all gctrace logs: an earlier one is left out")
	}
	d.set.GC = log
	return nil
}

func unmarshal(data []byte, into any) error {
	err := json.Unmarshal(data, into)
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("byte %d: %w", syntax.Offset, err)
	}
	return err
}

func (d *decoder) dump(b *Blob) error {
	goroutines, doubt, err := parseDump(b.Data)
	if err != nil {
		return err
	}
	if doubt != "" {
		d.note(b, doubt)
	}
	d.set.Goroutines = append(d.set.Goroutines, GoroutineDump{At: b.To, Goroutines: goroutines})
	return nil
}

// host fills in from other evidence what is not known of the host.
func (d *decoder) host() {
	s := d.set
	if len(s.Memory) == 0 {
		s.Memory = d.memory
	}
	for i := 1; i < len(s.Memory); i++ {
		if was, m := s.Memory[i-1], s.Memory[i]; m.At.After(was.At) && m.NumGC < was.NumGC {
			s.Notes = append(s.Notes, "the number of collections falls from one look to the next: this is evidence of several processes, or of one that was started anew, and what is counted over time is that of no single one")
			break
		}
	}
	known := func(to *int, series string) {
		if v, ok := s.Vars[series]; ok && *to == 0 && v >= 0 && v < 1<<31 {
			*to = int(v)
		}
	}
	known(&s.Host.GOMAXPROCS, "go_sched_gomaxprocs_threads")
	known(&s.Host.Threads, "go_threads")
	known(&s.Host.FDs, "process_open_fds")
	if s.Host.GOMAXPROCS == 0 && s.Sched != nil {
		s.Host.GOMAXPROCS = s.Sched.Procs
	}
	if v := s.Vars["process_max_fds"]; s.Host.FDLimit == 0 && v > 0 && v < 1<<62 {
		s.Host.FDLimit = int64(v)
	}
	if v := s.Vars["process_resident_memory_bytes"]; s.Host.RSS == 0 && v > 0 && v < 1<<62 {
		s.Host.RSS = int64(v)
	}
}

// damages turns what could not be read into notes and gaps.
func (d *decoder) damages() {
	for _, x := range d.broken {
		if d.set.Has(x.kind) {
			d.set.Notes = append(d.set.Notes, fmt.Sprintf("%s: cannot be read and is left out: %v", x.name, x.err))
			continue
		}
		d.set.Gaps = append(d.set.Gaps, Gap{
			Want: x.kind, Why: fmt.Sprintf("%s: cannot be read: %v", x.name, x.err),
			Hint: "collect it again, whole and as the target serves it",
		})
	}
}

// compact drops repeated notes and keeps their order.
func compact(notes []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(notes, func(n string) bool {
		again := seen[n]
		seen[n] = true
		return again
	})
}
