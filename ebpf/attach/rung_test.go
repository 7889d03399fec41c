package attach

import (
	"errors"
	"testing"

	"github.com/goperf/goperf/ebpf/probe"
)

func TestClimb(t *testing.T) {
	no := probe.Refuse("too old", "", nil)
	broken := errors.New("broken")
	for _, c := range []struct {
		name    string
		forced  Rung
		answers map[Rung]error
		rung    Rung
		why     string
		err     error
	}{
		{"the first", "", nil, Typed, "", nil},
		{"the second", "", map[Rung]error{Typed: no}, Raw, "tp_btf: too old", nil},
		{"the last", "", map[Rung]error{Typed: no, Raw: no}, Classic, "tp_btf: too old; raw_tp: too old", nil},
		{"none: the first reason is the one to mend", "", map[Rung]error{Typed: no, Raw: no, Classic: no}, "", "", no},
		{"an error is no reason to go on", "", map[Rung]error{Typed: broken}, "", "", broken},
		{"forced", Raw, map[Rung]error{Typed: broken}, Raw, "", nil},
		{"forced and refused", Typed, map[Rung]error{Typed: no}, "", "", no},
	} {
		out, rung, why, err := Climb(c.forced, func(r Rung) (string, error) { return string(r), c.answers[r] })
		if rung != c.rung || why != c.why || !errors.Is(err, c.err) || err == nil && out != string(c.rung) {
			t.Errorf("%s: %q by %q, why %q, error %v", c.name, out, rung, why, err)
		}
	}
	if _, _, _, err := Climb("ladder", func(Rung) (int, error) { return 0, nil }); err == nil {
		t.Error("an unknown rung was taken")
	}
}
