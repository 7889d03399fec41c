package syntax

import (
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestParseSymbol(t *testing.T) {
	tests := []struct {
		name    string
		parts   []string
		closure bool
	}{
		{"main.main", []string{"main"}, false},
		{"github.com/x/y.(*T).Method.func1", []string{"(*T)", "Method", "func1"}, true},
		{"github.com/x/y.T.Method-fm", []string{"T", "Method"}, false},
		{"gopkg.in/yaml%2ev3.Unmarshal", []string{"Unmarshal"}, false},
		{"a/b.Map[go.shape.string,a/b/c.T].func1.2", []string{"Map", "func1", "2"}, true},
		{"a.(*Set[...]).Add", []string{"(*Set)", "Add"}, false},
		{"main.glob..func3", []string{"glob", "func3"}, true},
		{"main.init.0", []string{"init", "0"}, false},
		{"main.init.0.func1", []string{"init", "0", "func1"}, true},
		{"main.init.func2", []string{"init", "func2"}, true},
		{"main.F.gowrap1", []string{"F"}, false},
		{"main.F.deferwrap2", []string{"F"}, false},
		{"main.F-range1", []string{"F"}, false},
		{"main.main.gen[...].func6", []string{"main", "gen", "func6"}, true},
		{"main", nil, false},
		{"", nil, false},
		{"]a.b[", []string{"b"}, false},
	}
	for _, tt := range tests {
		got := parseSymbol(tt.name)
		if diff := cmp.Diff(tt.parts, got.parts, cmpopts.EquateEmpty()); diff != "" || got.closure != tt.closure {
			t.Errorf("parseSymbol(%q): closure %v, parts (-want +got):\n%s", tt.name, got.closure, diff)
		}
	}
}

// frame is where the compiler says that the caller is.
type frame struct {
	function, file string
	line           int
}

//go:noinline
func here(seen *[]frame) {
	pc := make([]uintptr, 1)
	runtime.Callers(2, pc)
	f, _ := runtime.CallersFrames(pc).Next()
	*seen = append(*seen, frame{f.Function, f.File, f.Line})
}

type walker[T any] struct{ seen []frame }

func (w *walker[T]) Walk(T) {
	here(&w.seen)
	func() {
		here(&w.seen)
		func() { here(&w.seen) }()
	}()
}

func (w walker[T]) Value() []frame {
	here(&w.seen)
	return w.seen
}

func makes[T any](seen *[]frame) func() {
	return func() {
		here(seen)
	}
}

var global = func(seen *[]frame) {
	here(seen)
}

func ranges(seen *[]frame) {
	for range func(yield func() bool) { yield() } {
		here(seen)
		func() {
			here(seen)
		}()
	}
}

// The names that the compiler of this very test gives to functions, inlined
// ones included, lead back to the innermost function around the line.
func TestFindRuntimeNames(t *testing.T) {
	var seen []frame
	w := &walker[int]{}
	w.Walk(1)
	w2 := walker[string]{}
	f := w2.Value
	seen = append(append(seen, w.seen...), f()...)
	makes[int](&seen)()
	global(&seen)
	ranges(&seen)
	func() { func() { here(&seen) }(); here(&seen) }()
	done := make(chan bool)
	go func() {
		defer close(done)
		here(&seen)
	}()
	<-done
	defer func() {
		recover()
		here(&seen)
		checkFound(t, seen)
	}()
	panic("on to the deferred function")
}

func checkFound(t *testing.T, seen []frame) {
	t.Helper()
	if len(seen) < 12 {
		t.Fatalf("only %d frames", len(seen))
	}
	for _, s := range seen {
		src, err := os.ReadFile(s.file)
		if err != nil {
			t.Fatal(err)
		}
		fn, ok := Facts(s.file, src, []Want{{s.function, []int{s.line}}})[s.function]
		if !ok {
			t.Errorf("%s:%d: not found", s.function, s.line)
			continue
		}
		lines := strings.Split(string(src), "\n")
		head := lines[fn.Start-1]
		isLiteral := strings.Contains(s.function, "func") && !strings.Contains(head, "func (w") && strings.Contains(head, "func(")
		wantLiteral := strings.Contains(s.function, ".func")
		if s.line < fn.Start || s.line > fn.End || isLiteral != wantLiteral {
			t.Errorf("%s:%d: found lines %d to %d: %s", s.function, s.line, fn.Start, fn.End, head)
		}
		if got := fn.Lines[s.line]; !Has(got, "call-in-loop") && len(got.Calls) == 0 {
			t.Errorf("%s:%d: no call of here: %+v", s.function, s.line, got)
		}
	}
}

const closures = `package p

func init() {
	f := func() {}
	f()
}

func init() {
	println(2)
}

func outer() {
	a := func() {
		b := func() { println(14) }
		b()
	}
	c := func() { println(17) }
	a()
	c()
}

var g = func() {
	println(23)
}
`

func TestFindByNumber(t *testing.T) {
	tests := []struct {
		want  Want
		start int
	}{
		{Want{"p.outer", nil}, 12},
		{Want{"p.outer.func1", nil}, 13},
		{Want{"p.outer.func1.1", nil}, 14},
		{Want{"p.outer.func2", nil}, 17},
		{Want{"p.outer.func3", nil}, 0},
		{Want{"p.outer.func9", []int{14}}, 14}, // numbers are off when a literal came by inlining
		{Want{"p.outer", []int{99}}, 0},        // the source of another build
		{Want{"p.outer", []int{0}}, 12},        // no line known
		{Want{"p.init.func1", nil}, 22},
		{Want{"p.glob..func7", []int{23}}, 22},
		{Want{"p.init.0", nil}, 0}, // the number counts over all files
		{Want{"p.init.1", []int{9}}, 8},
		{Want{"p.init.0.func1", []int{4}}, 4},
		{Want{"p.missing", nil}, 0},
		{Want{"p.(*T).outer", nil}, 0},
	}
	for _, tt := range tests {
		got := Facts("p.go", []byte(closures), []Want{tt.want})
		if tt.start == 0 {
			if len(got) != 0 {
				t.Errorf("%v: got %+v, want nothing", tt.want, got)
			}
			continue
		}
		if fn := got[tt.want.Function]; fn.Start != tt.start {
			t.Errorf("%v: starts at %d, want %d", tt.want, fn.Start, tt.start)
		}
	}
}
