package tui

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// meanings is what every key does on every screen.
func meanings(table []Key) map[string]string {
	out := map[string]string{}
	for _, k := range table {
		for s := range screenCount {
			for _, name := range k.Keys {
				if k.where&(1<<s) != 0 && name != " " && name != alwaysQuits {
					out[screenNames[s]+" "+name] = k.Name()
				}
			}
		}
	}
	return out
}

// The keys that are written as a file are those that are read of it.
func TestKeysFile(t *testing.T) {
	file := KeysFile(keys)
	got, err := Bind(file)
	if err != nil {
		t.Fatalf("%v\n%s", err, file)
	}
	if diff := cmp.Diff(meanings(keys), meanings(got)); diff != "" {
		t.Errorf("%s\n%s", diff, file)
	}
	for _, k := range keys {
		if k.does < screenAt && k.Name() == "" {
			t.Errorf("what %s does has no name", k.Show)
		}
	}
}

func TestBind(t *testing.T) {
	table, err := Bind([]byte(`
# mine
copy = "ctrl+y"
command = []
[flame]
in = ["z", "enter"]
[top]
"down" = 'ctrl+n'
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		key  string
		at   screenID
		want action
	}{
		{"ctrl+y", flameScreenID, copyCommand},
		{"y", flameScreenID, none},
		{":", overviewScreen, none},
		{"z", flameScreenID, in},
		{"z", topScreenID, none},
		{"enter", topScreenID, in},
		{"ctrl+n", topScreenID, down},
		{"j", topScreenID, none},
		{"j", flameScreenID, down},
	} {
		if got := actionOf(table, c.key, 1<<c.at); got != c.want {
			t.Errorf("%s on %s is %v, want %v", c.key, screenNames[c.at], got, c.want)
		}
	}
	taken, err := Bind([]byte(`edit = "j"`))
	if err != nil {
		t.Fatal(err)
	}
	if got := actionOf(taken, "j", onSource); got != edit {
		t.Errorf("a key that was given away does %v", got)
	}
	if got := actionOf(taken, "j", onTop); got != down {
		t.Errorf("on a screen where it was not given away it does %v", got)
	}
	if got := actionOf(taken, "down", onSource); got != down {
		t.Errorf("the other key of what it did does %v", got)
	}
}

// What is wrong is said with its line.
func TestBindErrors(t *testing.T) {
	for _, c := range []struct {
		file, want string
		line       int
	}{
		{"copy = 'y'\nfly = 'x'", `no action is called "fly"`, 2},
		{"cop = 'y'", `there is "copy`, 1},
		{"\n[flmae]\n", `no screen is called "flmae"`, 2},
		{"copy = 'yy'", `no key is called "yy"`, 1},
		{"copy = ''", `no key is called ""`, 1},
		{"copy = 3", "in quotes", 1},
		{"copy = [3]", "in quotes", 1},
		{"copy = { a = 1 }", "in quotes", 1},
		{"copy = 'x'\n\nundo = 'x'\n", `"x" is undo in line 3 and copy in line 1`, 3},
		{"copy = 'ctrl+c'", "always quits", 1},
		{"[overview]\nzap = 'x'", "no action", 2},
		{"[overview]\nfocus = 'x'", "focus does nothing on Overview", 2},
		{"copy = \n", "not TOML", 1},
		{"a\ncopy 'y'", "not TOML", 1},
		{"[[flame]]", "names of screens in brackets", 1},
		{"copy = 'y\x1b[2J'", "", 1},
		{"copy = '\u202e\u202e'", `no key is called`, 1},
		{strings.Repeat("# x\n", mostKeyBytes), "more than keys", 1},
	} {
		_, err := Bind([]byte(c.file))
		var bad *BindError
		if !errors.As(err, &bad) || bad.Line != c.line || !strings.Contains(bad.Text, c.want) {
			t.Errorf("%.40q: %+v, want %q in line %d", c.file, err, c.want, c.line)
			continue
		}
		if strings.ContainsAny(bad.Text, "\x1b\u202e") {
			t.Errorf("%.40q: the error acts on the terminal: %q", c.file, bad.Text)
		}
	}
}

// With keys of one's own the footer and the help show those, and they work.
func TestOwnKeys(t *testing.T) {
	o := trueColor
	var err error
	if o.Keys, err = Bind([]byte("search = 'ctrl+s'\nquit = []\nundo = 'Q'\n[flame]\nin = '+'")); err != nil {
		t.Fatal(err)
	}
	m := began(t, shop(t), o, 120, 36)
	m.press("2")
	if frame := text(shown(m)); !strings.Contains(frame, "^s search") || !strings.Contains(frame, "+ zoom") {
		t.Errorf("the footer has other keys:\n%s", frame)
	}
	m.press("j", "j", "+")
	if m.flame().zoomPath() != "runtime.main;main.main" && m.flame().zoomPath() != "runtime.main" {
		t.Errorf("+ zooms to %q", m.flame().zoomPath())
	}
	m.press("Q")
	if m.flame().zoomPath() != "" {
		t.Error("Q does not undo")
	}
	m.press("ctrl+s")
	if !m.line.open || m.line.kind != '/' {
		t.Error("^s opens no search")
	}
	m.press("esc")
	if _, cmd := m.Update(pressed("ctrl+c")); cmd == nil {
		t.Error("ctrl+c does not quit")
	}
	if lines := m.helpLines(); slices.ContainsFunc(lines, func(l pageLine) bool { return l.text == "quit" }) {
		t.Error("help tells a key that there is not")
	}
}
