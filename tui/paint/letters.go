package paint

import (
	"strings"
	"unicode/utf8"
)

// other are characters that texts and charts are made of, each with the letter that
// stands for it where there are no others.
var other = [...]struct {
	r rune
	b byte
}{
	{'▁', '.'}, {'▂', ','}, {'▃', ':'}, {'▄', ';'}, {'▅', '+'}, {'▆', '*'}, {'▇', '#'}, {'█', '@'},
	{'│', '|'}, {'▏', '|'}, {'─', '-'}, {'–', '-'}, {'−', '-'}, {'—', '-'}, {'→', '>'}, {'←', '<'}, {'↑', '^'}, {'↓', 'v'}, {'⏎', '>'},
	{'▶', '>'}, {'◀', '<'}, {'▲', '+'}, {'▼', '-'}, {'·', '.'}, {'…', '~'}, {'±', '~'}, {'≈', '~'}, {'×', 'x'}, {'µ', 'u'}, {'μ', 'u'},
	{'●', '*'}, {'◆', '#'}, {'○', 'o'}, {'★', '*'}, {'√', 'v'}, {'∞', 'o'}, {'≤', '<'}, {'≥', '>'}, {'↳', '>'}, {'⋮', ':'}, {'’', '\''}, {'“', '"'}, {'”', '"'},
	{'\u00a0', ' '}, {'\u202f', ' '},
}

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
		for _, o := range other {
			if o.r == r {
				return rune(o.b)
			}
		}
		return '?'
	}, text)
}
