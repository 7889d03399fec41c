package tui

import "strings"

// blocked is who waits for which lock, and who holds it; nil when nobody waits.
func (g *goroutines) blocked() *part {
	if g.d.Locks == nil || g.d.Locks.Table == nil {
		return nil
	}
	s := newSheet(g.d.Locks.Table,
		column{of: "waiting"}, column{of: "longest", kind: word, shed: 4}, column{of: "in", kind: function}, column{of: "for", kind: word, shed: 3},
		column{of: "held by", kind: function}, column{of: "goroutine", kind: word, shed: 2}, column{of: "sure", kind: passage})
	for i := range s.names {
		for _, of := range []string{"held by", "in"} {
			if name, _, ok := cutLast(s.cell(i, of).Text, ":"); ok {
				s.names[i] = functionIn(name)
				break
			}
		}
	}
	return &part{id: "lock-waits", title: "who blocks whom", note: "by the dump: a lock may have been let go since", show: s, least: 4}
}

// cutLast cuts at the last separator.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
