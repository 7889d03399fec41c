package tui

import (
	"slices"
	"strings"

	"github.com/goperf/goperf/tui/paint"
)

// band is parts that are drawn side by side.
type band struct {
	parts []*part
	heads [][]line
	rows  []int // that each part has
	lines int   // that it gets, its heading among them
	given int   // that the user has given to it, 0 for the usual
	focus bool
	shy   bool
}

// leastLines is what a band needs to be worth more than its heading.
const leastLines = 4

func (k *desk) draw(c *paint.Canvas, height int) {
	start := c.Lines()
	k.top(c)
	bands := k.bands(c.W)
	below := k.below(c.W)
	room := height - (c.Lines() - start) - len(below)
	shown := k.visible(bands, room)
	if len(shown) < len(bands) {
		room--
		shown = k.visible(bands, room)
	}
	allot(shown, room)
	k.sizes.drawn = k.sizes.drawn[:0]
	for _, b := range shown {
		k.sizes.drawn = append(k.sizes.drawn, drawnBand{b.parts, c.Lines() - start, b.lines, b.kept()})
		b.draw(c, k, start)
	}
	if len(shown) < len(bands) {
		k.rest(c, bands, shown)
	}
	c.Fill(start + height - len(below))
	for _, text := range below {
		c.Line(paint.Faint, " "+ascii(c.Theme, text))
	}
}

// below is what of the row at hand there was no room for in its line.
func (k *desk) below(width int) []string {
	p := k.part()
	s, ok := p.show.(rows)
	if !ok {
		return nil
	}
	if _, n := p.show.lay(p.place.right - p.place.left - 1); p.list.at >= n {
		return nil
	}
	lines := paint.Wrap(strings.Join(s.hidden(p.list.at), ", "), width-2)
	if len(lines) > 2 {
		lines = lines[:2]
		lines[1], _ = paint.Cut(lines[1]+" …", width-2, "…")
	}
	return lines
}

// top is the facts about the whole, in at most two lines.
func (k *desk) top(c *paint.Canvas) {
	lines := 0
	for _, f := range k.facts {
		if n := paint.Width(f.label) + paint.Width(f.value) + 4; c.Col() > 0 && c.Room() < n {
			c.End()
			if lines++; lines == 2 {
				return
			}
		}
		c.Put(paint.Faint, " "+ascii(c.Theme, f.label)+" ")
		c.Put(f.style, ascii(c.Theme, f.value)+"  ")
	}
	if len(k.facts) > 0 {
		c.End()
	}
}

// bands are the parts by how they stand on a screen of a width, each laid out.
func (k *desk) bands(width int) (all []*band) {
	for i, p := range k.parts {
		p.place = region{}
		switch {
		case k.full && p != k.part():
			continue
		case k.full:
			return []*band{k.alone(width)}
		}
		if p.beside && width >= sideWidth && i > 0 {
			b := all[len(all)-1]
			b.parts = append(b.parts, p)
		} else {
			all = append(all, &band{parts: []*part{p}})
		}
	}
	for _, b := range all {
		b.shy, b.given = true, k.sizes.lines[b.parts[0].id]
		left, sum, all := 0, 0, 0
		for _, p := range b.parts {
			all += max(p.weight, 1)
		}
		for i, p := range b.parts {
			sum += max(p.weight, 1)
			edge := k.sizes.edge(p, width*sum/all, left, width, len(b.parts)-1-i)
			p.place = region{left: left, right: edge}
			if i < len(b.parts)-1 {
				p.place.right -= 2
			}
			head, n := p.show.lay(p.place.right - left - 1)
			b.heads, b.rows = append(b.heads, head), append(b.rows, n)
			b.focus = b.focus || p == k.part()
			b.shy = b.shy && p.shy
			left = edge
		}
	}
	return all
}

// alone is the part at hand with the whole width.
func (k *desk) alone(width int) *band {
	p := k.part()
	p.place = region{right: width}
	head, n := p.show.lay(width - 1)
	return &band{parts: []*part{p}, heads: [][]line{head}, rows: []int{n}, focus: true}
}

// wants is how many lines a band would fill, and least how many it needs.
func (b *band) wants() (n int) {
	for i := range b.parts {
		n = max(n, 1+len(b.heads[i])+b.rows[i])
	}
	return n
}

func (b *band) least() (n int) {
	for _, p := range b.parts {
		n = max(n, p.least, leastLines)
	}
	return min(n, b.wants())
}

// kept is how many lines the user leaves to a band at least: two rows, if there are.
func (b *band) kept() (n int) {
	for i := range b.parts {
		n = max(n, 1+len(b.heads[i])+min(b.rows[i], 2))
	}
	return max(n, 2)
}

// visible are the bands that are shown in so many lines, the one at hand among
// them: as many as can say something, from the one on that was on top before.
func (k *desk) visible(all []*band, height int) []*band {
	at := slices.IndexFunc(all, func(b *band) bool { return b.focus })
	fit := func(first int) (n, left int) {
		left = height
		for _, b := range all[first:] {
			if left < b.least() && n > 0 {
				if left >= leastLines && !b.focus { // better some of it than an empty place
					n, left = n+1, 0
				}
				break
			}
			n, left = n+1, left-b.least()
		}
		return n, left
	}
	k.first = max(min(k.first, at), 0)
	n, left := fit(k.first)
	for k.first < at && k.first+n <= at {
		k.first++
		n, left = fit(k.first)
	}
	for k.first > 0 && k.first+n == len(all) && left >= all[k.first-1].least() {
		k.first--
		n, left = fit(k.first)
	}
	return all[k.first : k.first+n]
}

