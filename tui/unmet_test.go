package tui

import (
	"errors"
	"io"
	"strings"
	"testing"
)

// What a command wants and is not there is said: by the plain form instead of other
// numbers, on the screens beside what there is.
func TestUnmet(t *testing.T) {
	for _, c := range []struct {
		view View
		want string // of the error, "" for none
	}{
		{View{Kind: "nope"}, `--profile: "nope": there is none; there is cpu, heap`},
		{View{Kind: "heap", Column: "nope"}, `--sample-index: "nope": there is none; there is alloc_objects`},
		{View{Part: 9}, `--slice: "9": there is none; there is 1-2`},
		{View{Kind: "heap", Part: 1}, `--slice: "1": there is none; there is one profile`},
		{View{Against: &Slices{From: 7, To: 8}}, `--against: "7-8"`},
		{View{Against: &Slices{}}, ""},
		{View{Screen: "top", Function: "no.such"}, `--function: "no.such"`},
		{View{Screen: "top", Function: "regexp.compile"}, ""},
		{View{Screen: "source", Function: "example.com/shop/cart.(*Server).notify"}, ""},
		{View{Screen: "top", Function: "regexp", Group: "packages"}, ""},
		{View{Screen: "flame", Place: Place{Zoom: "main.main;no.such"}}, `--zoom: "main.main;no.such"`},
		{View{Screen: "memory", Place: Place{Pane: "nope"}}, `--pane: "nope": there is none; there is `},
		{View{Screen: "goroutines", Place: Place{Rows: []PaneAt{{"nope", 2}}}}, `--row: "nope": there is none; there is groups`},
		{View{Place: Place{Pane: "nope"}}, `--pane: "nope": there is none; there is findings, details`},
		{View{Place: Place{Pane: "details", Row: 2}}, ""},
		{View{Place: Place{Row: 999}}, `--row: "999": there is none; there is 1-`},
		{View{Place: Place{Row: 1}}, ""},
		{View{Screen: "goroutines", Place: Place{Row: 999}}, `--row: "999": there is none; there is 1-`},
		{View{Screen: "goroutines", Place: Place{Rows: []PaneAt{{"groups", 77}}}}, `--row: "groups=77": there is none; there is 1-`},
		{View{Screen: "flame", Place: Place{Select: "main.main;no.such"}}, `--select: "main.main;no.such"`},
		{View{Screen: "flame", Place: Place{Select: "runtime.main;main.main"}}, ""},
		{View{}, ""},
	} {
		o := trueColor
		o.View = c.view
		err := Plain(t.Context(), io.Discard, shop(t), o)
		var unmet *UnmetError
		if c.want == "" && err != nil || c.want != "" && (!errors.As(err, &unmet) || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: %v, want %q", c.view, err, c.want)
		}
		m := began(t, shop(t), o, 120, 36)
		if c.want != "" && c.view.Pane == "" && c.view.Rows == nil && c.view.Row == 0 && c.view.Zoom+c.view.Select == "" && !strings.Contains(m.status, c.want) {
			t.Errorf("%+v: status %q", c.view, m.status)
		}
		if m.press("2"); strings.Contains(text(shown(m)), "Reading") {
			t.Errorf("%+v: nothing is shown", c.view)
		}
	}
}
