package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/gctune/advise"
	"github.com/goperf/goperf/gctune/observe"
	"github.com/goperf/goperf/gctune/pacer"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/source"
)

// settling is the time that a setting has before it is observed: for the heap to
// take its new size, and for a service that has been started to warm up.
const settling = 10 * time.Second

// spare is how long a setting may hold when goperf is gone: longer than the last
// snapshots take, and short.
const spare = time.Minute

// verification is a service that a recommendation is verified on.
type verification struct {
	trial  *source.Trial
	served bool // it serves gctune/handler, and lets us in
}

// verification finds out before the first observation whether there can be a
// second one.
func (o *gcOptions) verification(ctx context.Context, env Env, targets []string) (*verification, error) {
	plan, err := o.target.plan(env)
	if err != nil {
		return nil, err
	}
	src, err := findSource(env, targets)
	if err != nil {
		return nil, err
	}
	trial, err := source.OpenTrial(ctx, src, plan)
	if errors.Is(err, source.ErrNoService) {
		return nil, usageError(hintOf(err), "--verify: %w", err)
	}
	if err != nil {
		return nil, noEvidence("", err)
	}
	served, err := trial.Served(ctx)
	if err != nil {
		trial.Close()
		return nil, noEvidence("", err)
	}
	return &verification{trial: trial, served: served}, nil
}

// verifyOn has the recommendation applied, observes again, and puts what was
// predicted beside what is. Where the service serves gctune/handler it is
// applied by that, for as long as it is observed, and taken back, also when the
// user interrupts. Elsewhere the user restarts the service.
func (o *gcOptions) verifyOn(ctx context.Context, env Env, targets []string, wants gcWants, first *evidence.Set, before *advise.Study, v *verification) (*report.Report, bool, error) {
	if !before.Advice.Advised {
		return nil, false, noEvidence("goperf gc without --verify shows what was seen", fmt.Errorf("nothing is recommended, so there is nothing to verify: %s", before.Advice.Reason))
	}
	best := before.Advice.Best.Setting
	if !v.served {
		var allocated int64
		if n := len(first.Memory); n > 0 {
			allocated = first.Memory[n-1].TotalAlloc
		}
		if err := o.restart(ctx, env, best, v.trial, allocated); err != nil {
			return nil, false, interrupted()
		}
		if next, how := v.trial.Successor(); next != "" {
			targets = []string{next}
			o.tell(env, "%s%s", how, given(v.trial, best))
		}
		return o.observeAgain(ctx, env, targets, wants, before, false)
	}
	ttl := o.settle + o.target.duration + spare
	if err := v.trial.Set(ctx, best.GOGC.String(), best.LimitString(), ttl); err != nil {
		return nil, false, noEvidence("", err)
	}
	o.tell(env, "%s is tried on the service, for %v", best, o.settle+o.target.duration)
	wants.wish = observe.Wish{GOGC: best.GOGC.String(), Limit: best.LimitString()}
	r, held, err := o.observeAgain(ctx, env, targets, wants, before, true)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settling)
	defer cancel()
	if failed := v.trial.End(ctx); failed != nil {
		return r, held, errors.Join(err, fmt.Errorf("the setting could not be taken back, it ends by itself within %v: %w", ttl, failed))
	}
	o.tell(env, "the service has its own setting again")
	return r, held, err
}

// given says what a restarted process was told, when that is not what was asked for.
func given(trial *source.Trial, best pacer.Setting) string {
	gogc, limit, known := trial.Environment()
	if !known {
		return "; its environment cannot be read"
	}
	is, err := pacer.ParseSetting(cmp.Or(gogc, "100") + "/" + cmp.Or(limit, "off"))
	if err == nil && is == best {
		return ", with " + best.String() + " in its environment"
	}
	has := report.Clean("GOGC=" + cmp.Or(gogc, "100") + " GOMEMLIMIT=" + cmp.Or(limit, "off"))
	return fmt.Sprintf("; its environment has %s, not %s: it is judged by what it has", has, best)
}

func interrupted() error {
	return noEvidence("", errors.New("interrupted before the setting was observed"))
}

// observeAgain lets the service settle, observes it and compares.
func (o *gcOptions) observeAgain(ctx context.Context, env Env, targets []string, wants gcWants, before *advise.Study, inPlace bool) (*report.Report, bool, error) {
	if err := o.wait(ctx, env); err != nil {
		return nil, false, interrupted()
	}
	capture, err := collect(ctx, env, targets, o.target)
	if err != nil {
		return nil, false, err
	}
	set := evidence.Decode(capture)
	wants.terms.Applied = true
	study, err := makeStudy(set, wants, gcOthers{})
	if err != nil {
		return nil, false, noEvidence("", named(set.Target.Name, err))
	}
	compared, held := before.Compare(study.Seen, inPlace)
	r := gcReport(set, wants, study)
	r.Exhibits = append([]report.Exhibit{compared}, r.Exhibits...)
	return r, held, nil
}

// restart waits until the user has restarted the service, or interrupts.
func (o *gcOptions) restart(ctx context.Context, env Env, best pacer.Setting, trial *source.Trial, allocated int64) error {
	ctx, stop := env.Interruptible(ctx)
	defer stop()
	o.tell(env, "restart the service with %s; waiting for it (Ctrl-C ends)", best)
	if err := trial.Restarted(ctx, allocated); err != nil {
		return err
	}
	o.tell(env, "it has been restarted; %v to settle", o.settle)
	return nil
}

// wait gives a setting its time, unless the user interrupts.
func (o *gcOptions) wait(ctx context.Context, env Env) error {
	ctx, stop := env.Interruptible(ctx)
	defer stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(o.settle):
		return nil
	}
}

// tell says what happens between two observations. It is no result, and on
// standard error also where nobody sees progress: somebody has to act on it.
func (o *gcOptions) tell(env Env, format string, args ...any) {
	if !o.target.quiet {
		_, _ = io.WriteString(env.Stderr, "goperf: "+fmt.Sprintf(format, args...)+"\n") // nobody is left to tell
	}
}
