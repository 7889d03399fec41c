package profile_test

import (
	"testing"
	"time"

	stackfile "github.com/goperf/goperf/internal/folded"
	"github.com/goperf/goperf/profile"
)

// A difference can be written and read again, by programs that want each id once;
// neither side is changed by it.
func TestAgainstIsWritten(t *testing.T) {
	read := func(stacks string) *profile.Profile {
		enc, err := stackfile.Encode(stacks, "cpu", time.Unix(1, 0), 0)
		if err != nil {
			t.Fatal(err)
		}
		p, err := profile.Parse(enc.Data, profile.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	now, base := read("\nmain.main;main.more 30\nmain.main;main.new 4\n"), read("\nmain.main;main.more 10\nmain.main;main.gone 9\n")
	first := base.Functions[0].ID
	d, err := now.Against(base)
	if err != nil {
		t.Fatal(err)
	}
	data, err := profile.Encode(d)
	if err != nil {
		t.Fatal(err)
	}
	again, err := profile.Parse(data, profile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{}
	for _, r := range profile.Top(again, profile.TopOptions{}).Rows {
		got[r.Name] = r.Flat / 10_000_000
	}
	for name, want := range map[string]int64{"main.more": 20, "main.new": 4, "main.gone": -9} {
		if got[name] != want {
			t.Errorf("%s changed by %d samples, want %d", name, got[name], want)
		}
	}
	if base.Functions[0].ID != first {
		t.Error("the base was changed")
	}
}
