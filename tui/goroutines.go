package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// Group is goroutines that stand at the same place for the same reason.
type Group struct {
	State     string         // "" when only a profile is known
	Frames    []report.Frame // leaf first
	CreatedBy report.Frame   // Function "" for the main goroutine, or when it is not known
	Count     int
	Before    int   // at the first look; -1 when there was one look only
	Over      []int // at their place at each look, whatever their state; nil when there were not several
	IDs       []int64
	Oldest    time.Duration  // longest in State, whole minutes; 0 below one
	Median    time.Duration  // half of them are not longer in State
	Ages      [len(ages)]int // of them, in State for each of ages
	Stale     int            // of them, in State for ten minutes and more
	Locked    int            // of them, locked to a thread
	Leaked    int            // of them, those that the collector found leaked
	Labels    []string       // that most of them have, with their share
}

// age is a range of waiting times.
type age struct {
	name string
	end  time.Duration // 0 for no end
}

// ages are what waiting times are counted by.
var ages = [...]age{{"below 1 min?", time.Minute}, {"below 10 min", 10 * time.Minute}, {"below 1 h", time.Hour}, {"longer", 0}}

// waited counts how long goroutines have been in their state.
func (g *Group) waited(all []time.Duration) {
	slices.Sort(all)
	g.Median = all[len(all)/2]
	for _, d := range all {
		i := slices.IndexFunc(ages[:], func(a age) bool { return a.end == 0 || d < a.end })
		g.Ages[i]++
	}
}

// clean makes the strings of a group harmless.
func (g *Group) clean() {
	g.State = report.Clean(g.State)
	for i := range g.Frames {
		g.Frames[i].Function, g.Frames[i].File = report.Clean(g.Frames[i].Function), report.Clean(g.Frames[i].File)
	}
	for i := range g.Labels {
		g.Labels[i] = report.Clean(g.Labels[i])
	}
	g.CreatedBy.Function, g.CreatedBy.File = report.Clean(g.CreatedBy.Function), report.Clean(g.CreatedBy.File)
}

// own is the frame nearest to the leaf that a developer can change. Where there is
// none it is that of another module; of the standard library alone the outermost
// one says what the goroutine is for, the others only how it waits.
func (g *Group) own(cl symbol.Classifier) report.Frame {
	best, rank := report.Frame{}, int(symbol.Native)+1
	for _, f := range g.Frames {
		r := int(cl.Of(f.Function))
		if r == int(symbol.Std) && strings.HasPrefix(f.Function, "internal/") {
			r = int(symbol.Runtime)
		}
		if r < rank || r == rank && r == int(symbol.Std) {
			best, rank = f, r
		}
	}
	return best
}

// purposes are what goroutines of the standard library are there for, by
// functions of which one is on their stack and the other is not.
var purposes = []struct{ on, not, text string }{
	{"net/http.(*conn).serve", "net/http.serverHandler.ServeHTTP", "idle connection"},
	{"net/http.(*conn).serve", "", "serves a request"},
	{"net/http.(*persistConn).readLoop", "net/http.(*bodyEOFSignal).Read", "client reads"},
	{"net/http.(*persistConn).writeLoop", "", "client writes"},
	{"net.(*TCPListener).Accept", "", "accepts"},
	{"os/signal.signal_recv", "", "signals"},
	{"database/sql.(*DB).connectionOpener", "", "pool of connections"},
}

// purpose is what the goroutines of a group are there for, "" when that is not
// known: what the program's own code is there for it knows best.
func (g *Group) purpose(own report.Frame, cl symbol.Classifier) string {
	if cl.Of(own.Function) < symbol.Std {
		return ""
	}
	has := func(name string) bool {
		return slices.ContainsFunc(g.Frames, func(f report.Frame) bool { return f.Function == name })
	}
	for _, p := range purposes {
		if has(p.on) && (p.not == "" || !has(p.not)) {
			return p.text
		}
	}
	return ""
}

// finding names the one that is about a function, at the line if there is such.
func (d *Data) finding(f report.Frame) string {
	if d.Report == nil || f.Function == "" {
		return ""
	}
	name := ""
	for i, o := range d.Report.Findings {
		if len(o.Where) == 0 || report.Clean(o.Where[0].Function) != f.Function {
			continue
		}
		if name == "" || o.Where[0].Line == f.Line {
			name = fmt.Sprintf("finding %d", i+1)
		}
		if o.Where[0].Line == f.Line {
			break
		}
	}
	return name
}

// goroutines are the groups of goroutines, the stack of the one at hand, and how
// long its goroutines have waited.
type goroutines struct {
	desk
	groups []Group
	owns   []report.Frame
	total  int
	sort   int // index into groupSorts
}

