package profile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	pprof "github.com/google/pprof/profile"

	"github.com/goperf/goperf/internal/bench/profgen"
	"github.com/goperf/goperf/profile"
)

// specs are small profiles of every shape that the generator knows.
func specs() map[string]profgen.Spec {
	return map[string]profgen.Spec{
		"cpu":        {Seed: 1, Samples: 300, Functions: 200, Depth: 18},
		"heap":       {Seed: 2, Samples: 300, Functions: 200, Depth: 18, Heap: true},
		"labels":     {Seed: 3, Samples: 300, Functions: 200, Depth: 18, Requests: 50},
		"difference": {Seed: 4, Samples: 300, Functions: 200, Depth: 18, Heap: true, Negative: true},
		"recursive":  {Seed: 5, Samples: 300, Functions: 6, Depth: 40},
		"raw":        {Seed: 6, Samples: 300, Functions: 100, Depth: 9, Raw: true, Requests: 9},
		"no samples": {Seed: 7, Functions: 20, Depth: 9},
	}
}

// lines turns a table into what pprofTop returns.
func lines(t *profile.Table) map[string]int {
	out := map[string]int{}
	for _, r := range t.Rows {
		out[fmt.Sprintf("%d %d %s", r.Flat, r.Cum, r.Name)]++
	}
	return out
}

// TestTopEqualsPprof holds every cell of the top table against the one that
// google/pprof prints.
func TestTopEqualsPprof(t *testing.T) {
	for name, spec := range specs() {
		t.Run(name, func(t *testing.T) {
			data := generated(t, spec)
			p := parsed(t, data, profile.Options{})
			for _, st := range p.SampleTypes {
				top := profile.Top(p, profile.TopOptions{Type: st.Type})
				want := pprofTop(t, data, st.Unit, "-functions", "-sample_index="+st.Type)
				if diff := cmp.Diff(want, lines(top)); diff != "" {
					t.Errorf("%s by function (-pprof +goperf):\n%s", st.Type, diff)
				}
			}
			st := p.SampleTypes[p.DefaultType()]
			unit, index := st.Unit, "-sample_index="+st.Type
			byFile := lines(profile.Top(p, profile.TopOptions{By: profile.ByFile}))
			if diff := cmp.Diff(pprofTop(t, data, unit, "-files", index), byFile); diff != "" {
				t.Errorf("by file (-pprof +goperf):\n%s", diff)
			}
			for by, flags := range map[profile.Granularity]string{profile.ByLine: "-lines", profile.ByAddress: "-addresses"} {
				got := map[string]int{}
				for _, r := range profile.Top(p, profile.TopOptions{By: by}).Rows {
					place := fmt.Sprintf("%s %s:%d", r.Name, r.File, r.Line)
					if by == profile.ByAddress {
						place = fmt.Sprintf("%016x %s", r.Address, place)
					}
					got[fmt.Sprintf("%d %d %s", r.Flat, r.Cum, place)]++
				}
				if diff := cmp.Diff(pprofTop(t, data, unit, flags, index), got); diff != "" {
					t.Errorf("by %s (-pprof +goperf):\n%s", by, diff)
				}
			}
		})
	}
}

// text prints what a profile says, sample by sample, without its numbering.
func text(p *profile.Profile) []string {
	var out []string
	for i := range p.NumSamples() {
		var b strings.Builder
		fmt.Fprint(&b, p.Values(i))
		for _, loc := range p.Stack(i) {
			l := p.Locations[loc]
			fmt.Fprintf(&b, " | %x", l.Address)
			if l.Mapping >= 0 {
				m := p.Mappings[l.Mapping]
				fmt.Fprintf(&b, " in %s %s %x-%x", m.File, m.BuildID, m.Start, m.Limit)
			}
			for _, line := range l.Lines {
				f := p.Functions[line.Function]
				fmt.Fprintf(&b, " %s(%s) %s:%d+%d", f.Name, f.SystemName, f.File, f.StartLine, line.Line)
			}
		}
		strs, nums := map[string][]string{}, map[string][]string{}
		for _, l := range p.Labels(i) {
			if l.Str != "" {
				strs[l.Key] = append(strs[l.Key], l.Str)
			} else {
				nums[l.Key] = append(nums[l.Key], fmt.Sprint(l.Num, l.Unit))
			}
		}
		fmt.Fprint(&b, strs, nums)
		out = append(out, b.String())
	}
	return out
}

// pprofText is text for a profile that google/pprof read.
func pprofText(p *pprof.Profile) []string {
	var out []string
	for _, s := range p.Sample {
		var b strings.Builder
		fmt.Fprint(&b, s.Value)
		for _, l := range s.Location {
			fmt.Fprintf(&b, " | %x", l.Address)
			if m := l.Mapping; m != nil {
				fmt.Fprintf(&b, " in %s %s %x-%x", m.File, m.BuildID, m.Start, m.Limit)
			}
			for _, line := range l.Line {
				f := line.Function
				fmt.Fprintf(&b, " %s(%s) %s:%d+%d", f.Name, f.SystemName, f.Filename, f.StartLine, line.Line)
			}
		}
		nums := map[string][]string{}
		for k, vs := range s.NumLabel {
			for i, v := range vs {
				unit := ""
				if i < len(s.NumUnit[k]) {
					unit = s.NumUnit[k][i]
				}
				nums[k] = append(nums[k], fmt.Sprint(v, unit))
			}
		}
		strs := s.Label
		if strs == nil {
			strs = map[string][]string{}
		}
		fmt.Fprint(&b, strs, nums)
		out = append(out, b.String())
	}
	return out
}

