package cmd

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/exhibit"
	"github.com/goperf/goperf/gctune/pacer"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/rules"
	"github.com/goperf/goperf/source"
	"github.com/goperf/goperf/tui"
)

// feeder brings what is known of a target to the screens: how far the collection
// is, the profiles as they come, and the diagnosis.
type feeder struct {
	env      Env
	src      source.Source
	given    *tui.Data  // what is shown instead of a target
	compared *comparing // with a base
	plan     source.Plan
	title    string
	code     codeOptions
	save     string // keep the evidence in this bundle
	files    *scribe
	output   *lastOutput // of a command that was started just now to be looked at
	begun    bool        // it has been given time to start
	piped    bool        // the target is standard input: nobody else holds it

	running sync.WaitGroup // feeds
	mu      sync.Mutex
	err     error
	report  *report.Report
	shown   *tui.Data         // with it
	capture *evidence.Capture // that is shown, of a service or from standard input: to be written
	onward  *onward           // what was seen of the service since
	program origin            // of the evidence
}

// status is the exit status of the report, fine without one.
func (f *feeder) status(failOn *report.Severity) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if failOn == nil || f.report == nil {
		return nil
	}
	return exitWith(report.Status(f.report, failOn))
}

// failed is why there was no evidence, or why it could not be kept.
func (f *feeder) failed() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// fail keeps the first thing that went wrong.
func (f *feeder) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = cmp.Or(f.err, err)
}

// progressShown is how often progress is told: each time costs a frame.
const progressShown = 250 * time.Millisecond

// feed collects and hands over what comes of it. Keep ends the observation early.
func (f *feeder) feed(ctx context.Context, keep <-chan struct{}, send func(*tui.Data)) {
	f.running.Add(1)
	defer f.running.Done()
	f.mu.Lock()
	f.err = nil
	f.mu.Unlock()
	if f.given != nil {
		send(f.given)
		return
	}
	before, show := f.before(), send
	send = func(d *tui.Data) { show(f.heard(d)) }
	send(during(before, &tui.Collecting{Doing: "reading"}))
	collecting, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		select {
		case <-keep:
			stop()
		case <-collecting.Done():
		}
	}()
	if f.output != nil && !f.begun {
		await(collecting, startup)
		f.begun = true
	}
	growing := &growth{before: before, plan: f.plan, now: f.env.Now, latest: make(chan source.Progress, 1), keep: f.came}
	var err error
	switch {
	case f.compared == nil:
		err = f.collect(ctx, collecting, growing, send)
	case f.src == nil:
		err = f.compareFiles(collecting, send)
	default:
		if err = f.compared.readBase(collecting, f, send); err == nil {
			err = f.collect(ctx, collecting, growing, send)
		}
	}
	if err != nil && ctx.Err() == nil {
		f.missed(before, growing.live, err, send)
	}
}

// saveAs is the file of this collection: the ones before keep theirs.
func (f *feeder) saveAs() string {
	f.files.saves++
	if f.files.saves == 1 {
		return f.save
	}
	return fmt.Sprintf("%s-%d.goperf", strings.TrimSuffix(f.save, ".goperf"), f.files.saves)
}

