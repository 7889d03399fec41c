package tui

import (
	"slices"
	"strconv"
)

// spot is where one is on a screen, beside what the lens says: what a command
// needs to come back there.
type spot struct {
	pane  string   // part of the screen
	row   int      // from 1; 0 for the one that is chosen by itself
	rows  []PaneAt // of other parts, which this one may tell more of
	whole bool     // the part has all the room
}

// placed are the screens that can say where one is, and go there.
type placed interface {
	spot() spot
	goTo(s spot) // when there is something on the screen
}

// flags are a spot in the words of the command.
func (s spot) flags() (words []string) {
	if s.pane != "" {
		words = append(words, "--pane", s.pane)
	}
	for _, r := range s.rows {
		words = append(words, "--row", r.Pane+"="+strconv.Itoa(r.Row))
	}
	if s.row > 0 {
		words = append(words, "--row", strconv.Itoa(s.row))
	}
	if s.whole {
		words = append(words, "--whole")
	}
	return words
}

// spot is what a view says of the screen that it opens.
func (v View) spot() *spot {
	return &spot{pane: v.Pane, row: v.Row, rows: v.Rows, whole: v.Whole}
}

// arrive goes where the command said, as soon as there is something there.
func (m *Model) arrive() {
	m.searched()
	if m.at == sourceScreenID && m.source().waits() {
		return // it is being listed
	}
	if s, ok := m.screens[m.at].(placed); ok && m.seen.want != nil && m.screens[m.at].missing() == nil {
		s.goTo(*m.seen.want)
		if m.data.Collecting == nil {
			m.seen.want = nil
		}
	}
}

func (k *desk) spot() spot {
	s := spot{whole: k.full}
	if len(k.parts) == 0 {
		return s
	}
	for i, p := range k.parts {
		if p.list.at != p.start && i != k.focus {
			s.rows = append(s.rows, PaneAt{p.id, p.list.at + 1})
		}
	}
	p := k.part()
	if p.list.at != p.start {
		s.row = p.list.at + 1
	}
	if k.focus != k.usual() || s.row > 0 {
		s.pane = p.id
	}
	return s
}

// usual is the part that the keys are about when none was chosen.
func (k *desk) usual() int {
	return max(slices.IndexFunc(k.parts, func(p *part) bool { return !p.shy }), 0)
}

func (k *desk) goTo(s spot) {
	k.full = s.whole
	for _, r := range s.rows {
		if i := slices.IndexFunc(k.parts, func(p *part) bool { return p.id == r.Pane }); i >= 0 && r.Row > 0 {
			k.parts[i].list.at = r.Row - 1
		}
	}
	if s.pane == "" && s.row > 0 && len(k.parts) > 0 {
		s.pane = k.parts[k.usual()].id
	}
	if i := slices.IndexFunc(k.parts, func(p *part) bool { return p.id == s.pane }); i >= 0 {
		k.focus, k.moved = i, true
		if s.row > 0 {
			k.parts[i].list.at = s.row - 1
		}
	}
}

func (o *overview) spot() spot {
	s := spot{whole: o.full}
	finding, line := PaneAt{paneFindings, o.list.at + 1}, PaneAt{paneDetails, o.text.top + 1}
	at, other := finding, line
	if o.reading {
		s.pane = paneDetails
		at, other = line, finding
	}
	if at.Row > 1 {
		s.row = at.Row
	}
	if other.Row > 1 {
		s.rows = []PaneAt{other}
	}
	return s
}

func (o *overview) goTo(s spot) {
	o.full, o.reading = s.whole, s.pane == paneDetails && o.list.n > 0
	for _, r := range append(s.rows, PaneAt{s.pane, s.row}) {
		switch {
		case r.Row == 0:
		case r.Pane == paneDetails:
			o.text.top = r.Row - 1
		default:
			o.list.at = r.Row - 1
			o.list.clamp()
		}
	}
}

func (s *sourceScreen) spot() spot {
	if s.asm.rows != nil {
		s.asm.rows.follow()
	}
	return s.desk.spot()
}

// waits says that there is something to come before one can go to a row.
func (s *sourceScreen) waits() bool {
	return s.got == nil || s.asm.mode != asmClosed && s.asm.got == nil
}

func (s *sourceScreen) goTo(to spot) {
	if to.pane == "" && to.row > 0 {
		to.pane = "source"
	}
	s.desk.goTo(to)
	if s.asm.rows == nil {
		return
	}
	s.asm.rows.follow() // the rows there are those of the line that was gone to
	s.desk.goTo(to)
}

func (f *flameScreen) spot() spot  { return spot{whole: f.full} }
func (f *flameScreen) goTo(s spot) { f.full = s.whole }

func (t *topScreen) spot() spot {
	s := spot{whole: t.full}
	switch k := &t.calls; {
	case k.on && k.at > 0 && k.up:
		s.pane = paneCallers
	case k.on && k.at > 0:
		s.pane = paneCallees
	case k.on:
		s.pane = paneCalls
	}
	return s
}

func (t *topScreen) goTo(s spot) {
	t.full = s.whole
	if s.pane != "" {
		t.calls.on, t.calls.up = true, s.pane == paneCallers
	}
}
