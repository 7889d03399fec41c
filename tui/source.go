package tui

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/flame"
	"github.com/goperf/goperf/listing"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// sourceScreen is the source of a function with what each line took.
type sourceScreen struct {
	list    func(*profile.Profile, listing.Function) Listing
	edit    func(file string, line int) *exec.Cmd
	absence *absence
	keys    hand
	d       *Data
	s       *subject
	at      functionAt
	given   bool         // at was asked for, or looked at
	blamed  []functionAt // the functions of the findings, best first
	got     *Listing
	due     bool // it is to be listed when the screen is opened
	rows    list
	first   int // line of the first row, drawn last
}

func (s *sourceScreen) set(d *Data) {
	s.d = d
	if s.absence = d.noProfile(); s.absence != nil {
		s.s = nil
	}
	if d.Report == nil || len(s.blamed) > 0 {
		return
	}
	if !s.given {
		s.at = functionAt{} // the findings have come: there is a better one now
	}
	for _, f := range d.Report.Findings {
		if len(f.Where) > 0 {
			s.blamed = append(s.blamed, functionAt{report.Clean(f.Where[0].Function), report.Clean(f.Where[0].File)})
		}
	}
}

func (s *sourceScreen) missing() *absence {
	switch {
	case s.absence != nil:
		return s.absence
	case s.s == nil || s.got == nil && (!s.due || s.at.name == ""):
		return &absence{what: "Reading…"}
	}
	return nil
}

// show lists the same function again, with the values that are shown now. When
// none was chosen it is that of the best finding that the profile knows, and
// without findings the hottest one of the program itself.
func (s *sourceScreen) show(sub *subject) tea.Cmd { //nolint:unparam // other screens need time for it
	s.s, s.absence = sub, nil
	if s.at.name == "" || !s.given && !sub.rough && !sub.has(s.at.name) {
		s.at = worthReading(sub, s.blamed)
	}
	s.due = !sub.rough
	return nil
}

// now lists what is due. It takes as long as half the tree, and most look at a
// flame graph first.
func (s *sourceScreen) now() tea.Cmd {
	if !s.due {
		return nil
	}
	return s.ask(s.at, s.s)
}

func worthReading(s *subject, blamed []functionAt) functionAt {
	if s.lens.by != "" || s.table == nil || len(s.table.Rows) == 0 {
		return functionAt{}
	}
	for _, at := range blamed {
		if s.has(at.name) {
			return at
		}
	}
	at := max(slices.Index(s.class, flame.Own), 0)
	return functionAt{s.table.Rows[at].Name, s.table.Rows[at].File}
}

// has reports whether the table has a function.
func (s *subject) has(name string) bool {
	return s.table != nil && slices.ContainsFunc(s.table.Rows, func(r profile.Row) bool { return r.Name == name })
}

// elsewhere says which other profiles have a function, by their names.
func (d *Data) elsewhere(name, but string, keys hand) string {
	var kinds []string
	for _, p := range d.Profiles {
		if p.Kind != but && slices.ContainsFunc(p.Functions, func(f profile.Function) bool { return report.Clean(f.Name) == name }) {
			kinds = append(kinds, report.Clean(p.Kind))
		}
	}
	if len(kinds) == 0 {
		return ""
	}
	return "it is in these profiles: " + strings.Join(kinds, ", ") + "; " + keys.key(sampleType) + " goes to the next one"
}

// ask finds the source of a function in a command.
func (s *sourceScreen) ask(at functionAt, sub *subject) tea.Cmd {
	if s.due = false; sub == nil || at.name == "" || sub.rough {
		s.at = at
		return nil
	}
	if at != s.at {
		s.got = nil
	}
	s.at = at
	find, d, keys := s.list, s.d, s.keys
	column := sub.tree.Columns[sub.tree.Column].Type.Type
	p := sub.from.Profile
	return func() tea.Msg {
		_, all := listing.Functions(p, column)
		i := slices.IndexFunc(all, func(f listing.Function) bool {
			return report.Clean(f.Name) == at.name && (at.file == "" || report.Clean(f.File) == at.file)
		})
		if i < 0 {
			i = slices.IndexFunc(all, func(f listing.Function) bool { return report.Clean(f.Name) == at.name })
		}
		if i < 0 {
			return &Listing{Function: listing.Function{Name: at.name}, Why: "the " + sub.from.Kind + " profile has no lines of it", Hint: d.elsewhere(at.name, sub.from.Kind, keys)}
		}
		if find == nil {
			return &Listing{Function: all[i], Rows: all[i].Rows(nil, -1), Why: "source is not looked for here"}
		}
		l := find(p, all[i])
		l.Sites = callSites(p, column, all[i].Name)
		return &l
	}
}

// take takes a listing that was found, unless another one is asked for by now.
func (s *sourceScreen) take(l *Listing) {
	if report.Clean(l.Function.Name) != s.at.name {
		return
	}
	s.got = l
	s.rows.n, s.rows.at = len(l.Rows), hottestRow(l)
}

// hottestRow is the line that took the most.
func hottestRow(l *Listing) (at int) {
	var most int64
	for i, r := range l.Rows {
		if r.Cum > most {
			at, most = i, r.Cum
		}
	}
	return at
}