var groupSorts = []struct {
	name    string // for --sort
	help    string
	compare func(a, b *Group) int
}{
	{"count", "count", func(a, b *Group) int { return cmp.Compare(b.Count, a.Count) }},
	{"growth", "growth", func(a, b *Group) int { return cmp.Compare(b.Count-b.Before, a.Count-a.Before) }},
	{"wait", "longest wait", func(a, b *Group) int { return cmp.Compare(b.Oldest, a.Oldest) }},
	{"state", "state", func(a, b *Group) int { return strings.Compare(a.State, b.State) }},
}

func (g *goroutines) set(d *Data) {
	g.d, g.groups, g.total = d, slices.Clone(d.Groups), 0
	for i := range g.groups {
		g.total += g.groups[i].Count
	}
	if len(g.groups) == 0 {
		g.parts = nil
		g.absence = needed[ofGoroutines].absent(d)
		return
	}
	g.absence = nil
	g.sorted()
}

// sorted puts the groups in order and makes the parts of them.
func (g *goroutines) sorted() {
	copy(g.groups, g.d.Groups) // groups that are equal in it stand in one order, whatever it was before
	slices.SortStableFunc(g.groups, func(a, b Group) int {
		return cmp.Or(groupSorts[g.sort].compare(&a, &b), cmp.Compare(b.Count, a.Count))
	})
	cl := symbol.Classifier{Main: g.d.Main}
	g.owns = make([]report.Frame, len(g.groups))
	for i := range g.groups {
		g.owns[i] = g.groups[i].own(cl)
	}
	facts := append([]fact{{plural(g.total, "goroutine") + " in " + plural(len(g.groups), "group"), "", paint.Plain}}, g.aged()...)
	facts = append(facts, g.pace()...)
	facts = append(facts, g.states()...)
	g.put(facts,
		&part{id: "groups", title: "groups", note: "by " + groupSorts[g.sort].help + g.keys.note(", ", sortBy, " sorts"), show: &groupSheet{g.table(), g}, least: 8},
		&part{id: "stack", derived: true, title: "stack of the group", show: &made{make: func(width int) []line { return g.stack(cl, width) }}, least: 7, weight: 2},
		&part{id: "ages", derived: true, title: "has waited for", beside: true, show: &made{make: func(int) []line { return g.ages() }}},
		g.blocked())
}

// pace is how their number changed over the window.
func (g *goroutines) pace() []fact {
	e := g.d.number("goroutines")
	if e == nil {
		return nil
	}
	v, t := e.Lines[0].Values, e.Times
	last := len(v) - 1
	if last < 1 || t[last] <= t[0] {
		return nil
	}
	rate := (v[last] - v[0]) / (t[last] - t[0])
	style := paint.Plain
	text := report.FormatValue(rate, "count/s")
	if rate > 0 {
		style, text = paint.Warning, "+"+text
	}
	return []fact{{"over " + report.FormatValue(t[last]-t[0], "s"), courseOf(e) + " " + text, style}}
}

// place is the own frame of a group.
func (g *goroutines) place(i int) string {
	f := g.owns[i]
	if f.Line > 0 {
		return fmt.Sprintf("%s:%d", symbol.Short(f.Function), f.Line)
	}
	return symbol.Short(f.Function)
}

// groupSheet is the table of groups; a search looks at their stacks too.
type groupSheet struct {
	*sheet
	of *goroutines
}

func (s *groupSheet) text(i int) string { return s.of.text(i) }

// text is what a search looks at.
func (g *goroutines) text(i int) string {
	var b strings.Builder
	b.WriteString(g.groups[i].State)
	for _, f := range g.groups[i].Frames {
		b.WriteString(" " + f.Function + ":" + fmt.Sprint(f.Line))
	}
	return b.String() + " " + g.groups[i].CreatedBy.Function
}

// group is the one at hand.
func (g *goroutines) group() int { return min(g.parts[0].list.at, len(g.groups)-1) }

func (g *goroutines) find(pattern string) (string, error) {
	if _, err := g.desk.find(pattern); err != nil || pattern == "" || len(g.parts) == 0 {
		return "", err
	}
	n, sum := g.parts[0].search.n, 0
	for i, hit := range g.parts[0].search.hits {
		if hit {
			sum += g.groups[i].Count
		}
	}
	return fmt.Sprintf("%d of %s, %s of all", n, plural(len(g.groups), "group"), share(int64(sum), int64(g.total))), nil
}

