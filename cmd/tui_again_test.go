package cmd

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"testing"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/internal/folded"
	"github.com/goperf/goperf/source"
	"github.com/goperf/goperf/tui"
)

// script is a source that has prepared what each collection brings.
type script struct {
	steps []func(ctx context.Context, told func(source.Progress)) (*evidence.Capture, error)
}

func (s *script) Collect(ctx context.Context, _ source.Plan, told func(source.Progress)) (*evidence.Capture, error) {
	next := s.steps[0]
	s.steps = s.steps[1:]
	return next(ctx, told)
}

func captured(t *testing.T, kinds ...evidence.Kind) *evidence.Capture {
	t.Helper()
	c := &evidence.Capture{Target: evidence.Target{Name: "shop", Kind: "url"}, From: time.Unix(1e9, 0)}
	for _, kind := range kinds {
		text := "main.main;main.work 7"
		if kind == evidence.Heap {
			text = "main.main;main.keep 64MiB 2MiB"
		}
		enc, err := folded.Encode(text+"\n", string(kind), time.Unix(1e9, 0), 0)
		if err != nil {
			t.Fatal(err)
		}
		c.Blobs = append(c.Blobs, evidence.Blob{Kind: kind, Name: string(kind) + "-1.pb.gz", Data: enc.Data})
	}
	return c
}

func newFeeder(steps ...func(context.Context, func(source.Progress)) (*evidence.Capture, error)) *feeder {
	env := Env{
		Now: time.Now, LookupEnv: func(name string) (string, bool) { return "", name == "GOGC" || name == "GOMEMLIMIT" },
		BuildInfo: func() (*debug.BuildInfo, bool) { return nil, false },
	}
	return &feeder{env: env, title: "shop", src: &script{steps: steps}}
}

// bundled are the kinds of evidence in the bundle that would be written now.
func bundled(t *testing.T, f *feeder) (kinds []evidence.Kind) {
	t.Helper()
	var b bytes.Buffer
	if err := f.bundle(&b); err != nil {
		t.Fatal(err)
	}
	c, err := evidence.ReadBundle(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for _, blob := range c.Blobs {
		kinds = append(kinds, blob.Kind)
	}
	return kinds
}

// What was collected stays until the next collection has as much to show, also when
// it never has, and it is what is written.
func TestCollectedBeforeStays(t *testing.T) {
	all := func(_ context.Context, told func(source.Progress)) (*evidence.Capture, error) {
		told(source.Progress{Window: time.Second})
		return captured(t, evidence.CPU, evidence.Heap), nil
	}
	refused := errors.New("connection refused")
	var f *feeder
	kept := func(when string, want ...evidence.Kind) {
		t.Helper()
		if got := bundled(t, f); !slices.Equal(got, want) {
			t.Errorf("%s %q is written, want %q", when, got, want)
		}
	}
	for name, second := range map[string]func(context.Context, func(source.Progress)) (*evidence.Capture, error){
		"refused": func(context.Context, func(source.Progress)) (*evidence.Capture, error) { return nil, refused },
		"gone after a heap profile": func(_ context.Context, told func(source.Progress)) (*evidence.Capture, error) {
			c := captured(t, evidence.Heap)
			told(source.Progress{Window: time.Second, SoFar: c})
			kept("while it runs", evidence.CPU, evidence.Heap)
			whole := *c // what was told of may be read for longer
			whole.Gaps = []evidence.Gap{{Want: evidence.CPU, Why: "connection refused"}}
			return &whole, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			f = newFeeder(all, second)
			var last *tui.Data
			send := func(d *tui.Data) {
				if last != nil && last.Report != nil && d.Report != last.Report {
					t.Errorf("the report is gone: %+v", d)
				}
				last = d
			}
			f.feed(t.Context(), nil, send)
			if last.Report == nil || last.Err != nil || len(last.Profiles) != 2 {
				t.Fatalf("%+v", last)
			}
			f.feed(t.Context(), nil, send)
			if last.Err == nil || last.Collecting != nil || !last.Live || len(last.Profiles) != 2 {
				t.Errorf("afterwards %+v", last)
			}
			kept("afterwards", evidence.CPU, evidence.Heap)
			if f.failed() != nil {
				t.Errorf("the program fails for it: %v", f.failed())
			}
		})
	}
}

// What has come can be written while more of it comes; of what failed there is nothing.
func TestBundleOfNow(t *testing.T) {
	var f *feeder
	f = newFeeder(func(_ context.Context, told func(source.Progress)) (*evidence.Capture, error) {
		c := captured(t, evidence.Heap, evidence.CPU)
		now := *c
		now.Blobs = c.Blobs[:1]
		told(source.Progress{Window: time.Second, SoFar: &now})
		if got := bundled(t, f); !slices.Equal(got, []evidence.Kind{evidence.Heap}) {
			t.Errorf("while it is collected %q is written", got)
		}
		return c, nil
	})
	f.feed(t.Context(), nil, func(*tui.Data) {})
	if got := bundled(t, f); !slices.Equal(got, []evidence.Kind{evidence.Heap, evidence.CPU}) {
		t.Errorf("in the end %q is written", got)
	}
	f = newFeeder(func(context.Context, func(source.Progress)) (*evidence.Capture, error) {
		return nil, errors.New("refused")
	})
	f.feed(t.Context(), nil, func(*tui.Data) {})
	if err := f.bundle(&bytes.Buffer{}); err == nil || err.Error() != "nothing has come that could be kept" {
		t.Errorf("of nothing: %v", err)
	}
}

