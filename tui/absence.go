package tui

import (
	"slices"
	"strings"

	"github.com/goperf/goperf/render"
	"github.com/goperf/goperf/report"
)

// absence is why a screen has nothing to show.
type absence struct {
	what string   // "No CPU profile in this bundle."
	why  []string // paragraphs
	hint string   // a command that gets it
}

// need is evidence, where it comes from, and what gets it.
type need struct {
	of    string   // what of the target
	kinds []string // that gaps are about
	from  string   // a sentence: what it is seen by
	hint  string   // a command that gets it, from a target that runs
}

// Commands that bring evidence home which no file can be made to have.
const (
	wholeService = "goperf tui http://HOST:PORT"
	wholeProcess = "sudo goperf tui pid:PID"
)

// What screens need.
const (
	ofProfile = iota
	ofGoroutines
	ofMemory
	ofWaits
	ofTCP
)

var needed = [...]need{
	ofProfile:    {"where time and memory go", []string{"cpu", "heap", "profile"}, "It takes a CPU or a heap profile.", wholeService},
	ofGoroutines: {"goroutines", []string{"goroutine", "goroutine-text"}, "They are counted by a goroutine profile; their states and ages are in a dump (debug=2) or in the memory of a process.", wholeService},
	ofMemory:     {"memory and the collector", []string{"heap", "heap-text", "gc model"}, "Memory is told by a heap profile, growth by two of them, the collector by heap?debug=1, an execution trace or a gctrace log.", wholeService},
	ofWaits:      {"waiting and blocking", []string{"offcpu", "sched", "wall", "park", "trace", "kernel", "mutex", "block"}, "Waits are in execution traces and in mutex and block profiles; those of threads are seen by kernel probes, on the machine of the process and as root.", wholeProcess},
	ofTCP:        {"TCP connections", []string{"tcp", "kernel"}, "Connections are seen by a kernel probe, on the machine of the process and as root.", wholeProcess},
}

// absent is why nothing is known of something, for when no part has anything.
func (n need) absent(d *Data) *absence {
	a := &absence{what: "Nothing is known of " + n.of + "."}
	if d.Compared != nil && d.Report != nil && n.of != needed[ofProfile].of {
		a.what = "A comparison does not show " + n.of + "."
		a.why = append(a.why, "They are shown of one side, when it is opened alone.")
		a.hint = "goperf tui " + shellWords(d.Compared.New)
		return a
	}
	if d.Report == nil && d.Err == nil {
		if d.Collecting != nil && !d.Live {
			return &absence{what: "Reading…"} // a file, of which nothing is awaited
		}
		text := n.from + " None has come so far; the rest is there by the end of the window."
		if d.Collecting != nil && slices.ContainsFunc(d.Collecting.Arrived, func(v Arrived) bool { return slices.Contains(n.kinds, v.Kind) }) {
			text = n.from + " Some has come; what it says is known at the end of the window."
		}
		a.why = append(a.why, text)
		if d.Collecting != nil {
			a.gaps(d, n.kinds...)
		}
		return a
	}
	a.gaps(d, n.kinds...)
	a.why = append(a.why, n.from)
	if d.Report == nil {
		return a
	}
	if held := d.holds(); held != "" {
		a.why = append(a.why, held)
	}
	a.hint = strings.Replace(n.hint, "http://HOST:PORT", quote(d.service()), 1)
	if n.hint == wholeProcess {
		a.hint = d.asRoot()
	}
	return a
}

// lacks is why there is nothing to see of a profile that is there; nil when there is
// something: it has no samples, or filters leave none.
func (s *subject) lacks(keys hand) *absence {
	if s == nil || s.err != nil || s.from.Base != nil || s.tree == nil || s.tree.Columns[s.tree.Column].Width(0) != 0 {
		return nil
	}
	c := &s.tree.Columns[s.tree.Column]
	if c.Whole != 0 {
		a := &absence{what: "No stack is left.", why: []string{s.text + ": none of its stacks passes the filters: " + strings.ReplaceAll(s.lens.chips(), "   ", ", ") + "."}}
		if len(keys.table) > 0 {
			a.why = append(a.why, keys.unfilters()+".")
		}
		return a
	}
	kind := report.Clean(s.from.Kind)
	a := &absence{what: "The " + kind + " profile has no samples of " + report.Clean(c.Type.Type) + ".", hint: s.gets}
	why := "Nothing of it was seen while it was taken"
	if kind == "cpu" {
		why = "A sample is taken every 10 ms that the program computes: it hardly did while the profile was taken"
	}
	if n := s.from.DurationNanos; n > 0 {
		why += ", for " + report.FormatValue(float64(n)/1e9, "s")
	}
	a.why = []string{why + ". A longer window, with requests to answer, shows more."}
	if len(keys.table) > 0 {
		a.why = append(a.why, keys.key(sampleType)+" goes to the next sample type or profile.")
	}
	return a
}

