package render

import (
	"regexp"
	"strings"
	"sync"

	"github.com/goperf/goperf/report"
)

// alive is what GitHub turns into links and notifications after it has
// rendered the markdown, where a backslash no longer helps.
var alive = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`@|#|://|\bwww\.|\bGH-`)
})

// listLike is the start of a text that would open a list or a heading underline.
var listLike = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(\d+)([.)])(\s|$)|^([-+=])`)
})

var (
	markdownEscapes = strings.NewReplacer(`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`, `|`, `\|`, `~`, `\~`,
		`$`, `\$`, `<`, `&lt;`, `>`, `&gt;`, `&`, `&amp;`)
	htmlEscapes = strings.NewReplacer(`<`, `&lt;`, `>`, `&gt;`, `&`, `&amp;`, `"`, `&quot;`, `'`, `&apos;`)
)

// mdProse writes text as one line of markdown that shows it and nothing else.
// What stands between a pair of backticks becomes code.
func mdProse(s string) string {
	parts := strings.Split(report.Clean(s), "`")
	var b strings.Builder
	for i, p := range parts {
		switch {
		case i%2 == 0:
			b.WriteString(mdPlain(p, i == 0))
		case i == len(parts)-1: // the backtick has no partner
			b.WriteString("\\`" + mdPlain(p, false))
		case p == "":
			b.WriteString("\\`\\`")
		default:
			// Every text may end up in a table, where a pipe is a pipe even in code.
			if strings.Contains(p, "|") {
				b.WriteString(mdPlain(p, false))
			} else {
				b.WriteString(mdCode(p))
			}
		}
	}
	return b.String()
}

func mdPlain(s string, start bool) string {
	lead := ""
	if m := listLike().FindStringSubmatch(s); start && m != nil {
		lead = m[1] + `\` + m[2] + m[3] + m[4]
		s = s[len(m[0]):]
	}
	return lead + still(markdownEscapes.Replace(s))
}

// mdHTML writes text for the inside of an HTML element.
func mdHTML(s string) string { return still(htmlEscapes.Replace(report.Clean(s))) }

// still puts an empty comment after the first character of what would come alive.
func still(s string) string {
	return alive().ReplaceAllStringFunc(s, func(m string) string { return m[:1] + "<!-- -->" + m[1:] })
}

// mdCode writes text as a code span, fenced by more backticks than it holds.
func mdCode(s string) string {
	s = report.Clean(s)
	if s == "" {
		return ""
	}
	run, longest := 0, 0
	for _, r := range s {
		if r != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || strings.HasPrefix(s, " ") && strings.HasSuffix(s, " ") {
		s = " " + s + " "
	}
	return fence + s + fence
}

// inCell makes a code span fit for a table cell.
func inCell(code string) string { return strings.ReplaceAll(code, "|", `\|`) }
