package symbol

import "testing"

// TestExpander: labels of the collector's assembly have no package in a profile.
func TestExpander(t *testing.T) {
	const name = "expandAVX512_20"
	if got := (Classifier{}).Of(name); got != Runtime || !IsCollector(name) {
		t.Errorf("%s: %v, of the collector %v", name, got, IsCollector(name))
	}
	if got := Short("[scheduler]"); got != "[scheduler]" {
		t.Errorf("%q", got)
	}
}
