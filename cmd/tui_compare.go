package cmd

import (
	"cmp"
	"context"
	"strings"

	"github.com/goperf/goperf/compare"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/source"
	"github.com/goperf/goperf/tui"
)

// comparing is a comparison that is made while the screens are shown.
type comparing struct {
	options    *diffOptions
	base, next []string      // targets
	again      []string      // flags of a command that shows it
	old        *compare.Side // the base, once it was read: collecting again is of the new side
}

// compares has what the targets are compared with a base.
func (f *feeder) compares(targets []string, o *tuiOptions) (err error) {
	c := &comparing{options: o.compare, base: o.base, next: targets, again: o.again}
	if c.options == nil {
		c.options = &diffOptions{confidence: compare.Defaults().Confidence}
	}
	c.options.target = o.target
	f.compared, f.title = c, strings.Join(o.base, ", ")+" → "+f.title
	if o.view.Screen == "" && !o.isPlain(f.env) {
		o.view.Screen = "diff"
	}
	f.env.collectRarely()
	if !c.options.isLive(f.env, targets) {
		return nil
	}
	c.options.asks()
	f.plan.NoTrace, f.plan.Only = true, o.target.only
	f.src, err = findSource(f.env, targets)
	return err
}

// readBase reads or collects the base, the first time.
func (c *comparing) readBase(ctx context.Context, f *feeder, send func(*tui.Data)) error {
	if c.old != nil {
		return nil
	}
	side, err := c.load(ctx, f, c.base, send)
	if err == nil {
		c.old = &side
	}
	return err
}

// load reads a side, or collects it.
func (c *comparing) load(ctx context.Context, f *feeder, targets []string, send func(*tui.Data)) (side compare.Side, err error) {
	if !c.options.isLive(f.env, targets) {
		return readSide(f.env, targets)
	}
	src, err := findSource(f.env, targets)
	if err != nil {
		return side, err
	}
	growing := &growth{before: &tui.Data{Title: "the base, " + targets[0], Compared: &tui.Comparison{New: c.next}}, plan: f.plan, now: f.env.Now, latest: make(chan source.Progress, 1), keep: func(source.Progress) {}}
	done := make(chan struct{})
	go func() { growing.run(send); close(done) }()
	capture, err := src.Collect(ctx, f.plan, growing.tell)
	close(growing.latest)
	<-done
	if err != nil {
		return side, err
	}
	useWallClock(capture)
	return sideOf(targets[0], capture)
}

// with compares what was collected with the base; d is what is known of it alone.
func (c *comparing) with(env Env, capture *evidence.Capture, d tui.Data) (*tui.Data, error) {
	next, err := sideOf(c.next[0], capture)
	if err != nil {
		return nil, err
	}
	return c.compare(env, next, &d)
}

// compare compares a side with the base.
func (c *comparing) compare(env Env, next compare.Side, alone *tui.Data) (*tui.Data, error) {
	graph, r, err := c.options.between(env, *c.old, next)
	if err != nil {
		return nil, err
	}
	if alone != nil {
		alone.Title, alone.Compared, alone.Of = strings.Join(c.next, ", "), nil, c.base
	}
	return graph.data(env, c.next, c.base, c.again, r, alone), nil
}

// compareFiles reads both sides. What the new one alone has to show comes when the
// comparison is there.
func (f *feeder) compareFiles(ctx context.Context, send func(*tui.Data)) error {
	c := f.compared
	if err := c.readBase(ctx, f, send); err != nil {
		return err
	}
	next, err := readSide(f.env, c.next)
	if err != nil {
		return err
	}
	d, err := c.compare(f.env, next, nil)
	if err != nil {
		return err
	}
	if len(next.Runs) != 1 { // several runs are no window of one process
		send(d)
		return nil
	}
	first := *d
	first.Compared = new(*d.Compared)
	first.Collecting = &tui.Collecting{Doing: "reading " + cmp.Or(next.Name, "the new side") + " alone"}
	send(&first)
	d.Compared.Side = f.alone(ctx)
	send(d)
	return nil
}

// alone is what is known of the new side by itself, nil when that is nothing.
func (f *feeder) alone(ctx context.Context) *tui.Data {
	src, err := findSource(f.env, f.compared.next)
	if err != nil {
		return nil
	}
	capture, err := src.Collect(ctx, source.Plan{NoSyntax: true}, nil)
	if err != nil {
		return nil // results of benchmarks are compared, and there is nothing to see of one side
	}
	useWallClock(capture)
	f.origin(capture, false)
	set := evidence.Decode(capture)
	d := dataOf(set, strings.Join(f.compared.next, ", "))
	d.Of, d.Recorded = f.compared.base, set.From
	_, d.Report = f.judged(set)
	return &d
}
