package render

import (
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// style is what a piece of text means on a terminal. Meaning is never carried
// by the style alone: without colour the text says the same.
type style uint8

const (
	plain style = iota
	strong
	faint
	dot   // a separator between phrases, dropped where a line breaks
	place // a function of the target
	gain
	red
	yellow
	cyan
)

// sgr uses the sixteen colours and leaves their shades to the user's theme,
// which is the only party that knows whether the background is light or dark.
var sgr = [...]string{
	strong: "1", faint: "2", dot: "2", place: "36", gain: "32", red: "1;91", yellow: "33", cyan: "36",
}

// span is text in one style. The text holds no control characters. A
// no-break space (nbsp) keeps words on one line and is printed as a space.
type span struct {
	text  string
	style style
}

const nbsp = "\u00a0"

// keep makes a phrase unbreakable: "31 %" must not be torn apart.
func keep(s string) string { return strings.ReplaceAll(s, " ", nbsp) }

func columns(s string) int { return displaywidth.String(s) }

// page collects lines for a terminal of a given width.
type page struct {
	b     strings.Builder
	width int
	color bool
}

func (p *page) blank() { p.b.WriteByte('\n') }

// put writes spans as they are, without a line end.
func (p *page) put(spans ...span) {
	for _, s := range spans {
		text := strings.ReplaceAll(s.text, nbsp, " ")
		if !p.color || s.style == plain || strings.TrimSpace(text) == "" {
			p.b.WriteString(text)
			continue
		}
		p.b.WriteString("\x1b[" + sgr[s.style] + "m" + text + "\x1b[0m")
	}
}

// para writes lead, then the body wrapped to the page; every line after the
// first is indented by hang. The lead must not be wider than hang.
func (p *page) para(lead []span, hang int, body ...span) {
	p.put(lead...)
	for i, l := range wrap(body, max(p.width-hang, 8)) {
		if i > 0 {
			p.b.WriteString("\n" + strings.Repeat(" ", hang))
		}
		if last := len(l) - 1; last >= 0 {
			l[last].text = strings.TrimRight(l[last].text, nbsp)
		}
		p.put(l...)
	}
	p.b.WriteByte('\n')
}

// wrap breaks spans into lines of at most width columns, at spaces; a word that
// does not fit a line by itself is broken after punctuation, or anywhere.
func wrap(body []span, width int) [][]span {
	var lines [][]span
	var line []span
	used := 0
	flush := func() {
		lines = append(lines, line)
		line, used = nil, 0
	}
	pending := false // a separator waits for the phrase after it
	for _, w := range words(body) {
		if w[0].style == dot {
			pending = true
			continue
		}
		n := w.columns()
		switch {
		case used == 0:
		case pending && used+3+n <= width:
			line, used = append(line, span{" ·", dot}), used+2
		case pending || used+1+n > width:
			flush()
		}
		pending = false
		if used > 0 {
			line, used = append(line, span{text: " ", style: w[0].style.between(line)}), used+1
		}
		for n > width-used {
			var head word
			head, w = w.split(width - used)
			line = append(line, head...)
			flush()
			n -= head.columns() // measuring the tail again would be quadratic
		}
		line, used = append(line, w...), used+n
	}
	if used > 0 || len(lines) == 0 {
		flush()
	}
	return lines
}

// between is the style of the space before a word: that of its neighbours when they agree.
func (s style) between(line []span) style {
	if len(line) > 0 && line[len(line)-1].style == s {
		return s
	}
	return plain
}

// word is text without a space at which a line may break, in one or more styles.
type word []span

func (w word) columns() int {
	n := 0
	for _, s := range w {
		n += columns(s.text)
	}
	return n
}

func words(body []span) []word {
	var out []word
	open := false // the last word continues in the next span
	for _, s := range body {
		for i, part := range strings.Split(s.text, " ") {
			if i > 0 {
				open = false
			}
			if part == "" {
				continue
			}
			piece := span{text: part, style: s.style}
			if open {
				out[len(out)-1] = append(out[len(out)-1], piece)
			} else {
				out = append(out, word{piece})
			}
			open = true
		}
	}
	return out
}

// split cuts a word so that the head has at most width columns and at least one
// character.
func (w word) split(width int) (head, tail word) {
	var flat strings.Builder
	for _, s := range w {
		flat.WriteString(s.text)
	}
	cut := cutAt(flat.String(), width)
	for _, s := range w {
		switch {
		case cut >= len(s.text):
			head = append(head, s)
			cut -= len(s.text)
		case cut > 0:
			head = append(head, span{s.text[:cut], s.style})
			tail = append(tail, span{s.text[cut:], s.style})
			cut = 0
		default:
			tail = append(tail, s)
		}
	}
	return head, tail
}

// breaks are the characters after which a word may be torn, best class first:
// the places where import paths, function names and URLs have joints.
var breaks = []string{nbsp, "/", ".,;)]}&?=-_+"}

// cutAt is where to cut s so that at most width columns, and at least one
// character, come before; a joint in the last two thirds is preferred.
func cutAt(s string, width int) int {
	cut, col := 0, 0
	soft := make([]int, len(breaks))
	for g := displaywidth.StringGraphemes(s); g.Next(); {
		if col += g.Width(); col > width && cut > 0 {
			break
		}
		cut += len(g.Value())
		for i, b := range breaks {
			// Not inside a run such as [...] or ://.
			if strings.Contains(b, g.Value()) && col*3 > width && !strings.HasPrefix(s[cut:], g.Value()) {
				soft[i] = cut
			}
		}
	}
	if cut < len(s) {
		for _, at := range soft {
			if at > 0 {
				return at
			}
		}
	}
	return cut
}

// clip shortens s to at most width columns, keeping both ends.
func clip(s string, width int) string {
	if columns(s) <= width {
		return s
	}
	if width < 5 {
		return displaywidth.TruncateString(s, width, "…")
	}
	head := displaywidth.TruncateString(s, (width-1)/2+1, "…")
	want := width - columns(head)
	tail := s[len(s)-suffixLen(s, want):]
	return head + tail
}

// clipEnd shortens s to at most width columns, keeping its start.
func clipEnd(s string, width int) string {
	if columns(s) <= width {
		return s
	}
	return displaywidth.TruncateString(s, width, "…")
}

// suffixLen is how many bytes at the end of s have at most width columns.
func suffixLen(s string, width int) int {
	total := columns(s)
	for g := displaywidth.StringGraphemes(s); g.Next(); {
		if total <= width {
			break
		}
		total -= g.Width()
		s = s[len(g.Value()):]
	}
	return len(s)
}
