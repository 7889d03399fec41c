package tui

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/goperf/goperf/report"
)

// aging is a service 60 s after its collection: pages are not asked for any more,
// and what it takes of the machine is.
func aging(t *testing.T) *Data {
	t.Helper()
	d := *shop(t)
	d.Live, d.From = true, d.Report.To.Add(-10*time.Second)
	number := func(name string, values []float64, times ...float64) {
		d.Numbers = append(d.Numbers, report.Exhibit{Title: name, Series: &report.Series{Unit: "B", Times: times, Lines: []report.Line{{Name: name, Values: values}}}})
	}
	number("heap objects", []float64{20 << 20, 56 << 20}, 1, 10)
	number("heap goal", []float64{70 << 20, 77 << 20}, 1, 61) // as old as two looks may be apart
	number("RSS", []float64{80 << 20, 115 << 20}, 1, 70)
	return &d
}

// A number that is not looked at any more does not stand as that of now.
func TestOldNumbers(t *testing.T) {
	for _, c := range []struct {
		change func(*Data)
		want   string
	}{
		{func(*Data) {}, "60 s ago"},
		{func(d *Data) { d.Lost = true }, "60 s earlier"},
		{func(d *Data) { d.Live = false }, "60 s earlier"},
	} {
		d := aging(t)
		c.change(d)
		m := began(t, d, trueColor, 120, 40)
		var twin strings.Builder
		if err := Plain(t.Context(), &twin, d, Options{}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(twin.String(), "heap objects was looked at last "+c.want) {
			t.Errorf("the twin of Live:\n%s", twin.String())
		}
		for _, key := range []string{"0", "5"} {
			m.press(key)
			for view, got := range map[string]string{"screen": text(shown(m)), "twin": twin.String()} {
				if !regexp.MustCompile(`heap objects.*56 MiB.*` + c.want).MatchString(got) {
					t.Errorf("%s: heap objects not %s:\n%s", view, c.want, got)
				}
				if regexp.MustCompile(`77 MiB *60 s|115 MiB *60 s|77 MiB .*2 looks,|115 MiB .*2 looks,`).MatchString(got) {
					t.Errorf("%s: what is of now is told as old:\n%s", view, got)
				}
			}
		}
	}
}

// What the report says of a service that runs on is of the time of its collection.
func TestAgeOfReport(t *testing.T) {
	d := aging(t)
	m := began(t, d, trueColor, 120, 40)
	var twin strings.Builder
	if err := Plain(t.Context(), &twin, d, Options{}); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"1", "5"} {
		m.press(key)
		if got := lineWith(m, "measured"); !strings.Contains(got, "measured 60 s ago") {
			t.Errorf("screen %s: %q\n%s", key, got, text(shown(m)))
		}
	}
	if n := strings.Count(twin.String(), "measured 60 s ago"); n != 2 {
		t.Errorf("the twin tells it %d times:\n%s", n, twin.String())
	}
	d.Live = false
	if got := lineWith(began(t, d, trueColor, 120, 40), "measured"); got != "" {
		t.Errorf("what was recorded: %q", got)
	}
}

// A dump counts minutes from the first collection that saw a goroutine wait: without
// one, no minutes are not known to be short.
func TestShortWaitIsDoubtful(t *testing.T) {
	g := Group{State: "IO wait"}
	if got := g.oldest(); got != "< 1 min?" {
		t.Errorf("%q", got)
	}
}
