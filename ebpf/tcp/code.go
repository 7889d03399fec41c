package tcp

import (
	"strings"

	"github.com/goperf/goperf/ebpf/stacks"
	"github.com/goperf/goperf/profile/symbol"
)

// ownCode is the function that a stack is known by: the innermost of the program
// itself, else the innermost of another module, else the outermost that is not
// of the runtime: what the goroutine was started for. A closure stays one, for it
// may run on a goroutine of its own.
func ownCode(frames []stacks.Frame, c symbol.Classifier) string {
	for _, class := range []symbol.Class{symbol.Own, symbol.ThirdParty} {
		for _, f := range frames {
			if c.Of(f.Function) == class {
				return symbol.Unwrap(f.Function)
			}
		}
	}
	for i := len(frames) - 1; i >= 0; i-- {
		if c.Of(frames[i].Function) == symbol.Std {
			return symbol.Unwrap(frames[i].Function)
		}
	}
	return ""
}

// deepest is how many functions of a stack are shown.
const deepest = 8

// way is the stack from the function that it is known by outwards, without the
// runtime's.
func way(frames []stacks.Frame, code string, c symbol.Classifier) string {
	var names []string
	for _, f := range frames {
		name := symbol.Unwrap(f.Function)
		if len(names) == 0 && name != code || c.Of(f.Function) == symbol.Runtime || len(names) == deepest {
			continue
		}
		names = append(names, name)
	}
	return strings.Join(names, " ◀ ")
}