// allot hands out lines: to each band what it needs, or what the user has given to
// it, the rest one after the other, to the one at hand more.
func allot(bands []*band, height int) {
	left := height
	give := func(b *band, n int) {
		if n = min(n, left, b.wants()-b.lines); n > 0 {
			b.lines, left = b.lines+n, left-n
		}
	}
	for _, b := range bands {
		if b.given == 0 {
			give(b, b.least())
		} else {
			give(b, b.kept())
		}
	}
	for _, b := range bands {
		give(b, b.given-b.lines)
	}
	for before := -1; before != left && left > 0; {
		before = left
		for _, b := range bands {
			switch {
			case b.given > 0:
			case b.focus:
				give(b, 3)
			case !b.shy:
				give(b, 1)
			}
		}
	}
	for _, b := range bands {
		if b.given == 0 {
			give(b, left)
		}
	}
}

// rest is a line that names the parts for which there was no room.
func (k *desk) rest(c *paint.Canvas, all, shown []*band) {
	c.Repeat(paint.Rule, c.Theme.Glyphs.Rule, 1)
	c.Put(paint.Key, " ")
	c.Put(paint.Key, k.keys.key(nextPane))
	for _, b := range all {
		if slices.Contains(shown, b) {
			continue
		}
		for _, p := range b.parts {
			text := ascii(c.Theme, p.title)
			if c.Room() < paint.Width(text)+8 {
				text = "…"
			}
			c.Put(paint.Rule, " "+c.Theme.Glyphs.Rule)
			c.Put(paint.Faint, " "+ascii(c.Theme, text))
			if text == "…" {
				c.Put(paint.Plain, " ")
				c.Repeat(paint.Rule, c.Theme.Glyphs.Rule, c.W)
				c.End()
				return
			}
		}
	}
	c.Put(paint.Plain, " ")
	c.Repeat(paint.Rule, c.Theme.Glyphs.Rule, c.W)
	c.End()
}

// draw draws the parts of a band, line by line.
func (b *band) draw(c *paint.Canvas, k *desk, start int) {
	if b.lines < 1 {
		return
	}
	for _, p := range b.parts {
		p.heading(c, p == k.part() && len(k.parts) > 1)
		c.Until(c.W)
		c.Pad(paint.Plain, p.place.right+2)
	}
	c.End()
	from, to := make([]int, len(b.parts)), make([]int, len(b.parts))
	for i, p := range b.parts {
		rows := max(b.lines-1-len(b.heads[i]), 0)
		from[i], to[i] = p.list.window(b.rows[i], rows)
		to[i] = min(to[i], from[i]+rows)
		p.place.top, p.place.rows = c.Lines()-start+len(b.heads[i]), rows
	}
	for y := range b.lines - 1 {
		for i, p := range b.parts {
			c.Until(p.place.right)
			switch at := from[i] + y - len(b.heads[i]); {
			case y < len(b.heads[i]):
				c.Put(paint.Plain, " ")
				b.heads[i][y].draw(c, false)
			case at < to[i]:
				p.row(c, at, p == k.part())
			}
			c.Until(c.W)
			c.Pad(paint.Plain, min(p.place.right+2, c.W))
		}
		c.End()
	}
}

// heading is a rule with the title in it.
func (p *part) heading(c *paint.Canvas, on bool) {
	c.Until(p.place.right)
	rule := c.Theme.Glyphs.Rule
	style := paint.Strong
	if on {
		style = paint.Key
	}
	c.Repeat(paint.Rule, rule, c.Col()+1)
	c.Put(style, " "+ascii(c.Theme, p.title)+" ")
	note := ascii(c.Theme, p.note)
	if c.Room() < paint.Width(note)+5 {
		note, _, _ = strings.Cut(note, "; ") // what the user has chosen comes first
	}
	if n := paint.Width(note); n > 0 && c.Room() >= n+5 {
		c.Repeat(paint.Rule, rule, p.place.right-n-3)
		c.Put(paint.Faint, " "+note+" ")
	}
	c.Repeat(paint.Rule, rule, p.place.right)
}

func (p *part) row(c *paint.Canvas, i int, on bool) {
	mark := " "
	if i == p.list.at {
		if mark = c.Theme.Glyphs.Picked; !on {
			mark = c.Theme.Glyphs.Edge
		}
	}
	if _, ok := p.show.(rows); !ok && !on {
		mark = " " // text is not chosen from
	}
	c.Put(paint.Accent, mark)
	p.show.row(i).draw(c, p.search.pattern != "" && i < len(p.search.hits) && !p.search.hits[i])
}

func (l line) draw(c *paint.Canvas, faint bool) {
	if l.paint != nil {
		l.paint(c)
		return
	}
	for _, p := range l.pieces {
		style := p.style
		switch {
		case p.box:
			end := min(c.Col()+p.cells, c.Limit())
			limit := c.Limit()
			c.Until(end)
			c.Put(style, ascii(c.Theme, p.text))
			c.Pad(style, end)
			c.Until(limit)
		case p.cells > 0:
			c.Bar(style, p.bar, p.cells)
		default:
			if faint {
				style = paint.Faint
			}
			c.Put(style, ascii(c.Theme, p.text))
		}
	}
}

// ascii is text for a theme, which measures it before it is put.
func ascii(t *paint.Theme, text string) string {
	if !t.ASCII {
		return text
	}
	return paint.Letters(text)
}