func (g *goroutines) act(a action) effect {
	own := g.owns[g.group()]
	switch {
	case a == sortBy:
		g.sort = (g.sort + 1) % len(groupSorts)
		g.sorted()
		g.parts[0].list.at = 0
		return told("by " + groupSorts[g.sort].help)
	case g.focus == 0 && (a == in || a == sourceOf):
		return effect{open: sourceScreenID, goes: true, about: functionAt{own.Function, own.File}, lens: &lens{kind: "goroutine"}}
	case a == in:
		return g.desk.act(sourceOf)
	case g.focus == 0 && a == flameOf:
		return effect{open: flameScreenID, goes: true, name: own.Function}
	case g.focus == 0 && a == copyName:
		return effect{copy: own.Function}
	}
	return g.desk.act(a)
}

// states are how many goroutines are in each state, the most common ones.
func (g *goroutines) states() (facts []fact) {
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
	for _, name := range names {
		facts = append(facts, fact{name, fmt.Sprint(sums[name]), paint.Strong})
	}
	return facts
}

// trend is how many there were at each look, as blocks.
func (g *Group) trend() string {
	values := make([]float64, len(g.Over))
	for i, n := range g.Over {
		values[i] = float64(n)
	}
	return course(values)
}

// counts are the numbers that the trend stands for.
func (g *Group) counts() string {
	var out []string
	for _, n := range g.Over {
		out = append(out, fmt.Sprint(n))
	}
	return strings.Join(out, " → ")
}

func (g *Group) oldest() string { return g.span(g.Oldest) }

// span is a time in a state: whole minutes, from the first collection that saw it (g.waitsince
// of the runtime), so that none of them may also be a long wait that no collection saw.
func (g *Group) span(d time.Duration) string {
	switch {
	case g.State == "":
		return ""
	case d == 0:
		return "< 1 min?"
	}
	return report.FormatValue(d.Seconds(), "s")
}

// notes are what is to be said of a group.
func (g *goroutines) notes(i int) (notes []string) {
	gr, cl := &g.groups[i], symbol.Classifier{Main: g.d.Main}
	for _, text := range []string{g.d.finding(g.owns[i]), gr.purpose(g.owns[i], cl)} {
		if text != "" {
			notes = append(notes, text)
		}
	}
	for _, n := range []struct {
		n    int
		text string
	}{{gr.Leaked, "leaked"}, {gr.Stale, "for 10 min+"}, {gr.Locked, "locked to a thread"}} {
		if n.n > 0 {
			notes = append(notes, fmt.Sprintf("%d %s", n.n, n.text))
		}
	}
	return notes
}

// stack is the stack of the group at hand, leaf first, who created it, its labels,
// and which goroutines it is.
func (g *goroutines) stack(cl symbol.Classifier, width int) (lines []line) {
	gr := &g.groups[g.group()]
	lines = append(lines, line{pieces: []piece{{style: paint.Faint, text: " ids " + numbers(gr.IDs, fewIDs)}}})
	if len(gr.IDs) == 0 {
		lines = nil
	}
	lines = append(lines, stackLines(gr.Frames, cl)...)
	if by := gr.CreatedBy; by.Function != "" {
		more := stackLines([]report.Frame{by}, symbol.Classifier{Main: g.d.Main})[0]
		more.pieces = append([]piece{{style: paint.Faint, text: "   created by"}}, more.pieces...)
		lines = append(lines, more)
	}
	for _, label := range gr.Labels {
		lines = append(lines, plainLine(paint.Plain, "   label "+label))
	}
	if len(gr.IDs) > fewIDs {
		for _, text := range paint.Wrap("all ids "+numbers(gr.IDs, mostIDs), max(width-4, 20)) {
			lines = append(lines, plainLine(paint.Faint, "   "+text))
		}
	}
	return lines
}

// ages are how many of the group at hand have waited how long.
func (g *goroutines) ages() (lines []line) {
	gr := &g.groups[g.group()]
	if gr.State == "" {
		return fixed{plainLine(paint.Faint, " A profile has no waiting times.")}
	}
	for i, a := range ages {
		lines = append(lines, line{pieces: []piece{
			{text: fmt.Sprintf(" %-13s", a.name)}, {style: paint.Accent, bar: float64(gr.Ages[i]) / float64(gr.Count), cells: goodBars}, {text: fmt.Sprintf(" %7d", gr.Ages[i])},
		}})
	}
	return lines
}

// How many numbers of goroutines are told at a glance, and at most.
const fewIDs, mostIDs = 8, 1000

// numbers are the first numbers of goroutines.
func numbers(all []int64, most int) string {
	var parts []string
	for _, id := range all[:min(len(all), most)] {
		parts = append(parts, fmt.Sprint(id))
	}
	if len(all) > most {
		parts = append(parts, "…")
	}
	return strings.Join(parts, " ")
}
