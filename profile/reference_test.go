package profile_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/driver"
	pprof "github.com/google/pprof/profile"
)

// pprofTop is the table that google/pprof's driver prints, as lines of flat,
// cum and name, each with the number of times it occurs.
func pprofTop(t *testing.T, data []byte, unit string, flags ...string) map[string]int {
	t.Helper()
	p, err := pprof.ParseData(data)
	if err != nil {
		t.Fatal(err)
	}
	if slices.Contains(flags, "-files") {
		// pprof keeps functions of one file apart when they have start lines,
		// because a frame without a name takes the line into its identity.
		for _, f := range p.Function {
			f.StartLine = 0
		}
	}
	out := &output{}
	args := append([]string{"-top", "-trim=false", "-nodecount=0", "-symbolize=none", "-unit=" + unit, "-output=x"}, flags...)
	err = driver.PProf(&driver.Options{
		Writer:  out,
		Flagset: &flagSet{FlagSet: flag.NewFlagSet("pprof", flag.ContinueOnError), args: append(args, "profile")},
		Fetch:   fetcher{p},
		Obj:     noTools{},
		UI:      silent{},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, body, ok := strings.Cut(out.String(), "flat%   sum%        cum   cum%\n")
	if !ok {
		t.Fatalf("no table in what pprof printed:\n%s", out.String())
	}
	lines := map[string]int{}
	for line := range strings.Lines(body) {
		f := strings.Fields(line)
		name := strings.Join(f[5:], " ")
		name = strings.TrimSuffix(strings.TrimSuffix(name, " (inline)"), " (partial-inline)")
		lines[digits(t, f[0])+" "+digits(t, f[3])+" "+name]++
	}
	return lines
}

// digits strips the unit from a value that pprof printed.
func digits(t *testing.T, s string) string {
	t.Helper()
	n := strings.TrimRightFunc(s, func(r rune) bool { return r < '0' || r > '9' })
	if _, err := strconv.ParseInt(n, 10, 64); err != nil {
		t.Fatalf("pprof printed %q, which is not a whole number", s)
	}
	return n
}

type output struct{ bytes.Buffer }

func (o *output) Open(string) (io.WriteCloser, error) { return o, nil }
func (o *output) Close() error                        { return nil }

type fetcher struct{ p *pprof.Profile }

func (f fetcher) Fetch(string, time.Duration, time.Duration) (*pprof.Profile, string, error) {
	return f.p, "", nil
}

type noTools struct{}

func (noTools) Open(string, uint64, uint64, uint64, string) (driver.ObjFile, error) {
	return nil, errors.New("no binaries here")
}

func (noTools) Disasm(string, uint64, uint64, bool) ([]driver.Inst, error) {
	return nil, errors.New("no binaries here")
}

type silent struct{}

func (silent) ReadLine(string) (string, error)     { return "", io.EOF }
func (silent) Print(...any)                        {}
func (silent) PrintErr(...any)                     {}
func (silent) IsTerminal() bool                    { return false }
func (silent) WantBrowser() bool                   { return false }
func (silent) SetAutoComplete(func(string) string) {}
func (o *output) String() string                   { return o.Buffer.String() }
func (f *flagSet) ExtraUsage() string              { return "" }
func (f *flagSet) AddExtraUsage(string)            {}
func (f *flagSet) Parse(func()) []string           { return f.parse() }
func (f *flagSet) StringList(n, d, u string) *[]*string {
	return &[]*string{f.String(n, d, u)}
}

// flagSet gives the driver its arguments.
type flagSet struct {
	*flag.FlagSet
	args []string
}

func (f *flagSet) parse() []string {
	if err := f.FlagSet.Parse(f.args); err != nil {
		panic(fmt.Sprint("arguments of pprof: ", err))
	}
	return f.Args()
}
