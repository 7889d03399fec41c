package tui

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/goperf/goperf/report"
)

// BindError is what is wrong with a file of keys.
type BindError struct {
	Line int // from 1
	Text string
}

// Error is the text alone: who knows the name of the file puts it and the line before.
func (e *BindError) Error() string { return e.Text }

// mostKeyBytes bounds a file of keys; all there are take 5 kB.
const mostKeyBytes = 1 << 16

// binding is a line of a file of keys.
type binding struct {
	line int
	at   place
	does action
	keys []string
}

// Bind is the keys with those that the user has chosen, in TOML: what an action is
// called, and its keys; below the name of a screen those on that screen alone.
//
//	copy = ["y", "ctrl+y"]
//	[flame]
//	in = "enter"
//
// A key that is given to something is taken from what it did before. Errors are
// of type [BindError].
func Bind(file []byte) ([]Key, error) {
	file = bytes.TrimPrefix(file, []byte("\ufeff")) // which editors on Windows write
	if len(file) > mostKeyBytes {
		return nil, &BindError{1, fmt.Sprintf("a file of %d bytes holds more than keys", len(file))}
	}
	all, err := bindings(file)
	if err != nil {
		return nil, err
	}
	return bound(all)
}

// bindings reads a file of keys.
func bindings(file []byte) (all []binding, err error) {
	var p unstable.Parser
	p.Reset(file)
	line := func(n *unstable.Node) int { return p.Shape(n.Raw).Start.Line }
	at := place(everywhere)
	for p.NextExpression() {
		e := p.Expression()
		var names []string
		where := 1
		for k := e.Key(); k.Next(); {
			names, where = append(names, string(k.Node().Data)), line(k.Node())
		}
		name := strings.Join(names, ".")
		switch e.Kind {
		case unstable.Table:
			i := slices.IndexFunc(screenNames[:], func(s string) bool { return strings.EqualFold(s, name) })
			if i < 0 {
				return nil, &BindError{where, fmt.Sprintf("no screen is called %q: want one of %s", report.Clean(name), strings.ToLower(strings.Join(screenNames[:], ", ")))}
			}
			at = 1 << i
		case unstable.KeyValue:
			b := binding{line: where, at: at}
			if b.does, err = actionNamed(name); err == nil {
				b.keys, err = keysOf(e.Value())
			}
			if err != nil {
				return nil, &BindError{where, err.Error()}
			}
			all = append(all, b)
		default:
			return nil, &BindError{where, "want lines as copy = \"y\", and names of screens in brackets"}
		}
	}
	if syntax, ok := errors.AsType[*unstable.ParserError](p.Error()); ok {
		return nil, &BindError{p.Shape(p.Range(syntax.Highlight)).Start.Line, "not TOML: " + syntax.Message}
	}
	return all, nil
}

// actionNamed is the action of a name.
func actionNamed(name string) (action, error) {
	for _, k := range keys {
		if k.Name() == name {
			return k.does, nil
		}
	}
	hint := ""
	for _, k := range keys {
		if n := k.Name(); strings.HasPrefix(n, name) || strings.HasPrefix(name, n) {
			hint = fmt.Sprintf("; there is %q", n)
		}
	}
	return none, fmt.Errorf("no action is called %q%s: goperf tui --print-keys lists them", report.Clean(name), hint)
}

// keysOf reads a key, or several.
func keysOf(v *unstable.Node) (out []string, err error) {
	var texts []*unstable.Node
	switch v.Kind {
	case unstable.String:
		texts = append(texts, v)
	case unstable.Array:
		for c := v.Children(); c.Next(); {
			texts = append(texts, c.Node())
		}
	default:
	}
	if len(texts) == 0 && v.Kind != unstable.Array {
		return nil, errors.New("want a key in quotes, or several in brackets")
	}
	for _, t := range texts {
		if t.Kind != unstable.String {
			return nil, errors.New("want keys in quotes")
		}
		key := string(t.Data)
		if !isKey(key) {
			return nil, fmt.Errorf("no key is called %q: want a letter, or one of %s, with ctrl+, alt+ or shift+ before it", report.Clean(key), strings.Join(keyNames, " "))
		}
		if key == alwaysQuits {
			return nil, fmt.Errorf("%s always quits", alwaysQuits)
		}
		out = append(out, key)
	}
	return out, nil
}

// alwaysQuits ends the program whatever else is bound.
const alwaysQuits = "ctrl+c"

// keyNames are the keys that are no letters, as Bubble Tea calls them.
var keyNames = []string{
	"enter", "esc", "tab", "space", "backspace", "delete", "insert", "up", "down", "left", "right", "home", "end", "pgup", "pgdown",
	"f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12",
}

// isKey says that a terminal has such a key.
func isKey(name string) bool {
	for _, mod := range []string{"ctrl+", "alt+", "shift+"} {
		if len(name) > len(mod) {
			name = strings.TrimPrefix(name, mod)
		}
	}
	r, n := utf8.DecodeRuneInString(name)
	return n == len(name) && r > ' ' && r != utf8.RuneError || slices.Contains(keyNames, name)
}

// chosen is the keys of an action on a screen that a line of a file gives it.
type chosen struct {
	line int
	keys []string
}