func TestParseReadsWhatPprofReads(t *testing.T) {
	for name, spec := range specs() {
		t.Run(name, func(t *testing.T) {
			data := generated(t, spec)
			want, err := pprof.ParseData(data)
			if err != nil {
				t.Fatal(err)
			}
			got := parsed(t, data, profile.Options{Labels: true})
			if diff := cmp.Diff(pprofText(want), text(got)); diff != "" {
				t.Errorf("samples (-pprof +goperf):\n%s", diff)
			}
			if got.TimeNanos != want.TimeNanos || got.DurationNanos != want.DurationNanos || got.Period != want.Period {
				t.Errorf("time, duration, period: %d, %d, %d; pprof reads %d, %d, %d",
					got.TimeNanos, got.DurationNanos, got.Period, want.TimeNanos, want.DurationNanos, want.Period)
			}
			if len(got.Warnings) > 0 {
				t.Errorf("warnings: %q", got.Warnings)
			}
			if parsed(t, data, profile.Options{}).HasLabels() {
				t.Error("labels were kept without being asked for")
			}
		})
	}
}

// TestEncodeRoundTrip: what was written is read back the same, by us and by pprof.
func TestEncodeRoundTrip(t *testing.T) {
	for name, spec := range specs() {
		t.Run(name, func(t *testing.T) {
			p := parsed(t, generated(t, spec), profile.Options{Labels: true})
			p.Comments = []string{"first", "", "third"}
			p.DropFrames, p.KeepFrames, p.DocURL = "drop.*", "keep", "https://example.com"
			data, err := profile.Encode(p)
			if err != nil {
				t.Fatal(err)
			}
			q := parsed(t, data, profile.Options{Labels: true})
			if diff := cmp.Diff(text(p), text(q)); diff != "" {
				t.Errorf("samples (-before +after):\n%s", diff)
			}
			for what, pair := range map[string][2]any{
				"header":    {p.Comments, q.Comments},
				"drop":      {p.DropFrames + p.KeepFrames + p.DocURL, q.DropFrames + q.KeepFrames + q.DocURL},
				"types":     {p.SampleTypes, q.SampleTypes},
				"default":   {p.DefaultSampleType, q.DefaultSampleType},
				"period":    {p.PeriodType, q.PeriodType},
				"locations": {p.Locations, q.Locations},
				"functions": {p.Functions, q.Functions},
				"mappings":  {p.Mappings, q.Mappings},
			} {
				if diff := cmp.Diff(pair[0], pair[1]); diff != "" {
					t.Errorf("%s (-before +after):\n%s", what, diff)
				}
			}
			theirs, err := pprof.ParseData(data)
			if err != nil {
				t.Fatalf("pprof refuses it: %v", err)
			}
			if diff := cmp.Diff(text(p), pprofText(theirs)); diff != "" {
				t.Errorf("samples as pprof reads them (-goperf +pprof):\n%s", diff)
			}
		})
	}
}

// TestDirectory holds all profiles below $GOPERF_PROFILES against google/pprof:
// both read a file with the same sums, or goperf says why it does not.
func TestDirectory(t *testing.T) {
	dir := os.Getenv("GOPERF_PROFILES")
	if dir == "" {
		t.Skip("GOPERF_PROFILES names no directory of profiles")
	}
	files := 0
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		p, ourErr := profile.Parse(data, profile.Options{Labels: true})
		theirs, theirErr := pprof.ParseData(data)
		switch {
		case ourErr != nil && theirErr != nil:
			t.Logf("%s: %v", path, ourErr)
		case ourErr != nil:
			t.Errorf("%s: %v; pprof reads it", path, ourErr)
		case theirErr != nil:
			t.Logf("%s: pprof: %v; read with %q", path, theirErr, p.Warnings)
		case p.NumSamples() != len(theirs.Sample):
			t.Errorf("%s: %d samples, pprof reads %d", path, p.NumSamples(), len(theirs.Sample))
		default:
			compareSums(t, path, p, theirs)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files", files)
}

// compareSums compares flat and cum of every function with a plain count over
// the objects of google/pprof.
func compareSums(t *testing.T, path string, p *profile.Profile, theirs *pprof.Profile) {
	t.Helper()
	for col, st := range p.SampleTypes {
		want := map[string][2]int64{}
		for _, s := range theirs.Sample {
			seen := map[string]bool{}
			for i, l := range s.Location {
				for k, line := range l.Line {
					name := line.Function.Name
					sums := want[name]
					if i == 0 && k == 0 {
						sums[0] += s.Value[col]
					}
					if !seen[name] {
						sums[1] += s.Value[col]
					}
					seen[name] = true
					want[name] = sums
				}
			}
		}
		got := map[string][2]int64{}
		for _, r := range profile.Top(p, profile.TopOptions{Type: st.Type}).Rows {
			if r.Function >= 0 && r.Name == p.Functions[r.Function].Name {
				got[r.Name] = [2]int64{r.Flat, r.Cum}
			}
		}
		for name, sums := range want {
			if name == "" || sums == [2]int64{} {
				continue
			}
			if got[name] != sums {
				t.Errorf("%s: %s: %s has flat, cum %v; pprof %v", path, st.Type, name, got[name], sums)
				return
			}
		}
	}
}
