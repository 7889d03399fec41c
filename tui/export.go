package tui

import (
	"io"
	"path/filepath"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"

	"github.com/goperf/goperf/flame"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/render"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/picture"
)

// export is the forms in which what is shown can be written, by the end of the
// file's name.
type export struct {
	end, what string
	has       func(m *Model) bool // something of the kind
	// write makes the writer now, of values that do not change any more.
	write func(m *Model) func(io.Writer) error
}

const bundleEnd = ".goperf"

func exports() []export {
	graph := func(draw func(io.Writer, *flame.Tree, flame.Header) error) func(m *Model) func(io.Writer) error {
		return func(m *Model) func(io.Writer) error {
			s := m.seen.s
			head := flame.HeaderOf(s.p, m.data.Title)
			if chips := s.lens.chips(); chips != "" {
				head.Notes = append(head.Notes, chips)
			}
			return func(w io.Writer) error { return draw(w, s.tree, head) }
		}
	}
	words := func(format string) func(m *Model) func(io.Writer) error {
		return func(m *Model) func(io.Writer) error {
			r := m.data.Report
			return func(w io.Writer) error {
				f, err := render.Find(format)
				if err != nil {
					return err
				}
				return f.Render(w, r, render.Options{Width: 100, All: true})
			}
		}
	}
	seen := func(m *Model) bool { return m.seen.s != nil && m.seen.s.tree != nil && m.seen.s.p != nil }
	judged := func(m *Model) bool { return m.data.Report != nil }
	always := func(*Model) bool { return true }
	return []export{
		{".svg", "the flame graph as a picture", seen, graph(flame.SVG)},
		{".html", "the flame graph as a page of its own, with search", seen, graph(flame.HTML)},
		{".png", "this screen as a picture", always, pictured},
		{".txt", "this screen as text", always, lettered},
		{".csv", "the table that is shown, for a program", (*Model).hasTable, separated},
		{".md", "the report as markdown, for a pull request", judged, words("markdown")},
		{".json", "the report, which goperf render and goperf tui read", judged, words("json")},
		{".pb.gz", "the profile as it is filtered, for go tool pprof", seen, filtered},
		{bundleEnd, "all that was collected, as a bundle", (*Model).hasBundle, func(m *Model) func(io.Writer) error { return m.o.Bundle }},
	}
}

// hasBundle says that something was collected, or has come by now.
func (m *Model) hasBundle() bool {
	c := m.data.Collecting
	return m.o.Bundle != nil && (m.data.Report != nil || c != nil && len(c.Arrived) > 0)
}

// filtered is the profile as it is looked at.
func filtered(m *Model) func(io.Writer) error {
	s := m.seen.s
	return func(w io.Writer) error {
		data, err := profile.Encode(s.p)
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	}
}

// pictured is the screen as a terminal shows it.
func pictured(m *Model) func(io.Writer) error {
	frame, width, height, light := m.draw(), m.frame.width, m.frame.height, m.o.Looks.Light
	return func(w io.Writer) error {
		cells := uv.NewScreenBuffer(width, height)
		uv.NewStyledString(frame).Draw(cells, cells.Bounds())
		return picture.PNG(w, cells, width, height, light)
	}
}

// lettered is the screen without its colours.
func lettered(m *Model) func(io.Writer) error {
	text := plainFrame(m.draw())
	return func(w io.Writer) error { _, err := io.WriteString(w, text); return err }
}

// plainFrame is a frame without its colours.
func plainFrame(frame string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(frame, "\n") {
		for {
			at := strings.IndexByte(line, 0x1b)
			if at < 0 {
				break
			}
			end := strings.IndexByte(line[at:], 'm')
			if end < 0 {
				break
			}
			line = line[:at] + line[at+end+1:]
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}

// exportHint says what the end of a name means.
func exportHint(name string) string {
	if i := formOf(name); i >= 0 {
		return exports()[i].what
	}
	return "a name that ends in " + strings.Join(ends(), " ")
}

// ends are those of the names of all forms.
func ends() (all []string) {
	for _, e := range exports() {
		all = append(all, e.end)
	}
	return all
}

// formOf is the form of a name by its end, -1 for none.
func formOf(name string) int {
	return slices.IndexFunc(exports(), func(e export) bool { return strings.HasSuffix(name, e.end) })
}

// forms are the forms in which there is something to write, to choose from.
func (m *Model) forms() (all []item) {
	for _, e := range exports() {
		if e.has(m) {
			all = append(all, item{name: e.end, help: e.what})
		}
	}
	return all
}

// usualName is the file that a screen is written to when nobody says otherwise.
func (m *Model) usualName() string {
	end := map[screenID]string{overviewScreen: ".md", flameScreenID: ".svg", diffScreen: ".md"}[m.at]
	if i := formOf(end); end == "" || i < 0 || !exports()[i].has(m) {
		end = ".txt"
	}
	return "goperf" + end
}

// chooseForm gives the name that is typed the end of the form that is chosen.
func (p *prompt) chooseForm() {
	name := string(p.text)
	if i := formOf(name); i >= 0 {
		name = strings.TrimSuffix(name, exports()[i].end)
	}
	name += p.items[p.at].name
	p.text, p.result, p.sure = []rune(name), exportHint(name), ""
}

// wroteMsg is the end of an export.
type wroteMsg struct {
	name string
	kept *report.Report // in a bundle
	err  error
}

// exportTo writes what is shown in a command, over what is there when that is sure.
func (m *Model) exportTo(name string, over bool) tea.Cmd {
	if m.o.Write == nil {
		m.status = "files are not written here"
		return nil
	}
	i := formOf(name)
	if i < 0 || filepath.Base(name) == exports()[i].end {
		m.status = "want " + exportHint("")
		return nil
	}
	e := exports()[i]
	switch {
	case e.has(m):
	case e.end == bundleEnd && (m.data.Collecting != nil || m.data.Err != nil):
		m.status = "nothing has come that could be written"
		return nil
	default:
		m.status = "there is no " + strings.TrimPrefix(e.end, ".") + " of this"
		return nil
	}
	write := e.write(m)
	m.status = "writing " + report.Clean(name)
	to := m.o.Write
	m.writing.files++
	ctx := m.writing.ctx
	var kept *report.Report
	if e.end == bundleEnd {
		kept = m.data.Report
	}
	return func() tea.Msg { return wroteMsg{name, kept, to(ctx, name, over, write)} }
}

// askToReplace asks whether a file is to be replaced.
func (m *Model) askToReplace(name string) {
	m.status = report.Clean(name) + " exists: it is not written"
	if m.line.open { // something else is being typed by now
		return
	}
	m.line = prompt{open: true, kind: 'e', text: []rune(name)}
	m.typed()
	m.line.sure, m.line.result = name, "exists: enter again replaces it"
}
