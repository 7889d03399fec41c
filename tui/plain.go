package tui

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/flame"
	"github.com/goperf/goperf/render"
	"github.com/goperf/goperf/report"
)

// prose writes a screen for a reader, or for a program that reads aloud: one fact
// on a line, no columns, no lines drawn, no glyphs.
type prose struct{ w *bufio.Writer }

func (p *prose) heading(format string, args ...any) {
	p.line("")
	p.line("# "+format, args...)
}

func (p *prose) line(format string, args ...any) {
	fmt.Fprintf(p.w, format+"\n", args...) // w remembers its errors
}

// absent says why a screen has nothing.
func (p *prose) absent(a *absence) {
	p.line("%s", a.what)
	for _, w := range a.why {
		p.line("%s", w)
	}
	if a.hint != "" {
		p.line("To get it: %s", a.hint)
	}
}

// Plain writes the screens as text, with the numbers that they show: the one that
// o.View names, or all that have something to show. What the view wants and is not
// there is an [UnmetError].
func Plain(ctx context.Context, w io.Writer, d *Data, o Options) error {
	o.Feed, o.Keys = nil, []Key{}
	m := newModel(ctx, o)
	m.settle(func() tea.Msg { return dataMsg{d} })
	m.settle(m.source().now()) // the source
	m.settle(m.source().now()) // and its machine code, if that is wanted
	m.arrive()
	if e := m.unmet(); e != nil && d.Err == nil {
		return e
	}
	p := &prose{w: bufio.NewWriter(w)}
	p.line("goperf %s", d.title())
	if d.Err != nil {
		p.line("failed: %s", oneLine(d.Err))
	}
	for i, s := range m.screens {
		if s == nil || o.View.Screen != "" && screenID(i) != m.at {
			continue
		}
		a := s.missing()
		if a != nil && o.View.Screen == "" {
			continue
		}
		p.heading("%s", screenNames[i])
		if a != nil {
			p.absent(a)
			continue
		}
		m.tellSearch(p, s)
		s.plain(p)
	}
	return p.w.Flush()
}

// tellSearch says what is searched for on a screen, and how much of it there is.
func (m *Model) tellSearch(p *prose, s screen) {
	if at, ok := s.(searchable); ok && at.searched() != "" {
		if found, err := s.(finding).find(at.searched()); err == nil {
			p.line("search %s: %s", report.Clean(at.searched()), found)
		}
	}
}

// settle runs a command and all that follow from it, one after the other, as the
// program would; it awaits no further data.
func (m *Model) settle(cmd tea.Cmd) {
	todo := []tea.Cmd{cmd}
	for len(todo) > 0 {
		next := todo[0]
		todo = todo[1:]
		if next == nil {
			continue
		}
		switch msg := next().(type) {
		case nil:
		case tea.BatchMsg:
			todo = append(todo, msg...)
		case dataMsg:
			todo = append(todo, m.take(msg.data))
		default:
			_, more := m.Update(msg)
			todo = append(todo, more)
		}
	}
}

func (o *overview) plain(p *prose) {
	p.line("%s", render.Headline(o.r))
	for _, v := range o.r.Vitals {
		p.line("%s: %s", report.Clean(v.Text), render.Value(v))
	}
	if age := o.d.reportAge(); age != "" {
		p.line("measured %s", age)
	}
	for _, text := range o.changes() {
		p.line("changed: %s", text)
	}
	for i := range o.r.Findings {
		p.heading("Finding %d of %d", i+1, len(o.r.Findings))
		label := ""
		for _, d := range findingDetails(&o.r.Findings[i], 1<<20, o.quoted[i]) {
			if d.label != "" {
				label = d.label
			}
			p.line("%s: %s", label, d.text)
		}
	}
	for _, s := range o.r.Evidence {
		p.line("looked at: %s", render.Seen(s))
	}
	label := ""
	for _, d := range o.notSeen(1 << 20) {
		if d.label != "" {
			label = d.label
		}
		if d.text != "" {
			p.line("%s: %s", label, d.text)
		}
	}
}

// A box is told when it has this part of the whole, and as long as a reader may
// still be there: a recursion can be thousands of boxes deep.
const (
	leastTold     = 100
	mostBoxesTold = 2000
)

