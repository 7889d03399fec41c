package tui

import (
	"bytes"
	"context"
	"errors"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/listing"
	"github.com/goperf/goperf/profile"
)

// sliced is a window in three slices of which each has a function of its own.
func sliced(t *testing.T) *Data {
	t.Helper()
	var parts []*profile.Profile
	for i, name := range []string{"first", "second", "third"} {
		p := parsed(t, "\nmain.main;main."+name+" 10\n", "cpu")
		p.TimeNanos = start.Add(time.Duration(i) * 4 * time.Second).UnixNano()
		p.DurationNanos = int64(4 * time.Second)
		parts = append(parts, p)
	}
	whole, err := profile.Merge(parts...)
	if err != nil {
		t.Fatal(err)
	}
	return &Data{Title: "x", Profiles: []Profile{{Kind: "cpu", Profile: whole, Parts: parts}, {Kind: "heap", Profile: parsed(t, shopHeap, "heap")}}}
}

// Time goes back from the whole to the last slice and on to the first, and around.
func TestTimeTravel(t *testing.T) {
	m := began(t, sliced(t), trueColor, 100, 30)
	m.press("2")
	for _, c := range []struct{ key, has, not string }{
		{"<", "main.third", "main.first"},
		{"<", "main.second", "main.third"},
		{"<", "main.first", "main.second"},
		{"<", "main.first", "slice"},
		{">", "main.first", "main.third"},
		{"u", "main.third", "slice"},
		{"<", "slice 3 of 3, from 8 s on", "main.first"},
	} {
		m.press(c.key)
		frame := text(shown(m))
		if !strings.Contains(frame, c.has) || strings.Contains(frame, c.not) {
			t.Errorf("after %s: want %q and no %q:\n%s", c.key, c.has, c.not, frame)
		}
	}
	if got, want := m.command(), "goperf tui --screen flame --slice 3"; got != want {
		t.Errorf("the command is %q, want %q", got, want)
	}
	m.press("t", "t", "<")
	if m.seen.lens.part != 0 || !strings.Contains(m.status, "only one") {
		t.Errorf("of one snapshot: lens %+v, status %q", m.seen.lens, m.status)
	}
}

// The feed begins once, when there is a frame to see.
func TestFeedBegins(t *testing.T) {
	m := newModel(t.Context(), trueColor)
	if _, cmd := m.Update(tea.WindowSizeMsg{Width: 80, Height: 24}); cmd == nil {
		t.Error("the size is known, and nothing begins")
	}
	if _, cmd := m.Update(tea.WindowSizeMsg{Width: 90, Height: 24}); cmd != nil {
		t.Error("another size begins it again")
	}
}

// R runs the feed again for what runs, and only for that.
func TestCollectAgain(t *testing.T) {
	runs := 0
	o := trueColor
	d := shop(t)
	d.Live = true
	o.Feed = func(_ context.Context, _ <-chan struct{}, send func(*Data)) {
		runs++
		send(d)
	}
	m := newModel(t.Context(), o)
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	again := func() {
		ended := make(chan struct{})
		go func() { m.feed.run(); close(ended) }()
		for msg := m.feed.await(); msg != nil; msg = m.feed.await() {
			_, _ = m.Update(msg)
		}
		<-ended
	}
	again()
	if cmd := m.recollect(); cmd == nil {
		t.Fatalf("nothing is collected: %q", m.status)
	}
	again()
	if runs != 2 || m.data != d {
		t.Errorf("the feed ran %d times", runs)
	}
	d.Live = false
	if cmd := m.recollect(); cmd != nil || !strings.Contains(m.status, "was recorded") {
		t.Errorf("a recording is collected again: %q", m.status)
	}
	d.Live, d.Collecting = true, &Collecting{}
	if cmd := m.recollect(); cmd != nil || !strings.Contains(m.status, "being collected") {
		t.Errorf("two collections at once: %q", m.status)
	}
}

