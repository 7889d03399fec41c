package profile_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/goperf/goperf/profile"
)

// chain is frames of a stack: "f1;f2;...".
func chain(name string, n int) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprint(name, i)
	}
	return strings.Join(parts, ";")
}

func TestRepair(t *testing.T) {
	t.Parallel()
	rec := func(n int) string { return strings.TrimSuffix(strings.Repeat("even;odd;", n), ";") }
	for _, c := range []struct {
		name  string
		lines []string
		want  string // what the cut stack begins with now, "" as before
	}{
		{"one way on", []string{"runtime.main;a;" + chain("f", 40) + " 5", chain("f", 64) + " 10"}, "runtime.main;a;f0;"},
		{"none", []string{"runtime.main;a;b 5", chain("f", 64) + " 10"}, ""},
		{"interrupted", []string{"runtime.main;a;" + chain("f", 40) + " 5", chain("f", 63) + ";runtime.asyncPreempt 10"}, "runtime.main;a;f0;"},
		{"two ways on", []string{"runtime.main;a;" + chain("f", 40) + " 5", "runtime.main;b;" + chain("f", 40) + " 5", chain("f", 64) + " 10"}, ""},
		{"more frames decide", []string{"runtime.main;a;f0;f1;f2;x;y;z;q;r 5", "runtime.main;b;" + chain("f", 40) + " 5", chain("f", 64) + " 10"}, "runtime.main;b;f0;"},
		{"one frame is not enough", []string{"runtime.main;a;f0;x 5", chain("f", 64) + " 10"}, ""},
		{"recursion", []string{"runtime.main;a;" + rec(20) + " 5", "runtime.main;a;" + rec(9) + " 5", rec(32) + " 10"}, "runtime.main;a;even;"},
		{"recursion in the middle", []string{"runtime.main;a;even;" + rec(20) + " 5", "runtime.main;a;" + rec(9) + " 5", rec(32) + " 10"}, "runtime.main;a;even;"},
		{"recursion with two callers", []string{"runtime.main;a;" + rec(20) + " 5", "runtime.main;b;" + rec(9) + " 5", rec(32) + " 10"}, ""},
		{"cut stacks are no evidence", []string{chain("g", 24) + ";" + chain("f", 40) + " 5", chain("f", 64) + " 10"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := folded(t, "samples/count cpu/nanoseconds", doubled(c.lines)...)
			before := unfold(p)
			got, r := p.Repair(true)
			cut := strings.TrimSuffix(strings.Fields(c.lines[len(c.lines)-1])[0], ";runtime.asyncPreempt")
			if c.want == "" {
				if r.Grafted != 0 || !slices.Equal(unfold(got), before) {
					t.Errorf("%+v:\n%s", r, strings.Join(unfold(got), "\n"))
				}
				return
			}
			if r.Grafted != 1 || !slices.ContainsFunc(unfold(got), func(s string) bool {
				return strings.HasPrefix(s, c.want) && strings.HasSuffix(s, cut+" 10 10")
			}) {
				t.Errorf("%+v: no stack with %s:\n%s", r, c.want, strings.Join(unfold(got), "\n"))
			}
			if !slices.Equal(unfold(p), before) {
				t.Error("the profile itself has changed")
			}
			if s := marks(got); s != "repair=grafted" {
				t.Errorf("marks: %s", s)
			}
			again, r := got.Repair(true)
			if r.Grafted != 0 || again.NumSamples() != p.NumSamples() {
				t.Errorf("a second time: %+v", r)
			}
		})
	}
}

// doubled gives lines a second value.
func doubled(lines []string) []string {
	var out []string
	for _, l := range lines {
		out = append(out, l+" "+strings.Fields(l)[1])
	}
	return out
}

func marks(p *profile.Profile) string {
	var all []string
	for i := range p.NumSamples() {
		for _, l := range p.Labels(i) {
			all = append(all, l.Key+"="+l.Str)
		}
	}
	return strings.Join(all, " ")
}

// TestRepairFolded marks what was folded, and needs no cut stack for it.
func TestRepairFolded(t *testing.T) {
	t.Parallel()
	p := folded(t, "samples/count cpu/nanoseconds", "main;work;runtime.asyncPreempt 2 20", "main;work 5 50")
	got, r := p.Repair(true)
	if r.Folded != 1 || marks(got) != "repair=folded" {
		t.Errorf("%+v, marks %q", r, marks(got))
	}
	if got, _ := p.Repair(false); got.HasLabels() {
		t.Error("marks that nobody asked for")
	}
	expect(t, "samples", unfold(got), []string{"main;work 2 20", "main;work 5 50"})
}

// TestRepairNoLoss: whatever is repaired, no value is lost and no stack gets
// shorter than what folding leaves.
func TestRepairNoLoss(t *testing.T) {
	t.Parallel()
	for name, spec := range specs() {
		p := parsed(t, generated(t, spec), profile.Options{Labels: true})
		got, _ := p.Repair(true)
		if got.NumSamples() != p.NumSamples() {
			t.Fatalf("%s: %d samples of %d", name, got.NumSamples(), p.NumSamples())
		}
		for i := range p.NumSamples() {
			if !slices.Equal(got.Values(i), p.Values(i)) || len(got.Labels(i)) < len(p.Labels(i)) {
				t.Fatalf("%s: sample %d has changed", name, i)
			}
		}
	}
}

// TestNotCut: stacks that are filled up to the limit with zeros end before it.
func TestNotCut(t *testing.T) {
	t.Parallel()
	p := folded(t, "threadcreate/count", strings.TrimSuffix(strings.Repeat("zero;", 32), ";")+" 9", "main;start 1")
	if r := p.Faults(); r.Truncated != 1 {
		t.Fatalf("a stack at the limit: %+v", r)
	}
	for i := range p.Locations {
		if l := &p.Locations[i]; p.Functions[l.Lines[0].Function].Name == "zero" {
			l.Address, l.Lines = math.MaxUint64, nil
		}
	}
	if r := p.Faults(); r.Truncated != 0 {
		t.Errorf("a stack of zeros: %+v", r)
	}
}
