package tui

import (
	"fmt"
	"strings"
	"testing"
	"unicode"

	tea "charm.land/bubbletea/v2"
)

// otherKeys is the table with another key for everything, letters that nothing else
// on the screens is written with.
func otherKeys(t *testing.T) []Key {
	t.Helper()
	letters := []rune("абвгдежзийклмнопрстуфхцчшщъыьэюяАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЄІЇҐєіїґЎўЂЃЉЊЋЌЏђѓљњћќџΔΘΛΞΠΣΦΨΩδθλξπσφψωաբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ")
	var file strings.Builder
	for a := none + 1; a < screenAt+action(screenCount); a++ {
		if nameOf(a) == "" {
			t.Fatalf("action %d has no name", a)
		}
		fmt.Fprintf(&file, "%s = %q\n", nameOf(a), letters[0])
		letters = letters[1:]
	}
	table, err := Bind([]byte(file.String()))
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// translated is a key of the usual table in another.
func translated(m *Model, table []Key, key string) string {
	if strings.HasPrefix(key, "type:") || m.line.open || m.frame.page.open() {
		return key
	}
	a := actionOf(keys, key, m.here())
	for _, k := range table {
		if k.does == a && k.where&m.here() != 0 {
			return k.Keys[0]
		}
	}
	return key
}

// No text names a key that was bound anew: with another key for everything no
// screen shows one of the usual keys, in any state, and neither does what the keys say.
func TestTextsNameKeysOfTable(t *testing.T) {
	table := otherKeys(t)
	usual := map[string]bool{}
	for _, k := range keys {
		for name := range strings.FieldsSeq(k.Show) {
			usual[name] = !strings.Contains("a end home - = < > : # x → 0123456789", name) // which say other things as well
		}
	}
	check := func(m *Model, where string) {
		t.Helper()
		m.Update(tea.WindowSizeMsg{Width: 120, Height: 36})
		frame := strings.TrimRight(text(shown(m)), "\n")
		if m.line.open { // it has keys of its own
			frame = frame[:strings.LastIndex(frame, "\n")]
		}
		for line := range strings.Lines(frame) {
			words := strings.Fields(line)
			for i, word := range words {
				number := i > 0 && unicode.IsDigit(rune(words[i-1][len(words[i-1])-1])) // and word its unit
				if usual[strings.Trim(word, "(),;:")] && !number {
					t.Errorf("%s: %q in %q", where, word, strings.TrimSpace(line))
				}
			}
		}
	}
	for at := range screenCount {
		for _, s := range append(everyState, ownStates[at]...) {
			if s.o.Looks.ASCII {
				continue // it has no letters for these keys
			}
			if s.o.Keys = table; s.o.Looks == (Looks{}) {
				s.o.Looks = trueColor.Looks
			}
			pressed := s.keys
			s.keys = nil
			m := inState(t, at, s)
			m.press(m.keys().key(screenAt + action(at)))
			for _, k := range pressed {
				m.press(translated(m, table, k))
				check(m, screenNames[at]+", "+s.name)
			}
			if pressed == nil {
				check(m, screenNames[at]+", "+s.name)
			}
		}
		m := inState(t, at, state{o: Options{Keys: table, Looks: trueColor.Looks}})
		for a := none + 1; a < screenAt; a++ {
			m.line, m.frame.page = prompt{}, page{}
			m.press(m.keys().key(screenAt + action(at)))
			m.settle(m.perform(a))
			check(m, screenNames[at]+" "+nameOf(a))
		}
	}
}

// Hints for what cannot be done where nothing is shown are dim, the others are not.
func TestHintsAreDim(t *testing.T) {
	dim := func(d *Data, word string) bool {
		m := began(t, d, trueColor, 120, 30)
		m.press("2")
		cells := shown(m)
		line := strings.Split(text(cells), "\n")[29]
		at := strings.Index(line, word)
		if at < 0 {
			t.Fatalf("no %q in %q", word, line)
		}
		at = width(line[:at])
		return fmt.Sprint(cells.CellAt(at, 29).Style.Fg) != fmt.Sprint(cells.CellAt(strings.Index(line, "quit")-len(line)+width(line), 29).Style.Fg)
	}
	if dim(shop(t), "zoom") {
		t.Error("zoom is dim")
	}
	if !dim(empty(t), "zoom") || dim(empty(t), "search") {
		t.Error("where nothing is, zoom is not dim, or a search is")
	}
}
