package paint

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/goperf/goperf/flame"
	"github.com/goperf/goperf/internal/sight"
)

// The grounds of terminals: those on which a theme is looked at.
var (
	darkGrounds  = []sight.RGB{{0, 0, 0}, {18, 18, 22}, {40, 42, 54}} // also those of well-known themes
	lightGrounds = []sight.RGB{{255, 255, 255}, {253, 246, 227}}
)

var three = regexp.MustCompile(`(38|48);2;(\d+);(\d+);(\d+)`)

// colours are what a style writes with and on; nil for what the terminal has.
func colours(t *testing.T, look string) (text, ground *sight.RGB) {
	t.Helper()
	for _, m := range three.FindAllStringSubmatch(look, -1) {
		var c sight.RGB
		for i := range c {
			n, err := strconv.ParseUint(m[2+i], 10, 8)
			if err != nil {
				t.Fatalf("%q: %v", look, err)
			}
			c[i] = uint8(n)
		}
		if m[1] == "38" {
			text = &c
		} else {
			ground = &c
		}
	}
	return text, ground
}

// What is to be read has a contrast that WCAG asks for, 4.5; what is there for the
// record or cannot be chosen 3 and 2. Lines and bundles are no text.
func TestChromeCanBeRead(t *testing.T) {
	least := map[Style]float64{Faint: 3, TabOff: 2, Rule: 0, Bundle: 0, Dim: 3}
	for _, light := range []bool{false, true} {
		grounds := darkGrounds
		if light {
			grounds = lightGrounds
		}
		for style, look := range chrome(Looks{Colors: flame.TrueColor, Light: light}) {
			text, ground := colours(t, look)
			if text == nil {
				continue
			}
			on := grounds
			if ground != nil {
				on = []sight.RGB{*ground}
			}
			want, ok := least[style]
			if !ok {
				want = 4.5
			}
			for _, g := range on {
				if c := sight.Contrast(*text, g); c < want {
					t.Errorf("light %v, style %d: contrast %.1f on %v, want %.1f", light, style, c, g, want)
				}
			}
		}
	}
}

// What a search found, and what is selected, is told apart from the boxes around it,
// whatever one can see.
func TestMatchesStandOut(t *testing.T) {
	for _, light := range []bool{false, true} {
		looks := chrome(Looks{Colors: flame.TrueColor, Light: light})
		_, match := colours(t, looks[Match])
		_, dim := colours(t, looks[Dim])
		_, selected := colours(t, looks[Selected])
		for _, k := range sight.Kinds {
			for name, pair := range map[string][2]*sight.RGB{"match and what is none": {match, dim}, "match and selection": {match, selected}, "selection and what is no match": {selected, dim}} {
				if light && name == "selection and what is no match" {
					continue // the selection is dark there
				}
				if d := sight.Apart(*pair[0], *pair[1], k); d < 10 {
					t.Errorf("light %v, %s: %s are only %.1f apart", light, k, name, d)
				}
			}
		}
	}
}

// Severities differ in their signs, not in colour alone.
func TestSeveritiesHaveSigns(t *testing.T) {
	for _, g := range []Glyphs{fullGlyphs, asciiGlyphs} {
		seen := map[string]bool{}
		for _, sign := range g.Severity {
			if seen[sign] || sign == "" {
				t.Errorf("%q: a sign is empty or there twice", g.Severity)
			}
			seen[sign] = true
		}
	}
}

// Without colours nothing is written but what makes text bold, faint, underlined
// and reverse, and the selection still stands out.
func TestNoColours(t *testing.T) {
	theme := New(Looks{})
	for s, look := range theme.sgr {
		for n := range strings.SplitSeq(strings.TrimSuffix(strings.TrimPrefix(look, "\x1b["), "m"), ";") {
			if v, err := strconv.Atoi("0" + n); err != nil || v > 9 {
				t.Errorf("style %d is written as %q", s, look)
			}
		}
	}
	if theme.sgr[Selected] == theme.sgr[Plain] || theme.sgr[Match] == theme.sgr[Plain] || theme.sgr[Bar] == theme.sgr[Plain] {
		t.Error("selection, match and title look like any text")
	}
	ascii := fmt.Sprint(asciiGlyphs)
	for _, r := range ascii {
		if r > 0x7e {
			t.Errorf("%q is no ASCII", r)
		}
	}
}