func (f *flameScreen) plain(p *prose) {
	t, c := f.s.tree, f.s.layout.Column
	p.line("%s", f.s.about())
	if chips := f.s.lens.chips(); chips != "" {
		p.line("filters: %s", chips)
	}
	for class, v := range f.seenShares() {
		if v != 0 {
			part := share(v, c.Whole)
			if c.BaseCum != nil {
				part += " of all before" // there may be more than that now
			}
			p.line("%s: self %s, %s", flame.Class(class), value(v, c.Type), part)
		}
	}
	if lost := f.lost(); lost != "" {
		p.line("%s", lost)
	}
	if f.search.pattern != "" {
		p.line("search %s: %s", report.Clean(f.search.pattern), f.found())
	}
	if text := f.zoomTold(); text != "" {
		p.line("%s", text)
	}
	p.line("selected: %s", strings.TrimSpace(f.told.name+"  "+f.told.place))
	for _, text := range f.told.all {
		p.line("selected: %s", text)
	}
	p.line("Boxes of 1%% and more, callers before callees; the number is how many callers a box has:")
	left := mostBoxesTold
	f.tell(p, f.zoom.at, 0, &left)
	if left < 0 {
		p.line("and more below and beside them: --zoom and --search tell those")
	}
	p.line("%s in all", boxes(t.Size()))
}

func boxes(n int) string {
	if n == 1 {
		return "1 box"
	}
	return report.FormatValue(float64(n), "count") + " boxes"
}

// tell writes a box and those below it, while there are lines left.
func (f *flameScreen) tell(p *prose, n int32, level int, left *int) {
	if *left--; *left < 0 {
		return
	}
	t, c := f.s.tree, f.s.layout.Column
	text := fmt.Sprintf("%d %s, %s, total %s", level, t.Name(n), share(c.Width(n), c.Whole), value(c.Cum[n], c.Type))
	if c.BaseCum != nil {
		text = fmt.Sprintf("%d %s, %s", level, t.Name(n), change(c, n))
	}
	if c.Self[n] != 0 {
		text += fmt.Sprintf(", self %s", value(c.Self[n], c.Type))
	}
	if f.search.pattern != "" && f.search.hits[t.Frame[n]] {
		text += ", matches"
	}
	p.line("%s", text)
	for k := t.First[n]; k < t.First[n+1]; k++ {
		if c.Width(k) > 0 && c.Width(k) >= c.Whole/leastTold && (!f.zoom.part() || f.sees(k)) {
			f.tell(p, k, level+1, left)
		}
	}
}

// mostTold bounds the rows of a table that are told.
const mostTold = 50

func (t *topScreen) plain(p *prose) {
	p.line("%s, by %s", t.s.about(), topSorts[t.sort].name)
	if chips := t.s.lens.chips(); chips != "" {
		p.line("filters: %s", chips)
	}
	typ, sum := t.s.table.Type, int64(0)
	for i := range min(len(t.order), mostTold) {
		r := t.row(i)
		over := ""
		if sum += r.Flat; topSorts[t.sort].name == "self" {
			over = "; with those above " + t.share(sum)
		}
		if words := t.s.trend.words(r.Name, t.trended()); words != "" {
			over += "; over time " + words
		}
		p.line("%d. %s: self %s, %s; total %s, %s; %s%s", i+1, r.Name, value(r.Flat, typ), t.share(r.Flat), value(r.Cum, typ), t.share(r.Cum), t.s.class[t.order[i]], over)
	}
	if n := len(t.order) - mostTold; n > 0 {
		p.line("%s more", plural(n, "function"))
	}
	if t.calls.sides == nil || t.calls.sides.up == nil {
		return
	}
	if c := &t.calls.sides.up.Columns[0]; c.BaseCum != nil {
		p.line("%s: %s of all", t.calls.sides.name, change(c, 0))
	} else {
		p.line("%s: %s, %s of all", t.calls.sides.name, value(c.Width(0), c.Type), t.s.shareOf(c.Width(0)))
	}
	left := mostTold
	for _, side := range []struct {
		text string
		tree *flame.Tree
	}{{"called by", t.calls.sides.up}, {"calls", t.calls.sides.down}} {
		tellSide(p, side.tree, side.text, 0, &left)
	}
	if k := &t.calls; k.on && k.at > 0 {
		c := &k.tree().Columns[0]
		p.line("selected: %s: %s, %s of it", k.tree().Name(k.at), value(c.Width(k.at), c.Type), share(c.Width(k.at), c.Width(0)))
	}
}

// tellSide tells who calls a function, or what it calls, and of those the same.
func tellSide(p *prose, t *flame.Tree, does string, n int32, left *int) {
	c := &t.Columns[0]
	for k := t.First[n]; k < t.First[n+1]; k++ {
		if *left--; *left < 0 || c.Width(k) < c.Width(0)/leastTold {
			return
		}
		p.line("%s %s %s: %s, %s of %s", t.Name(n), does, t.Name(k), value(c.Width(k), c.Type), share(c.Width(k), c.Width(0)), t.Name(0))
		tellSide(p, t, does, k, left)
	}
}

