//go:build unix

package tui

import (
	"bytes"
	"fmt"
	"io"
	"syscall"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"

	"github.com/goperf/goperf/internal/bench/profgen"
	"github.com/goperf/goperf/profile"
)

// cpu reports the CPU time of an operation: on a machine that others work on too
// it is the time that says something.
func cpu(b *testing.B) func() {
	used := func() int64 {
		var r syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
			b.Fatal(err)
		}
		return r.Utime.Nano() + r.Stime.Nano()
	}
	before := used()
	return func() { b.ReportMetric(float64(used()-before)/float64(b.N)/1e3, "cpu-µs/op") }
}

// graph is a profile whose call tree is large.
func graph(b *testing.B, samples int) *Data {
	b.Helper()
	var buf bytes.Buffer
	if err := profgen.Write(&buf, profgen.Spec{Seed: 1, Samples: samples, Functions: 5000, Depth: 40, Raw: true}); err != nil {
		b.Fatal(err)
	}
	p, err := profile.Parse(buf.Bytes(), profile.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return &Data{Title: "bench", Profiles: []Profile{{Kind: "cpu", Profile: p}}}
}

// BenchmarkFrame is the whole way of a key: Update, our drawing, and what Bubble
// Tea makes of the frame: its cells, compared with the last ones.
func BenchmarkFrame(b *testing.B) {
	for _, g := range []struct{ samples, w, h int }{{12_000, 80, 24}, {12_000, 200, 50}, {60_000, 120, 36}, {60_000, 200, 50}} {
		d := graph(b, g.samples)
		m := began(b, d, trueColor, g.w, g.h)
		whole(m)
		m.press("2", "j", "j")
		name := fmt.Sprintf("%dx%d/%dk-nodes", g.w, g.h, m.flame().s.tree.Size()/1000)
		b.Run(name+"/ours", func(b *testing.B) {
			b.ReportAllocs()
			defer cpu(b)()
			for i := range b.N {
				m.Update(pressed([]string{"j", "k"}[i%2]))
				m.View()
			}
		})
		for _, what := range []struct{ name, one, two string }{{"cursor", "j", "k"}, {"zoom", "enter", "esc"}} {
			b.Run(name+"/whole-"+what.name, func(b *testing.B) {
				screen := uv.NewScreenBuffer(g.w, g.h)
				out := &counting{}
				r := uv.NewTerminalRenderer(out, []string{"TERM=xterm-256color", "COLORTERM=truecolor"})
				r.SetFullscreen(true)
				r.SetColorProfile(colorprofile.TrueColor) // it writes no colours for what is no terminal
				b.ReportAllocs()
				defer cpu(b)()
				for i := range b.N {
					m.Update(pressed([]string{what.one, what.two}[i%2]))
					screen.Clear()
					uv.NewStyledString(m.View().Content).Draw(screen, screen.Bounds())
					r.Render(screen.RenderBuffer)
					if err := r.Flush(); err != nil {
						b.Fatal(err)
					}
					if i == 0 {
						out.n = 0 // the first frame is no change of one
					}
				}
				b.ReportMetric(float64(out.n)/float64(b.N), "B-written/op")
			})
		}
	}
}

// whole shows the tree with all its nodes, more than the program would make.
func whole(m *Model) {
	s := lens{}.look(m.data, 0)
	m.looked(&look{m.seen.number, s})
}

// BenchmarkScreens is a key on each screen, as far as it is ours.
func BenchmarkScreens(b *testing.B) {
	d := shop(b)
	for s := range screenCount {
		for _, size := range [][2]int{{80, 24}, {200, 50}} {
			m := began(b, d, trueColor, size[0], size[1])
			m.press(s.digit())
			b.Run(fmt.Sprintf("%s/%dx%d", screenNames[s], size[0], size[1]), func(b *testing.B) {
				b.ReportAllocs()
				defer cpu(b)()
				for i := range b.N {
					m.Update(pressed([]string{"j", "k"}[i%2]))
					m.View()
				}
			})
		}
	}
}

type counting struct{ n int }

func (c *counting) Write(p []byte) (int, error) {
	c.n += len(p)
	return io.Discard.Write(p)
}

// BenchmarkSearch is a keystroke of a search.
func BenchmarkSearch(b *testing.B) {
	for _, samples := range []int{12_000, 60_000} {
		m := began(b, graph(b, samples), trueColor, 200, 50)
		whole(m)
		m.press("2", "/")
		b.Run(fmt.Sprintf("%dk-nodes", m.flame().s.tree.Size()/1000), func(b *testing.B) {
			defer cpu(b)()
			for i := range b.N {
				m.Update(tea.KeyPressMsg{Code: 'a', Text: "a"})
				if i%3 == 2 {
					m.Update(tea.KeyPressMsg{Code: 'u', Mod: tea.ModCtrl})
				}
			}
		})
	}
}

// BenchmarkFirstFlame is what it takes from the bytes of a file to a flame graph:
// the file is decoded, and a tree of the boxes that can be seen is made; and what
// it takes until all screens have all of it.
func BenchmarkFirstFlame(b *testing.B) {
	for _, samples := range []int{44_000, 460_000} {
		var buf bytes.Buffer
		if err := profgen.Write(&buf, profgen.Spec{Seed: 1, Samples: samples, Functions: 60_000, Depth: 40}); err != nil {
			b.Fatal(err)
		}
		for _, whole := range []bool{false, true} {
			b.Run(fmt.Sprintf("%.1fMB-gz/whole=%t", float64(buf.Len())/1e6, whole), func(b *testing.B) {
				defer cpu(b)()
				for range b.N {
					p, err := profile.Parse(buf.Bytes(), profile.Options{})
					if err != nil {
						b.Fatal(err)
					}
					m := newModel(b.Context(), trueColor)
					m.Update(tea.WindowSizeMsg{Width: 200, Height: 50})
					cmd := m.take(&Data{Title: "bench", Profiles: []Profile{{Kind: "cpu", Profile: p}}})
					_, then := m.Update(cmd())
					m.View()
					if whole {
						m.settle(then)
						m.View()
					}
				}
			})
		}
	}
}
