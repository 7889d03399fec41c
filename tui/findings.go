package tui

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/listing"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/render"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// impact is a cost in a few words: what there is of the resource, as a share where
// it has one. What exactly it is a share of stands in the details.
func impact(c report.Cost) string {
	resource := strings.ReplaceAll(report.Clean(c.Resource), "-", " ")
	switch word := map[string]string{"cpu": "CPU", "gc": "GC", "alloc": "allocated", "off cpu": "off-CPU", "wait": "waiting", "network": "sent again"}[resource]; {
	case word != "":
		resource = word
	}
	switch {
	case c.Unit == "count/s" && (c.Resource == "goroutines" || c.Resource == "connections"):
		return "+" + strings.Replace(report.FormatValue(c.Amount, c.Unit), "/s", " "+c.Resource+"/s", 1)
	case c.Unit == "B/s" && c.Resource == "heap":
		return "+" + report.FormatValue(c.Amount*3600, "B/h")
	case c.Unit == "count" && c.Amount != 0 && c.Resource == "goroutines":
		return report.FormatValue(c.Amount, c.Unit) + " goroutines"
	case c.Share > 0:
		return report.FormatValue(c.Share, "ratio") + " " + resource
	}
	if words := render.Cost(c); len(words) > 0 {
		return words[0]
	}
	return ""
}

// placeOf is the function that a finding names, and the line, in so many columns.
func placeOf(f *report.Finding, columns int) string {
	if len(f.Where) == 0 {
		return ""
	}
	place, line := symbol.Short(report.Clean(f.Where[0].Function)), ""
	if n := f.Where[0].Line; n > 0 && place != "" {
		line = fmt.Sprintf(":%d", n)
	}
	place, _ = paint.Cut(place, columns-len(line), "…")
	return place + line
}

// screensOf are where the evidence of a cost is looked at, the best first.
var screensOf = map[string][]screenID{
	"goroutines": {goroutineScreen},
	"wait":       {offCPUScreen}, "run-queue": {offCPUScreen}, "off-cpu": {offCPUScreen}, "threads": {offCPUScreen},
	"connections": {tcpScreen}, "connect-wait": {tcpScreen}, "accept-queue": {tcpScreen}, "network": {tcpScreen}, "descriptors": {tcpScreen}, "ports": {tcpScreen},
	"memory": {memoryScreen},
}

// withoutPlace are those of costs that name no function.
var withoutPlace = map[string][]screenID{
	"gc": {memoryScreen}, "heap": {memoryScreen}, "alloc": {memoryScreen}, "cpu": {offCPUScreen, flameScreenID}, "lock-wait": {offCPUScreen}, "block-wait": {offCPUScreen},
}

// evidence opens what a finding rests on: the screen of what it costs, the function
// in the flame graph of the profile for what was sampled.
func (o *overview) evidence(f *report.Finding, a action) effect {
	place := report.Clean(f.Place())
	kind := map[string]string{"cpu": "cpu", "gc": "cpu", "heap": "heap", "alloc": "heap", "lock-wait": "mutex", "block-wait": "block"}[f.Cost.Resource]
	if a == in {
		screens := screensOf[f.Cost.Resource]
		if place == "" || screens == nil && !o.kinds[kind] {
			screens = append(screens, withoutPlace[f.Cost.Resource]...)
		}
		for _, s := range screens {
			if o.has(s) {
				return effect{open: s, goes: true, name: place, panes: panesOf[f.Cost.Resource]}
			}
		}
	}
	if place == "" || len(o.kinds) == 0 {
		return told("this finding names no function; its numbers are above")
	}
	e := effect{open: flameScreenID, goes: true, name: place}
	switch a {
	case sandwich:
		e.open = topScreenID
	case sourceOf:
		e.open, e.about = sourceScreenID, functionAt{name: place, file: report.Clean(f.Where[0].File)}
		if f.Cost.Resource == "goroutines" {
			kind = "goroutine"
		}
	}
	if o.kinds[kind] {
		e.lens = &lens{kind: kind}
		if a == in {
			e.proof = proofOf(f)
		}
		if f.Cost.Resource == "alloc" {
			e.lens.column = "alloc_space"
		}
	}
	return e
}

// quotes are the lines of source that findings are about, by their numbers.
type quotes struct {
	of   *report.Report
	text map[int]string
}

// quote finds the lines of source in a command.
func (o *overview) quote(d *Data) tea.Cmd {
	if d.Report == nil || o.source == nil || len(d.Profiles) == 0 {
		return nil
	}
	find := o.source
	return func() tea.Msg {
		q := &quotes{d.Report, map[int]string{}}
		for _, p := range d.Profiles {
			if p.Base != nil {
				return nil
			}
			_, all := listing.Functions(p.Profile, "")
			for i := range d.Report.Findings {
				if q.text[i] == "" {
					q.text[i] = lineOf(p.Profile, all, &d.Report.Findings[i], find)
				}
			}
		}
		return q
	}
}

// lineOf is the line that a finding names, with what it took; "" when the profile
// or its source do not have it.
func lineOf(p *profile.Profile, all []listing.Function, f *report.Finding, find func(*profile.Profile, listing.Function) Listing) string {
	if len(f.Where) == 0 || f.Where[0].Line == 0 {
		return ""
	}
	at := f.Where[0]
	i := slices.IndexFunc(all, func(g listing.Function) bool { return g.Name == at.Function })
	if i < 0 {
		return ""
	}
	l := find(p, all[i])
	for _, r := range l.Rows {
		if text := strings.TrimSpace(code(r.Text)); r.N == int64(at.Line) && text != "" {
			return fmt.Sprintf("%s:%d  %s", report.Clean(filepath.Base(at.File)), at.Line, text)
		}
	}
	return ""
}

// take takes the lines, unless there is another report by now.
func (o *overview) take(q *quotes) {
	if o.r == q.of {
		o.quoted, o.of = q.text, -1
	}
}

func (m *Model) overview() *overview { return m.screens[overviewScreen].(*overview) }
