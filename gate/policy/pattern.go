package policy

import "strings"

// Pattern matches names of functions, packages and benchmarks: "**" stands for
// anything, "*" for anything without a slash, all else for itself. "x/**" and
// "x/..." match x as well, as they do for the go command.
type Pattern struct{ text string }

// String is the pattern as it was written.
func (p Pattern) String() string { return p.text }

// Matches says whether the pattern matches the whole of a name.
func (p Pattern) Matches(name string) bool {
	text := p.text
	if below, ok := strings.CutSuffix(text, "/..."); ok {
		text = below + "/**"
	}
	if above, ok := strings.CutSuffix(text, "/**"); ok && glob(above, name) {
		return true
	}
	return glob(text, name)
}

// glob keeps, for the part of the pattern that was read, the ends that it can
// have in the name: its time is the product of the two lengths at worst.
func glob(pattern, name string) bool {
	ends := make([]bool, len(name)+1)
	ends[0] = true
	for pattern != "" {
		rest, wide := strings.CutPrefix(pattern, "**")
		star := wide
		if !wide {
			rest, star = strings.CutPrefix(pattern, "*")
		}
		if star {
			for i := range len(name) {
				ends[i+1] = ends[i+1] || ends[i] && (wide || name[i] != '/')
			}
			pattern = rest
			continue
		}
		for i := len(name); i > 0; i-- {
			ends[i] = ends[i-1] && name[i-1] == pattern[0]
		}
		ends[0] = false
		pattern = pattern[1:]
	}
	return ends[len(name)]
}
