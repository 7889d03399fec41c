package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goperf/goperf/report"
)

// UnmetError is a wish of a command that nothing in the data meets: what would be
// shown is something else.
type UnmetError struct{ Flag, Value, There string }

// Error is one line; there is what could be asked for instead.
func (e *UnmetError) Error() string {
	text := fmt.Sprintf("--%s: %q: there is none", e.Flag, e.Value)
	if e.There != "" {
		text += "; there is " + e.There
	}
	return text
}

// unmet is the first wish of the view that the data do not meet, nil when all are.
func (v View) unmet(d *Data) *UnmetError {
	if len(d.Profiles) == 0 {
		return nil // the screens say so
	}
	p, ok := d.profile(v.Kind)
	if !ok {
		var kinds []string
		for _, p := range d.Profiles {
			kinds = append(kinds, report.Clean(p.Kind))
		}
		return &UnmetError{"profile", v.Kind, strings.Join(kinds, ", ")}
	}
	if _, ok := p.SampleType(v.Column); !ok && v.Column != "" {
		var types []string
		for _, t := range p.SampleTypes {
			types = append(types, report.Clean(t.Type))
		}
		return &UnmetError{"sample-index", v.Column, strings.Join(types, ", ")}
	}
	n := len(p.Parts)
	parts := "one profile"
	if n > 0 {
		parts = fmt.Sprintf("1-%d", n)
	}
	if last := max(v.Part, v.Upto); last > n {
		return &UnmetError{"slice", lens{part: v.Part, upto: v.Upto}.numbers(""), parts}
	}
	if a := v.Against; a != nil && max(a.From, a.To) > n {
		return &UnmetError{"against", lens{part: a.From, upto: a.To}.numbers(""), parts}
	}
	if byFunction := v.Group == "" || v.Group == groups[0].word; v.Function != "" && byFunction && !d.hasFunction(v.Function) {
		return &UnmetError{"function", v.Function, ""}
	}
	return nil
}

// hasFunction says that some profile has a function, or the stack of a goroutine.
func (d *Data) hasFunction(name string) bool {
	for _, p := range d.Profiles {
		for i := range p.Functions {
			if f := &p.Functions[i]; report.Clean(f.Name) == name {
				return true
			}
		}
	}
	for i := range d.Groups {
		if g := &d.Groups[i]; g.CreatedBy.Function == name || slices.ContainsFunc(g.Frames, func(f report.Frame) bool { return f.Function == name }) {
			return true
		}
	}
	return false
}

// concede says once, when all data are there, what of the command's wishes they do not
// meet, and looks at what there is.
func (m *Model) concede() {
	if m.data.Collecting != nil || m.seen.conceded {
		return
	}
	m.seen.conceded = true
	e := m.o.View.unmet(m.data)
	if e == nil {
		return
	}
	m.status = report.Clean(e.Error())
	switch l := &m.seen.lens; e.Flag {
	case "profile":
		l.kind, l.column = "", ""
	case "sample-index":
		l.column = ""
	case "slice":
		l.part, l.upto = 0, 0
	case "against":
		l.base = nil
	}
}

// unmet is the first wish of the command that is not met, now that all is there.
func (m *Model) unmet() *UnmetError {
	v := &m.o.View
	if e := v.unmet(m.data); e != nil {
		return e
	}
	f := m.flame()
	switch {
	case m.seen.s == nil || m.seen.s.rough:
	case v.Zoom != "" && f.await.zoom == v.Zoom:
		return &UnmetError{"zoom", v.Zoom, ""}
	case v.Select != "" && m.at == flameScreenID && f.await.sel == v.Select:
		return &UnmetError{"select", v.Select, ""}
	}
	s, ok := m.screens[m.at].(parted)
	if !ok || m.screens[m.at].missing() != nil {
		return nil
	}
	ids := s.partIDs()
	for _, r := range append([]PaneAt{{v.Pane, 1}}, v.Rows...) {
		if r.Pane != "" && !slices.Contains(ids, r.Pane) {
			flag := "row"
			if r.Pane == v.Pane {
				flag = "pane"
			}
			return &UnmetError{flag, r.Pane, strings.Join(ids, ", ")}
		}
	}
	for _, r := range append([]PaneAt{{v.Pane, v.Row}}, v.Rows...) {
		if n, counts := s.rowsOf(r.Pane); counts && r.Row > max(n, 1) {
			return &UnmetError{"row", PaneAt{r.Pane, r.Row}.word(), fmt.Sprintf("1-%d", n)}
		}
	}
	return nil
}

// parted are the screens of parts that have rows.
type parted interface {
	partIDs() []string
	rowsOf(part string) (n int, counts bool) // of the usual part for ""; false for text
}

func (p PaneAt) word() string {
	if p.Pane == "" {
		return strconv.Itoa(p.Row)
	}
	return p.Pane + "=" + strconv.Itoa(p.Row)
}

func (k *desk) rowsOf(part string) (int, bool) {
	for i, p := range k.parts {
		if s := sheetOf(p.show); s != nil && (p.id == part || part == "" && i == k.usual()) {
			return len(s.cells), true
		}
	}
	return 0, false
}

func (k *desk) partIDs() (ids []string) {
	for _, p := range k.parts {
		ids = append(ids, p.id)
	}
	return ids
}
