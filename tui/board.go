package tui

import (
	"strings"

	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// board is the exhibits of a report that concern one thing: tables, charts and
// histograms below one another, each line of which can be gone to.
type board struct {
	what    string               // "memory and the collector"
	ids     []string             // of the exhibits, in order; one that ends in * stands for all that begin so
	kinds   []string             // of evidence: their gaps say why there is nothing
	hint    func(d *Data) string // the command that gets it
	d       *Data
	all     []report.Exhibit
	lines   []boardLine
	wide    int
	list    list
	search  rowSearch
	absence *absence
}

// boardLine is a line of a board.
type boardLine struct {
	head   bool
	pieces []piece
	name   string // the function that a row of a table is about, "" for none
}

type piece struct {
	style paint.Style
	text  string
	bar   float64 // a bar of barColumns instead of text, when it is not 0
}

const barColumns = 16

func (b *board) set(d *Data) {
	b.d, b.all, b.wide = d, nil, 0
	if d.Report != nil {
		for _, id := range b.ids {
			for _, e := range d.Report.Exhibits {
				prefix, all := strings.CutSuffix(id, "*")
				if e.ID == id || all && strings.HasPrefix(e.ID, prefix) {
					b.all = append(b.all, e)
				}
			}
		}
	}
	if b.absence = nil; len(b.all) > 0 {
		return
	}
	b.absence = &absence{what: "Nothing is known of " + b.what + "."}
	if d.Report == nil && d.Err == nil {
		b.absence.why = append(b.absence.why, "It is told once the evidence is complete.")
	}
	b.absence.gaps(d, b.kinds...)
	if b.hint != nil && d.Report != nil {
		b.absence.hint = b.hint(d)
	}
}

func (b *board) missing() *absence {
	if b.d == nil {
		return &absence{what: "Reading…"}
	}
	return b.absence
}

func (b *board) text(i int) string {
	var s strings.Builder
	for _, p := range b.lines[i].pieces {
		s.WriteString(p.text)
	}
	return s.String()
}

func (b *board) find(pattern string) (string, error) {
	n, err := b.search.find(pattern, len(b.lines), b.text)
	if err != nil || pattern == "" {
		return "", err
	}
	b.search.nearest(&b.list)
	return plural(n, "line"), nil
}

func (b *board) act(a action) effect {
	if b.list.move(a) {
		return effect{}
	}
	if b.list.at >= len(b.lines) {
		return effect{}
	}
	name := b.lines[b.list.at].name
	switch a {
	case next, previous:
		if b.search.pattern == "" {
			return told("/ searches")
		}
		return told(b.search.step(a, &b.list))
	case out:
		b.search = rowSearch{}
	case in, flameOf:
		if name != "" {
			return effect{open: flameScreenID, goes: true, name: name}
		}
		return told("this line names no function")
	case sandwich:
		if name != "" {
			return effect{open: topScreenID, goes: true, name: name}
		}
	case sourceOf:
		if name != "" {
			return effect{open: sourceScreenID, goes: true, about: functionAt{name: name}}
		}
	case copyName:
		return effect{copy: strings.TrimSpace(b.text(b.list.at))}
	}
	return effect{}
}

// pane goes to the next heading.
func (b *board) pane(step int) bool {
	for i := b.list.at + step; i >= 0 && i < len(b.lines); i += step {
		if b.lines[i].head {
			b.list.at, b.list.top = i, i
			return true
		}
	}
	b.list.at = 0
	return false
}

func (b *board) point(_, y int, again bool) effect {
	i, ok := b.list.hit(y, 0)
	if !ok {
		return effect{}
	}
	b.list.at = i
	if again {
		return b.act(in)
	}
	return effect{}
}

func (b *board) draw(c *paint.Canvas, height int) {
	b.layOut(c.W)
	from, to := b.list.window(len(b.lines), height)
	for i := from; i < to; i++ {
		mark := " "
		if i == b.list.at {
			mark = c.Theme.Glyphs.Picked
		}
		c.Put(paint.Accent, mark)
		faint := b.search.pattern != "" && !b.search.hits[i]
		for _, p := range b.lines[i].pieces {
			if p.bar > 0 {
				c.Bar(p.style, p.bar, barColumns)
				continue
			}
			style := p.style
			if faint {
				style = paint.Faint
			}
			c.Put(style, ascii(c.Theme, p.text))
		}
		c.End()
	}
}

// ascii is text for a theme: charts are made of blocks, which not all terminals have.
func ascii(t *paint.Theme, text string) string {
	if !t.ASCII {
		return text
	}
	return strings.Map(func(r rune) rune {
		if i := strings.IndexRune(sparks, r); i >= 0 {
			return rune(".,:;+*#@"[i/len("▁")])
		}
		switch r {
		case '│', '▏':
			return '|'
		case '→':
			return '>'
		case '·':
			return '.'
		case '–', '─':
			return '-'
		case 'µ':
			return 'u'
		}
		return r
	}, text)
}

func (b *board) plain(p *prose) {
	for i, e := range b.all {
		if e.ID == "frontier-data" {
			continue
		}
		if i > 0 {
			p.line("")
		}
		p.line("%s", report.Clean(e.Title))
		switch {
		case e.Table != nil:
			p.table(e.Table)
		case e.Series != nil:
			p.series(e.Series)
		case e.Histogram != nil:
			p.histogram(e.Histogram)
		case e.Flame != nil:
			p.flame(e.Flame, e.Flame, 0)
		}
	}
}

// boards are the screens that are made of exhibits.
func boards(args []string) (all [screenCount]*board) {
	target := quoted(args)
	all[memoryScreen] = &board{
		what: "memory and the collector", kinds: []string{"heap", "heap-text", "gc model"},
		ids:  []string{"memory", "compare", "frontier-data", "recommendation", "frontier", "observation", "top-heap", "top-alloc"},
		hint: func(*Data) string { return "goperf gc " + target },
	}
	all[offCPUScreen] = &board{
		what: "waiting and blocking", kinds: []string{"offcpu", "sched", "wall", "trace", "kernel"},
		ids:  []string{"waits", "top-offcpu", "offcpu-*", "sched-*", "top-wall", "wall-*", "park-*"},
		hint: func(*Data) string { return "goperf probe offcpu pid:PID" },
	}
	all[tcpScreen] = &board{
		what: "TCP connections", kinds: []string{"tcp", "kernel"}, ids: []string{"tcp-*"},
		hint: func(*Data) string { return "goperf probe tcp pid:PID -f json -o tcp.json; goperf tui tcp.json" },
	}
	all[diffScreen] = &board{
		what: "a comparison", ids: []string{"diff*", "gate*"},
		hint: func(*Data) string { return "goperf diff BASE " + target + " --tui" },
	}
	return all
}

// quoted are words for a POSIX shell.
func quoted(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = quote(w)
	}
	return strings.Join(out, " ")
}
