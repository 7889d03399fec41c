package tui

import (
	"slices"
	"strings"

	"github.com/goperf/goperf/tui/paint"
)

// content is what a part of a screen shows: lines that stay on top and rows that
// can be gone through, for a width.
type content interface {
	lay(width int) (head []line, rows int)
	row(i int) line
	text(i int) string // of a row: to be searched and copied
}

// part is a part of a screen, with a heading of its own.
type part struct {
	id      string
	title   string
	note    string // beside the title, as far as there is room
	show    content
	weight  int  // how wide it is beside others, 1 when it is not set
	least   int  // lines without which it says little, leastLines when it is not set
	beside  bool // of the part before, where there is room
	picture bool // of what other parts say: a reader of text needs it not
	derived bool // of what is chosen in another part: a search does not look into it
	shy     bool // gets no more room than its first lines while the keys are not about it
	list    list
	start   int // row that is chosen by itself
	search  rowSearch
	place   region
}

// region is where a part was drawn last.
type region struct{ left, right, top, rows int }

// desk is a screen made of parts, below one another and side by side where there
// is room. The keys are about one of them.
type desk struct {
	keys    hand
	facts   []fact // of the whole, on top
	parts   []*part
	focus   int
	moved   bool   // to the part, by the user
	pattern string // that is searched, in all parts
	sought  bool   // the pattern has been looked for in what there is
	began   origin // where the search began
	first   int    // band that is drawn on top
	full    bool   // the part at hand has all the room
	absence *absence
	d       *Data
	sizes   resized
}

// origin is a part and a row of it.
type origin struct{ focus, at int }

// fact is a number and what it is of.
type fact struct {
	label, value string
	style        paint.Style
}

// put makes the parts anew; what was chosen in them stays, by what it says.
func (k *desk) put(facts []fact, parts ...*part) {
	old, focus := k.parts, ""
	if k.focus < len(old) && k.moved {
		focus = old[k.focus].id
	}
	if k.d != nil && len(k.d.Of) > 0 {
		facts = slices.Insert(facts, 0, fact{"one side alone:", k.d.title(), paint.Accent})
	}
	k.facts, k.parts, k.focus = facts, nil, 0
	for _, p := range parts {
		if p == nil {
			continue
		}
		_, n := p.show.lay(toldWidth)
		for _, was := range old {
			if was.id == p.id {
				p.list.top = was.list.top
				p.restore(was, n)
			}
		}
		if p.id == focus {
			k.focus = len(k.parts)
		}
		k.parts = append(k.parts, p)
	}
	if focus == "" { // a part that is shy has only a look to it
		k.focus = k.usual()
	}
	if hits, _ := k.look(k.pattern); !k.sought { // it compiled before
		k.sought = true
		k.arrive(hits)
	}
}

// restore goes to the row that was chosen.
func (p *part) restore(was *part, n int) {
	_, before := was.show.lay(toldWidth)
	if was.list.at >= before {
		return
	}
	kept := was.key(was.list.at)
	for i := range n {
		if p.key(i) == kept {
			p.list.at = i
			return
		}
	}
}

// key is what a row is known by while its numbers change: its words.
func (p *part) key(i int) string {
	s := sheetOf(p.show)
	if s == nil {
		return p.show.text(i)
	}
	var words []string
	for k, c := range s.columns {
		if c.kind != quantity && !c.bar {
			words = append(words, s.cells[i][k])
		}
	}
	return strings.Join(words, "\x00")
}

func (k *desk) missing() *absence {
	if k.d == nil {
		return &absence{what: "Reading…"}
	}
	return k.absence
}

// part is the one that the keys are about.
func (k *desk) part() *part { return k.parts[min(k.focus, len(k.parts)-1)] }

// chosen is the selected row of a part, -1 when there is none.
func (k *desk) chosen(id string) (in *sheet, row int) {
	for _, p := range k.parts {
		if s := sheetOf(p.show); s != nil && p.id == id && p.list.at < len(s.cells) {
			return s, p.list.at
		}
	}
	return nil, -1
}

