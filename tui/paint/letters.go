package paint

import (
	"strings"
	"unicode/utf8"
)

// Characters that texts and charts are made of, and the letters that stand for them
// where there are no others.
const (
	others  = "▁▂▃▄▅▆▇█│▏─–−—→←↑↓⏎▶◀▲▼·…±≈×µμ●◆○★√∞≤≥↳⋮’“”\u00a0\u202f"
	letters = ".,:;+*#@||----><^v>><+-.~~~xuu*#o*vo<>>:'\"\"  "
)

// Letters is text in ASCII: a letter for each character, ? for those that have none.
func Letters(text string) string {
	ascii := true
	for i := range len(text) {
		ascii = ascii && text[i] < utf8.RuneSelf
	}
	if ascii {
		return text
	}
	return strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf {
			return r
		}
		i := 0
		for _, other := range others {
			if other == r {
				return rune(letters[i])
			}
			i++
		}
		return '?'
	}, text)
}