// A click on a hint is its key.
func TestHintsAreClicked(t *testing.T) {
	m := began(t, shop(t), trueColor, 120, 36)
	m.press("2")
	lines := strings.Split(text(shown(m)), "\n")
	footer := lines[35]
	click := func(word string) {
		m.View()
		x := len([]rune(footer[:strings.Index(footer, word)]))
		_, cmd := m.Update(tea.MouseClickMsg{X: x, Y: 35, Button: tea.MouseLeft})
		m.settle(cmd)
	}
	click("search")
	if !m.line.open || m.line.kind != '/' {
		t.Errorf("a click on search in %q opened no search", footer)
	}
	m.press("esc")
	click("help")
	if !m.frame.page.open() {
		t.Errorf("a click on help in %q opened no help", footer)
	}
}

// Upside down the root is in the last row, keys go where the boxes are, and a
// click picks the box that is drawn there.
func TestUpsideDown(t *testing.T) {
	m := began(t, shop(t), trueColor, 100, 30)
	m.press("2", "I")
	lines := strings.Split(text(shown(m)), "\n")
	row := -1
	for y, line := range lines {
		if strings.Contains(line, "main.main") {
			row = y
		}
	}
	if row < 15 || !strings.Contains(lines[row-1], "ServeHTTP") {
		t.Fatalf("callers are not below their callees:\n%s", strings.Join(lines, "\n"))
	}
	m.press("up", "up", "up")
	if got := m.flame().name(); got != "example.com/shop/cart.(*Server).ServeHTTP" {
		t.Errorf("up three times from the root is %q", got)
	}
	_, cmd := m.Update(tea.MouseClickMsg{X: 3, Y: row, Button: tea.MouseLeft})
	m.settle(cmd)
	if got := m.flame().name(); got != "main.main" {
		t.Errorf("a click on the row of main.main picks %q", got)
	}
	if !strings.Contains(m.command(), "--upside-down") {
		t.Errorf("the command %q shows it the other way up", m.command())
	}
}

func TestPictureAndBundle(t *testing.T) {
	files := map[string][]byte{}
	o := trueColor
	o.Write = func(_ context.Context, name string, _ bool, write func(io.Writer) error) error {
		var b bytes.Buffer
		err := write(&b)
		files[name] = b.Bytes()
		return err
	}
	m := began(t, shop(t), o, 100, 30)
	m.press("2", "e", "ctrl+u", "type:x.png", "enter")
	img, err := png.Decode(bytes.NewReader(files["x.png"]))
	if err != nil {
		t.Fatal(err)
	}
	colors := map[[3]uint32]bool{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			r, g, b, _ := img.At(x, y).RGBA()
			colors[[3]uint32{r, g, b}] = true
		}
	}
	if size := img.Bounds().Size(); size.X < 100*8 || size.Y < 30*16 || len(colors) < 20 {
		t.Errorf("the picture of a flame graph is %v with %d colours", size, len(colors))
	}
	m.press("W", "enter")
	if !strings.Contains(m.status, "there is no goperf of this") {
		t.Errorf("without a bundle: %q", m.status)
	}
	m.o.Bundle = func(w io.Writer) error { _, err := io.WriteString(w, "bundle"); return errors.Join(err) }
	m.press("W", "enter")
	if string(files["session.goperf"]) != "bundle" {
		t.Errorf("the bundle is %q, status %q", files["session.goperf"], m.status)
	}
}

// The flame graph is there after the quick first look; the functions come with
// the second.
func TestFirstLook(t *testing.T) {
	m := began(t, nil, trueColor, 100, 30)
	m.data = shop(t)
	for _, s := range m.screens {
		s.set(m.data)
	}
	cmd := m.looked(&look{m.seen.number, lens{}.look(m.data, roughNodes)})
	for key, want := range map[string]string{"2": "main.main", "3": "Reading", "9": "Source"} {
		m.press(key)
		if frame := text(shown(m)); !strings.Contains(frame, want) {
			t.Errorf("after the first look %s shows no %q:\n%s", key, want, frame)
		}
	}
	m.press("2", "j", "j", "c", "j", "/", "type:json", "enter", "s", "3") // none of it has a table to stand on
	m.settle(cmd)
	if frame := text(shown(m)); !strings.Contains(frame, "regexp.compile") {
		t.Errorf("after the second look:\n%s", frame)
	}
}

