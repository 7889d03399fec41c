//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/goperf/goperf/profile"
)

// measured is what a subject did at a setting. Base units.
type measured struct {
	Subject string   `json:"subject"`
	Setting string   `json:"setting"`
	Seconds float64  `json:"seconds"`
	Cycles  float64  `json:"cycles"` // a second
	Seen    float64  `json:"seen"`   // cycles in the window
	GC      float64  `json:"gc"`     // cores: marking, assists and stopped worlds, by the CPU profile
	CPU     float64  `json:"cpu"`    // cores, by the kernel
	RSS     float64  `json:"rss"`    // highest in the window (VmHWM)
	Alloc   float64  `json:"alloc"`  // B/s
	Asked   float64  `json:"asked"`  // requests/s, 0 where the subject is its own load
	Samples float64  `json:"samples"`
	Load    float64  `json:"load"`             // the machine's load average
	Limits  []string `json:"limits,omitempty"` // the two settings with a limit, when this is the observation
	Killed  bool     `json:"killed,omitempty"`
}

func (m measured) String() string {
	return fmt.Sprintf("%-10s %-12s %7.3f GC/s  GC %.4f cores  CPU %.3f cores  RSS %.1f MB  load %.1f", m.Subject, m.Setting, m.Cycles, m.GC, m.CPU, m.RSS/1e6, m.Load)
}

// others are the settings to run after the observation.
func (m measured) others() []string {
	return append([]string{"50", "200", "400"}, m.Limits...)
}

func (l *lab) file(s subject, setting string) string {
	return l.path(s.name, strings.ReplaceAll(setting, "/", "+")+".json")
}

func (l *lab) load(s subject, setting string, m *measured) bool {
	data, err := os.ReadFile(l.file(s, setting))
	return err == nil && json.Unmarshal(data, m) == nil
}

func (l *lab) keep(s subject, m measured) error {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(l.file(s, m.Setting), data, 0o644)
}

// observed has goperf gc observe the subject at GOGC=100, and chooses the limits
// to try.
func (l *lab) observed(ctx context.Context, s subject, setting string) (measured, error) {
	p, err := l.launch(ctx, s, setting)
	if err != nil {
		return measured{}, err
	}
	defer p.close()
	before := p.reading(ctx)
	bundle := l.bundle(s, setting)
	observe := exec.CommandContext(ctx, l.path("bin", "goperf"), "gc", p.base, "--duration", l.observe.String(), "--save", bundle, "-f", "json", "-o", os.DevNull)
	if out, err := observe.CombinedOutput(); err != nil {
		return measured{}, fmt.Errorf("goperf gc: %w: %s", err, tail(string(out)))
	}
	after := p.reading(ctx)
	if err := p.underLoad(); err != nil {
		return measured{}, err
	}
	m := after.since(before)
	m.Subject, m.Setting = s.name, setting
	m.Limits = limits(before, after)
	fmt.Println(m, "observed")
	return m, p.keepTrace(bundle+".gctrace", before)
}

// bundle is where an observation is kept.
func (l *lab) bundle(s subject, setting string) string {
	if setting == "100" {
		return l.path(s.name, "observed.goperf")
	}
	return l.path(s.name, "observed-"+setting+".goperf")
}

// keepTrace keeps what the runtime said of each collection since a reading
// (GODEBUG=gctrace=1): whether two runs had the same load can be told from it.
func (p *process) keepTrace(name string, since reading) error {
	var lines []byte
	for line := range strings.Lines(p.output.String()[since.said:]) {
		if strings.HasPrefix(line, "gc ") {
			lines = append(lines, line...)
		}
	}
	return os.WriteFile(name, lines, 0o644)
}

// limits are two settings with GOMEMLIMIT: an effective GOGC of about 50, and of
// about 150, at the largest live heap that was seen.
func limits(seen ...reading) []string {
	var live, beside float64
	for _, r := range seen {
		live = max(live, r.page["NextGC"]/2)
		beside = max(beside, r.page["Sys"]-r.page["HeapIdle"]-r.page["HeapAlloc"])
	}
	var settings []string
	for _, e := range []float64{0.5, 1.5} {
		settings = append(settings, fmt.Sprintf("off/%.0fMiB", math.Ceil((beside+live*(1+e)/0.97)/(1<<20))))
	}
	return settings
}

