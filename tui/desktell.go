package tui

import "strings"

// tell writes the parts for a reader: the rows of tables with all their facts.
func (k *desk) tell(p *prose) {
	for _, f := range k.facts {
		p.line("%s %s", f.label, f.value)
	}
	for _, part := range k.parts {
		if part.picture {
			continue
		}
		p.heading("%s", part.title)
		if part.note != "" {
			p.line("%s", part.note)
		}
		_, n := part.show.lay(toldWidth)
		for i := range n {
			text := strings.Join(strings.Fields(part.show.text(i)), " ")
			if t, ok := part.show.(rows); ok {
				text = strings.Join(t.facts(i), ", ")
			}
			p.line("%s", text)
		}
	}
}

// rows are contents each line of which has facts that can be told.
type rows interface {
	facts(i int) []string
	hidden(i int) []string // those that are not on the screen
}
