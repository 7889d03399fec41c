package cmd

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/goperf/goperf/disasm"
	"github.com/goperf/goperf/ebpf/gosym"
	"github.com/goperf/goperf/listing"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/source/code"
	"github.com/goperf/goperf/source/program"
)

// asmListed is the machine code that is shown.
type asmListed struct {
	view     *view
	total    int64
	from     string // unit of the values
	around   int
	routines []disasm.Routine
	more     int
	notes    []string
	source   *sourceLines
}

// runAsm shows machine code instead of source.
func runAsm(env Env, re *regexp.Regexp, target string, v *view, opts *listOptions, color bool) error {
	prog, tried, err := opts.program(env, v)
	if err != nil {
		return err
	}
	if prog == nil {
		return noEvidence(binaryHint(v.p), named(target, absent(tried)))
	}
	defer prog.Close()
	out, err := disassemble(prog, v.p, v.options.Type, func(image *program.Image) func(string) bool { return matchOf(re, image) })
	if err != nil {
		return err
	}
	if len(out.Routines) == 0 {
		return noEvidence("goperf top "+target+" lists what there is", named(target, errNothing(re)))
	}
	l := &asmListed{view: v, total: v.total, from: report.Clean(v.p.SampleTypes[v.column()].Unit), around: opts.context}
	l.choose(out.Routines, opts.view.nodes, opts.view.cum)
	l.say(out)
	l.source = &sourceLines{finder: opts.finder(env, cmp.Or(prog.Build, v.build)), known: map[sourceOf][]string{}}
	if opts.view.format == "json" {
		return writeJSONFile(env, opts.view.file, l.json())
	}
	page := opts.page(env, color)
	return env.writeBytes(opts.view.file, page.asm(l))
}

// matchOf is by name, or for an address, as in pprof, the function that holds it.
func matchOf(re *regexp.Regexp, image *program.Image) func(string) bool {
	if addr, err := strconv.ParseUint(re.String(), 0, 64); err == nil {
		if f, ok := image.Func(addr); ok {
			return func(name string) bool { return name == f.Name }
		}
	}
	return re.MatchString
}

func (l *asmListed) choose(all []disasm.Routine, most int, byCum bool) {
	slices.SortStableFunc(all, func(a, b disasm.Routine) int {
		if byCum {
			return cmp.Compare(magnitude(b.Cum), magnitude(a.Cum))
		}
		return cmp.Or(cmp.Compare(magnitude(b.Flat), magnitude(a.Flat)), cmp.Compare(magnitude(b.Cum), magnitude(a.Cum)))
	})
	if most > 0 && len(all) > most {
		l.more = len(all) - most
		all = all[:most]
	}
	l.routines = all
}

// say tells of addresses that nothing is shown of.
func (l *asmListed) say(out *disasm.Listing) {
	if out.Strange > 0 {
		l.notes = append(l.notes, fmt.Sprintf("%d of %d sampled addresses are in other functions of this executable and not shown: it may be another build", out.Strange, out.Named))
	}
	if out.ForeignAddrs > 0 {
		l.notes = append(l.notes, fmt.Sprintf("%d sampled addresses are in no Go function and not shown; their flat is %s", out.ForeignAddrs, l.view.scaleOf(out.Foreign, l.from).format(out.Foreign)))
	}
}

// sourceOf is what source is looked up by.
type sourceOf struct {
	function, file string
	start          int
}

// sourceLines remembers the text of functions.
type sourceLines struct {
	finder *code.Finder
	known  map[sourceOf][]string
}

// text is a line of source, "" when the source that was built is not here.
func (s *sourceLines) text(f gosym.Frame) string {
	at := sourceOf{f.Func, f.File, f.StartLine}
	lines, ok := s.known[at]
	if !ok {
		fn := listing.Function{Name: f.Func, File: f.File, Start: int64(f.StartLine)}
		file, err := s.finder.Find(code.Query{File: f.File, Function: f.Func, Fits: fn.Plausible})
		if err == nil {
			lines = strings.Split(string(file.Text), "\n")
		}
		s.known[at] = lines
	}
	if f.Line <= 0 || f.Line > len(lines) {
		return ""
	}
	return strings.TrimSpace(lines[f.Line-1])
}

// asm writes routines: above each run of instructions stands the line of source
// that they come from, with the calls that were inlined on the way.
func (p *listPage) asm(l *asmListed) []byte {
	p.view, p.from = l.view, l.from
	table := &profile.Table{Type: l.view.p.SampleTypes[l.view.column()], Magnitude: l.total}
	p.b = profileHeader(nil, l.view, table, l.view.scaleOf(l.total, l.from))
	p.b = fmt.Appendf(p.b, "Total: %s\n", p.format(l.total))
	for i := range l.routines {
		p.routine(l, &l.routines[i])
	}
	for _, n := range l.notes {
		p.line("note: "+report.Clean(n), warmLine)
	}
	if l.more > 0 {
		p.line(fmt.Sprintf("%d more routines match; --nodecount 0 shows all", l.more), faintLine)
	}
	return p.b
}

