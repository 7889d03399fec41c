package tui

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/report"
)

// writing is what is being written.
type writing struct {
	ctx    context.Context // ends when it is not waited for
	drop   context.CancelFunc
	files  int
	quits  bool           // when that is done
	asked  bool           // the user has been told what is lost by quitting
	warned bool           // or by collecting again
	kept   *report.Report // of the bundle that was written last
	bundle string         // its name
}

// quit ends the program, when what is being written is, and when the user knows
// what is lost: at once if it is asked for again.
func (m *Model) quit() tea.Cmd {
	w := &m.writing
	switch lost := m.unsaved(quit); {
	case w.quits || w.asked:
		w.drop()
		return tea.Quit
	case w.files > 0:
		w.quits = true
		m.status = "quits when the file is written, at once when asked again"
	case lost != "":
		w.asked = true
		m.status = lost
	default:
		return tea.Quit
	}
	return nil
}

// unsaved says what is lost by quitting or collecting again, "" for nothing: what a
// service was asked for is there once.
func (m *Model) unsaved(by action) string {
	k, does := m.keys(), "quits"
	if by == recollect {
		does = "collects anew, in its place"
	}
	switch c := m.data.Collecting; {
	case !m.data.Live || m.o.Bundle == nil || m.o.Kept:
	case c != nil && m.data.Report == nil && len(c.Arrived) > 0:
		return fmt.Sprintf("nothing is saved: %s writes what has come by now, %s again %s", k.key(writeAll), k.key(by), does)
	case m.data.Report != nil && m.data.Report != m.writing.kept:
		return fmt.Sprintf("not saved: %s writes what was collected, %s again %s", k.key(writeAll), k.key(by), does)
	}
	return ""
}

// wrote takes the end of an export.
func (m *Model) wrote(msg wroteMsg) tea.Cmd {
	m.writing.files--
	m.status = "wrote " + report.Clean(msg.name)
	switch {
	case errors.Is(msg.err, fs.ErrExist):
		m.writing.quits = false
		m.askToReplace(msg.name)
	case msg.err != nil:
		m.status, m.writing.quits = oneLine(msg.err), false // which the user is to see
	case msg.kept != nil:
		m.writing.kept, m.writing.bundle = msg.kept, msg.name
	case strings.HasSuffix(msg.name, bundleEnd):
		m.status += ": what has come by now"
	}
	if m.writing.quits && m.writing.files == 0 {
		return tea.Quit
	}
	return nil
}
