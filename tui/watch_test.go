package tui

import (
	"context"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/report"
)

// After the collection the numbers of a service go on, while somebody looks at
// them; what is shown and chosen stays.
func TestWatch(t *testing.T) {
	looks := 0
	o := trueColor
	o.Watch = func(_ context.Context, d *Data) *Data {
		looks++
		more := *d
		if more.Lost, more.Silence.For, more.Silence.Why = looks == 2, time.Duration(looks-1)*7*time.Second, ""; more.Lost {
			more.Silence.Why = "process 7 has ended, and another one answers now"
		}
		more.Numbers = []report.Exhibit{{Title: "goroutines", Series: &report.Series{Unit: "count", Times: []float64{0, 30, 31}, Lines: []report.Line{{Values: []float64{4, 9, float64(70 + looks)}}}}}}
		return &more
	}
	d := *shop(t)
	d.Live = true
	m := began(t, &d, o, 120, 36)
	if !m.View().ReportFocus {
		t.Error("nobody is told that the terminal is not looked at")
	}
	if !strings.Contains(lineWith(m, "goperf"), "live") {
		t.Errorf("title %q", lineWith(m, "goperf"))
	}
	m.press("2", "j", "j")
	seen, sel := m.seen.s, m.flame().sel
	look := func() tea.Cmd {
		w := &m.feed.watch
		if !w.due {
			t.Fatal("no look is to come")
		}
		_, cmd := m.Update(watchedMsg{w.collection, lookAt(t.Context(), o.Watch, m.data)})
		return cmd
	}
	look()
	if m.seen.s != seen || m.flame().sel != sel {
		t.Error("a look at the numbers moves what is shown")
	}
	m.press("0")
	if got := lineWith(m, "goroutines  "); !strings.Contains(got, "71") {
		t.Errorf("Live: %q", got)
	}
	look()
	if got := lineWith(m, "goperf"); !strings.Contains(got, "lost 7s ago") {
		t.Errorf("title %q of one that does not answer", got)
	}
	if lineWith(m, "another one answers now") == "" {
		t.Errorf("Live does not say why it is lost:\n%s", text(shown(m)))
	}
	look()
	if got := lineWith(m, "goperf"); !strings.Contains(got, "live") {
		t.Errorf("title %q of one that answers again", got)
	}
	m.press("space")
	if got := lineWith(m, "goperf"); !strings.Contains(got, "paused") {
		t.Errorf("title %q", got)
	}
	if look(); m.feed.watch.due {
		t.Error("it is looked at while it is paused")
	}
	if m.press("space"); !m.feed.watch.due {
		t.Error("it is not looked at again")
	}
	m.Update(tea.BlurMsg{})
	if look(); m.feed.watch.due {
		t.Error("it is looked at while nobody sees the terminal")
	}
	if got := lineWith(m, "goperf"); !strings.Contains(got, "waits for focus") {
		t.Errorf("title %q of what is not looked at", got)
	}
	if m.Update(tea.FocusMsg{}); !m.feed.watch.due {
		t.Error("it is not looked at when the terminal is seen again")
	}
	old := m.feed.watch.collection
	m.press("R")
	if m.Update(watchedMsg{old, &Data{Title: "late"}}); m.data.Title == "late" {
		t.Error("a look at the last collection takes the place of the next")
	}
}

// What was recorded, what fails, and what cannot be looked at is left alone.
func TestWatchNothing(t *testing.T) {
	o := trueColor
	o.Watch = func(context.Context, *Data) *Data { return nil }
	m := began(t, shop(t), o, 100, 30)
	if m.feed.watch.due {
		t.Error("a recording is looked at")
	}
	d := *shop(t)
	d.Live = true
	m = began(t, &d, o, 100, 30)
	m.Update(watchedMsg{0, lookAt(t.Context(), o.Watch, m.data)})
	if m.feed.watch.due || !strings.Contains(lineWith(m, "goperf"), "collected") {
		t.Errorf("what does not run on is looked at: %q", lineWith(m, "goperf"))
	}
}

// lineWith is the first line of the frame with a text in it.
func lineWith(m *Model, part string) string {
	for l := range strings.SplitSeq(text(shown(m)), "\n") {
		if strings.Contains(l, part) {
			return l
		}
	}
	return ""
}

func TestByTime(t *testing.T) {
	for _, c := range []struct {
		times, values []float64
		want          string
	}{
		{[]float64{0, 10}, []float64{8, 0}, "█▁▁▁▁▁▁▁▁▁"},             // the second is of the time since the first
		{[]float64{1, 2, 5, 10}, []float64{0, 8, 0, 8}, "▁█▁▁▁█████"}, // looks lie one to five seconds apart
		{[]float64{0.2, 0.4, 5}, []float64{0, 8, 8}, "▅████     "},    // several in a column, and none in the last
	} {
		s := &report.Series{Times: c.times, Lines: []report.Line{{Values: c.values}}}
		if got := byTime(s, 0, 10, 8, 10); got != c.want {
			t.Errorf("%v %v: %q, want %q", c.times, c.values, got, c.want)
		}
	}
}
