package advise

import (
	"path"
	"strings"

	"github.com/goperf/goperf/evidence"
)

// Apart says what makes two observations unfit to be put beside each other, by
// what their evidence says of the program and the machine. What is not known of
// one of them is not held against the pair.
func Apart(flag string, a, b *evidence.Set) []Note {
	var out []Note
	x, y := program(a.Build), program(b.Build)
	switch {
	case x != "" && y != "" && x != y:
		out = append(out, Note{"OTHER-PROGRAM", flag + " is an observation of " + y + ", this is " + x + ": nothing that is said of the two together holds"})
	case differ(a.Build.BuildID, b.Build.BuildID) || differ(a.Build.GoVersion, b.Build.GoVersion):
		out = append(out, Note{"OTHER-BUILD", flag + " is an observation of another build: collections may cost another amount in it"})
	}
	if p, q := a.Host.GOMAXPROCS, b.Host.GOMAXPROCS; p > 0 && q > 0 && p != q {
		out = append(out, Note{"OTHER-MACHINE", flag + " was observed with another GOMAXPROCS: marking has other processors there"})
	}
	return out
}

func differ(a, b string) bool { return a != "" && b != "" && a != b }

// program is the module of main, or else the name of the binary.
func program(b evidence.Build) string {
	if b.Main != "" && b.Main != "command-line-arguments" {
		return b.Main
	}
	if len(b.Cmdline) > 0 {
		return path.Base(strings.ReplaceAll(b.Cmdline[0], `\`, "/"))
	}
	return ""
}
