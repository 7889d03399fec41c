package profile_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/internal/bench/profgen"
	"github.com/goperf/goperf/profile"
)

// folded makes a profile of lines "root;caller;leaf 1 2": one value for each of
// types, which are "type/unit". Function f lies in f.go.
func folded(t *testing.T, types string, lines ...string) *profile.Profile {
	t.Helper()
	return parsed(t, foldedBytes(types, "build", lines...), profile.Options{})
}

func foldedBytes(types, build string, lines ...string) message {
	table := []string{""}
	str := func(s string) uint64 {
		if !slices.Contains(table, s) {
			table = append(table, s)
		}
		return uint64(slices.Index(table, s))
	}
	var m, tables message
	for t := range strings.FieldsSeq(types) {
		typ, unit, _ := strings.Cut(t, "/")
		m = m.bytes(1, message{}.num(1, str(typ)).num(2, str(unit)))
	}
	tables = tables.bytes(3, message{}.num(1, 1).num(2, 0x1000).num(3, 0x9000).num(5, str("/bin/x")).num(6, str(build)))
	ids := map[string]uint64{}
	for _, line := range lines {
		fields := strings.Fields(line)
		var locs, values []uint64
		names := strings.Split(fields[0], ";")
		for _, name := range slices.Backward(names) {
			id, ok := ids[name]
			if !ok {
				id = uint64(len(ids) + 1)
				ids[name] = id
				tables = tables.bytes(4, message{}.num(1, id).num(2, 1).num(3, address(name)).bytes(4, message{}.num(1, id).num(2, 7)))
				tables = tables.bytes(5, message{}.num(1, id).num(2, str(name)).num(4, str(name+".go")))
			}
			locs = append(locs, id)
		}
		for _, f := range fields[1:] {
			var v int64
			if _, err := fmt.Sscan(f, &v); err != nil {
				panic(err)
			}
			values = append(values, uint64(v))
		}
		m = m.bytes(2, message{}.bytes(1, packed(locs...)).bytes(2, packed(values...)))
	}
	m = append(m, tables...)
	for _, s := range table {
		m = m.str(6, s)
	}
	return m
}

// address is the same for a name in every profile, as in snapshots of one process.
func address(name string) uint64 {
	a := uint64(0)
	for _, c := range []byte(name) {
		a = a*31 + uint64(c)
	}
	return 0x1000 + a%0x8000
}

// unfold is folded backwards, sorted.
func unfold(p *profile.Profile) []string {
	var out []string
	for i := range p.NumSamples() {
		var names []string
		for _, loc := range slices.Backward(p.Stack(i)) {
			names = append(names, p.Functions[p.Locations[loc].Lines[0].Function].Name)
		}
		out = append(out, strings.Join(names, ";")+" "+strings.Trim(fmt.Sprint(p.Values(i)), "[]"))
	}
	slices.Sort(out)
	return out
}

func expect(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestMerge(t *testing.T) {
	a := folded(t, "samples/count cpu/nanoseconds", "main;a;b 1 10", "main;a 2 20", "main;c 1 5")
	b := folded(t, "cpu/nanoseconds samples/count", "main;a 200 3", "main;d 7 1", "main;c -5 -1")
	m, err := profile.Merge(a, b)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "samples", unfold(m), []string{"main;a 5 220", "main;a;b 1 10", "main;d 1 7"})
	expect(t, "types", m.SampleTypes, a.SampleTypes)
	for _, f := range m.Functions {
		if f.Name == "c" {
			t.Error("c cancelled out, yet its function is still there")
		}
	}

	some, err := profile.Merge(a, folded(t, "samples/count other/x", "main;a 1 9"))
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "common types", some.SampleTypes, []profile.ValueType{{Type: "samples", Unit: "count"}})
	if n := len(some.Warnings); n != 2 {
		t.Errorf("two types were dropped, warnings: %q", some.Warnings)
	}

	if _, err := profile.Merge(a, folded(t, "goroutine/count", "main 1")); err == nil || !strings.Contains(err.Error(), "no common sample type") {
		t.Errorf("merge of other kinds: %v", err)
	}
	if _, err := profile.Merge(); err == nil {
		t.Error("merge of nothing succeeded")
	}

	rebuilt := parsed(t, foldedBytes("samples/count cpu/nanoseconds", "other", "main;a 1 1"), profile.Options{})
	if m, err = profile.Merge(a, rebuilt); err != nil || !strings.Contains(strings.Join(m.Warnings, " "), "different builds") {
		t.Errorf("merge of two builds: %v, warnings %q", err, m.Warnings)
	}
}

