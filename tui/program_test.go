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

// The real program, through its own renderer and a terminal emulator, shows what
// the model alone shows.
func TestProgramShowsWhatTheModelShows(t *testing.T) {
	const w, h = 100, 30
	d := shop(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	o := trueColor
	o.List = source
	o.Feed = func(_ context.Context, _ <-chan struct{}, send func(*Data)) { send(d) }
	emu := vt.NewEmulator(w, h)
	screen := &screenOfVT{emu: emu}
	go func() { _, _ = io.Copy(io.Discard, emu) }() // what it answers; Write waits for somebody to read it
	in, keys := io.Pipe()
	p := tea.NewProgram(newModel(ctx, o), tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(screen), tea.WithWindowSize(w, h),
		tea.WithColorProfile(o.Looks.profile()), tea.WithEnvironment([]string{"TERM=xterm-256color"}), tea.WithoutSignals())
	ended := make(chan error, 1)
	go func() { _, err := p.Run(); ended <- err }()

	pure := began(t, d, trueColor, w, h)
	for _, step := range [][]string{nil, {"2"}, {"j", "j", "j"}, {"enter"}, {"3"}, {"c", "j"}, {"4"}, {"1"}} {
		for _, k := range step {
			if k == "enter" {
				k = "\r"
			}
			if _, err := io.WriteString(keys, k); err != nil {
				t.Fatal(err)
			}
		}
		pure.press(step...)
		want := text(shown(pure))
		var got string
		for deadline := time.Now().Add(60 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			if got = screen.text(); got == want {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("after %q the screen is not what the model shows:\n%s", step, cmp.Diff(want, got))
			}
		}
	}
	if _, err := io.WriteString(keys, "q"); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(60 * time.Second):
		t.Error("q does not end the program")
	}
}
