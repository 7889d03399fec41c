// Package paint draws lines of cells: text in styles, cut at the edge of the
// screen or of a part of it, into one buffer that is used again for each frame.
//
// A style is a number that stands for one escape sequence, which a [Theme] has
// ready for the colours and the background of the terminal. A sequence is written
// only where the style changes: the number of changes is what a terminal, and the
// library that compares frames, spend their time on.
//
// Text is written as it is: it has to be clean (report.Clean). The package does
// no I/O.
package paint

import "github.com/goperf/goperf/flame"

// Style is how text looks.
type Style uint8

// The styles. Behind them come those of boxes, see [Box] and [Lean].
const (
	Plain    Style = iota
	Strong         // headings and what was asked for
	Faint          // what is there for the record
	Bar            // the first line
	Tab            // a screen that could be opened
	TabOn          // the one that is
	TabOff         // one that has nothing to show
	Key            // a key in a hint
	Rule           // lines between parts
	Selected       // the thing that keys are about
	Match          // what a search found
	MatchPad       // the space beside it, in its box
	Dim            // boxes that a search did not find
	Bundle         // neighbours too narrow to be told apart
	Critical
	Warning
	Notice
	Good
	Accent // numbers and bars
	boxes
)

const (
	leans = boxes + Style(flame.Neutral+1)*flame.Shades
	total = leans + leanSteps
	// leanSteps are the shades from gone to new.
	leanSteps = 9
)

// Box is the style of a box of a class of code in one of its shades.
func Box(c flame.Class, shade int) Style { return boxes + Style(c)*flame.Shades + Style(shade) }

// Lean is the style of a box that changed by -1 (gone) to 1 (new).
func Lean(by float64) Style {
	step := int((by+1)/2*(leanSteps-1) + 0.5)
	return leans + Style(min(max(step, 0), leanSteps-1))
}

// Glyphs are the characters that pictures are made of, one column each.
type Glyphs struct {
	Edge, Picked, Bundle, Rule, Bar, More, Sep, Up, Down, Dot, Circle, Return, Own, Close string
	Steps                                                                                 []string // of a bar, from an eighth to a whole cell
	Levels                                                                                []string // of a column, from the lowest to the highest
	Severity                                                                              [4]string
}

