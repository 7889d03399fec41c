package tui

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/vt"
	"github.com/google/go-cmp/cmp"
)

// screenOfVT is a terminal emulator that a program writes to while a test reads it.
type screenOfVT struct {
	mu  sync.Mutex
	emu *vt.Emulator
}

// Write maps line ends as a terminal does that is no raw one.
func (s *screenOfVT) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.emu.Write(bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n"))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// text is the lines on the screen.
func (s *screenOfVT) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for line := range strings.SplitSeq(strings.TrimRight(s.emu.String(), "\n"), "\n") {
		b.WriteString(strings.TrimRight(line, " \r") + "\n")
	}
	return b.String()
}

// running is the real program, through its own renderer, on a terminal emulator.
type running struct {
	t      *testing.T
	screen *screenOfVT
	keys   io.Writer
	ended  chan error
}

// run runs the program on data that is there at once.
func run(t *testing.T, d *Data, w, h int) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	o := trueColor
	o.List = source
	o.Feed = func(_ context.Context, _ <-chan struct{}, send func(*Data)) { send(d) }
	emu := vt.NewEmulator(w, h)
	r := &running{t: t, screen: &screenOfVT{emu: emu}, ended: make(chan error, 1)}
	go func() { _, _ = io.Copy(io.Discard, emu) }() // what it answers; Write waits for somebody to read it
	in, keys := io.Pipe()
	r.keys = keys
	p := tea.NewProgram(newModel(ctx, o), tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(r.screen), tea.WithWindowSize(w, h),
		tea.WithColorProfile(o.Looks.profile()), tea.WithEnvironment([]string{"TERM=xterm-256color"}), tea.WithoutSignals())
	go func() { _, err := p.Run(); r.ended <- err }()
	return r
}

func (r *running) send(bytes string) {
	r.t.Helper()
	if _, err := io.WriteString(r.keys, bytes); err != nil {
		r.t.Fatal(err)
	}
}

// shows waits until the screen is that of the model.
func (r *running) shows(m *Model, after any) {
	r.t.Helper()
	want := text(shown(m))
	var got string
	for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if got = r.screen.text(); got == want {
			return
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("after %q the screen is not what the model shows:\n%s", after, cmp.Diff(want, got))
		}
	}
}

func (r *running) quits() {
	r.t.Helper()
	r.send("q")
	select {
	case err := <-r.ended:
		if err != nil {
			r.t.Error(err)
		}
	case <-time.After(60 * time.Second):
		r.t.Error("q does not end the program")
	}
}

// The real program, through its own renderer and a terminal emulator, shows what
// the model alone shows.
func TestProgramShowsWhatTheModelShows(t *testing.T) {
	const w, h = 100, 30
	d := shop(t)
	r := run(t, d, w, h)
	pure := began(t, d, trueColor, w, h)
	steps := [][]string{nil, {"2"}, {"j", "j", "j"}, {"enter"}, {"/", "m"}, {"enter"}, {"?"}, {"?"}, {":"}, {"esc"}}
	for s := range screenCount {
		steps = append(steps, []string{s.digit()}, []string{"j", "j"}, []string{"l", "Z"}, []string{"Z"})
	}
	for _, step := range steps {
		for _, k := range step {
			switch k {
			case "enter":
				k = "\r"
			case "esc":
				k = "\x1b"
			}
			r.send(k)
		}
		pure.press(step...)
		r.shows(pure, step)
	}
	r.quits()
}
