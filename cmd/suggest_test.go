package cmd

import "testing"

func TestNearest(t *testing.T) {
	names := []string{"analyze", "collect", "rules", "render", "regexp-compile"}
	for word, want := range map[string]string{
		"anlyze":         "analyze",
		"analyez":        "analyze",
		"ANALYZE":        "analyze",
		"rule":           "rules",
		"rnder":          "render",
		"regexp":         "regexp-compile",
		"regexp-complie": "regexp-compile",
		"x":              "",
		"re":             "",
		"completely":     "",
		"":               "",
	} {
		if got := nearest(word, names); got != want {
			t.Errorf("nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestEditsIsADistance(t *testing.T) {
	words := []string{"", "a", "ab", "ba", "abc", "acb", "render", "rendre", "collect"}
	for _, a := range words {
		for _, b := range words {
			if edits(a, b) != edits(b, a) {
				t.Errorf("edits(%q, %q) = %d, the other way %d", a, b, edits(a, b), edits(b, a))
			}
			if (edits(a, b) == 0) != (a == b) {
				t.Errorf("edits(%q, %q) = %d", a, b, edits(a, b))
			}
		}
	}
}