// TestMergeAddsUp: merging keeps every sum, and with itself doubles it.
func TestMergeAddsUp(t *testing.T) {
	for name, spec := range specs() {
		t.Run(name, func(t *testing.T) {
			p := parsed(t, generated(t, spec), profile.Options{Labels: true})
			m, err := profile.Merge(p, p)
			if err != nil {
				t.Fatal(err)
			}
			for _, st := range p.SampleTypes {
				want := map[string]int{}
				for _, r := range profile.Top(p, profile.TopOptions{Type: st.Type}).Rows {
					want[fmt.Sprintf("%d %d %s", 2*r.Flat, 2*r.Cum, r.Name)]++
				}
				expect(t, st.Type, lines(profile.Top(m, profile.TopOptions{Type: st.Type})), want)
			}
			none := profile.Sub(m, m)
			if none.NumSamples() != 0 {
				t.Errorf("%d samples are left of a profile minus itself", none.NumSamples())
			}
			same := profile.Sub(m, p)
			expect(t, "twice minus once", lines(profile.Top(same, profile.TopOptions{})), lines(profile.Top(p, profile.TopOptions{})))
		})
	}
}

func TestSub(t *testing.T) {
	types := "alloc_space/bytes inuse_space/bytes"
	older := folded(t, types, "main;a 100 80", "main;b 50 50", "main;gone 10 10")
	newer := folded(t, types, "main;b 50 50", "main;a 150 20", "main;new 30 30", "main;gone 10 0")
	older.TimeNanos, newer.TimeNanos = 1e9, 31e9
	d := profile.Sub(newer, older)
	expect(t, "samples", unfold(d), []string{"main;a 50 -60", "main;gone 0 -10", "main;new 30 30"})
	if d.TimeNanos != 1e9 || d.DurationNanos != 30e9 {
		t.Errorf("window %d + %d", d.TimeNanos, d.DurationNanos)
	}
	expect(t, "warnings", len(d.Warnings), 0)

	back := profile.Sub(older, newer)
	warnings := strings.Join(back.Warnings, "; ")
	for _, want := range []string{"before the older one", "alloc_space/bytes fell on 2 stacks"} {
		if !strings.Contains(warnings, want) {
			t.Errorf("warnings %q lack %q", warnings, want)
		}
	}
}

func TestScaleAndFilter(t *testing.T) {
	p := folded(t, "a/x b/x", "main 3 10", "main;f -3 20")
	expect(t, "scaled", unfold(p.Scale(0.5, 10)), []string{"main 2 100", "main;f -2 200"})
	expect(t, "scaled once", unfold(p.Scale(2)), []string{"main 6 10", "main;f -6 20"})
	expect(t, "the original", unfold(p), []string{"main 3 10", "main;f -3 20"})
	huge := p.Scale(math.MaxFloat64, math.Inf(1))
	expect(t, "cut", unfold(huge), []string{
		fmt.Sprint("main ", math.MaxInt64, " ", math.MaxInt64), fmt.Sprint("main;f ", math.MinInt64, " ", math.MaxInt64),
	})
	expect(t, "filtered", unfold(profile.Filter(p, func(i int) bool { return p.Value(i, 0) < 0 })), []string{"main;f -3 20"})
}

func TestTopSaturates(t *testing.T) {
	p := folded(t, "a/x", fmt.Sprint("main;f ", math.MaxInt64), fmt.Sprint("main;g ", math.MaxInt64))
	top := profile.Top(p, profile.TopOptions{})
	if r := top.Rows[len(top.Rows)-1]; r.Name != "main" || r.Cum != math.MaxInt64 || len(top.Warnings) == 0 {
		t.Errorf("row %+v, warnings %q", r, top.Warnings)
	}
	if top = profile.Top(p, profile.TopOptions{Type: "b"}); len(top.Rows) != 0 || len(top.Warnings) == 0 {
		t.Errorf("a type that is not there: %d rows, warnings %q", len(top.Rows), top.Warnings)
	}
}

