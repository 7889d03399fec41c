package paint

import (
	"testing"
	"unicode/utf8"
)

func TestLetters(t *testing.T) {
	if utf8.RuneCountInString(others) != len(letters) {
		t.Fatalf("%d characters have %d letters", utf8.RuneCountInString(others), len(letters))
	}
	for text, want := range map[string]string{
		"plain": "plain", "13–37 % ±2 µs": "13-37 % ~2 us", "▁▄█ a → b ⏎": ".;@ a > b >", "cpu (3×)\u00a0…": "cpu (3x) ~", "naïve 語": "na?ve ?",
	} {
		if got := Letters(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