func (g *goroutines) plain(p *prose) {
	p.line("%s in %s", plural(g.total, "goroutine"), plural(len(g.groups), "group"))
	for _, f := range slices.Concat(g.aged(), g.pace(), g.states()) {
		p.line("%s %s", f.label, withoutSparks(f.value))
	}
	for i := range g.groups {
		g.plainGroup(p, i)
	}
	if b := g.blocked(); b != nil {
		p.heading("%s", b.title)
		p.line("%s", b.note)
		for i := range b.show.(*sheet).cells {
			p.line("%s", strings.Join(b.show.(*sheet).facts(i), ", "))
		}
	}
}

// plainGroup writes one group.
func (g *goroutines) plainGroup(p *prose, i int) {
	gr, apart := &g.groups[i], g.apart()
	facts := []string{plural(gr.Count, "goroutine")}
	for _, f := range []struct{ name, text string }{{"state", gr.State}, {cmp.Or(spanned(apart), "more than before"), gr.growth()}, {"a minute", gr.pace(apart)}, {"over time", gr.counts()}, {"half wait", gr.span(gr.Median)}, {"longest wait", gr.oldest()}} {
		if f.text != "" {
			facts = append(facts, f.name+" "+f.text)
		}
	}
	p.heading("Group %d: %s", i+1, strings.Join(append(facts, g.notes(i)...), ", "))
	p.line("own frame: %s", g.place(i))
	if len(gr.IDs) > 0 {
		p.line("ids %s", numbers(gr.IDs, mostIDs))
	}
	for _, label := range gr.Labels {
		p.line("label %s", label)
	}
	for k, a := range ages {
		if gr.State != "" {
			p.line("waits %s: %d", a.name, gr.Ages[k])
		}
	}
	for _, f := range gr.Frames {
		p.line("%s  %s", f.Function, render.Position(f))
	}
	if gr.CreatedBy.Function != "" {
		p.line("created by %s  %s", gr.CreatedBy.Function, render.Position(gr.CreatedBy))
	}
}

// withoutSparks is text without what is drawn in it.
func withoutSparks(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if strings.ContainsRune(sparks, r) {
			return -1
		}
		return r
	}, text))
}

func (s *sourceScreen) plain(p *prose) {
	f := &s.got.Function
	p.line("%s, %s: self %s, total %s, %s", report.Clean(f.Name), s.measure(), s.amount(f.Flat), s.amount(f.Once), s.ofAll(f.Once))
	for _, n := range s.notes() {
		p.line("%s", n)
	}
	if s.got.Path != "" {
		p.line("file: %s", report.Clean(s.got.Path))
		if s.got.Proof != "" {
			p.line("the file is %s", report.Clean(s.got.Proof))
		}
	}
	if n := len(s.got.Sites); n > 0 {
		p.line("called from %s", plural(n, "line"))
	}
	for _, c := range s.got.Sites {
		p.line("called from %s  %s: %s, %s of it", c.Frame.Function, render.Position(c.Frame), s.amount(c.Value), share(c.Value, f.Once))
	}
	for i := range s.got.Rows {
		r := &s.got.Rows[i]
		bytes := s.got.allocs.text(r.N)
		if r.Flat == 0 && r.Cum == 0 && bytes == "" {
			continue
		}
		if bytes != "" {
			bytes = ", allocates " + bytes
		}
		p.line("line %d: self %s, total %s%s: %s", r.N, s.dotted(r.Flat), s.dotted(r.Cum), bytes, strings.TrimSpace(code(r.Text)))
		for _, c := range r.Calls {
			p.line("line %d: inlined %s, %s", r.N, report.Clean(c.Name), s.amount(c.Cum))
		}
	}
	for _, i := range s.pointing() {
		f := &s.d.Report.Findings[i]
		p.line("finding: %s: %s", f.Severity, report.Clean(f.Title))
		for _, text := range f.Advice[:min(len(f.Advice), 1)] {
			p.line("change: %s", report.Clean(text))
		}
	}
	s.tellCode(p)
}

func (p *prose) table(t *report.Table) {
	for _, row := range t.Rows {
		var facts []string
		for k := range min(len(row), len(t.Columns)) {
			if text := render.Cell(t.Columns[k], row[k]); text != "" {
				facts = append(facts, report.Clean(t.Columns[k].Name)+" "+text)
			}
		}
		p.line("%s", strings.Join(facts, ", "))
	}
}
