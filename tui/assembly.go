package tui

import (
	"fmt"
	"path/filepath"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/disasm"
	"github.com/goperf/goperf/listing"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// Assembly is the machine code of a function with what each instruction took, or
// why there is none.
type Assembly struct {
	Arch      string
	Path      string           // of the executable
	Routines  []disasm.Routine // the function as it was compiled, and its inlined copies
	More      int              // that are left out
	Why, Hint string
	Doubt     string // why it may be of another build
}

// AsmModes are the words for what machine code is shown.
func AsmModes() []string { return []string{"line", "routine"} }

// asmMode is what is shown beside the source: nothing, or the code of the line at
// hand, or that of the whole function.
type asmMode int

const (
	asmClosed asmMode = iota
	asmOfLine
	asmOfRoutine
	asmModes
)

// asmOf is the mode of a word.
func asmOf(word string) asmMode {
	for i, w := range AsmModes() {
		if w == word {
			return asmMode(i + 1)
		}
	}
	return asmClosed
}

func (a asmMode) word() string {
	if a == asmClosed {
		return ""
	}
	return AsmModes()[a-1]
}

// assembler is the machine code of the function that is shown. It is looked for
// only while somebody wants to see it.
type assembler struct {
	find  func(*profile.Profile, string, listing.Function) Assembly
	mode  asmMode
	asked asmWant // what was asked for last
	got   *Assembly
	rows  *asmRows
}

// asmWant is a function in what a profile counts.
type asmWant struct {
	p                    *profile.Profile
	column, name, source string
}

// assembled is machine code that was found.
type assembled struct {
	want asmWant
	code *Assembly
}

// asmPart is the part with the machine code.
const asmPart = "assembly"

// split opens the machine code of the line, then that of the function, then closes it.
func (s *sourceScreen) split() effect {
	s.asm.mode = (s.asm.mode + 1) % asmModes
	focus := s.part().id
	s.arrange()
	if s.asm.mode == asmClosed && focus == asmPart {
		s.focus = 0
	}
	return effect{}
}

// wanted is the function whose machine code is to be shown; false when none is, or
// when it was asked for.
func (s *sourceScreen) wanted() (asmWant, bool) {
	if s.asm.mode == asmClosed || s.got == nil || s.s == nil || s.s.rough {
		return asmWant{}, false
	}
	f := &s.got.Function
	w := asmWant{s.s.from.Profile, s.type_().Type, f.Name, f.File}
	return w, w != s.asm.asked
}

// assemble finds machine code in a command.
func (s *sourceScreen) assemble() tea.Cmd {
	want, ok := s.wanted()
	if !ok {
		return nil
	}
	if was := s.asm.asked; was.name != want.name || was.source != want.source {
		s.asm.got = nil
	}
	s.asm.asked = want
	find, f := s.asm.find, s.got.Function
	return func() tea.Msg {
		if find == nil {
			return &assembled{want, &Assembly{Why: "executables are not looked for here"}}
		}
		code := find(want.p, want.column, f)
		return &assembled{want, &code}
	}
}

// takeCode takes machine code, unless other is asked for by now.
func (s *sourceScreen) takeCode(a *assembled) {
	if a.want == s.asm.asked && s.got != nil {
		s.asm.got = a.code
		s.arrange()
	}
}

// assembly is the part with the machine code, nil when it is closed.
func (s *sourceScreen) assembly() *part {
	if s.asm.rows = nil; s.asm.mode == asmClosed {
		return nil
	}
	p := &part{id: asmPart, title: "assembly", beside: true, weight: 2, derived: s.asm.mode == asmOfLine}
	code := s.asm.got
	switch {
	case code == nil:
		p.show = fixed{plainLine(paint.Faint, " Reading the executable…")}
	case code.Why != "":
		all := []said{{"missing", "no machine code: " + report.Clean(code.Why)}}
		if code.Hint != "" {
			all = append(all, said{"to get it", report.Clean(code.Hint)})
		}
		p.show = texts(all)
	default:
		s.asm.rows = &asmRows{of: s, code: code, part: p, whole: s.asm.mode == asmOfRoutine}
		p.show = s.asm.rows
		p.note = report.Clean(filepath.Base(code.Path))
	}
	return p
}

// asmRows are instructions, between them where they come from.
type asmRows struct {
	of    *sourceScreen
	code  *Assembly
	part  *part
	whole bool // function, not only the line at hand
	line  int64
	rows  []asmRow
	lines []line // that have been drawn
	addr  bool   // addresses have room
	known bool   // rows were made for the line
}

// asmRow is an instruction, or where the next ones come from.
type asmRow struct {
	in   *disasm.Line
	head string
}

// asmAddressFrom is the columns from where on addresses have room.
const asmAddressFrom = 56

func (r *asmRows) lay(width int) (head []line, rows int) {
	r.follow()
	if addr := width >= asmAddressFrom; addr != r.addr || len(r.lines) != len(r.rows) {
		r.addr, r.lines = addr, make([]line, len(r.rows))
	}
	if r.code.Doubt != "" {
		head = append(head, plainLine(paint.Warning, " "+report.Clean(r.code.Doubt)))
	}
	address := ""
	if r.addr {
		address = fmt.Sprintf("%10s", "address")
	}
	head = append(head, plainLine(paint.Faint, fmt.Sprintf(" %9s %9s%s  instruction", "self", "total", address)))
	if len(r.rows) == 0 {
		head = append(head, plainLine(paint.Faint, " No instruction is of this line."))
	}
	return head, len(r.rows)
}

// follow makes the rows for the line of source at hand, and chooses the
// instruction of it that took most.
func (r *asmRows) follow() {
	n := int64(0)
	if at := r.of.row(); at != nil {
		n = at.N
	}
	if r.known && n == r.line {
		return
	}
	if !r.known || !r.whole {
		r.rows, r.lines = nil, nil
		for i := range r.code.Routines {
			r.add(&r.code.Routines[i], n)
		}
		if r.code.More > 0 {
			r.rows = append(r.rows, asmRow{head: plural(r.code.More, "routine") + " more: goperf list --asm has all"})
		}
	}
	r.known, r.line = true, n
	r.part.title = fmt.Sprintf("assembly of line %d, %s", n, r.code.Arch)
	if r.whole {
		r.part.title = "assembly of the function, " + r.code.Arch
	}
	if at, ok := r.hottest(n); ok || !r.whole {
		r.part.list.at, r.part.start = at, at
	}
}

// add adds the instructions of a routine that are of a line, or all.
func (r *asmRows) add(t *disasm.Routine, n int64) {
	title := ""
	switch {
	case t.Into != "":
		title = "inlined into " + symbol.Short(report.Clean(t.Into))
	case len(r.code.Routines) > 1:
		title = "compiled by itself"
	}
	var last *disasm.Line
	for i := range t.Lines {
		in := &t.Lines[i]
		if !r.whole && ownLine(in) != n {
			continue
		}
		if title != "" {
			r.rows, title = append(r.rows, asmRow{head: title}), ""
		}
		if origin := r.origin(last, in); origin != "" {
			r.rows = append(r.rows, asmRow{head: origin})
		} else if last != nil && last.Addr+uint64(last.Len) != in.Addr {
			r.rows = append(r.rows, asmRow{head: "⋮"})
		}
		r.rows, last = append(r.rows, asmRow{in: in}), in
	}
}

// ownLine is the line of the function that an instruction comes from, through
// whatever was inlined there.
func ownLine(in *disasm.Line) int64 {
	if n := len(in.Frames); n > 0 {
		return int64(in.Frames[n-1].Line)
	}
	return 0
}

// origin says where an instruction comes from when that is not where the last one does.
func (r *asmRows) origin(last, in *disasm.Line) string {
	n := len(in.Frames)
	if n == 0 || last != nil && len(last.Frames) == n && last.Frames[0] == in.Frames[0] && ownLine(last) == ownLine(in) {
		return ""
	}
	if n > 1 {
		f := &in.Frames[0]
		return fmt.Sprintf("↳ %s  %s:%d", symbol.Short(report.Clean(f.Func)), report.Clean(filepath.Base(f.File)), f.Line)
	}
	if last == nil && !r.whole {
		return ""
	}
	text := ""
	for i := range r.of.got.Rows {
		if row := &r.of.got.Rows[i]; row.N == ownLine(in) {
			text = "  " + strings.TrimSpace(code(row.Text))
		}
	}
	return fmt.Sprintf("line %d%s", ownLine(in), text)
}

// hottest is the row of the instruction of a line that took most.
func (r *asmRows) hottest(n int64) (at int, ok bool) {
	var most int64
	for i := range r.rows {
		if in := r.rows[i].in; in != nil && ownLine(in) == n && (!ok || abs(in.Cum) > most) {
			at, most, ok = i, abs(in.Cum), true
		}
	}
	return at, ok
}

func (r *asmRows) row(i int) line {
	if r.lines[i].pieces == nil {
		r.lines[i] = r.made(i)
	}
	return r.lines[i]
}

func (r *asmRows) made(i int) line {
	in := r.rows[i].in
	if in == nil {
		return line{pieces: []piece{{style: paint.Faint, text: strings.Repeat(" ", 22) + r.rows[i].head}}}
	}
	typ := r.of.type_()
	style, words, mark := heat(in.Flat, in.Cum, r.of.got.Function.Cum), paint.Plain, " "
	switch {
	case style != paint.Plain:
		mark, words = hotMark, style
	case in.Flat == 0 && in.Cum == 0:
		style = paint.Faint
	}
	pieces := []piece{{style: style, text: mark + fmt.Sprintf("%9s %9s", dot(in.Flat, typ), dot(in.Cum, typ))}}
	if r.addr {
		pieces = append(pieces, piece{style: paint.Faint, text: fmt.Sprintf("%10x", in.Addr)})
	}
	return line{name: r.target(i), pieces: append(pieces, piece{style: words, text: "  " + r.text(i)})}
}

// target is the function that an instruction calls or goes on with, "" for none.
func (r *asmRows) target(i int) string {
	if i >= len(r.rows) || r.rows[i].in == nil {
		return ""
	}
	op, to, _ := strings.Cut(r.rows[i].in.Text, " ")
	name, ok := strings.CutSuffix(to, "(SB)")
	if !ok || op != "CALL" && op != "JMP" || strings.ContainsAny(name, " ,$+") {
		return ""
	}
	return report.Clean(name)
}

func (r *asmRows) hot(i int) bool {
	in := r.rows[i].in
	return in != nil && heat(in.Flat, in.Cum, r.of.got.Function.Cum) != paint.Plain
}

// text is an instruction; the names that it calls stand as they are called elsewhere.
func (r *asmRows) text(i int) string {
	in := r.rows[i].in
	if in == nil {
		return r.rows[i].head
	}
	if name := r.target(i); name != "" {
		op, _, _ := strings.Cut(in.Text, " ")
		return op + " " + symbol.Short(name)
	}
	return report.Clean(in.Text)
}

func (r *asmRows) facts(i int) []string {
	in, typ := r.rows[i].in, r.of.type_()
	if in == nil {
		return []string{r.rows[i].head}
	}
	return []string{fmt.Sprintf("%x", in.Addr), "self " + dot(in.Flat, typ), "total " + dot(in.Cum, typ), r.text(i)}
}

// hidden is the address where it had no room.
func (r *asmRows) hidden(i int) []string {
	if in := r.rows[i].in; in != nil && !r.addr {
		return []string{fmt.Sprintf("address %x", in.Addr)}
	}
	return nil
}

// tellCode writes the machine code for a reader.
func (s *sourceScreen) tellCode(p *prose) {
	for _, part := range s.parts {
		if part.id != asmPart {
			continue
		}
		head, n := part.show.lay(toldWidth)
		p.heading("%s", part.title)
		if s.asm.rows == nil {
			for i := range n {
				p.line("%s", strings.Join(strings.Fields(part.show.text(i)), " "))
			}
			continue
		}
		p.line("executable: %s", report.Clean(s.asm.got.Path))
		if s.asm.got.Doubt != "" {
			p.line("%s", strings.TrimSpace(head[0].words()))
		}
		if n == 0 {
			p.line("%s", strings.TrimSpace(head[len(head)-1].words()))
		}
		for i := range n {
			p.line("%s", strings.Join(s.asm.rows.facts(i), ", "))
		}
	}
}