// measure runs the subject at a setting.
func (l *lab) measure(ctx context.Context, s subject, setting string) (measured, error) {
	p, err := l.launch(ctx, s, setting)
	if err != nil {
		return measured{}, err
	}
	defer p.close()
	p.resetPeak()
	before := p.reading(ctx)
	data, err := l.sample(ctx, p)
	if err != nil {
		return measured{}, errors.Join(err, errors.New(tail(p.output.String())))
	}
	m := p.reading(ctx).since(before)
	m.Subject, m.Setting = s.name, setting
	if err := p.underLoad(); err != nil {
		return measured{}, err
	}
	if err := p.keepTrace(l.file(s, setting)+".gctrace", before); err != nil {
		return measured{}, err
	}
	gc, seconds, samples, err := collecting(data)
	if err != nil {
		return measured{}, err
	}
	m.GC, m.Samples = gc/seconds, samples
	if m.Seen >= 3 {
		m.GC = gc / (m.Seen * seconds / m.Seconds) * m.Cycles // of a cycle, by how often one comes
	}
	return m, nil
}

// sample has the kernel say what a process spends CPU on during the window: a
// thousand times a second, by a clock that does not miss what is shorter than a
// tick as the runtime's own profiler does (it took a collection of 3 ms for one of
// 1 to 5 ms, by the setting).
func (l *lab) sample(ctx context.Context, p *process) ([]byte, error) {
	name := filepath.Join(p.dir, "oncpu.pb.gz")
	probe := exec.CommandContext(ctx, l.path("bin", "goperf"), "probe", "oncpu", fmt.Sprint("pid:", p.cmd.Process.Pid),
		"--duration", l.window.String(), "--hertz", "997", "-o", name, "-q")
	if out, err := probe.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("goperf probe oncpu: %w: %s", err, tail(string(out)))
	}
	return os.ReadFile(name)
}

// collecting is the CPU time of a profile that goes to collections, in seconds,
// the time that the profile took, and the samples behind it.
func collecting(data []byte) (gc, seconds, samples float64, err error) {
	p, err := profile.Parse(data, profile.Options{})
	if err != nil {
		return 0, 0, 0, err
	}
	column, ok := p.SampleType("cpu")
	if !ok || p.DurationNanos <= 0 {
		return 0, 0, 0, errors.New("no CPU profile")
	}
	for i := range p.NumSamples() {
		for _, at := range p.Stack(i) {
			if marks(p, int(at)) {
				gc += float64(p.Value(i, column)) / 1e9
				samples++
				break
			}
		}
	}
	return gc, float64(p.DurationNanos) / 1e9, samples, nil
}

func marks(p *profile.Profile, location int) bool {
	for _, line := range p.Locations[location].Lines {
		if line.Function < 0 {
			continue
		}
		switch p.Functions[line.Function].Name {
		case "runtime.gcBgMarkWorker", "runtime.gcAssistAlloc", "runtime.gcStart", "runtime.gcMarkDone", "runtime.gcMarkTermination":
			return true
		}
	}
	return false
}

// reading is a process at one moment.
type reading struct {
	at   time.Time
	done float64 // requests
	said int     // bytes that the subject has printed
	cpu  float64 // s
	peak float64 // B
	load float64
	page map[string]float64 // MemStats as net/http/pprof prints them
	ends []float64          // of the last collections, s
}

func (p *process) reading(ctx context.Context) reading {
	r := reading{at: time.Now(), page: map[string]float64{}}
	page, _ := get(ctx, p.base+"/debug/pprof/heap?debug=1")
	for line := range bytes.Lines(page) {
		name, value, ok := strings.Cut(strings.TrimPrefix(string(line), "# "), " = ")
		if !ok {
			continue
		}
		if name == "PauseEnd" {
			r.ends = times(value)
			continue
		}
		if v, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil {
			r.page[name] = v
		}
	}
	r.cpu, r.peak, r.load = p.kernel()
	r.done, r.said = float64(p.done.Load()), len(p.output.String())
	return r
}

func times(list string) []float64 {
	var ends []float64
	for word := range strings.FieldsSeq(strings.Trim(strings.TrimSpace(list), "[]")) {
		if ns, err := strconv.ParseFloat(word, 64); err == nil && ns > 0 {
			ends = append(ends, ns/1e9)
		}
	}
	return ends
}

// since is what happened between two readings. Where the ends of collections
// are known their cadence is exact; a count in a window is off by up to one.
func (r reading) since(a reading) measured {
	seconds := r.at.Sub(a.at).Seconds()
	m := measured{
		Seconds: seconds, Seen: r.page["NumGC"] - a.page["NumGC"], CPU: (r.cpu - a.cpu) / seconds, RSS: r.peak,
		Alloc: (r.page["TotalAlloc"] - a.page["TotalAlloc"]) / seconds, Load: (r.load + a.load) / 2,
	}
	m.Asked = (r.done - a.done) / seconds
	m.Cycles = m.Seen / seconds
	var first, last, n float64
	for _, end := range r.ends {
		if end < float64(a.at.UnixNano())/1e9 {
			continue
		}
		if n++; n == 1 || end < first {
			first = end
		}
		last = max(last, end)
	}
	if n >= 3 && n >= m.Seen-1 { // the page shows the last 256
		m.Cycles = (n - 1) / (last - first)
	}
	return m
}
