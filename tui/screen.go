package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/tui/paint"
)

// screen is one of the screens: a struct that is fed with whole values, does what
// keys mean, and draws itself. It reads no clock, does no I/O, and knows neither
// the other screens nor the program: what concerns them is in the effect.
type screen interface {
	// set takes all that is known. It keeps what was chosen, by name.
	set(d *Data)
	// act does what a key means here.
	act(a action) effect
	// draw writes as many lines as there is height for.
	draw(c *paint.Canvas, height int)
	// missing says why there is nothing to show; nil when there is something.
	missing() *absence
	// plain writes the same as text for a reader, see [Plain].
	plain(p *prose)
}

// seeing are the screens that show a profile through the lens.
type seeing interface{ show(s *subject) tea.Cmd }

// finding are the screens that can be searched.
type finding interface {
	// find searches while a pattern is typed, "" ends the search. It says what was found.
	find(pattern string) (result string, err error)
}

// searchable are the screens that can be searched before there is anything in them.
type searchable interface {
	finding
	expect(pattern string) error
	searched() string
}

// pointing are the screens that a mouse can point at: x and y are within what
// was drawn last.
type pointing interface {
	point(x, y int, again bool) effect
}

// dragging are the screens over which something can be selected with the mouse.
type dragging interface{ drag(d drag) effect }

// wheeling are the screens that know what is under the mouse when its wheel goes so
// many rows.
type wheeling interface{ wheel(x, y, by int) }

// spreading are the screens of which a part can have all the room.
type spreading interface{ spread() }

// resizing are the screens whose parts can have more room, or less.
type resizing interface{ resize(by int) }

// hovered are the screens whose parts the wheel of a mouse is about one by one.
type hovered interface{ over(x, y int) }

// paned are the screens that have parts: pane goes to the next one, false when
// that was the last.
type paned interface{ pane(step int) bool }

// effect is what a key does beyond the screen it was pressed on.
type effect struct {
	cmd     tea.Cmd
	status  string     // told in the footer until the next key
	lens    *lens      // look through this one
	open    screenID   // open this screen, with the function or pattern
	goes    bool       // open is set
	name    string     // full name of a function to be selected there
	proof   *proof     // instead of it in the flame graph
	panes   []string   // of which one is gone to when no row is of that name
	about   functionAt // the source that is asked for
	copy    string
	finding int    // number of the finding that is asked for, from 1
	explain string // id of a rule
}

// functionAt is a function of a profile, for the source screen.
type functionAt struct{ name, file string }

// screenID is a screen by its number key.
type screenID int

const (
	overviewScreen screenID = iota
	flameScreenID
	topScreenID
	goroutineScreen
	memoryScreen
	offCPUScreen
	tcpScreen
	diffScreen
	sourceScreenID
	liveScreen
	screenCount
)

// screenNames are the words for the screens, on tabs and for --screen.
var screenNames = [...]string{"Overview", "Flame", "Top", "Goroutines", "Memory", "Off-CPU", "TCP", "Diff", "Source", "Live"}

// told is an effect that only says something.
func told(text string) effect { return effect{status: text} }

// list is a cursor over rows of which a part is on the screen.
type list struct {
	at, top int // selected, and first that is drawn
	n, page int // how many there are, and how many were drawn last
}

// move does what moving keys mean; false for others.
func (l *list) move(a action) bool {
	switch a {
	case up:
		l.at--
	case down:
		l.at++
	case pageUp:
		l.at -= max(l.page-1, 1)
	case pageDown:
		l.at += max(l.page-1, 1)
	case first:
		l.at = 0
	case last:
		l.at = l.n - 1
	default:
		return false
	}
	l.clamp()
	return true
}

func (l *list) clamp() { l.at = max(min(l.at, l.n-1), 0) }

// hit is the row at y on the screen, where the first that is drawn is at from;
// false where no row is.
func (l *list) hit(y, from int) (row int, ok bool) {
	row = l.top + y - from
	return row, y >= from && row < min(l.top+l.page, l.n)
}

// window is the rows to draw in so many lines; the selected one is among them.
func (l *list) window(n, lines int) (from, to int) {
	l.n, l.page = n, max(lines, 1)
	l.clamp()
	l.top = max(min(l.top, l.at), l.at-l.page+1)
	l.top = max(min(l.top, n-l.page), 0)
	return l.top, min(l.top+l.page, n)
}
