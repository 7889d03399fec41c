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
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// sourceScreen is the source of a function with what each line took, and beside it
// what is known of the line at hand: its machine code, the findings that point at
// the function, and where it is called from.
type sourceScreen struct {
	desk
	list   func(*profile.Profile, listing.Function) Listing
	edit   func(file string, line int) *exec.Cmd
	s      *subject
	at     functionAt
	given  bool         // at was asked for, or looked at
	blamed []functionAt // the functions of the findings, best first
	got    *Listing
	due    bool         // it is to be listed when the screen is opened
	trail  []functionAt // that were left for one that they call, or are called by
	above  int          // lines over the parts, drawn last
	asm    assembler
}

func (s *sourceScreen) set(d *Data) {
	s.d = d
	if s.absence = d.noProfile(); s.absence != nil {
		s.s = nil
	}
	if s.got != nil && s.s != nil {
		s.arrange() // there may be findings now
	}
	if d.Report == nil || len(s.blamed) > 0 {
		return
	}
	for _, f := range d.Report.Findings {
		if len(f.Where) > 0 {
			s.blamed = append(s.blamed, functionAt{report.Clean(f.Where[0].Function), report.Clean(f.Where[0].File)})
		}
	}
	switch {
	case s.given: // by the user
	case s.s == nil || s.s.rough:
		s.at = functionAt{} // there is a better one now
	default: // among the same profiles, which are not looked at again
		if at := worthReading(s.s, s.blamed); at != s.at {
			s.drop()
			s.at, s.due = at, true
		}
	}
}

func (s *sourceScreen) missing() *absence {
	switch {
	case s.absence != nil:
		return s.absence
	case s.s != nil && s.at.name == "" && s.s.lacks(s.keys) != nil:
		return s.s.lacks(s.keys)
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
		return s.assemble()
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
		if p.Kind != but && p.names(name) {
			kinds = append(kinds, report.Clean(p.Kind))
		}
	}
	if len(kinds) == 0 {
		return ""
	}
	return "it is in these profiles: " + strings.Join(kinds, ", ") + "; " + keys.key(sampleType) + " goes to the next one"
}

// names says that the profile has a function.
func (p *Profile) names(name string) bool {
	return p.Profile != nil && slices.ContainsFunc(p.Functions, func(f profile.Function) bool { return report.Clean(f.Name) == name })
}

// knowing is what to look through to see a function: as wished, where that profile
// has it, else the first that does; nil for as it is now, also when none has it.
func (m *Model) knowing(name string, wish *lens) *lens {
	if name == "" {
		return wish
	}
	kind := m.seen.lens.kind
	if wish != nil {
		kind = wish.kind
	}
	p, ok := m.data.profile(kind)
	if ok && p.names(name) {
		return wish
	}
	for _, p := range m.data.Profiles {
		if p.names(name) {
			return &lens{kind: p.Kind}
		}
	}
	if !ok {
		return nil
	}
	return wish
}

// ask finds the source of a function in a command.
func (s *sourceScreen) ask(at functionAt, sub *subject) tea.Cmd {
	if at != s.at {
		s.drop()
	}
	s.at = at
	if s.due = false; sub == nil || at.name == "" || sub.rough {
		return nil
	}
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
		l.Sites, l.callees = callsOf(p, column, all[i].Name)
		l.allocs = d.allocations(&all[i], column)
		return &l
	}
}

// drop lets go of the function that is shown: rows of another one are not looked for
// in it.
func (s *sourceScreen) drop() { s.got, s.parts, s.asm.rows = nil, nil, nil }

// take takes a listing that was found, unless another one is asked for by now.
func (s *sourceScreen) take(l *Listing) {
	if report.Clean(l.Function.Name) != s.at.name {
		return
	}
	s.got = l
	s.arrange()
}