// bound is the table of keys with those of a file.
func bound(all []binding) ([]Key, error) {
	var out []Key
	var mine [screenCount]map[action]chosen
	var used [screenCount]map[string]bool
	for s := range screenCount {
		var err error
		if mine[s], err = onScreen(all, s); err != nil {
			return nil, err
		}
		if used[s], err = usedKeys(mine[s]); err != nil {
			return nil, err
		}
	}
	var given [screenCount]map[action]bool // an action may have several rows: its keys stand in the first
	for s := range given {
		given[s] = map[action]bool{}
	}
	for _, k := range keys {
		var rows []Key
		for s := range screenCount {
			if k.where&(1<<s) == 0 {
				continue
			}
			names := slices.DeleteFunc(slices.Clone(k.Keys), func(name string) bool { return used[s][name] })
			if c, ok := mine[s][k.does]; ok {
				if names = c.keys; given[s][k.does] {
					continue
				}
				given[s][k.does] = true
			}
			rows = onScreenBy(rows, k, s, names)
		}
		out = append(out, rows...)
	}
	return out, nil
}

// onScreenBy is the rows of k with a screen where these keys do it.
func onScreenBy(rows []Key, k Key, s screenID, names []string) []Key {
	i := slices.IndexFunc(rows, func(r Key) bool { return slices.Equal(r.Keys, names) })
	if i < 0 {
		i = len(rows)
		row := k
		row.where = 0
		if !slices.Equal(names, k.Keys) {
			row.Keys, row.Show = names, shownKeys(names)
		}
		rows = append(rows, row)
	}
	rows[i].where |= 1 << s
	return rows
}

// onScreen is what a file says of a screen: its own lines before those for all.
func onScreen(all []binding, s screenID) (map[action]chosen, error) {
	out := map[action]chosen{}
	for _, own := range []bool{false, true} {
		for _, b := range all {
			if b.at&(1<<s) == 0 || own != (b.at != everywhere) {
				continue
			}
			if !slices.ContainsFunc(keys, func(k Key) bool { return k.does == b.does && k.where&(1<<s) != 0 }) {
				if own {
					return nil, &BindError{b.line, fmt.Sprintf("%s does nothing on %s", nameOf(b.does), screenNames[s])}
				}
				continue
			}
			out[b.does] = chosen{b.line, b.keys}
		}
	}
	return out, nil
}

// usedKeys are those of a screen that a file gives to something, each once.
func usedKeys(of map[action]chosen) (map[string]bool, error) {
	lines, by := map[string]int{}, map[string]action{}
	for does := range action(len(actionNames)) + action(screenCount) {
		c, ok := of[does]
		if !ok {
			continue
		}
		for _, key := range c.keys {
			if first, twice := lines[key]; twice && by[key] != does {
				return nil, &BindError{max(c.line, first), fmt.Sprintf("%q is %s in line %d and %s in line %d", key, nameOf(by[key]), first, nameOf(does), c.line)}
			}
			lines[key], by[key] = c.line, does
		}
	}
	used := map[string]bool{}
	for key := range lines {
		used[key] = true
	}
	used[" "] = used["space"]
	return used, nil
}

// shownKeys are keys as they are written in hints.
func shownKeys(names []string) string {
	var out []string
	for _, n := range names {
		for _, c := range [][2]string{{"ctrl+", "^"}, {"shift+", "S-"}, {"alt+", "M-"}} {
			if rest, ok := strings.CutPrefix(n, c[0]); ok && rest != "" {
				n = c[1] + rest
			}
		}
		if mark := map[string]string{"up": "↑", "down": "↓", "left": "←", "right": "→", "enter": "⏎"}[n]; mark != "" {
			n = mark
		}
		out = append(out, n)
	}
	return strings.Join(out, " ")
}

// KeysFile is a table of keys as a file that [Bind] reads, with what each does.
func KeysFile(table []Key) []byte {
	var b, below bytes.Buffer
	b.WriteString("# Keys of goperf tui. What is left out, or has a # before it, stays as it is.\n")
	for s := range screenCount {
		below.WriteString(section(table, s))
	}
	seen := map[action]bool{}
	for _, k := range table {
		if seen[k.does] {
			continue
		}
		seen[k.does] = true
		fmt.Fprintf(&b, "\n# %s\n%s\n", k.Help, assignment(k.does, mostly(table, k.does)))
	}
	b.Write(below.Bytes())
	return b.Bytes()
}

// section is the actions that have other keys on a screen than on most.
func section(table []Key, s screenID) string {
	var b strings.Builder
	seen := map[action]bool{}
	for _, k := range table {
		if k.where&(1<<s) == 0 || seen[k.does] {
			continue
		}
		seen[k.does] = true
		if here := keysOn(table, k.does, s); !slices.Equal(here, mostly(table, k.does)) {
			if b.Len() == 0 {
				fmt.Fprintf(&b, "\n[%s]\n", strings.ToLower(screenNames[s]))
			}
			b.WriteString(assignment(k.does, here) + "\n")
		}
	}
	return b.String()
}

func assignment(does action, keys []string) string {
	quoted := make([]string, 0, len(keys))
	for _, k := range keys {
		if k != alwaysQuits && k != " " {
			quoted = append(quoted, `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(k)+`"`)
		}
	}
	return nameOf(does) + " = [" + strings.Join(quoted, ", ") + "]"
}

// keysOn are all keys of an action on a screen.
func keysOn(table []Key, does action, s screenID) (out []string) {
	for _, k := range table {
		if k.does == does && k.where&(1<<s) != 0 {
			out = append(out, k.Keys...)
		}
	}
	return out
}

// mostly are the keys that an action has on most screens.
func mostly(table []Key, does action) (best []string) {
	most := 0
	for s := range screenCount {
		here := keysOn(table, does, s)
		n := 0
		for o := range screenCount {
			if len(here) > 0 && slices.Equal(keysOn(table, does, o), here) {
				n++
			}
		}
		if n > most {
			best, most = here, n
		}
	}
	return best
}
