package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/goperf/goperf/tui"
)

const keysPreamble = `# Keys of goperf tui

<!-- Written by "go run ./internal/gendocs" from the table in tui/keys.go; change that, not this page. -->

The footer shows the keys of the screen that is open, ` + "`?`" + ` all of them. A click selects, a second one on the same place opens, the right
button leads out, the wheel scrolls what it is over, with shift sideways; tabs, the hints of the footer and the lines of the help can be clicked.
A drag of the line between two parts resizes them. A drag over boxes of the flame graph zooms into them; on the map in its legend a click moves the
zoom or leads out of it. On the axis of time a click picks a slice of the profile, or a snapshot, a drag several; a drag over a number of Live opens the slices of that time.
The help and what a rule means (` + "`x`" + `) scroll with the keys of rows and pages, ` + "`/`" + ` searches in them, a click beside them closes them.
While a line is typed, ` + "`↑` `↓`" + ` bring back earlier ones of its kind, ` + "`^p` `^n`" + ` where these go through a list; ` + "`^w` and `^u`" + ` erase, and what is pasted
goes into it as one line. Lists take clicks and the wheel; a click beside one closes it.
Shift with the mouse selects text in most terminals.

Other keys are read of ` + "`goperf/keys.toml` in `$XDG_CONFIG_HOME` or `~/.config`, or of the file after `--keys`" + `: a line is the name of what is
done and its keys, below ` + "`[flame]`" + ` and the like those of one screen. A key that is given to something is taken from what it did before.
` + "`goperf tui --print-keys`" + ` writes the whole file, what is wrong in one is told with its line. Ctrl-C quits on every screen; while a line is typed it leaves the line, as in a shell, and
the next one quits. While what
a service was asked for is not written, it and ` + "`q`" + ` say so, and quit when they are pressed again.

` + "```toml" + `
copy = ["y", "ctrl+y"]

[flame]
in = "z"
` + "```" + `

| key | does | where | name |
|---|---|---|---|
`

// keysPage is the page on the keys of the terminal UI.
func keysPage(keys []tui.Key) []byte {
	var b bytes.Buffer
	b.WriteString(keysPreamble)
	for _, k := range keys {
		shown := make([]string, 0, 2)
		for key := range strings.FieldsSeq(k.Show) {
			shown = append(shown, "`"+key+"`")
		}
		where := k.Screens()
		if where == "" {
			where = "everywhere"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", strings.Join(shown, " "), cell(k.Help), where, k.Name())
	}
	return b.Bytes()
}