// collect asks a service, or reads files, until collecting ends, and hands over what
// comes of it while ctx has not ended.
func (f *feeder) collect(ctx, collecting context.Context, growing *growth, send func(*tui.Data)) error {
	var shown sync.WaitGroup
	shown.Go(func() { growing.run(send) })
	capture, err := f.src.Collect(collecting, f.plan, growing.tell)
	close(growing.latest)
	shown.Wait()
	if err == nil {
		err = poorer(growing.before, capture, collecting.Err() != nil)
	}
	if err != nil {
		return err
	}
	useWallClock(capture)
	if f.save != "" {
		name := f.saveAs()
		err := f.files.write(context.WithoutCancel(ctx), name, name == f.save, func(w io.Writer) error { return writeBundle(w, f.env, capture) })
		if err != nil {
			f.fail(err)
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	d, err := f.conclude(capture, growing.live, send)
	if err != nil {
		return err
	}
	f.mu.Lock()
	f.shown = d
	f.mu.Unlock()
	send(d)
	return nil
}

// conclude decodes what was collected, and diagnoses it, or compares it.
func (f *feeder) conclude(capture *evidence.Capture, live bool, send func(*tui.Data)) (*tui.Data, error) {
	f.origin(capture, live)
	set := evidence.Decode(capture)
	keeps := live || f.piped
	if !keeps {
		capture.Blobs = nil // of files, as large as they are
	}
	f.env.collectOften() // from here on it is trees that are made
	d := dataOf(set, f.title)
	d.Recorded = recorded(set, live)
	if f.compared != nil {
		d.Compared = &tui.Comparison{New: f.compared.next}
	}
	d.Live, d.Collecting = live, &tui.Collecting{Doing: "reading"}
	send(new(d))
	d.Collecting = &tui.Collecting{Doing: "diagnosing"}
	send(new(d)) // it waits for the first look, which is sooner done alone
	if f.plan.LateSyntax {
		source.AddSyntax(set, f.env.sourceDeps())
	}
	r, more := f.judged(set)
	f.mu.Lock()
	f.report = r
	if keeps { // what was read from files is there already
		f.capture, f.onward = capture, f.look(capture, set)
	}
	f.mu.Unlock()
	d.Collecting, d.Report = nil, more
	if f.compared != nil {
		return f.compared.with(f.env, capture, d)
	}
	return &d, nil
}

// judged is the report on what was observed, and the same with what the screens
// show beside it.
func (f *feeder) judged(set *evidence.Set) (r, more *report.Report) {
	r = diagnose.Run(rules.All(), set, diagnose.Limits{})
	exhibit.Fill(r, set)
	r.Tool = f.env.toolVersion()
	more = new(*r)
	more.Exhibits, more.Gaps = slices.Clone(r.Exhibits), slices.Clone(r.Gaps)
	collector(more, set)
	if growth, ok := exhibit.Growth(set); ok {
		more.Exhibits = append(more.Exhibits, growth)
	}
	if cycles, ok := exhibit.Cycles(set); ok {
		more.Exhibits = append(more.Exhibits, cycles)
	}
	more.Exhibits = append(more.Exhibits, exhibit.Traced(set)...)
	return r, more
}

// recorded is when evidence was taken that is not being taken now; zero when that
// is not known.
func recorded(set *evidence.Set, live bool) time.Time {
	if live {
		return time.Time{}
	}
	return set.From
}

// dataOf is what a set holds for the screens.
func dataOf(set *evidence.Set, title string) tui.Data {
	d := tui.Data{
		Title: title, Profiles: profilesIn(set), Main: set.Build.Main,
		Groups: tui.Groups(set.Goroutines, set.Profiles[evidence.Goroutine]),
		Looked: tui.LookedAt(set.Goroutines, set.Profiles[evidence.Goroutine]),
		Lost:   set.Lost, Limit: set.Host.MemoryLimit,
	}
	if locks, ok := exhibit.Locks(set); ok {
		d.Locks = &locks
	}
	d.Numbers, d.From = exhibit.OverTime(set)
	return d
}

// growth shows what has come while more of it comes. It is told by the collection,
// which must not wait, and shows what it was told last.
type growth struct {
	before *tui.Data // is shown until there is something to show instead
	plan   source.Plan
	now    func() time.Time
	latest chan source.Progress
	keep   func(source.Progress) // what has come, to be written
	live   bool
	told   time.Time
}

// ofService says that a service is asked: of files nothing is there before all is.
func ofService(p source.Progress) bool { return p.Window > 0 || p.SoFar != nil }

// tell keeps the newest progress.
func (g *growth) tell(p source.Progress) {
	g.live = g.live || ofService(p)
	now := g.now()
	if now.Sub(g.told) < progressShown {
		return
	}
	g.told = now
	if p.SoFar != nil && replaces(g.before, p.SoFar) {
		g.keep(p)
	}
	select {
	case <-g.latest: // an older one that nobody has seen
	default:
	}
	g.latest <- p
}

func (g *growth) run(send func(*tui.Data)) {
	d := tui.Data{Title: g.before.Title}
	if c := g.before.Compared; c != nil {
		d.Compared = &tui.Comparison{New: c.New} // what else it had is old
	}
	decoded, seen := 0, &evidence.Set{}
	for p := range g.latest {
		c := &tui.Collecting{Doing: p.Doing, Elapsed: p.Elapsed, Window: p.Window, Samples: p.Samples, Bytes: p.Bytes}
		d.Live = d.Live || ofService(p)
		if p.SoFar != nil {
			arrived(c, p.SoFar)
			c.Ahead = ahead(p, g.plan)
			if !replaces(g.before, p.SoFar) {
				send(during(g.before, c))
				continue
			}
			if n := len(p.SoFar.Blobs); n > decoded {
				decoded = n
				seen = evidence.Decode(early(p.SoFar))
				more := dataOf(seen, d.Title)
				d.Profiles, d.Main, d.Groups, d.Looked, d.Locks, d.Lost = more.Profiles, more.Main, more.Groups, more.Looked, more.Locks, more.Lost
			}
			d.Numbers, d.From = exhibit.OverTime(seen, p.Uses...)
		}
		d.Collecting = c
		send(new(d))
	}
}

// early is what of a capture is soon decoded and shown while more comes.
func early(c *evidence.Capture) *evidence.Capture {
	out := *c
	out.Blobs = nil
	for _, b := range c.Blobs {
		switch b.Kind {
		case evidence.CPU, evidence.Heap, evidence.HeapText, evidence.Goroutine, evidence.GoroutineText, evidence.BuildInfo, evidence.Mutex, evidence.Block, evidence.Cmdline:
			out.Blobs = append(out.Blobs, b)
		}
	}
	return &out
}

// arrived says of a collection what has come and what was asked.
func arrived(to *tui.Collecting, c *evidence.Capture) {
	for _, b := range c.Blobs {
		to.Arrived = append(to.Arrived, tui.Arrived{Kind: string(b.Kind), Bytes: int64(len(b.Data)), Seconds: b.Asked.Seconds()})
	}
	for _, g := range c.Gaps {
		to.Gaps = append(to.Gaps, report.Gap{Want: string(g.Want), Why: g.Why, Hint: g.Hint})
	}
	for _, a := range c.Asked {
		to.Asked = append(to.Asked, report.Request{What: a.What, Seconds: a.Took.Seconds(), Bytes: a.Bytes, Effect: a.Effect})
	}
}

// ahead is what of a plan a service has yet to give.
func ahead(p source.Progress, plan source.Plan) (out []string) {
	came, probes := map[evidence.Kind]bool{}, []string(nil)
	for _, b := range p.SoFar.Blobs {
		came[b.Kind] = true
	}
	for _, g := range p.SoFar.Gaps {
		came[g.Want] = true // or never will
	}
	for _, a := range p.SoFar.Asked {
		if name, ok := strings.CutPrefix(a.What, "kernel probe "); ok {
			probes = append(probes, name)
		}
	}
	left := (p.Window - p.Elapsed).Truncate(time.Second)
	if p.Window == 0 {
		return nil
	}
	served := came[evidence.Index] // else it is looked at from outside alone
	if served && left > 0 {
		out = append(out, fmt.Sprintf("CPU profile: slices for %s more", left))
	}
	if served && !came[evidence.Trace] && !plan.NoTrace {
		out = append(out, "execution trace: beside a longer slice")
	}
	if len(probes) > 0 {
		out = append(out, "kernel probes: "+strings.Join(probes, ", ")+" measure until the end")
	}
	if served {
		out = append(out, "heap, goroutines, locks: once more at the end")
	}
	return append(out, "diagnosis")
}

// collector adds to a report what the model of the collector says, or why it
// says nothing: what goperf gc tells without further terms.
func collector(r *report.Report, set *evidence.Set) {
	terms := pacer.Terms{Policy: pacer.Balanced, Price: defaultPrice, Load: 1, Burst: 1}
	study, err := makeStudy(set, gcWants{auto: true, terms: terms}, gcOthers{})
	if err != nil {
		r.Gaps = append(r.Gaps, report.Gap{Want: "gc model", Why: err.Error(), Hint: hintOf(err)})
		return
	}
	r.Exhibits = append(r.Exhibits, study.Observation(), study.Frontier(), study.Recommendation(), study.FrontierData())
}

// shown are the kinds of profiles in the order in which they are looked at.
var shown = []evidence.Kind{evidence.CPU, evidence.Heap, evidence.Allocs, evidence.OffCPU, evidence.Mutex, evidence.Block, evidence.Wall, evidence.Goroutine}

// profilesIn are the profiles of a set that can be looked at: of the slices of a
// window the sum, of snapshots the last.
func profilesIn(set *evidence.Set) []tui.Profile {
	kinds := slices.Clone(shown)
	var others []evidence.Kind
	for kind := range set.Profiles {
		if !slices.Contains(kinds, kind) {
			others = append(others, kind)
		}
	}
	slices.Sort(others)
	var out []tui.Profile
	for _, kind := range append(kinds, others...) {
		all := set.Profiles[kind]
		if len(all) == 0 {
			continue
		}
		p := all[len(all)-1]
		if kind == evidence.CPU && len(all) > 1 {
			if sum, err := profile.Merge(all...); err == nil { // those of two builds cannot be added: the last one is what runs now
				p = sum
			}
		}
		one := tui.Profile{Kind: string(kind), Profile: p}
		if len(all) > 1 {
			one.Parts = all
		}
		out = append(out, one)
	}
	return out
}
