package cmd

import (
	"bytes"
	"os"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"

	"github.com/goperf/goperf/listing"
	"github.com/goperf/goperf/profile"
)

// The machine code of a function is read from the executable that a profile names,
// or that a process is; of what is another build or not there nothing is shown, and
// that is said with what gets it.
func TestMachineCode(t *testing.T) {
	var b bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&b, 0); err != nil { // of this test, by its addresses
		t.Fatal(err)
	}
	p, err := profile.Parse(b.Bytes(), profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, all := listing.Functions(p, "")
	i := slices.IndexFunc(all, func(f listing.Function) bool { return strings.HasSuffix(f.Name, "cmd.TestMachineCode") })
	if i < 0 {
		t.Fatal("the profile does not have this test")
	}
	f := &feeder{files: &scribe{looks: []string{"my shop"}}}
	check := func(where string) {
		t.Helper()
		got := f.asm(p, "", all[i])
		if got.Why != "" || len(got.Routines) != 1 || got.Routines[0].Name != all[i].Name {
			t.Fatalf("%s: %d routines, why %q", where, len(got.Routines), got.Why)
		}
		for _, in := range got.Routines[0].Lines {
			if in.Cum == 1 && in.Frames[len(in.Frames)-1].Line == int(all[i].Lines[0].N) && strings.Contains(in.Text, "pprof.(*Profile).WriteTo(SB)") {
				return
			}
		}
		t.Errorf("%s: no instruction of line %d has the sample and calls what it calls", where, all[i].Lines[0].N)
	}
	check("the file that the profile names")
	file := p.Mappings[0].File
	p.Mappings[0].File = "/nowhere/gone"
	got := f.asm(p, "", all[i])
	if !strings.Contains(got.Why, "/nowhere/gone: no such file") || !strings.HasPrefix(got.Hint, "goperf tui 'my shop' --screen source --asm line --binary FILE") {
		t.Errorf("of a program that is gone: %q, hint %q", got.Why, got.Hint)
	}
	f.program.pid = os.Getpid()
	check("the process, whose file is gone")
	f.program.pid = 0
	f.code.binary = file
	check("the file that was named")
	p.Mappings[0].BuildID = "0123"
	if got := f.asm(p, "", all[i]); p.Mappings[0].BuildID != "" && !strings.Contains(got.Why+got.Doubt, "build") {
		t.Errorf("of another build: %q, doubt %q", got.Why, got.Doubt)
	}
	f.code.binary = "/bin/true"
	if got := f.asm(p, "", all[i]); got.Why == "" || got.Hint == "" || len(got.Routines) > 0 {
		t.Errorf("of no Go program: %q, hint %q", got.Why, got.Hint)
	}
}