// What came from standard input can be written, what was read from files need not be.
func TestBundleOfPipe(t *testing.T) {
	read := func(context.Context, func(source.Progress)) (*evidence.Capture, error) {
		return captured(t, evidence.CPU), nil
	}
	f := newFeeder(read)
	f.piped = true
	f.feed(t.Context(), nil, func(*tui.Data) {})
	if got := bundled(t, f); !slices.Equal(got, []evidence.Kind{evidence.CPU}) {
		t.Errorf("%q is written", got)
	}
	f = newFeeder(read)
	f.feed(t.Context(), nil, func(*tui.Data) {})
	if err := f.bundle(&bytes.Buffer{}); err == nil {
		t.Error("files are written again")
	}
}

// A comparison with a service is collected as the service alone is: with all that
// is shown on the way, to be written and collected again. The base is read once.
func TestCompareWithService(t *testing.T) {
	name := filepath.Join(t.TempDir(), "cpu.pb.gz")
	if err := os.WriteFile(name, captured(t, evidence.CPU).Blobs[0].Data, 0o600); err != nil {
		t.Fatal(err)
	}
	collect := func(_ context.Context, told func(source.Progress)) (*evidence.Capture, error) {
		c := captured(t, evidence.CPU, evidence.Heap)
		told(source.Progress{Doing: "profiling the CPU", Window: time.Second, SoFar: c})
		return c, nil
	}
	f := newFeeder(collect, collect)
	f.compared = &comparing{options: &diffOptions{confidence: 0.95}, base: []string{name}, next: []string{"http://shop"}}
	var all []*tui.Data
	for range 2 {
		f.feed(t.Context(), nil, func(d *tui.Data) { all = append(all, d) })
		if f.failed() != nil {
			t.Fatal(f.failed())
		}
		_ = os.Remove(name)
	}
	first, last := all[0], all[len(all)-1]
	if first.Collecting == nil || first.Compared == nil {
		t.Errorf("first %+v", first)
	}
	if !slices.ContainsFunc(all, func(d *tui.Data) bool {
		return d.Collecting != nil && d.Collecting.Doing == "profiling the CPU" && len(d.Profiles) == 2 && d.Live
	}) {
		t.Error("nothing is shown on the way")
	}
	side := last.Compared.Side
	if !last.Live || len(last.Profiles) != 1 || last.Profiles[0].Base == nil || side == nil || len(side.Profiles) != 2 || side.Title != "http://shop" || !side.Live {
		t.Errorf("last %+v, side %+v", last, side)
	}
	if got := bundled(t, f); !slices.Equal(got, []evidence.Kind{evidence.CPU, evidence.Heap}) {
		t.Errorf("%q is written", got)
	}
}

// Files are compared behind the first frame, and then what the new one has alone comes.
func TestCompareFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, c *evidence.Capture) {
		var b bytes.Buffer
		if err := evidence.WriteBundle(&b, c, "goperf"); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("old.goperf", captured(t, evidence.CPU))
	write("new.goperf", captured(t, evidence.CPU, evidence.Heap))
	f := newFeeder()
	f.src, f.env.Dir = nil, dir
	f.compared = &comparing{options: &diffOptions{confidence: 0.95}, base: []string{"old.goperf"}, next: []string{"new.goperf"}}
	var all []*tui.Data
	f.feed(t.Context(), nil, func(d *tui.Data) { all = append(all, d) })
	if f.failed() != nil || len(all) != 3 {
		t.Fatalf("%v, %d pieces", f.failed(), len(all))
	}
	if all[0].Report != nil || all[1].Report == nil || all[1].Compared.Side != nil || all[1].Collecting == nil {
		t.Errorf("first %+v, then %+v", all[0], all[1])
	}
	if last := all[2]; last.Live || last.Collecting != nil || last.Compared.Side == nil || len(last.Compared.Side.Profiles) != 2 {
		t.Errorf("in the end %+v", last)
	}
	f.compared.old, f.compared.base = nil, []string{"none.goperf"}
	f.feed(t.Context(), nil, func(d *tui.Data) { all = append(all, d) })
	if status, ok := errors.AsType[*statusError](f.failed()); !ok || status.status != statusNoEvidence || all[len(all)-1].Err == nil {
		t.Errorf("without a base: %v", f.failed())
	}
}

// Each collection is saved in a file of its own.
func TestSaveAgain(t *testing.T) {
	read := func(context.Context, func(source.Progress)) (*evidence.Capture, error) {
		return captured(t, evidence.CPU), nil
	}
	f := newFeeder(read, read)
	dir := t.TempDir()
	f.env.Dir, f.save, f.files = dir, "x.goperf", &scribe{env: f.env}
	f.files.env.Dir = dir
	for range 2 {
		f.feed(t.Context(), nil, func(*tui.Data) {})
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	if len(files) != 2 || filepath.Base(files[0]) != "x-2.goperf" || f.failed() != nil {
		t.Errorf("%q, %v", files, f.failed())
	}
}