// The source is looked for when somebody looks, not for a flame graph.
func TestSourceIsListedWhenOpened(t *testing.T) {
	o := trueColor
	listed := 0
	m := began(t, nil, o, 100, 30)
	find := m.source().list
	m.source().list = func(p *profile.Profile, f listing.Function) Listing { listed++; return find(p, f) }
	m.settle(func() tea.Msg { return dataMsg{shop(t)} })
	m.press("2", "j", "3", "p", "p")
	if listed != 0 || m.source().missing() != nil {
		t.Errorf("listed %d times before it was opened, missing %v", listed, m.source().missing())
	}
	m.press("9")
	if frame := text(shown(m)); listed != 1 || !strings.Contains(frame, "statement(") {
		t.Errorf("listed %d times:\n%s", listed, frame)
	}
}

// A slice that lacks what is zoomed into says so, and the next one that has it
// shows it again, with the selection; a collection that begins anew too.
func TestZoomIsWaitedFor(t *testing.T) {
	m := began(t, sliced(t), trueColor, 100, 30)
	m.press("2", ">")
	m.press(">")
	x, y := m.place(t, "main.second")
	m.Update(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
	m.press("enter")
	path, sel := m.flame().zoomPath(), m.flame().name()
	if path == "" || sel == "" {
		t.Fatal("nothing is zoomed into")
	}
	there := func(when string, want bool) {
		t.Helper()
		f := m.flame()
		if got := f.zoom != (zoom{}) && f.name() == sel; got != want || f.zoomPath() != path {
			t.Errorf("%s: zoom %+v, %q, selection %q", when, f.zoom, f.zoomPath(), f.name())
		}
		if said := strings.Contains(text(shown(m)), "main.second, which was zoomed into"); said == want {
			t.Errorf("%s:\n%s", when, text(shown(m)))
		}
	}
	m.press(">")
	there("a slice without it", false)
	m.press("<")
	there("back", true)
	m.settle(func() tea.Msg {
		return dataMsg{&Data{Title: "again", Live: true, Collecting: &Collecting{Doing: "reading"}}}
	})
	if m.flame().missing() == nil {
		t.Error("there is a flame graph of nothing")
	}
	m.settle(func() tea.Msg { return dataMsg{sliced(t)} })
	there("collected again", true)
	m.press(">", "esc")
	if got := m.flame().zoomPath(); got != "" {
		t.Errorf("esc leaves %q to be waited for", got)
	}
}

// The groups are older than the newest count: it is said how much, and the growth
// by the minute is that between the two dumps.
func TestAged(t *testing.T) {
	d := shop(t)
	d.Live, d.From, d.Numbers = true, start.Add(-time.Second), overTime()
	d.Looked = []time.Time{start.Add(-time.Second), start.Add(9 * time.Second)}
	for _, test := range []struct {
		name   string
		change func(d *Data)
		want   string
	}{
		{"during", func(*Data) {}, "looked at 5 s ago; 15 now"},
		{"a file", func(d *Data) { d.Live = false }, "looked at 5 s before the last count, 15"},
		{"lost", func(d *Data) { d.Lost = true }, "looked at 5 s before the last count, 15"},
		{"as new", func(d *Data) { d.Looked[1] = start.Add(14 * time.Second) }, ""},
		{"not known", func(d *Data) { d.Looked = nil }, ""},
	} {
		changed := *d
		changed.Looked = slices.Clone(d.Looked)
		test.change(&changed)
		m := began(t, &changed, trueColor, 200, 50)
		m.press("4")
		got := text(shown(m))
		if aged := strings.Contains(got, "looked at"); aged != (test.want != "") || !strings.Contains(strings.Join(strings.Fields(got), " "), test.want) {
			t.Errorf("%s: want %q in\n%s", test.name, test.want, got)
		}
		if test.name == "during" && !strings.Contains(got, "+66") {
			t.Errorf("11 more in 10 s are 66 a minute:\n%s", got)
		}
	}
}
