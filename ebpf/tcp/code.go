package tcp

import (
	"github.com/goperf/goperf/ebpf/stacks"
	"github.com/goperf/goperf/profile/symbol"
)

// ownCode is the function that a stack is known by: the innermost of the program
// itself, else the innermost of another module, else the outermost that is not
// of the runtime: what the goroutine was started for.
func ownCode(frames []stacks.Frame, c symbol.Classifier) string {
	for _, class := range []symbol.Class{symbol.Own, symbol.ThirdParty} {
		for _, f := range frames {
			if c.Of(f.Function) == class {
				return symbol.Outer(f.Function)
			}
		}
	}
	for i := len(frames) - 1; i >= 0; i-- {
		if c.Of(frames[i].Function) == symbol.Std {
			return symbol.Outer(frames[i].Function)
		}
	}
	return ""
}