func TestNormalize(t *testing.T) {
	p := folded(t, "samples/count cpu/nanoseconds",
		"main;work;runtime.asyncPreempt 2 20",
		"main;work;runtime.asyncPreempt;runtime.asyncPreempt2 1 10",
		"main;work 5 50",
		"main;work;runtime.sigtrampgo 1 10",
		"runtime.sigtramp 1 10",
		"main;runtime.asyncPreempt;inner 0 0")
	n, r := profile.Normalize(p)
	expect(t, "samples", unfold(n), []string{
		"main;runtime.asyncPreempt;inner 0 0", "main;work 1 10", "main;work 1 10", "main;work 2 20", "main;work 5 50", "runtime.sigtramp 1 10",
	})
	if r.Folded != 3 || r.FoldedShare != 0.4 || len(r.Notes) != 1 {
		t.Errorf("repairs %+v", r)
	}
	if again, r := profile.Normalize(n); again != n || r.Folded != 0 {
		t.Errorf("a second pass folds again: %+v", r)
	}
}

func TestNormalizeTruncated(t *testing.T) {
	deep := func(root string, n int) string { return root + strings.Repeat(";f", n-1) }
	for _, c := range []struct {
		types string
		stack []string
		cut   int
		limit int
	}{
		{"cpu/nanoseconds", []string{deep("g", 64) + " 30", deep("g", 9) + " 10"}, 1, 64},
		{"cpu/nanoseconds", []string{deep("runtime.main", 64) + " 30", deep("g", 9) + " 10"}, 0, 0},
		{"cpu/nanoseconds", []string{deep("g", 32) + " 30"}, 0, 0},
		{"inuse_space/bytes", []string{deep("g", 32) + " 30", deep("h", 32) + " 30"}, 2, 32},
		{"inuse_space/bytes", []string{deep("g", 32) + " 30", deep("h", 40) + " 30"}, 0, 0},
		{"inuse_space/bytes", []string{deep("g", 32) + " 30", deep("h", 128) + " 10"}, 1, 128},
	} {
		_, r := profile.Normalize(folded(t, c.types, c.stack...))
		if r.Truncated != c.cut || r.DepthLimit != c.limit {
			t.Errorf("%s %.40v: %d cut at %d, want %d at %d", c.types, c.stack, r.Truncated, r.DepthLimit, c.cut, c.limit)
		}
	}
}

func TestCallersAndCallees(t *testing.T) {
	p := folded(t, "a/x", "main;f;g 1", "main;f;g;f;g 2", "other;g;h 4", "g 8")
	row := func(table *profile.Table) map[string][2]int64 {
		out := map[string][2]int64{}
		for _, r := range table.Rows {
			out[r.Name] = [2]int64{r.Flat, r.Cum}
		}
		return out
	}
	expect(t, "callers", row(p.Callers("g", profile.TopOptions{})), map[string][2]int64{"f": {3, 3}, "other": {0, 4}, "": {8, 8}})
	expect(t, "callees", row(p.Callees("g", profile.TopOptions{})), map[string][2]int64{"f": {0, 2}, "h": {0, 4}, "": {11, 11}})
	expect(t, "of nobody", len(p.Callers("nobody", profile.TopOptions{}).Rows), 0)
}

func TestPackage(t *testing.T) {
	for name, want := range map[string]string{
		"main.main":                             "main",
		"example.com/m/v2.(*T[...]).Do.func1":   "example.com/m/v2",
		"example.com/m.Map[go.shape.a/b.T].Get": "example.com/m",
		"gopkg.in/yaml%2ev3.(*parser).parse":    "gopkg.in/yaml.v3",
		"runtime.mallocgc":                      "runtime",
		"type:.eq.example.com/a.T":              "example.com/a",
		"_start":                                "",
		"":                                      "",
	} {
		if got := (&profile.Function{Name: name}).Package(); got != want {
			t.Errorf("%q: package %q, want %q", name, got, want)
		}
	}
}

// TestGeneratedIsDeterministic: the same Spec is the same bytes.
func TestGeneratedIsDeterministic(t *testing.T) {
	spec := profgen.Spec{Seed: 9, Samples: 50, Functions: 30, Depth: 9, Heap: true, Requests: 4}
	if a, b := generated(t, spec), generated(t, spec); string(a) != string(b) {
		t.Error("two runs differ")
	}
}
