package cmd

import (
	"slices"
	"testing"
)

func TestEditor(t *testing.T) {
	for _, c := range []struct {
		visual, editor string
		want           []string
	}{
		{"", "vim", []string{"vim", "+14", "price.go"}},
		{"code --wait", "vim", []string{"code", "--wait", "--goto", "price.go:14"}},
		{"", "/usr/bin/hx", []string{"/usr/bin/hx", "price.go:14"}},
		{"", "ed", []string{"ed", "price.go"}},
		{"", "'/my editors/vim' -n", []string{"sh", "-c", `'/my editors/vim' -n "$@"`, "'/my editors/vim' -n", "+14", "price.go"}},
		{"", "", nil},
	} {
		env := Env{LookupEnv: func(name string) (string, bool) {
			v := map[string]string{"VISUAL": c.visual, "EDITOR": c.editor}[name]
			return v, v != ""
		}}
		open := env.editor(t.Context())
		if open == nil {
			if c.want != nil {
				t.Errorf("%q %q: no editor", c.visual, c.editor)
			}
			continue
		}
		if got := open("price.go", 14).Args; !slices.Equal(got, c.want) {
			t.Errorf("%q %q: %q, want %q", c.visual, c.editor, got, c.want)
		}
		if again := open("price.go", 14).Args; !slices.Equal(again, c.want) {
			t.Errorf("the second time: %q", again)
		}
	}
}
