package tui

import "strings"

// hand is the keys of a screen, for the texts that name one: keys can be bound
// anew, so that no text has any in its letters.
type hand struct {
	table []Key
	at    place
}

// key is what a text calls the key that does something here: as hints write it, or
// without one as the palette has it.
func (h hand) key(a action) string {
	for i := range h.table {
		if k := &h.table[i]; k.does == a && k.where&h.at != 0 && k.Show != "" {
			name, _, _ := strings.Cut(k.Show, " ")
			return name
		}
	}
	return ":" + nameOf(a)
}

// note is a text that begins with a key, nothing where no keys are pressed: it is
// for those who look.
func (h hand) note(before string, a action, text string) string {
	if len(h.table) == 0 {
		return ""
	}
	return before + h.key(a) + text
}

// unfilters says how filters are taken away.
func (h hand) unfilters() string {
	return h.key(unfilter) + " takes the filters away, " + h.key(undo) + " undoes"
}

// on are the keys of a screen.
func (o *Options) on(s screenID) hand { return hand{o.Keys, 1 << s} }

// keys are those of the screen that is shown.
func (m *Model) keys() hand { return m.o.on(m.at) }

// numbered is a screen with the key that opens it.
func (m *Model) numbered(s screenID) string {
	return m.keys().key(screenAt+action(s)) + " " + screenNames[s]
}
