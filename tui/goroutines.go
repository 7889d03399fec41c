package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/render"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// Group is goroutines that stand at the same place for the same reason.
type Group struct {
	State     string         // "" when only a profile is known
	Frames    []report.Frame // leaf first
	CreatedBy report.Frame   // Function "" for the main goroutine, or when it is not known
	Count     int
	Before    int // at the first look; -1 when there was one look only
	IDs       []int64
	Oldest    time.Duration // longest in State, whole minutes; 0 below one
	Stale     int           // of them, in State for ten minutes and more
	Locked    int           // of them, locked to a thread
	Leaked    int           // of them, those that the collector found leaked
}

// Clean makes the strings of a group harmless.
func (g *Group) clean() {
	g.State = report.Clean(g.State)
	for i := range g.Frames {
		g.Frames[i].Function, g.Frames[i].File = report.Clean(g.Frames[i].Function), report.Clean(g.Frames[i].File)
	}
	g.CreatedBy.Function, g.CreatedBy.File = report.Clean(g.CreatedBy.Function), report.Clean(g.CreatedBy.File)
}

// own is the frame nearest to the leaf that a developer can change; without one
// that which a developer may know best: of another module, of the standard
// library but not internal to it.
func (g *Group) own(cl symbol.Classifier) report.Frame {
	best, rank := report.Frame{}, 5
	for _, f := range g.Frames {
		r := int(cl.Of(f.Function))
		if r == int(symbol.Std) && strings.HasPrefix(f.Function, "internal/") {
			r = int(symbol.Runtime)
		}
		if r < rank {
			best, rank = f, r
		}
	}
	return best
}

// goroutines are the groups of goroutines.
type goroutines struct {
	absence *absence
	d       *Data
	groups  []Group
	owns    []report.Frame
	total   int
	list    list
	sort    int // index into groupSorts
	search  rowSearch
	first   int // line of the first row, drawn last
}

var groupSorts = []struct {
	name    string
	compare func(a, b *Group) int
}{
	{"count", func(a, b *Group) int { return cmp.Compare(b.Count, a.Count) }},
	{"growth", func(a, b *Group) int { return cmp.Compare(b.Count-b.Before, a.Count-a.Before) }},
	{"longest wait", func(a, b *Group) int { return cmp.Compare(b.Oldest, a.Oldest) }},
	{"state", func(a, b *Group) int { return strings.Compare(a.State, b.State) }},
}

func (g *goroutines) set(d *Data) {
	kept := ""
	if g.list.at < len(g.groups) {
		kept = g.text(g.list.at)
	}
	g.d, g.groups, g.total = d, slices.Clone(d.Groups), 0
	for i := range g.groups {
		g.total += g.groups[i].Count
	}
	if len(g.groups) == 0 {
		g.absence = &absence{what: "No goroutines were looked at."}
		g.absence.gaps(d, "goroutine", "goroutine-text")
		g.absence.unasked(d)
		return
	}
	g.absence = nil
	g.sorted()
	for i := range g.groups {
		if g.text(i) == kept {
			g.list.at = i
			break
		}
	}
}

func (g *goroutines) missing() *absence {
	if g.d == nil {
		return &absence{what: "Reading…"}
	}
	return g.absence
}

func (g *goroutines) sorted() {
	slices.SortStableFunc(g.groups, func(a, b Group) int {
		return cmp.Or(groupSorts[g.sort].compare(&a, &b), cmp.Compare(b.Count, a.Count))
	})
	cl := symbol.Classifier{Main: g.d.Main}
	g.owns = make([]report.Frame, len(g.groups))
	for i := range g.groups {
		g.owns[i] = g.groups[i].own(cl)
	}
	g.list.n = len(g.groups)
	g.list.at = 0
	g.search.over(len(g.groups), g.text)
}

// text is what a search looks at.
func (g *goroutines) text(i int) string {
	var b strings.Builder
	b.WriteString(g.groups[i].State)
	for _, f := range g.groups[i].Frames {
		b.WriteString(" " + f.Function + ":" + fmt.Sprint(f.Line))
	}
	return b.String() + " " + g.groups[i].CreatedBy.Function
}

func (g *goroutines) find(pattern string) (string, error) {
	n, err := g.search.find(pattern, len(g.groups), g.text)
	if err != nil || pattern == "" {
		return "", err
	}
	g.search.nearest(&g.list)
	sum := 0
	for i, hit := range g.search.hits {
		if hit {
			sum += g.groups[i].Count
		}
	}
	return fmt.Sprintf("%d of %d groups, %s of all", n, len(g.groups), share(int64(sum), int64(g.total))), nil
}

func (g *goroutines) act(a action) effect {
	if g.list.move(a) {
		return effect{}
	}
	own := g.owns[g.list.at]
	switch a {
	case next, previous:
		return told(g.search.step(a, &g.list))
	case out:
		g.search = rowSearch{}
	case sortBy:
		g.sort = (g.sort + 1) % len(groupSorts)
		g.sorted()
		return told("by " + groupSorts[g.sort].name)
	case in, sourceOf:
		return effect{open: sourceScreenID, goes: true, about: functionAt{own.Function, own.File}}
	case flameOf:
		return effect{open: flameScreenID, goes: true, name: own.Function}
	case copyName:
		return effect{copy: own.Function}
	}
	return effect{}
}

func (g *goroutines) point(_, y int, again bool) effect {
	i, ok := g.list.hit(y, g.first)
	if !ok {
		return effect{}
	}
	g.list.at = i
	if again {
		return g.act(in)
	}
	return effect{}
}

