package tui

import (
	"math/rand/v2"
	"regexp"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

var sgrs = regexp.MustCompile("\x1b\\[[0-9;]*m")

func width(line string) int { return ansi.StringWidth(line) }

// Random keys, sizes, clicks and data do not break the program, and no frame is
// larger than the terminal.
func TestRandom(t *testing.T) {
	datas := []*Data{shop(t), healthy(t), nothing(t), failed(t), collecting(t), growing(t), hostile(t), diagnosing(t), begun(t), empty(t), gone(t), bundled(t), differs(t), {Title: "x"}}
	var words []string
	for _, k := range keys {
		if k.does != quit && k.does != suspend {
			words = append(words, k.Keys...)
		}
	}
	words = append(words, "type:json", "type:(", "type:日本", "x", "é", "backspace", "ctrl+w")
	var seen [screenCount]int
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 7))
		m := began(t, datas[r.IntN(len(datas))], trueColor, 80, 24)
		for range 250 {
			x, y, button := r.IntN(200), r.IntN(60), tea.MouseButton(1+r.IntN(3))
			switch r.IntN(16) {
			case 0:
				m.Update(tea.WindowSizeMsg{Width: 1 + r.IntN(210), Height: 1 + r.IntN(60)})
			case 1:
				d := datas[r.IntN(len(datas))]
				m.settle(func() tea.Msg { return dataMsg{d} })
			case 2:
				_, cmd := m.Update(tea.MouseClickMsg{X: x, Y: y, Button: button})
				m.settle(cmd)
				m.press(words[r.IntN(len(words))])
			case 12: // a hint in the footer, as long as it does not end the test
				y = m.frame.height - 1
				if a := m.hintAt(x); a != quit && a != suspend {
					_, cmd := m.Update(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
					m.settle(cmd)
				}
			case 13: // a drag, of which nothing comes
				m.Update(tea.PasteMsg{Content: "json\n(\x1b[2J"})
				m.Update(tea.MouseMotionMsg{X: x, Y: y, Button: button})
				m.Update(tea.MouseReleaseMsg{X: x, Y: y, Button: button})
			case 14: // a drag of something
				m.Update(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
				m.Update(tea.MouseMotionMsg{X: r.IntN(200), Y: r.IntN(60), Button: tea.MouseLeft})
				_, cmd := m.Update(tea.MouseReleaseMsg{X: r.IntN(200), Y: r.IntN(60), Button: tea.MouseLeft})
				m.settle(cmd)
			case 15: // data that is looked at when other data has come, and a key was pressed
				late := m.take(datas[r.IntN(len(datas))])
				m.press(words[r.IntN(len(words))])
				later := m.take(datas[r.IntN(len(datas))])
				checkFrame(t, m)
				m.settle(later)
				m.settle(late)
			case 3:
				_, cmd := m.Update(tea.MouseWheelMsg{X: x, Y: y, Button: []tea.MouseButton{tea.MouseWheelDown, tea.MouseWheelUp}[r.IntN(2)]})
				m.settle(cmd)
			default:
				m.press(words[r.IntN(len(words))])
			}
			checkFrame(t, m)
			seen[m.at]++
			if t.Failed() {
				t.Fatalf("seed %d, screen %s", seed, screenNames[m.at])
			}
		}
	}
	for s, n := range seen {
		if n < 20 {
			t.Errorf("%s was on the screen %d times", screenNames[s], n)
		}
	}
}

// No size is too small or odd.
func TestEverySize(t *testing.T) {
	m := began(t, shop(t), trueColor, 80, 24)
	for i, key := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "?"} {
		m.press(key)
		for w := 1 + i%5; w < 130; w += 5 { // each screen at other sizes: TestRandom has them all
			for h := 1 + i%3; h < 50; h += 3 {
				m.Update(tea.WindowSizeMsg{Width: w, Height: h})
				checkFrame(t, m)
			}
		}
	}
}
