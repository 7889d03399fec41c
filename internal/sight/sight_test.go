package sight

import (
	"math"
	"testing"
)

// Points that are known: black and white, grey for everybody, red and green for
// those without green cones.
func TestApart(t *testing.T) {
	black, white := RGB{}, RGB{255, 255, 255}
	for _, k := range Kinds {
		if d := Apart(black, white, k); math.Abs(d-100) > 1 {
			t.Errorf("%s: black and white are %.1f apart, want 100", k, d)
		}
	}
	if c := Contrast(black, white); math.Abs(c-21) > 0.01 {
		t.Errorf("black on white has a contrast of %.2f, want 21", c)
	}
	red, green := RGB{200, 60, 50}, RGB{110, 130, 40}
	if normal, deutan := Apart(red, green, Normal), Apart(red, green, Deutan); deutan > normal/2 {
		t.Errorf("red and green: %.1f apart, without green cones %.1f, want less than half", normal, deutan)
	}
}

func TestCube(t *testing.T) {
	for n, want := range map[int]RGB{16: {0, 0, 0}, 231: {255, 255, 255}, 196: {255, 0, 0}, 215: {255, 175, 95}, 232: {8, 8, 8}, 255: {238, 238, 238}} {
		if got := Cube(n); got != want {
			t.Errorf("colour %d is %v, want %v", n, got, want)
		}
	}
}
