package listing

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/goperf/goperf/internal/folded"
	"github.com/goperf/goperf/profile"
)

func parse(t *testing.T, text string) *profile.Profile {
	t.Helper()
	f, err := folded.Encode(text, "cpu", time.Unix(0, 0), 0)
	if err != nil {
		t.Fatal(err)
	}
	p, err := profile.Parse(f.Data, profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// show writes functions in a form that can be read: name flat/cum/once, then lines.
func show(functions []Function) string {
	var b strings.Builder
	for _, f := range functions {
		fmt.Fprintf(&b, "%s %d/%d/%d:", f.Name, f.Flat, f.Cum, f.Once)
		for _, l := range f.Lines {
			fmt.Fprintf(&b, " %d=%d/%d", l.N, l.Flat, l.Cum)
			for _, c := range l.Calls {
				fmt.Fprintf(&b, "(%s %d)", c.Name, c.Cum)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestFunctions(t *testing.T) {
	t.Parallel()
	p := parse(t, `
main.main:5;main.work:10;~main.small:20;~main.tiny:30 3
main.main:5;main.work:10;~main.small:21 2
main.main:5;main.work:11 1
main.main:6;main.deep:40;main.deep:41;main.deep:40 4
main.main:5;main.work:10;main.work:10;~main.small:20 7
`)
	_, got := Functions(p, "samples")
	want := `main.deep 4/8/4: 40=4/4 41=0/4
main.main 0/17/17: 5=0/13 6=0/4
main.small 9/12/12: 20=7/10(main.tiny 3) 21=2/2
main.tiny 3/3/3: 30=3/3
main.work 1/13/13: 10=0/12(main.small 12) 11=1/1
`
	if diff := cmp.Diff(want, show(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if _, none := Functions(p, "nosuch"); len(none) != 0 {
		t.Errorf("without a column: %s", show(none))
	}
}

const text = `package main

// work works.
func work(n int) int {
	// Nothing here.

	f := func() int {
		return n
	}
	return f()
}

func other() {}
`

func function(name string, start int64, lines ...int64) Function {
	f := Function{Name: name, File: "/x/main.go", Start: start, Flat: 1, Cum: 1}
	for _, n := range lines {
		f.Lines = append(f.Lines, Line{N: n, Flat: 1, Cum: 1})
	}
	return f
}

func TestFits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		f    Function
		want string // "" fits
	}{
		{function("main.work", 4, 10), ""},
		{function("main.work", 0, 10), ""},
		{function("main.work.func1", 7, 8), ""},
		{function("main.work.func1", 0, 8), ""},
		{function("main.work", 4, 5), "line 5, which has samples, holds no code"},
		{function("main.work", 4, 6), "line 6, which has samples, holds no code"},
		{function("main.work", 4, 99), "it has 13 lines, the profile has a sample in line 99"},
		{function("main.work", 99, 10), "it has 13 lines, the function begins in line 99"},
		{function("main.work", 3, 10), "does not begin in line 3"},
		{function("main.other", 4, 10), "does not begin in line 4"},
		{function("main.other", 0, 10), "no function of that name has the sampled lines"},
		{function("main.work.func1", 8, 8), "does not begin in line 8"},
		{function("main.work.gowrap1", 10, 10), ""},
		{function("main.(*T[go.shape.int]).work", 4, 10), ""},
		{function("main.init", 1, 7), ""},
	} {
		err := c.f.Fits([]byte(text))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s at %d %v: %v, want %q", c.f.Name, c.f.Start, c.f.numbers(), err, c.want)
		}
	}
	linked := Function{Name: "runtime/pprof.count", File: "runtime/m.go", Start: 2, Lines: []Line{{N: 3}}}
	if err := linked.Fits([]byte("//go:linkname pprof_count runtime/pprof.count\nfunc pprof_count() {\n\tx()\n}\n")); err != nil {
		t.Errorf("linked by name: %v", err)
	}
	asm := Function{Name: "runtime.memmove", File: "runtime/m.s", Lines: []Line{{N: 2}}}
	if err := asm.Fits([]byte("TEXT runtime·memmove(SB)\n\tMOVQ AX, BX\nTEXT ·other(SB)\n")); err != nil {
		t.Errorf("assembly: %v", err)
	}
	if asm.Name = "runtime.other"; asm.Fits([]byte("TEXT runtime·memmove(SB)\n\tMOVQ AX, BX\n")) == nil {
		t.Error("assembly of another function fits")
	}
}

var spaces = regexp.MustCompile(`\s+`)

func TestRows(t *testing.T) {
	t.Parallel()
	show := func(rows []Row) string {
		var parts []string
		for _, r := range rows {
			gap := ""
			if r.Gap {
				gap = "…"
			}
			parts = append(parts, fmt.Sprintf("%s%d/%d:%s", gap, r.N, r.Flat, spaces.ReplaceAllString(r.Text, "")))
		}
		return strings.Join(parts, " ")
	}
	f := function("main.work", 4, 7, 10)
	for around, want := range map[int]string{
		-1: "4/0:funcwork(nint)int{ 5/0://Nothinghere. 6/0: 7/1:f:=func()int{ 8/0:returnn 9/0:} 10/1:returnf() 11/0:}",
		0:  "…7/1:f:=func()int{ …10/1:returnf()",
		1:  "…6/0: 7/1:f:=func()int{ 8/0:returnn 9/0:} 10/1:returnf() 11/0:}",
	} {
		if got := show(f.Rows([]byte(text), around)); got != want {
			t.Errorf("around %d: %s", around, got)
		}
	}
	if got := show(f.Rows(nil, -1)); got != "7/1: …10/1:" {
		t.Errorf("without text: %s", got)
	}
	far := function("main.work", 0, -1, 0, 12, 1<<40)
	if got := show(far.Rows([]byte(text), -1)); !strings.HasPrefix(got, "-1/1: 0/1: ") || !strings.HasSuffix(got, "13/0:funcother(){} …1099511627776/1:") {
		t.Errorf("lines that are not there: %s", got)
	}
}

// FuzzRows wants every line with a value shown once, whatever text is there.
func FuzzRows(f *testing.F) {
	f.Add(text, "main.work", int64(4), int64(7), int64(10))
	f.Add("", "", int64(0), int64(-5), int64(1<<62))
	f.Add("TEXT x(SB)\r\n//line a.go:3\n", "a.b.func1", int64(1<<62), int64(1), int64(2))
	f.Fuzz(func(t *testing.T, text, name string, start, first, second int64) {
		if first >= second {
			t.Skip()
		}
		fn := function(name, start, first, second)
		_ = fn.Fits([]byte(text)) // must only come to an end
		for _, around := range []int{-1, 0, 3} {
			shown := 0
			for _, r := range fn.Rows([]byte(text), around) {
				if r.Flat != 0 {
					shown++
				}
			}
			if shown != 2 {
				t.Fatalf("around %d: %d of 2 lines with values", around, shown)
			}
		}
	})
}
