package tui

import (
	"fmt"
	"strings"
	"testing"
)

func TestCallSites(t *testing.T) {
	p := parsed(t, "main.main:3;main.walk:7;main.walk:7;main.leaf:9 5\nmain.main:4;main.walk:7 2\nmain.other:5;main.walk:8 1\nmain.walk:7 9\n", "cpu")
	var got []string
	sites, callees := callsOf(p, "cpu", "main.walk")
	for _, s := range sites {
		got = append(got, fmt.Sprintf("%s:%d %d", s.Frame.Function, s.Frame.Line, s.Value/1e7))
	}
	if want := "main.main:3 5, main.main:4 2, main.other:5 1"; strings.Join(got, ", ") != want {
		t.Errorf("%v, want %v: of a recursion the outermost call, of a root none", got, want)
	}
	if callees[7].name != "main.leaf" || callees[8].name != "" {
		t.Errorf("line 7 calls %q most, line 8 %q", callees[7].name, callees[8].name)
	}
	if sites, _ := callsOf(p, "none", "main.walk"); sites != nil {
		t.Error("call sites of no sample type")
	}
}