func (s *sourceScreen) act(a action) effect {
	if s.rows.move(a) {
		s.given = true
		return effect{}
	}
	switch a {
	case flameOf, in:
		return effect{open: flameScreenID, goes: true, name: s.at.name}
	case sandwich:
		return effect{open: topScreenID, goes: true, name: s.at.name}
	case edit:
		return s.editor()
	case copyName:
		if s.rows.at < len(s.got.Rows) {
			return effect{copy: fmt.Sprintf("%s:%d", report.Clean(s.got.Function.File), s.got.Rows[s.rows.at].N)}
		}
	}
	return effect{}
}

// editor opens the user's editor at the line.
func (s *sourceScreen) editor() effect {
	switch {
	case s.got.Path == "" || s.rows.at >= len(s.got.Rows):
		return told("the source is not on this machine")
	case s.edit == nil:
		return told("set EDITOR to open " + report.Clean(s.got.Path))
	}
	cmd := s.edit(s.got.Path, int(min(s.got.Rows[s.rows.at].N, 1<<30)))
	return effect{cmd: tea.ExecProcess(cmd, func(err error) tea.Msg { return resumedMsg{err} })}
}

func (s *sourceScreen) point(_, y int, _ bool) effect { //nolint:unparam // other screens open something
	if i, ok := s.rows.hit(y, s.first); ok {
		s.rows.at = i
	}
	return effect{}
}

func (s *sourceScreen) draw(c *paint.Canvas, height int) {
	start := c.Lines()
	f, typ := &s.got.Function, s.type_()
	c.Put(paint.Strong, " "+report.Clean(f.Name))
	if c.Room() > 20 && s.got.Path != "" {
		c.Right(paint.Faint, tail(report.Clean(s.got.Path), c.Room()-3, c.Theme.Glyphs.More), c.W-1)
	}
	c.End()
	c.Put(paint.Plain, fmt.Sprintf(" %s  self %s  total %s  %s of all", report.Clean(typ.Type), value(f.Flat, typ), value(f.Once, typ), share(f.Once, s.whole())))
	c.End()
	for _, note := range s.notes() {
		c.Line(paint.Warning, " "+note)
	}
	c.Line(paint.Faint, fmt.Sprintf(" %9s %9s %6s", "self", "total", "line"))
	s.first = c.Lines() - start
	sites := s.siteLines(height)
	from, to := s.rows.window(len(s.got.Rows), height-s.first-sites)
	for i := from; i < to; i++ {
		s.row(c, i)
	}
	s.drawSites(c, sites)
	c.Fill(start + height)
}

func (s *sourceScreen) type_() profile.ValueType {
	return s.s.tree.Columns[s.s.tree.Column].Type
}

func (s *sourceScreen) whole() int64 { return s.s.tree.Columns[s.s.tree.Column].Whole }

// notes are why there is no source, and doubts about it.
func (s *sourceScreen) notes() (notes []string) {
	if s.got.Why != "" {
		notes = append(notes, "no source: "+report.Clean(s.got.Why))
	}
	for _, n := range []string{s.got.Hint, s.got.Doubt} {
		if n != "" {
			notes = append(notes, report.Clean(n))
		}
	}
	return notes
}

func (s *sourceScreen) row(c *paint.Canvas, i int) {
	r, typ := &s.got.Rows[i], s.type_()
	mark, style := " ", paint.Faint
	switch {
	case heavy(r.Flat, s.got.Function.Cum, 4) || heavy(r.Cum, s.got.Function.Cum, 2):
		style = paint.Critical
	case heavy(r.Flat, s.got.Function.Cum, 20) || heavy(r.Cum, s.got.Function.Cum, 10):
		style = paint.Warning
	case r.Flat != 0 || r.Cum != 0:
		style = paint.Plain
	}
	if i == s.rows.at {
		mark = c.Theme.Glyphs.Picked
	}
	c.Put(paint.Accent, mark)
	c.Put(style, fmt.Sprintf("%9s %9s ", dot(r.Flat, typ), dot(r.Cum, typ)))
	number := ""
	if r.N > 0 {
		number = fmt.Sprint(r.N)
	}
	c.Put(paint.Faint, fmt.Sprintf("%6s  ", number))
	if c.W >= sideWidth && s.got.Function.Cum > 0 {
		c.Bar(style, float64(r.Cum)/float64(s.got.Function.Cum), 8)
		c.Put(paint.Plain, " ")
	}
	if style == paint.Faint {
		style = paint.Plain
	}
	c.Put(style, code(r.Text))
	for _, call := range r.Calls {
		c.Put(paint.Faint, fmt.Sprintf("   inlined %s %s", report.Clean(call.Name), value(call.Cum, typ)))
	}
	c.End()
}

// heavy reports whether v is at least one part in so many of a whole.
func heavy(v, whole int64, parts int64) bool { return v != 0 && abs(v) >= abs(whole)/parts }

// dot writes nothing as pprof does.
func dot(v int64, typ profile.ValueType) string {
	if v == 0 {
		return "."
	}
	return value(v, typ)
}

// code makes a line of source harmless; tabs become four columns.
func code(text string) string {
	parts := strings.Split(text, "\t")
	for i, part := range parts {
		parts[i] = report.Clean(part)
	}
	return strings.Join(parts, "    ")
}