// gets is a command that looks at the service again, for longer.
func (d *Data) gets() string {
	if d.Report == nil {
		return ""
	}
	if d.Live {
		return "goperf tui " + quote(d.title()) + " --duration 1m"
	}
	return strings.Replace(wholeService, "http://HOST:PORT", quote(d.service()), 1) + " --duration 1m"
}

// asRoot looks at the process with all probes: at that of the service at hand, where
// it runs on this machine.
func (d *Data) asRoot() string {
	if d.Live {
		return "sudo goperf tui " + quote(d.title())
	}
	return wholeProcess
}

// process is the process that is looked at, as a target.
func (d *Data) process() string {
	if name := d.title(); d.Live && strings.HasPrefix(name, "pid:") {
		return name
	}
	return "pid:PID"
}

// service is where the service is that evidence is of, as far as it is known.
func (d *Data) service() string {
	for _, name := range []string{d.title(), report.Clean(d.Report.Target.Name)} {
		if strings.HasPrefix(name, "http://") || strings.HasPrefix(name, "https://") {
			return name
		}
	}
	return "http://HOST:PORT"
}

// holds is the evidence that there is.
func (d *Data) holds() string {
	if d.Report == nil {
		return ""
	}
	var all []string
	for _, s := range d.Report.Evidence {
		if s.Kind != "syntax" { // found beside the profile, not in it
			all = append(all, report.Clean(render.Seen(s)))
		}
	}
	switch n := len(all); {
	case n == 0:
		return d.title() + " holds no evidence."
	case n > mostHeld:
		all = append(all[:mostHeld], "and more")
	}
	return d.title() + " holds " + strings.Join(all, ", ") + "."
}

// mostHeld is how many kinds of evidence are named.
const mostHeld = 8

// gaps adds what the report says of evidence that could not be had.
func (a *absence) gaps(d *Data, kinds ...string) {
	for _, g := range together(d.gaps(kinds...)) {
		a.why = append(a.why, g.Want+": "+g.Why)
		if g.Hint != "" {
			a.why = append(a.why, g.Hint)
		}
	}
}

// together are gaps, clean, those for one reason as one.
func together(gaps []report.Gap) (all []report.Gap) {
	for _, g := range gaps {
		g = report.Gap{Want: report.Clean(g.Want), Why: report.Clean(g.Why), Hint: report.Clean(g.Hint)}
		same := slices.IndexFunc(all, func(o report.Gap) bool { return o.Why == g.Why && o.Hint == g.Hint })
		if same < 0 {
			all = append(all, g)
		} else {
			all[same].Want += ", " + g.Want
		}
	}
	return all
}

// gaps are those about some kinds of evidence.
func (d *Data) gaps(kinds ...string) (all []report.Gap) {
	gaps := []report.Gap(nil)
	switch {
	case d.Report != nil:
		gaps = d.Report.Gaps
	case d.Collecting != nil:
		gaps = d.Collecting.Gaps
	}
	for _, g := range gaps {
		if slices.Contains(kinds, g.Want) {
			all = append(all, g)
		}
	}
	return all
}

// noProfile says why there is none; nil when there is one.
func (d *Data) noProfile() *absence {
	if len(d.Profiles) > 0 {
		return nil
	}
	return needed[ofProfile].absent(d)
}

// lack is a part of a screen that is not there, and what it takes.
type lack struct {
	part  string   // its ID, or how it begins
	name  string   // what is not known
	kinds []string // that gaps are about
	takes string   // what it takes
}

// lacking is a part that says which parts are missing and why; nil when all are
// there, or none: that the screen says itself.
func (d *Data) lacking(parts []*part, lacks ...lack) *part {
	if d.Report == nil || !slices.ContainsFunc(parts, func(p *part) bool { return p != nil }) {
		return nil
	}
	var all []said
	for _, l := range lacks {
		if slices.ContainsFunc(parts, func(p *part) bool { return p != nil && strings.HasPrefix(p.id, l.part) }) {
			continue
		}
		text := l.takes
		for _, g := range d.gaps(l.kinds...) {
			text = report.Clean(g.Why)
			if g.Hint != "" {
				text += " (" + report.Clean(g.Hint) + ")"
			}
		}
		all = append(all, said{"-", l.name + ": " + text})
	}
	if len(all) == 0 {
		return nil
	}
	return &part{id: "lacking", title: "not known", show: texts(all), shy: true, least: min(1+len(all), leastLines)}
}
