package picture

import (
	"os"
	"path/filepath"
	"testing"
	"unicode"
)

// Every character that screens are made of is drawn; names may have others.
func TestCharacters(t *testing.T) {
	c, err := newCanvas(10, 10, false)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../testdata/*.txt")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d screens: %v", len(files), err)
	}
	seen := map[rune]bool{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range string(text) {
			_, plain := c.plain.GlyphAdvance(r)
			_, bold := c.bold.GlyphAdvance(r)
			if _, ok := c.plain.GlyphAdvance(substitute(r)); seen[r] || r < ' ' || unicode.In(r, unicode.Han, unicode.Mn) || plain && bold || blocks(r) != nil || ok && substitute(r) != '?' {
				continue
			}
			seen[r] = true
			t.Errorf("%s: %q is drawn as ?", filepath.Base(name), r)
		}
	}
}
