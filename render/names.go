package render

import (
	"fmt"
	"strings"

	"github.com/goperf/goperf/report"
)

// clipAt and clipAllAt bound the columns that a text may take: names come from
// the target, and one of a megabyte would bury the report.
const (
	clipAt    = 400
	clipAllAt = 2000
)

// clean is a text of the report made harmless and not longer than reasonable.
func (o Options) clean(s string) string {
	limit := clipAt
	if o.All {
		limit = clipAllAt
	}
	return clip(report.Clean(s), limit)
}

// shortName drops the directories of a function's import path and the type
// arguments, which is how people say it: cart.(*Server).ServeHTTP. A version as
// the last directory says nothing by itself: mail/v2.Send is mail.Send.
func shortName(name string) string {
	base := withoutTypeArgs(name)
	// A slash in what remains can only belong to the import path.
	i := strings.LastIndexByte(base, '/')
	if i < 0 {
		return base
	}
	dir, base := base[:i], base[i+1:]
	if pkg, local, ok := strings.Cut(base, "."); ok && isVersion(pkg) {
		return dir[strings.LastIndexByte(dir, '/')+1:] + "." + local
	}
	return base
}

// isVersion recognises the last directory of a module's second and later versions.
func isVersion(s string) bool {
	return len(s) > 1 && s[0] == 'v' && strings.Trim(s[1:], "0123456789") == ""
}

// withoutTypeArgs writes [...] for type arguments, which are longer than what they tell.
func withoutTypeArgs(name string) string {
	var b strings.Builder
	depth := 0
	for _, r := range name {
		switch {
		case r == '[':
			if depth == 0 {
				b.WriteString("[...]")
			}
			depth++
		case r == ']' && depth > 0:
			depth--
		case depth == 0:
			b.WriteRune(r)
		}
	}
	if depth != 0 {
		return name
	}
	return b.String()
}

// position is file:line, or "" when neither is known.
func position(f report.Frame) string {
	switch {
	case f.File == "":
		return ""
	case f.Line == 0:
		return report.Clean(f.File)
	}
	return fmt.Sprintf("%s:%d", report.Clean(f.File), f.Line)
}

// maxAmount is the widest that a number with its unit may be: units come from
// profiles too, and a column must not be torn by one.
const maxAmount = 24

func valueText(v float64, unit string) string {
	return clip(report.FormatValue(v, report.Clean(unit)), maxAmount)
}

func rangeText(low, high float64, unit string) string {
	return clip(report.FormatRange(low, high, report.Clean(unit)), maxAmount)
}