var (
	fullGlyphs = Glyphs{
		Edge: "▏", Picked: "▌", Bundle: "░", Rule: "─", Bar: "│", More: "…", Sep: "›", Up: "▲", Down: "▼", Dot: "●", Circle: "○", Return: "⏎", Own: "★", Close: "×",
		Steps:    []string{"▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"},
		Levels:   []string{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
		Severity: [4]string{"·", "▪", "△", "▲"},
	}
	asciiGlyphs = Glyphs{
		Edge: "|", Picked: ">", Bundle: ".", Rule: "-", Bar: "|", More: "~", Sep: ">", Up: "+", Down: "-", Dot: "*", Circle: "o", Return: "enter", Own: "*", Close: "x",
		Steps:    []string{"#"},
		Levels:   []string{".", ",", ":", ";", "+", "*", "#", "@"},
		Severity: [4]string{".", "-", "+", "!"},
	}
)

// Theme is the escape sequences of all styles, and the glyphs.
type Theme struct {
	Glyphs *Glyphs
	ASCII  bool
	sgr    [total]string
}

// Looks say what the terminal shows.
type Looks struct {
	Colors flame.Colors
	Light  bool // its background
	ASCII  bool // it has no other characters
}

// New makes the theme for a terminal.
func New(l Looks) *Theme {
	t := &Theme{Glyphs: &fullGlyphs, ASCII: l.ASCII}
	if l.ASCII {
		t.Glyphs = &asciiGlyphs
	}
	for s := range t.sgr {
		t.sgr[s] = sequence("")
	}
	for s, look := range chrome(l) {
		t.sgr[s] = sequence(look)
	}
	if l.Colors == flame.Cube {
		for s, look := range greys(l.Light) {
			t.sgr[s] = sequence(look)
		}
	}
	for c := flame.Own; c <= flame.Neutral; c++ {
		for shade := range flame.Shades {
			look := c.SGR(l.Colors, shade)
			if l.Colors == flame.NoColors {
				look = bare[c]
			}
			t.sgr[Box(c, shade)] = sequence(look)
		}
	}
	t.sgr[MatchPad] = t.sgr[Match]
	if l.Colors == flame.NoColors {
		t.sgr[MatchPad] = t.sgr[Plain] // a line below nothing
	}
	for step := range leanSteps {
		by := float64(step)/(leanSteps-1)*2 - 1
		t.sgr[leans+Style(step)] = sequence(flame.LeanSGR(l.Colors, by))
	}
	return t
}

// bare tells classes apart without colours.
var bare = [...]string{flame.Own: "1", flame.ThirdParty: "", flame.Std: "", flame.Runtime: "2", flame.GC: "2;3", flame.Native: "2", flame.Neutral: ""}

// sequence sets a look whatever was in effect before.
func sequence(parameters string) string {
	if parameters == "" {
		return "\x1b[m"
	}
	return "\x1b[0;" + parameters + "m"
}

// greys are the grounds of the chrome in the 256 colours: the nearest ones to those
// that have a touch of blue are very blue.
func greys(light bool) map[Style]string {
	if light {
		return map[Style]string{Bar: "38;5;235;48;5;254", Dim: "38;5;243;48;5;255"}
	}
	return map[Style]string{Bar: "38;5;254;48;5;236", Dim: "38;5;245;48;5;236"}
}

// chrome is what is no box, for a kind of terminal. Bundles are greys of the cube:
// there are a thousand of them in a large frame, and a number of three parts takes
// twice the bytes.
func chrome(l Looks) map[Style]string {
	switch {
	case l.Colors == flame.NoColors:
		return map[Style]string{
			Strong: "1", Faint: "2", Bar: "7", TabOn: "1", TabOff: "2", Key: "1", Rule: "2", Selected: "7",
			Match: "1;4", Dim: "2", Critical: "1", Warning: "1", Accent: "", Bundle: "2",
		}
	case l.Colors == flame.Sixteen:
		m := map[Style]string{
			Strong: "1", Faint: "90", Bar: "97;100", TabOn: "1;7", TabOff: "90", Key: "1;36", Rule: "90", Selected: "1;30;107",
			Match: "30;103", Dim: "37;100", Bundle: "90", Critical: "1;31", Warning: "33", Notice: "36", Good: "32", Accent: "36",
		}
		if l.Light {
			m[Key], m[Notice], m[Accent], m[Selected], m[Bar], m[Dim] = "1;34", "34", "34", "1;97;40", "30;47", "30;47"
		}
		return m
	case l.Light:
		return map[Style]string{
			Strong: "1", Faint: "38;2;110;110;118", Bar: "38;2;30;30;36;48;2;226;226;232", Tab: "38;2;70;70;80", TabOn: "1;38;2;255;255;255;48;2;52;84;130",
			TabOff: "38;2;160;160;168", Key: "1;38;2;24;84;160", Rule: "38;2;190;190;198", Selected: "1;38;2;255;255;255;48;2;24;24;30",
			Match: "1;38;2;0;0;0;48;2;255;214;10", Dim: "38;2;120;120;126;48;2;236;236;240", Bundle: "38;5;248",
			Critical: "1;38;2;176;30;30", Warning: "38;2;150;88;0", Notice: "38;2;24;84;160", Good: "38;2;20;110;60", Accent: "38;2;24;84;160",
		}
	}
	return map[Style]string{
		Strong: "1", Faint: "38;2;138;138;148", Bar: "38;2;226;226;232;48;2;44;46;54", Tab: "38;2;190;190;200", TabOn: "1;38;2;16;18;24;48;2;140;180;230",
		TabOff: "38;2;92;92;102", Key: "1;38;2;140;180;230", Rule: "38;2;74;76;84", Selected: "1;38;2;0;0;0;48;2;255;255;255",
		Match: "1;38;2;0;0;0;48;2;255;225;60", Dim: "38;2;130;130;138;48;2;44;45;50", Bundle: "38;5;59",
		Critical: "1;38;2;255;120;110", Warning: "38;2;240;180;90", Notice: "38;2;140;180;230", Good: "38;2;130;210;150", Accent: "38;2;140;180;230",
	}
}
