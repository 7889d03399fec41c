package tui

import (
	"io"
	"path/filepath"
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
	// write makes the writer now, of values that do not change any more; nil when
	// there is nothing of the kind.
	write func(m *Model) func(io.Writer) error
}

const bundleEnd = ".goperf"

func exports() []export {
	graph := func(draw func(io.Writer, *flame.Tree, flame.Header) error) func(m *Model) func(io.Writer) error {
		return func(m *Model) func(io.Writer) error {
			s := m.seen.s
			if s == nil || s.tree == nil {
				return nil
			}
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
			f, err := render.Find(format)
			if r == nil || err != nil {
				return nil
			}
			return func(w io.Writer) error { return f.Render(w, r, render.Options{Width: 100, All: true}) }
		}
	}
	return []export{
		{".svg", "the flame graph as a picture", graph(flame.SVG)},
		{".html", "the flame graph as a page of its own, with search", graph(flame.HTML)},
		{".png", "this screen as a picture", pictured},
		{".pb.gz", "the profile as it is filtered, for go tool pprof", filtered},
		{bundleEnd, "all that was collected, as a bundle", func(m *Model) func(io.Writer) error { return m.o.Bundle }},
		{".md", "the report as markdown, for a pull request", words("markdown")},
		{".json", "the report, which goperf render and goperf tui read", words("json")},
		{".txt", "this screen as text", lettered},
	}
}

// filtered is the profile as it is looked at.
func filtered(m *Model) func(io.Writer) error {
	s := m.seen.s
	if s == nil || s.p == nil {
		return nil
	}
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
	var ends []string
	for _, e := range exports() {
		if strings.HasSuffix(name, e.end) {
			return e.what
		}
		ends = append(ends, e.end)
	}
	return "a name that ends in " + strings.Join(ends, " ")
}

// wroteMsg is the end of an export.
type wroteMsg struct {
	name string
	kept *report.Report // in a bundle
	err  error
}

// exportTo writes what is shown in a command.
func (m *Model) exportTo(name string) tea.Cmd {
	if m.o.Write == nil {
		m.status = "files are not written here"
		return nil
	}
	for _, e := range exports() {
		if !strings.HasSuffix(name, e.end) || filepath.Base(name) == e.end {
			continue
		}
		write := e.write(m)
		if write == nil {
			m.status = "there is no " + strings.TrimPrefix(e.end, ".") + " of this yet"
			return nil
		}
		m.status = "writing " + report.Clean(name)
		to := m.o.Write
		m.writing.files++
		ctx := m.writing.ctx
		var kept *report.Report
		if e.end == bundleEnd {
			kept = m.data.Report
		}
		return func() tea.Msg { return wroteMsg{name, kept, to(ctx, name, write)} }
	}
	m.status = "want " + exportHint("")
	return nil
}