// arrange makes the parts of what is known of the function.
func (s *sourceScreen) arrange() {
	text := &sourceRows{of: s}
	source := &part{id: "source", title: "source", show: text, weight: 3, start: hottestRow(s.got)}
	source.list.at = source.start
	s.put(nil, source, s.assembly(), s.verdicts(), s.calls())
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

// row is the line of source at hand, nil when there are none.
func (s *sourceScreen) row() *listing.Row {
	if s.got == nil || len(s.parts) == 0 || s.parts[0].list.at >= len(s.got.Rows) {
		return nil
	}
	return &s.got.Rows[s.parts[0].list.at]
}

func (s *sourceScreen) act(a action) effect {
	if s.given = true; len(s.parts) == 0 {
		return effect{}
	}
	switch a {
	case flameOf:
		return effect{open: flameScreenID, goes: true, name: s.at.name}
	case sandwich:
		return effect{open: topScreenID, goes: true, name: s.at.name}
	case edit:
		return s.editor()
	case machineCode:
		return s.split()
	case nextHot, previousHot:
		return s.jump(a)
	case in:
		return s.follow()
	case why:
		e := s.verdict()
		if e.goes {
			return effect{explain: s.d.Report.Findings[e.finding-1].Rule}
		}
		return e
	case out:
		return s.leave()
	case copyName:
		if r := s.row(); r != nil && s.part() == s.parts[0] {
			return effect{copy: fmt.Sprintf("%s:%d", report.Clean(s.got.Function.File), r.N)}
		}
	}
	return s.desk.act(a)
}

// follow goes to what the line at hand calls, to what calls the function, or to the
// finding, whatever the keys are about.
func (s *sourceScreen) follow() effect {
	var to functionAt
	switch p := s.part(); p.id {
	case verdictPart:
		return s.verdict()
	case callsPart:
		if p.list.at < len(s.got.Sites) {
			f := s.got.Sites[p.list.at].Frame
			to = functionAt{f.Function, f.File}
		}
	case asmPart:
		if s.asm.rows == nil {
			return effect{}
		}
		switch to.name = s.asm.rows.target(p.list.at); {
		case to.name == "":
			return told("this instruction calls no function")
		case !s.d.hasFunction(to.name):
			return told("no sample is of " + symbol.Short(to.name))
		}
	default:
		if r := s.row(); r != nil {
			to = s.got.heaviestCall(r.N)
		}
		if to.name == "" {
			return told("no sample says what this line calls")
		}
	}
	if to.name == "" {
		return effect{}
	}
	s.trail = append(s.trail, s.at)
	s.trail = s.trail[max(len(s.trail)-mostSteps, 0):]
	return effect{open: sourceScreenID, goes: true, about: to}
}

// leave closes what is open, or goes back to the function before.
func (s *sourceScreen) leave() effect {
	n := len(s.trail)
	if n == 0 || s.full || s.pattern != "" {
		return s.desk.act(out)
	}
	to := s.trail[n-1]
	s.trail = s.trail[:n-1]
	return effect{open: sourceScreenID, goes: true, about: to}
}

// jump goes to the next line, or instruction, that took much.
func (s *sourceScreen) jump(a action) effect {
	p, step := s.part(), 1
	if a == previousHot {
		step = -1
	}
	hot := func(i int) bool {
		return heat(s.got.Rows[i].Flat, s.got.Rows[i].Cum, s.got.Function.Cum) != paint.Plain
	}
	_, n := p.show.lay(max(p.place.right-p.place.left, leastWidth) - 1)
	switch p.id {
	case asmPart:
		hot = s.asm.rows.hot
	case verdictPart, callsPart:
		p, n = s.parts[0], len(s.got.Rows)
		s.focus = 0
	}
	for i := p.list.at + step; i >= 0 && i < n; i += step {
		if hot(i) {
			p.list.at = i
			return effect{}
		}
	}
	return told("there is no other that took a twentieth of the function, or a tenth with what it calls")
}

// editor opens the user's editor at the line.
func (s *sourceScreen) editor() effect {
	r := s.row()
	switch {
	case s.got.Path == "" || r == nil:
		return told("the source is not on this machine")
	case s.edit == nil:
		return told("set EDITOR to open " + report.Clean(s.got.Path))
	}
	cmd := s.edit(s.got.Path, int(min(r.N, 1<<30)))
	return effect{cmd: tea.ExecProcess(cmd, func(err error) tea.Msg { return resumedMsg{err} })}
}

func (s *sourceScreen) point(x, y int, again bool) effect {
	s.desk.point(x, y-s.above, false)
	if again {
		return s.follow()
	}
	return effect{}
}

// drag and over are those of the parts, which begin below what is said of the function.
func (s *sourceScreen) drag(d drag) effect {
	d.y, d.toY = d.y-s.above, d.toY-s.above
	return s.desk.drag(d)
}

func (s *sourceScreen) over(x, y int) { s.desk.over(x, y-s.above) }

func (s *sourceScreen) draw(c *paint.Canvas, height int) {
	start := c.Lines()
	f := &s.got.Function
	c.Put(paint.Strong, " "+report.Clean(f.Name))
	if c.Room() > 20 && s.got.Path != "" {
		c.Right(paint.Faint, tail(report.Clean(s.got.Path), c.Room()-3, c.Theme.Glyphs.More), c.W-1)
	}
	c.End()
	c.Put(paint.Plain, fmt.Sprintf(" %s  self %s  total %s  %s", s.measure(), s.amount(f.Flat), s.amount(f.Once), s.ofAll(f.Once)))
	if proof := report.Clean(s.got.Proof); proof != "" && c.Room() > paint.Width(proof)+3 {
		c.Right(paint.Good, proof, c.W-1)
	}
	c.End()
	for _, note := range s.notes() {
		c.Line(paint.Warning, " "+note)
	}
	s.above = c.Lines() - start
	s.desk.draw(c, height-s.above)
}

func (s *sourceScreen) type_() profile.ValueType {
	return s.s.tree.Columns[s.s.tree.Column].Type
}

// compares says that what is listed are changes.
func (s *sourceScreen) compares() bool { return s.s.tree.Columns[s.s.tree.Column].BaseCum != nil }

// measure is what the numbers are of; of a comparison, that they are changes and how
// one side was brought to the other.
func (s *sourceScreen) measure() string {
	name := report.Clean(s.type_().Type)
	if !s.compares() {
		return name
	}
	return strings.TrimSpace("change of " + name + " " + s.s.from.scaled(s.s.tree.Column, s.s.lens.raw))
}

// amount is a value, of a comparison with its sign.
func (s *sourceScreen) amount(v int64) string {
	if v > 0 && s.compares() {
		return "+" + value(v, s.type_())
	}
	return value(v, s.type_())
}

// dotted is an amount, or a dot for none.
func (s *sourceScreen) dotted(v int64) string {
	if v == 0 {
		return "."
	}
	return s.amount(v)
}

// ofAll is a part of the whole; of a comparison, of what was there before.
func (s *sourceScreen) ofAll(v int64) string {
	if s.compares() {
		return signed(v, s.whole()) + " of all before"
	}
	return share(v, s.whole()) + " of all"
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

// heat is how a line or an instruction is drawn by its part of what the function
// took: as plain when that is little.
func heat(flat, cum, whole int64) paint.Style {
	switch {
	case heavy(flat, whole, 4) || heavy(cum, whole, 2):
		return paint.Critical
	case heavy(flat, whole, 20) || heavy(cum, whole, 10):
		return paint.Warning
	}
	return paint.Plain
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