func (g *goroutines) draw(c *paint.Canvas, height int) {
	start := c.Lines()
	end := start + height
	c.Put(paint.Strong, " "+plural(g.total, "goroutine"))
	c.Put(paint.Plain, " in "+plural(len(g.groups), "group"))
	c.Put(paint.Faint, "   "+g.states())
	c.Right(paint.Faint, "sort: "+groupSorts[g.sort].name+" (S)", c.W-1)
	c.End()
	c.Put(paint.Faint, fmt.Sprintf(" %7s %7s %10s  %-18s own frame", "count", "more", "longest", "state"))
	c.End()
	g.first = c.Lines() - start
	rows := height - g.first
	if height >= 14 {
		rows = min(len(g.groups), max(height/2-2, 4))
	}
	from, to := g.list.window(len(g.groups), rows)
	for i := from; i < to; i++ {
		g.row(c, i)
	}
	if height >= 14 {
		c.Repeat(paint.Rule, c.Theme.Glyphs.Rule, c.W)
		c.End()
		g.stack(c, end)
	}
	c.Fill(end)
}

// states are how many goroutines are in each state, the most common ones.
func (g *goroutines) states() string {
	sums := map[string]int{}
	for i := range g.groups {
		sums[g.groups[i].State] += g.groups[i].Count
	}
	var names []string
	for name := range sums {
		if name != "" {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(sums[b], sums[a]), strings.Compare(a, b)) })
	var parts []string
	for _, name := range names[:min(len(names), 5)] {
		parts = append(parts, fmt.Sprintf("%s %d", name, sums[name]))
	}
	return strings.Join(parts, "  ")
}

func (g *goroutines) row(c *paint.Canvas, i int) {
	gr := &g.groups[i]
	mark, style := " ", paint.Plain
	if i == g.list.at {
		mark, style = c.Theme.Glyphs.Picked, paint.Strong
	}
	if g.search.pattern != "" && !g.search.hits[i] {
		style = paint.Faint
	}
	c.Put(paint.Accent, mark)
	c.Put(style, fmt.Sprintf("%7d ", gr.Count))
	grown := paint.Plain
	if gr.Before >= 0 && gr.Count > gr.Before {
		grown = paint.Warning
	}
	c.Put(grown, fmt.Sprintf("%7s ", gr.growth()))
	c.Put(style, fmt.Sprintf("%10s  ", gr.oldest()))
	state := c.Col() + 18
	c.Until(state)
	c.Put(style, cmp.Or(gr.State, "?"))
	c.Until(c.W)
	c.Pad(paint.Plain, state+1)
	c.Put(style, symbol.Short(g.owns[i].Function))
	if p := g.owns[i]; p.Line > 0 {
		c.Put(paint.Faint, fmt.Sprintf(":%d", p.Line))
	}
	for _, n := range gr.notes() {
		c.Put(paint.Warning, "  "+n)
	}
	c.End()
}

func (g *Group) growth() string {
	switch {
	case g.Before < 0:
		return ""
	case g.Count > g.Before:
		return fmt.Sprintf("+%d", g.Count-g.Before)
	}
	return fmt.Sprint(g.Count - g.Before)
}

func (g *Group) oldest() string {
	switch {
	case g.State == "":
		return ""
	case g.Oldest == 0:
		return "< 1 min"
	}
	return report.FormatValue(g.Oldest.Seconds(), "s")
}

func (g *Group) notes() (notes []string) {
	for _, n := range []struct {
		n    int
		text string
	}{{g.Leaked, "leaked"}, {g.Stale, "for 10 min and more"}, {g.Locked, "locked to a thread"}} {
		if n.n > 0 {
			notes = append(notes, fmt.Sprintf("%d %s", n.n, n.text))
		}
	}
	return notes
}

// stack is the stack of the selected group, leaf first, and who created it.
func (g *goroutines) stack(c *paint.Canvas, end int) {
	gr := &g.groups[g.list.at]
	c.Put(paint.Strong, fmt.Sprintf(" stack of %s", plural(gr.Count, "goroutine")))
	if len(gr.IDs) > 0 {
		c.Put(paint.Faint, "   "+numbers(gr.IDs))
	}
	c.End()
	own := g.owns[g.list.at]
	for i, f := range gr.Frames {
		if c.Lines() >= end-1 && i < len(gr.Frames)-1 {
			c.Line(paint.Faint, fmt.Sprintf("   %d more", len(gr.Frames)-i))
			return
		}
		mark, style := "  ", paint.Plain
		if f == own {
			mark, style = " "+c.Theme.Glyphs.Own, paint.Strong
		}
		c.Put(paint.Accent, mark+" ")
		g.frame(c, style, f)
	}
	if gr.CreatedBy.Function != "" && c.Lines() < end {
		c.Put(paint.Faint, "   created by ")
		g.frame(c, paint.Plain, gr.CreatedBy)
	}
}

func (g *goroutines) frame(c *paint.Canvas, style paint.Style, f report.Frame) {
	c.Put(style, f.Function)
	if p := render.Position(f); p != "" {
		c.Put(paint.Plain, "  ")
		c.Put(paint.Faint, tail(p, max(c.Room()-1, 1), c.Theme.Glyphs.More))
	}
	c.End()
}

// numbers are some of the numbers of goroutines.
func numbers(all []int64) string {
	var parts []string
	for _, id := range all[:min(len(all), 8)] {
		parts = append(parts, fmt.Sprint(id))
	}
	if len(all) > 8 {
		parts = append(parts, "…")
	}
	return "ids " + strings.Join(parts, " ")
}
