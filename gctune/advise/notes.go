package advise

import (
	"fmt"
	"strings"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/gctune/pacer"
)

// Note is a warning about one target, with a name that stays.
type Note struct{ Code, Text string }

// Notes are what makes a target unlike those that the model was made for.
func (s *Study) Notes(set *evidence.Set) []Note {
	var out []Note
	add := func(code, format string, args ...any) { out = append(out, Note{code, fmt.Sprintf(format, args...)}) }
	if a := s.Advice; a.Doubt != "" {
		add("THRASH-RISK", "%s: a container of %s bears it, or gctune.Guard in the program, which lifts the limit instead", strings.TrimPrefix(a.Doubt, "thrash risk: "), size(a.Container))
	}
	s.memoryNotes(set.Host, add)
	s.collectorNotes(set, add)
	for _, app := range readers {
		if usesModule(set.Build, app.module) {
			add("READS-GOMEMLIMIT", "%s: compare its own memory settings before and after", app.what)
		}
	}
	return out
}

type noter func(code, format string, args ...any)

func (s *Study) memoryNotes(h evidence.Limits, add noter) {
	o := s.Seen.Memory
	m := h.Memory
	if m.Swap > 0 {
		add("SWAP", "%s of the process are swapped out: its RSS is less than it uses", size(pacer.Bytes(m.Swap)))
	}
	if m.Anon > 0 && float64(m.Huge) > 0.3*float64(m.Anon) {
		add("HUGE-PAGES", "%.0f %% of its memory is in huge pages: what the runtime gives back in small pieces stays in use", 100*float64(m.Huge)/float64(m.Anon))
	}
	if anon := o.Outside - o.File; anon > 64*pacer.MiB && anon > o.Peak/10 {
		add("OUTSIDE-GO", "%s is outside of Go (C, mmap), which no setting governs: a limit has to leave room for it", size(anon))
	}
	if o.Outside < -32*pacer.MiB {
		add("UNTOUCHED", "%s is mapped and was never touched (large buffers, a ballast, deep stacks): RSS is less than what the limit counts", size(-o.Outside))
	}
	if m.High > 0 && (h.MemoryLimit == 0 || m.High <= h.MemoryLimit) {
		add("MEMORY-HIGH", "memory.high is %s: above it the kernel stalls the process, long before it kills it", size(pacer.Bytes(m.High)))
	}
	if m.Others > 0 {
		add("SHARED-CONTAINER", "other processes hold %s of the same container", size(pacer.Bytes(m.Others)))
	}
	if s.Seen.Lifetime {
		add("LIFETIME-PEAK", "the peak RSS is that of the whole life of the process, its start included")
	}
}

func (s *Study) collectorNotes(set *evidence.Set, add noter) {
	o := s.Seen.Observation
	if o.Cadence.Forced > 0 {
		add("FORCED", "%.2g collections a second are forced by the program: they come at any setting", float64(o.Cadence.Forced))
	}
	if every := float64(o.Cadence.Every); every > 0 && every < 1.2/120 {
		add("PERIODIC", "the collections are those that come every two minutes at least: GOGC changes nothing")
	}
	if o.Scan.Known && o.Scan.Bytes > s.liveAt(0.5) {
		add("LARGE-STACKS", "stacks and globals (%s) are larger than the live heap: the goal follows them", size(o.Scan.Bytes))
	}
	if o.Quota > 0 && float64(o.Procs) > float64(o.Quota)+0.999 {
		add("GOMAXPROCS", "GOMAXPROCS is %d with a CPU quota of %.2g cores: marking is stopped in its middle when the quota is used up", o.Procs, float64(o.Quota))
	}
	if o.Throttled > 0.05 {
		add("THROTTLED", "the CPU quota was used up in %.0f %% of its periods: the heap passes its goal meanwhile", 100*o.Throttled)
	}
	if lo, hi := s.liveAt(0.1), s.liveAt(1); lo > 0 && hi > lo*3/2 && s.Model.Trend().Growth == 0 {
		add("BURSTS", "the live heap varied from %s to %s: a setting with fewer collections sees fewer of its peaks", size(lo), size(hi))
	}
	const worthNoting = 0.01 // of its CPU
	if h := s.Seen.Handles; h.Finalizers >= worthNoting {
		add("FINALIZERS", "%.1f %% of its CPU goes to finalizers and cleanups: what they keep is freed a collection later, so that the live heap rises with the time between collections", 100*h.Finalizers)
	}
	if h := s.Seen.Handles; h.Pools >= 2*worthNoting {
		add("SYNC-POOL", "%.1f %% of its CPU goes to sync.Pool, which collections empty: fewer of them leave less to allocate than is predicted (--observe-also measures it)", 100*h.Pools)
	}
	if h := s.Seen.Handles; h.Weak >= worthNoting {
		add("WEAK-POINTERS", "%.1f %% of its CPU goes to weak pointers and unique: what only they hold is dropped at each collection, so that fewer collections keep more of it", 100*h.Weak)
	}
	settings := set.Build.Settings
	if x := settings["GOEXPERIMENT"]; strings.Contains(x, "arenas") {
		add("ARENAS", "built with GOEXPERIMENT=arenas: memory in arenas is not governed by GOGC")
	}
	if green := greenTea(set.Build); green != "" {
		add("GREEN-TEA", "%s: costs of collections do not carry over to the other collector, or another machine", green)
	}
}

// greenTea says which collector marks where it is not the version's usual one.
func greenTea(b evidence.Build) string {
	switch x := b.Settings["GOEXPERIMENT"]; {
	case strings.Contains(x, "nogreenteagc"):
		return "built without the Green Tea collector"
	case strings.Contains(x, "greenteagc"):
		return "built with the Green Tea collector"
	}
	return ""
}

// readers are programs that change what they do by GOMEMLIMIT, or set GOGC and
// the limit themselves.
var readers = []struct{ module, what string }{
	{"github.com/nats-io/nats-server", "NATS derives JetStream's memory ceiling from GOMEMLIMIT"},
	{"github.com/KimMachineGun/automemlimit", "automemlimit sets GOMEMLIMIT at the start, unless the environment does"},
	{"github.com/prometheus/prometheus", "Prometheus sets GOGC=75 unless the environment does"},
	{"github.com/VictoriaMetrics/VictoriaMetrics", "VictoriaMetrics sets GOGC itself, and keeps caches outside of Go"},
	{"github.com/cockroachdb/cockroach", "CockroachDB sets GOGC and GOMEMLIMIT by its own flags"},
	{"github.com/caddyserver/caddy", "Caddy sets GOMEMLIMIT by automemlimit"},
	{"github.com/uber-go/automaxprocs", "automaxprocs is not needed since Go 1.25"},
}

func usesModule(b evidence.Build, module string) bool {
	for path := range b.Modules {
		if path == module || strings.HasPrefix(path, module+"/v") {
			return true
		}
	}
	return b.Main == module || strings.HasPrefix(b.Main, module+"/v")
}
