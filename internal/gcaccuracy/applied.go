//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/goperf/goperf/internal/memgroup"
)

// applied is a recommendation that was followed, in a container.
type applied struct {
	measured
	Container float64 `json:"container"` // B
	Before    float64 `json:"before"`    // GC cores at GOGC=100 under the same load, the burst included
	Needed    float64 `json:"needed"`    // B: highest RSS at GOGC=100
	Burst     float64 `json:"burst"`     // B of live heap that came and went
	Verdict   string  `json:"verdict"`
}

// containers are sizes to try, as multiples of the highest RSS at GOGC=100: one
// in which GOGC=100 hardly fits, and one with room.
var containers = []float64{1.1, 2}

// applyAll asks for a recommendation for containers of several sizes and runs
// it in each, with a burst of half of the live heap where the subject can do one.
func (l *lab) applyAll(ctx context.Context, chosen []subject) error {
	for _, s := range chosen {
		var base measured
		if !l.load(s, "100", &base) {
			continue
		}
		before, err := l.before(ctx, s)
		if err != nil {
			return fmt.Errorf("%s at GOGC=100: %w", s.name, err)
		}
		for _, size := range containers {
			mib := math.Ceil(size * base.RSS / (1 << 20))
			name := l.path(s.name, fmt.Sprintf("applied-%.0f.json", mib))
			if _, err := os.Stat(name); err == nil || !l.time(l.window+l.warm) {
				continue
			}
			a, err := l.apply(ctx, s, base, mib, before)
			if err != nil {
				return fmt.Errorf("%s in %.0f MiB: %w", s.name, mib, err)
			}
			data, err := json.MarshalIndent(a, "", "  ")
			if err != nil {
				return err
			}
			if err := os.WriteFile(name, data, 0o644); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// before is what GOGC=100 costs under the load that a recommendation has to bear:
// the burst's own garbage is collected as well.
func (l *lab) before(ctx context.Context, s subject) (float64, error) {
	a := applied{measured: measured{Subject: s.name, Setting: "100"}}
	name := l.path(s.name, "before.json")
	if data, err := os.ReadFile(name); err == nil && json.Unmarshal(data, &a) == nil {
		return a.GC, nil
	}
	if !l.time(l.window + l.warm) {
		return 0, nil
	}
	if err := l.runIn(ctx, s, nil, &a); err != nil {
		return 0, err
	}
	fmt.Println(a.measured, "with the burst")
	data, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return 0, err
	}
	return a.GC, os.WriteFile(name, data, 0o644)
}

// apply runs what is recommended for a container in one.
func (l *lab) apply(ctx context.Context, s subject, base measured, mib, before float64) (applied, error) {
	a := applied{measured: measured{Subject: s.name}, Container: mib * (1 << 20), Needed: base.RSS, Before: before}
	said, err := l.predict(ctx, s, "100", "--limit", fmt.Sprintf("%.0fMiB", mib), "--burst", "1.5x")
	if err != nil {
		return a, err
	}
	for _, p := range said {
		if p.recommended {
			a.Setting, a.Verdict = p.setting, p.verdict
		}
	}
	if a.Setting == "" {
		a.Verdict = "no advice"
		return a, nil
	}
	group, err := memgroup.New(int64(a.Container))
	if err != nil {
		return a, err
	}
	if err := evict(l.binary(s)); err != nil {
		return a, errors.Join(err, group.Close())
	}
	err = l.runIn(ctx, s, group.Wrap(), &a)
	killed, kerr := group.Killed()
	if a.Killed = killed > 0; a.Killed {
		err = nil // it is what was to be found out
	}
	fmt.Println(a.measured, "in", mib, "MiB, killed:", a.Killed)
	return a, errors.Join(err, kerr, group.Close())
}

// runIn measures a subject with the setting of a, begun by a command that puts it
// into its group.
func (l *lab) runIn(ctx context.Context, s subject, group []string, a *applied) error {
	p, err := l.launch(ctx, s, a.Setting, group...)
	if err != nil {
		return err
	}
	defer p.close()
	before := p.reading(ctx)
	failed := make(chan error, 1)
	if kept, ok := heapOf(l.bundle(s, "100") + ".gctrace"); ok && s.burst != nil {
		a.Burst = kept.mean / 2
		go func() {
			pause(ctx, l.window/8)
			failed <- s.burst(ctx, p.deployment, a.Burst, l.window/2)
		}()
	} else {
		failed <- nil
	}
	data, err := l.sample(ctx, p)
	if err != nil {
		return err
	}
	setting, more := a.Setting, a.Burst
	a.measured = p.reading(ctx).since(before)
	a.Subject, a.Setting, a.Burst = s.name, setting, more
	gc, seconds, samples, err := collecting(data)
	a.GC, a.Samples = gc/seconds, samples
	return errors.Join(err, <-failed)
}

// appliedTo reads what was applied to a subject.
func (l *lab) appliedTo(s subject) []applied {
	var all []applied
	entries, err := os.ReadDir(l.path(s.name))
	if err != nil {
		return nil
	}
	for _, e := range entries {
		data, err := os.ReadFile(l.path(s.name, e.Name()))
		var a applied
		if strings.HasPrefix(e.Name(), "applied-") && err == nil && json.Unmarshal(data, &a) == nil {
			all = append(all, a)
		}
	}
	return all
}

func writeApplied(b *strings.Builder, all []applied) {
	if len(all) == 0 {
		return
	}
	runs, killed, roomy, less := 0, 0, 0, 0
	least, most := math.Inf(1), 0.0
	b.WriteString("\n## The recommendation, applied\n\nEach service in a memory control group, with what `goperf gc --limit SIZE --burst 1.5x` recommends for it: in a container of 1.1 times the\n" +
		"highest RSS at GOGC=100, and in one of twice that. In the middle each has a burst of half of its\n" +
		"live heap: messages that nobody reads (nats, nsqd), large answers (etcd), a configuration that is loaded anew (caddy, which doubles it), records\n" +
		"(internal/gcload). The program is dropped from the page cache first, so that its code is charged to the group, as a container's is.\n" +
		"What GOGC=100 costs was measured outside of a container, under the same load and with the same burst. These runs had the usual priority.\n\n" +
		"| service | container, MiB | setting | verdict | burst, MB | peak RSS, MB | GC cores, GOGC=100 | GC cores | change | killed |\n|---|--:|---|---|--:|--:|--:|--:|--:|---|\n")
	for _, a := range all {
		if a.Setting == "" {
			fmt.Fprintf(b, "| %s | %.0f | – | %s | | | %.3g | | | |\n", a.Subject, a.Container/(1<<20), a.Verdict, a.Before)
			continue
		}
		runs++
		least, most = min(least, a.Load), max(most, a.Load)
		if a.Killed {
			killed++
		}
		if a.Container > 1.5*a.Needed {
			roomy++
			if a.GC <= 0.6*a.Before {
				less++
			}
		}
		fmt.Fprintf(b, "| %s | %.0f | %s | %s | %.0f | %.1f | %.3g | %.3g | %+.0f %% | %v |\n", a.Subject, a.Container/(1<<20), a.Setting, a.Verdict,
			a.Burst/1e6, a.RSS/1e6, a.Before, a.GC, 100*(a.GC/a.Before-1), a.Killed)
	}
	fmt.Fprintf(b, "\nKilled: %d of %d. GC CPU fell by 40 %% or more in %d of the %d containers of twice the size. Where it did not, the limit was too near to the\n"+
		"live heap of the burst (40 %% less needs five thirds of the room that GOGC=100 has, above a live heap of one and a half times the usual, and the\n"+
		"limit leaves the program's own code its room), or each collection cost more beside what else ran on the machine then: its load average was %.0f to\n"+
		"%.0f. What is called tight does not bear half as much again as was seen, or hardly, and the report says which container would.\n",
		killed, runs, less, roomy, least, most)
}