func (p *listPage) routine(l *asmListed, r *disasm.Routine) {
	title := "ROUTINE ======================== " + report.Clean(r.Name)
	if r.Into != "" {
		title += " inlined into " + report.Clean(r.Into)
	}
	p.line(title, titleLine)
	p.line(fmt.Sprintf("%10s %10s (flat, cum) %s of Total", p.format(r.Flat), p.format(r.Cum), percentOf(r.Cum, l.total)), plainLine)
	var last []gosym.Frame
	hidden := false
	for i := range r.Lines {
		line := &r.Lines[i]
		if l.around >= 0 && !nearCost(r.Lines, i, l.around) {
			hidden = true
			continue
		}
		if hidden || line.Gap {
			p.line(fmt.Sprintf("%10s %10s %10s", "", "", "⋮"), faintLine)
			hidden, last = false, nil
		}
		if !slices.Equal(last, line.Frames) {
			p.origin(l, line.Frames)
			last = line.Frames
		}
		look := faintLine
		switch {
		case heavy(line.Flat, r.Cum, 10):
			look = hotLine
		case heavy(line.Cum, r.Cum, 20):
			look = warmLine
		case line.Cum != 0:
			look = plainLine
		}
		p.line(p.cut(fmt.Sprintf("%10s %10s %10x: %s", p.dot(line.Flat), p.dot(line.Cum), line.Addr, report.Clean(line.Text))), look)
	}
}

// origin writes the source of the instructions that follow: the line of the
// routine, and under it the lines of what was inlined.
func (p *listPage) origin(l *asmListed, frames []gosym.Frame) {
	for k, f := range slices.Backward(frames) {
		place := fmt.Sprintf("%s:%d", path.Base(f.File), f.Line)
		depth := len(frames) - 1 - k
		if depth > 0 {
			place = strings.Repeat("  ", depth-1) + "↳ " + f.Func + " " + place
		}
		p.line(p.cut(fmt.Sprintf("%33s; %s  %s", "", report.Clean(place), p.code(l.source.text(f)))), faintLine)
	}
}

// nearCost reports whether an instruction with a value is at most so many away.
func nearCost(lines []disasm.Line, i, around int) bool {
	for k := max(0, i-around); k <= min(len(lines)-1, i+around); k++ {
		if lines[k].Cum != 0 || lines[k].Flat != 0 {
			return true
		}
	}
	return false
}

type asmJSON struct {
	Type     string        `json:"type"`
	Unit     string        `json:"unit"`
	Total    int64         `json:"total"`
	Matches  int           `json:"matches"`
	Routines []routineJSON `json:"routines"`
	Notes    []string      `json:"notes,omitempty"`
	Repairs  *repairsJSON  `json:"repairs,omitempty"`
}

type routineJSON struct {
	Name         string            `json:"name"`
	InlinedInto  string            `json:"inlined_into,omitempty"`
	File         string            `json:"file,omitempty"`
	Start        uint64            `json:"start"`
	End          uint64            `json:"end"`
	Flat         int64             `json:"flat"`
	Cum          int64             `json:"cum"`
	Instructions []instructionJSON `json:"instructions"`
}

type instructionJSON struct {
	Address uint64      `json:"address"`
	Text    string      `json:"text"`
	Flat    int64       `json:"flat"`
	Cum     int64       `json:"cum"`
	Frames  []frameJSON `json:"frames"` // the innermost first
}

func (l *asmListed) json() asmJSON {
	s := valueScale{ratio: 1 / l.view.divide}
	t := l.view.p.SampleTypes[l.view.column()]
	out := asmJSON{
		Type: report.Clean(t.Type), Unit: l.from, Total: s.divide(l.total), Matches: len(l.routines) + l.more,
		Routines: []routineJSON{}, Notes: l.notes, Repairs: l.view.repairsJSON(),
	}
	for i := range l.routines {
		r := &l.routines[i]
		j := routineJSON{
			Name: report.Clean(r.Name), InlinedInto: report.Clean(r.Into), File: report.Clean(r.File),
			Start: r.Start, End: r.End, Flat: s.divide(r.Flat), Cum: s.divide(r.Cum), Instructions: []instructionJSON{},
		}
		for _, line := range r.Lines {
			in := instructionJSON{Address: line.Addr, Text: report.Clean(line.Text), Flat: s.divide(line.Flat), Cum: s.divide(line.Cum)}
			for _, f := range line.Frames {
				in.Frames = append(in.Frames, frameJSON{Name: report.Clean(f.Func), File: report.Clean(f.File), Line: int64(f.Line), Inlined: f.Inlined})
			}
			j.Instructions = append(j.Instructions, in)
		}
		out.Routines = append(out.Routines, j)
	}
	return out
}
