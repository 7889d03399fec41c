package cmd

import (
	"context"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/exhibit"
	"github.com/goperf/goperf/listing"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/rules"
	"github.com/goperf/goperf/source"
	"github.com/goperf/goperf/source/code"
	"github.com/goperf/goperf/tui"
)

// feeder brings what is known of a target to the screens: how far the collection
// is, the profiles as soon as they are decoded, and the diagnosis.
type feeder struct {
	env        Env
	src        source.Source
	plan       source.Plan
	title      string
	sourcePath []string

	mu    sync.Mutex
	err   error
	build *debug.BuildInfo
}

// failed is why there was no evidence.
func (f *feeder) failed() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// progressShown is how often progress is told: each time costs a frame.
const progressShown = 250 * time.Millisecond

// feed collects and hands over what comes of it. Keep ends the observation early.
func (f *feeder) feed(ctx context.Context, keep <-chan struct{}, send func(*tui.Data)) {
	d := tui.Data{Title: f.title, Collecting: &tui.Collecting{Doing: "reading"}}
	send(copied(d))
	collecting, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		select {
		case <-keep:
			stop()
		case <-collecting.Done():
		}
	}()
	var told time.Time
	capture, err := f.src.Collect(collecting, f.plan, func(p source.Progress) {
		if now := f.env.Now(); now.Sub(told) >= progressShown {
			told = now
			d.Live = d.Live || p.Window > 0
			d.Collecting = &tui.Collecting{Doing: p.Doing, Elapsed: p.Elapsed, Window: p.Window, Samples: p.Samples, Bytes: p.Bytes}
			send(copied(d))
		}
	})
	if err != nil {
		f.mu.Lock()
		f.err = noEvidence("", err)
		f.mu.Unlock()
		d.Collecting, d.Err = nil, err
		send(copied(d))
		return
	}
	useWallClock(capture)
	for _, blob := range capture.Blobs {
		if blob.Kind == evidence.BuildInfo {
			f.build, _ = debug.ParseBuildInfo(string(blob.Data)) // other forms say nothing here
		}
	}
	set := evidence.Decode(capture)
	d.Collecting = &tui.Collecting{Doing: "diagnosing"}
	d.Profiles, d.Main = profilesIn(set), set.Build.Main
	d.Groups = tui.Groups(set.Goroutines, set.Profiles[evidence.Goroutine])
	send(copied(d))
	r := diagnose.Run(rules.All(), set, diagnose.Limits{})
	exhibit.Fill(r, set)
	r.Tool = f.env.toolVersion()
	d.Collecting, d.Report = nil, r
	send(copied(d))
}

// copied is data that is handed over: it does not change any more.
func copied(d tui.Data) *tui.Data { return &d }

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
		out = append(out, tui.Profile{Kind: string(kind), Profile: p})
	}
	return out
}

// list finds the source of a function.
func (f *feeder) list(p *profile.Profile, fn listing.Function) tui.Listing {
	out := tui.Listing{Function: fn}
	finder := code.NewFinder(code.Options{Dir: f.env.Dir, Getenv: f.env.getenv, Build: f.build, Search: splitLists(f.sourcePath)})
	finder.Guess([]code.Query{{File: fn.File, Function: fn.Name, Fits: fn.Plausible}})
	file, err := finder.Find(code.Query{File: fn.File, Function: fn.Name, Fits: fn.Fits})
	if err != nil {
		out.Why, out.Hint = err.Error(), hintOf(err)
		out.Rows = fn.Rows(nil, -1)
		return out
	}
	out.Path, out.Rows, out.Doubt = file.Path, fn.Rows(file.Text, -1), file.Doubt
	end := time.Unix(0, p.TimeNanos).Add(time.Duration(max(p.DurationNanos, 0)))
	if out.Doubt == "" && p.TimeNanos != 0 && file.Modified.After(end) {
		out.Doubt = "the file was changed after the profile was taken: lines may have moved"
	}
	return out
}
