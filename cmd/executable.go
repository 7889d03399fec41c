package cmd

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/goperf/goperf/disasm"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/source/program"
)

// executable is where the program that profiles were taken from is looked for.
type executable struct {
	env    Env
	binary string // that the user named
	pid    int    // of the process, 0 when it does not run here
}

// open opens the program of a profile, nil when it is not here: tried says of each
// place why not. Only one that the user named must be the right one.
func (e executable) open(p *profile.Profile) (prog *program.Program, tried []string, err error) {
	m := mainMapping(p)
	if e.binary != "" {
		prog, err := program.Open(e.env.path(e.binary))
		if err != nil {
			return nil, nil, usageError("--binary names the program that the profile was taken from", "--binary: %w", err)
		}
		if prog.Is(m.BuildID) == program.Other {
			_ = prog.Close() // nothing was written
			return nil, nil, usageError("name the one with build id "+m.BuildID, "--binary: %s: has build id %s: the profile is of another build", e.binary, prog.ID())
		}
		return prog, nil, nil
	}
	for _, path := range e.paths(m) {
		prog, err := program.Open(path)
		if err != nil {
			tried = append(tried, err.Error())
			continue
		}
		if prog.Is(m.BuildID) != program.Other {
			return prog, nil, nil
		}
		tried = append(tried, path+": is another build, "+prog.ID())
		_ = prog.Close() // nothing was written
	}
	return nil, tried, nil
}

// mainMapping is the first, which is the executable's.
func mainMapping(p *profile.Profile) (m profile.Mapping) {
	if len(p.Mappings) > 0 {
		m = p.Mappings[0]
	}
	return m
}

// paths is where the program of a profile may lie.
func (e executable) paths(m profile.Mapping) (all []string) {
	if e.pid != 0 {
		all = append(all, "/proc/"+strconv.Itoa(e.pid)+"/exe") // also when the file was replaced
	}
	if filepath.IsAbs(m.File) {
		all = append(all, m.File)
	}
	return all
}

// absent is that the program is nowhere, with what was tried.
func absent(tried []string) error {
	text := "the executable that it was taken from is not on this machine, or is another build"
	if len(tried) > 0 {
		text += ": " + strings.Join(tried, "; ")
	}
	return errors.New(text)
}

// binaryHint says which executable is wanted.
func binaryHint(p *profile.Profile) string {
	if id := mainMapping(p).BuildID; id != "" {
		return "--binary FILE: the one with build id " + id
	}
	return "--binary FILE: the one that was running"
}

// disassemble reads the machine code of functions out of a program; it refuses one
// that is another build by where the samples lie in it.
func disassemble(prog *program.Program, p *profile.Profile, column string, match func(*program.Image) func(string) bool) (*disasm.Listing, error) {
	image, err := prog.Image()
	if err != nil {
		return nil, noEvidence("goperf list without --asm shows source lines", err)
	}
	out := disasm.List(p, column, image, match(image))
	if out.Strange*10 > out.Named {
		return nil, noEvidence(binaryHint(p), fmt.Errorf("%s: is another build: %d of %d sampled addresses are in other functions there", prog.Path, out.Strange, out.Named))
	}
	if out.Named == 0 && out.ForeignAddrs > 0 {
		return nil, noEvidence(binaryHint(p), fmt.Errorf("%s: none of %d addresses that match is in a Go function of it: it is another build, or they are not Go code", prog.Path, out.ForeignAddrs))
	}
	return out, nil
}
