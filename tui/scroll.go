package tui

import (
	"fmt"

	"github.com/goperf/goperf/tui/paint"
)

// scroll is text of which a part is on the screen.
type scroll struct {
	top     int // first line that is drawn
	n, page int // how many there are, and how many were drawn last
}

// move does what moving keys mean; false for others.
func (s *scroll) move(a action) bool {
	l := list{at: s.top, n: s.n - s.page + 1, page: s.page} // of first lines
	if !l.move(a) {
		return false
	}
	s.top = l.at
	return true
}

func (s *scroll) clamp() { s.top = max(min(s.top, s.n-s.page), 0) }

// over says that there is more than was drawn.
func (s *scroll) over() bool { return s.n > s.page }

// window is the lines to draw of n, where there is room for some. When that is not
// all, the last line of the room says what else there is: see rest.
func (s *scroll) window(n, room int) (from, to int) {
	s.n, s.page = n, max(room, 1)
	if n > room {
		s.page = max(room-1, 1)
	}
	s.clamp()
	return s.top, min(s.top+s.page, n)
}

// rest is the line that says how much of a text is not seen.
func (s *scroll) rest(c *paint.Canvas, how string) {
	if !s.over() {
		return
	}
	text := fmt.Sprintf(" %s below", plural(s.n-s.top-s.page, "more line"))
	if s.top+s.page >= s.n {
		text = fmt.Sprintf(" the end, %s above", plural(s.top, "line"))
	}
	c.Put(paint.Accent, text)
	c.Line(paint.Faint, "   "+how)
}
