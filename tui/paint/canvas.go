package paint

import (
	"math"
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// Canvas is the lines of a frame, written from the left to the right and from
// the top down.
type Canvas struct {
	Theme *Theme
	W     int // columns
	limit int // what is written now ends here
	col   int
	lines int
	floor int // lines from here on are not kept
	style Style
	begun int   // where the line at hand begins in b
	first Style // and the style then
	b     []byte
}

// Start begins a frame of a width.
func (c *Canvas) Start(t *Theme, width int) {
	c.Theme, c.W, c.limit = t, width, width
	c.b, c.col, c.lines, c.style = c.b[:0], 0, 0, Plain
	c.begun, c.first, c.floor = 0, Plain, math.MaxInt
}

// Floor says that no lines are kept beyond so many.
func (c *Canvas) Floor(lines int) { c.floor = lines }

// Col is the column that comes next.
func (c *Canvas) Col() int { return c.col }

// Lines is how many lines are done.
func (c *Canvas) Lines() int { return c.lines }

// Until bounds what is written on this line until it is called again, or the line ends.
func (c *Canvas) Until(column int) { c.limit = min(max(column, 0), c.W) }

// Limit is the column that bounds what is written.
func (c *Canvas) Limit() int { return c.limit }

// Room is how many columns are left.
func (c *Canvas) Room() int { return max(c.limit-c.col, 0) }

func (c *Canvas) set(s Style) {
	if s != c.style {
		if c.Theme.sgr[s] != c.Theme.sgr[c.style] {
			c.b = append(c.b, c.Theme.sgr[s]...)
		}
		c.style = s
	}
}

// Put writes clean text, as much of it as there is room for.
func (c *Canvas) Put(s Style, text string) {
	room := c.Room()
	if text == "" || room == 0 {
		return
	}
	if c.Theme.ASCII {
		text = Letters(text)
	}
	n := Width(text)
	c.set(s)
	if n > room && n == len(text) { // one column for each byte
		c.b = append(append(c.b, text[:room-1]...), c.Theme.Glyphs.More...)
		c.col += room
		return
	}
	if n > room {
		text, n = Cut(text, room, c.Theme.Glyphs.More)
	}
	c.b = append(c.b, text...)
	c.col += n
}

// spaces are written by the piece.
const spaces = "                                                                "

// Pad writes spaces up to a column.
func (c *Canvas) Pad(s Style, column int) {
	n := min(column, c.limit) - c.col
	if n <= 0 {
		return
	}
	c.set(s)
	c.col += n
	for ; n > len(spaces); n -= len(spaces) {
		c.b = append(c.b, spaces...)
	}
	c.b = append(c.b, spaces[:n]...)
}

// Repeat writes a glyph of one column until a column.
func (c *Canvas) Repeat(s Style, glyph string, column int) {
	n := min(column, c.limit) - c.col
	if n <= 0 {
		return
	}
	c.set(s)
	c.col += n
	for range n {
		c.b = append(c.b, glyph...)
	}
}

// Right writes text so that it ends at a column, if that leaves a space before it.
func (c *Canvas) Right(s Style, text string, column int) {
	column = min(column, c.limit)
	if n := Width(text); c.col+n < column {
		c.Pad(Plain, column-n)
		c.Put(s, text)
	}
}

// Bar writes a bar that fills share of so many columns, in eighths, and spaces after it.
func (c *Canvas) Bar(s Style, share float64, columns int) {
	steps := c.Theme.Glyphs.Steps
	end := min(c.col+columns, c.limit)
	parts := int(min(max(share, 0), 1)*float64(columns*len(steps)) + 0.5)
	c.Repeat(s, steps[len(steps)-1], min(c.col+parts/len(steps), end))
	if rest := parts % len(steps); rest > 0 && c.col < end {
		c.Put(s, steps[rest-1])
	}
	c.Pad(Plain, end)
}

// End ends the line.
func (c *Canvas) End() {
	c.col, c.limit = 0, c.W
	if c.lines >= c.floor {
		c.b, c.style = c.b[:c.begun], c.first
		return
	}
	c.set(Plain)
	c.b = append(c.b, '\n')
	c.lines++
	c.begun, c.first = len(c.b), c.style
}

// Line writes a line of one piece.
func (c *Canvas) Line(s Style, text string) {
	c.Put(s, text)
	c.End()
}

// Fill ends lines until there are so many.
func (c *Canvas) Fill(lines int) {
	for c.lines < min(lines, c.floor) {
		c.End()
	}
}

// String is the frame. It is the one allocation that a frame needs.
func (c *Canvas) String() string {
	if n := len(c.b); n > 0 && c.b[n-1] == '\n' {
		return string(c.b[:n-1])
	}
	return string(c.b)
}

// Width is how many columns text takes on a terminal.
func Width(text string) int {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return displaywidth.String(text)
		}
	}
	return len(text)
}

// Cut is text in so many columns, with a mark where it was cut, and the columns it takes.
func Cut(text string, columns int, mark string) (short string, width int) {
	if n := Width(text); n <= columns {
		return text, n
	}
	if columns < 1 {
		return "", 0
	}
	short = displaywidth.TruncateString(text, columns, mark)
	return short, Width(short)
}

// Wrap breaks text between words into lines of so many columns; a word that is
// longer is broken where it must.
func Wrap(text string, columns int) []string {
	columns = max(columns, 1)
	var lines []string
	line, n := "", 0
	for word := range strings.FieldsSeq(text) {
		w := Width(word)
		if n > 0 && n+1+w <= columns {
			line, n = line+" "+word, n+1+w
			continue
		}
		if n > 0 {
			lines = append(lines, line)
		}
		for w > columns {
			head := displaywidth.TruncateString(word, columns, "")
			if head == "" { // a wide character in a narrow column
				return append(lines, "…")
			}
			lines = append(lines, head)
			word = word[len(head):]
			w = Width(word)
		}
		line, n = word, w
	}
	if n > 0 {
		lines = append(lines, line)
	}
	return lines
}
