package flame

import (
	"strconv"
	"strings"
	"testing"

	"github.com/goperf/goperf/internal/sight"
)

// grounds are a paint's backgrounds by the number of colours: all shades of a
// class, and the one of the 256.
func (p paint) grounds(t *testing.T, colors Colors) (all []sight.RGB) {
	t.Helper()
	if colors == TrueColor {
		for k := range Shades {
			all = append(all, sight.RGB(p.shade(k)))
		}
		return all
	}
	_, number, _ := strings.Cut(p.cube, "48;5;")
	n, err := strconv.Atoi(number)
	if err != nil {
		t.Fatalf("%q: %v", p.cube, err)
	}
	return []sight.RGB{sight.Cube(n)}
}

// nearest is how far the nearest grounds of two paints are apart for somebody.
func nearest(t *testing.T, a, b paint, colors Colors, k sight.Kind) float64 {
	t.Helper()
	least := 1e9
	for _, x := range a.grounds(t, colors) {
		for _, y := range b.grounds(t, colors) {
			least = min(least, sight.Apart(x, y, k))
		}
	}
	return least
}

// Classes are told apart, and so are more and less, whatever one can see, in all
// shades of their packages and with 256 colours too.
func TestClassesAreToldApart(t *testing.T) {
	for _, colors := range []Colors{TrueColor, Cube} {
		for _, k := range sight.Kinds {
			for a := range Neutral {
				for b := range a {
					if d := nearest(t, paints[a], paints[b], colors, k); d < 8.9 {
						t.Errorf("%d, %s: %s and %s are only %.1f apart", colors, k, a, b, d)
					}
					if d := sight.Apart(sight.RGB(paints[a].back), sight.RGB(paints[b].back), k); d < 12.5 {
						t.Errorf("%s: %s and %s are only %.1f apart", k, a, b, d)
					}
				}
			}
			for step := 1; step <= 4; step++ {
				if d := nearest(t, leans[4-step], leans[4+step], colors, k); d < 4.5 {
					t.Errorf("%d, %s: less and more in step %d are only %.1f apart", colors, k, step, d)
				}
			}
		}
	}
	seen := map[string]Class{}
	for c := range Neutral {
		if other, ok := seen[paints[c].sixteen]; ok {
			t.Errorf("of sixteen colours %s and %s have the same", c, other)
		}
		seen[paints[c].sixteen] = c
	}
}

// TestTextCanBeRead: 4.5 to 1 is what WCAG asks for.
func TestTextCanBeRead(t *testing.T) {
	for i, p := range append(paints[:], leans[:]...) {
		for k := range Shades {
			if c := sight.Contrast(sight.RGB(p.shade(k)), sight.RGB(p.text)); c < 4.1 || k == 0 && c < 4.5 {
				t.Errorf("paint %d, shade %d: text has a contrast of %.1f", i, k, c)
			}
		}
		text := sight.Cube(16)
		if strings.HasPrefix(p.cube, "38;5;231;") {
			text = sight.Cube(231)
		}
		if c := sight.Contrast(p.grounds(t, Cube)[0], text); c < 4.1 {
			t.Errorf("paint %d of 256 colours: text has a contrast of %.1f", i, c)
		}
	}
}

func TestLeanPaint(t *testing.T) {
	for lean, want := range map[float64]paint{-1: leans[0], -0.5: leans[1], -0.2: leans[2], -0.05: leans[3], 0: leans[4], 0.01: leans[4], 0.05: leans[5], 1: leans[8]} {
		if got := leanPaint(lean); got != want {
			t.Errorf("lean %v is painted %v, want %v", lean, got.back.hex(), want.back.hex())
		}
	}
}