// sheetOf is the table that a content is made of, nil when it is none.
func sheetOf(c content) *sheet {
	switch c := c.(type) {
	case *sheet:
		return c
	case *stacked:
		return c.sheet
	case *spending:
		return c.sheet
	case *settings:
		return c.sheet
	case *members:
		return c.sheet
	case *groupSheet:
		return c.sheet
	}
	return nil
}

func (k *desk) find(pattern string) (string, error) { //nolint:unparam // the screens that embed it tell the result
	hits, err := k.look(pattern)
	if err != nil {
		return "", err
	}
	before := k.pattern
	k.pattern, k.sought = pattern, true
	if pattern == "" || len(k.parts) == 0 {
		return "", nil
	}
	if before == "" || !strings.HasPrefix(pattern, before) && !strings.HasPrefix(before, pattern) {
		k.began = origin{k.focus, k.part().list.at}
	}
	// While it is typed, every pattern is looked for from where the search began.
	k.focus = k.began.focus
	k.part().list.at = k.began.at
	k.arrive(hits)
	return plural(hits, "line"), nil
}

// look marks what matches in all parts, and says how much that is.
func (k *desk) look(pattern string) (hits int, err error) {
	for _, p := range k.parts {
		if p.derived {
			continue
		}
		_, rows := p.show.lay(toldWidth)
		n, err := p.search.find(pattern, rows, p.show.text)
		if err != nil {
			return 0, err
		}
		hits += n
	}
	return hits, nil
}

// arrive goes to the nearest match, in another part if there is none in this one.
func (k *desk) arrive(hits int) {
	if hits == 0 {
		return
	}
	if k.part().search.n == 0 {
		k.focus = slices.IndexFunc(k.parts, func(p *part) bool { return p.search.n > 0 })
	}
	k.part().search.nearest(&k.part().list)
}

// expect takes a pattern that is looked for when there is something to show.
func (k *desk) expect(pattern string) error {
	_, err := compile(pattern)
	if err == nil {
		k.pattern, k.sought = pattern, false
	}
	return err
}

// searched is the pattern that is searched, "" for none.
func (k *desk) searched() string { return k.pattern }

func (k *desk) act(a action) effect {
	p := k.part()
	if p.list.move(a) {
		return effect{}
	}
	_, n := p.show.lay(max(p.place.right-p.place.left, leastWidth) - 1)
	if p.list.at >= n {
		return effect{}
	}
	name := p.show.row(p.list.at).name
	switch a {
	case next, previous:
		if p.search.pattern == "" {
			return told(k.keys.key(search) + " searches")
		}
		return told(p.search.step(a, &p.list))
	case out:
		k.full = false
		_, _ = k.find("")
	case in, flameOf:
		if name == "" {
			return told("this line names no function")
		}
		return effect{open: flameScreenID, goes: true, name: name}
	case sandwich:
		if name != "" {
			return effect{open: topScreenID, goes: true, name: name}
		}
	case sourceOf:
		if name != "" {
			return effect{open: sourceScreenID, goes: true, about: functionAt{name: name}}
		}
	case copyName:
		return effect{copy: strings.TrimSpace(p.show.text(p.list.at))}
	}
	return effect{}
}

func (k *desk) spread() { k.full = !k.full }

// pane goes to the next part.
func (k *desk) pane(step int) bool {
	k.moved = true
	if k.focus += step; k.focus < 0 || k.focus >= len(k.parts) {
		k.focus = 0
		return false
	}
	return true
}

func (k *desk) point(x, y int, again bool) effect {
	for i, p := range k.parts {
		if x < p.place.left || x >= p.place.right || y < p.place.top || y > p.place.top+p.place.rows {
			continue
		}
		k.focus, k.moved = i, true
		row, ok := p.list.hit(y, p.place.top)
		if !ok {
			return effect{}
		}
		p.list.at = row
		if again {
			return k.act(in)
		}
	}
	return effect{}
}
