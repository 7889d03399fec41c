package tui

import (
	"fmt"
	"strings"

	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/render"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// layOut breaks what is said of the chosen finding into lines.
func (o *overview) layOut(width int) {
	if o.of == o.list.at && o.wide == width {
		return
	}
	o.of, o.wide = o.list.at, width
	if len(o.r.Findings) == 0 {
		o.details = o.nothing(proseWidth(width))
		return
	}
	o.details = findingDetails(o.chosen(), proseWidth(width), o.quoted[o.list.at])
	label := "check"
	for _, line := range paint.Wrap(o.verify(), proseWidth(width)) {
		o.details = append(o.details, detail{label, line, paint.Plain})
		label = ""
	}
	o.details = append(o.details, o.notSeen(proseWidth(width))...)
}

// proseWidth is how wide text is set beside its label: long lines read badly.
func proseWidth(columns int) int { return min(columns-detailIndent-1, 100) }

func findingDetails(f *report.Finding, width int, quote string) (lines []detail) {
	if f == nil {
		return nil
	}
	add := func(label, text string, style paint.Style) {
		for i, line := range paint.Wrap(text, width) {
			if i > 0 {
				label = ""
			}
			lines = append(lines, detail{label, line, style})
		}
	}
	add(f.Severity.String(), report.Clean(f.Title), paint.Strong)
	add("sure", fmt.Sprintf("%s (%s), rule %s", render.Certainty(f.Confidence), report.FormatValue(f.Confidence, "ratio"), report.Clean(f.Rule)), paint.Plain)
	for i, w := range f.Where {
		label, text := "where", report.Clean(w.Function)
		if i > 0 {
			label, text = "", "via "+symbol.Short(text)
		}
		if p := render.Position(w); p != "" {
			text += "  " + p
		}
		add(label, text, paint.Plain)
	}
	add("source", quote, paint.Strong)
	add("cost", strings.Join(render.Cost(f.Cost), ", "), paint.Plain)
	saving := strings.Join(render.Saving(*f), ", ")
	if saving != "" && f.Saving.Basis != "" {
		saving += " (" + report.Clean(f.Saving.Basis) + ")"
	}
	add("saving", saving, paint.Good)
	for i, b := range f.Because {
		label := ""
		if i == 0 {
			label = "because"
		}
		add(label, factText(b), paint.Plain)
	}
	for i, a := range f.Advice {
		label := ""
		if i == 0 {
			label = "advice"
		}
		add(label, fmt.Sprintf("%d. %s", i+1, report.Clean(a)), paint.Plain)
	}
	if len(f.Related) > 0 {
		add("also", report.Clean(strings.Join(f.Related, "; ")), paint.Faint)
	}
	return lines
}

// nothing is what there is to say without findings: what changed, when it is a
// comparison, and what was looked at.
func (o *overview) nothing(width int) (lines []detail) {
	label := "changed"
	for _, text := range o.changes() {
		for _, words := range paint.Wrap(text, width) {
			lines = append(lines, detail{label, words, paint.Strong})
			label = ""
		}
	}
	if label == "" {
		lines = append(lines, detail{})
	}
	label = "looked at"
	for _, s := range o.r.Evidence {
		lines = append(lines, detail{label, render.Seen(s), paint.Plain})
		label = ""
	}
	return append(lines, o.notSeen(width)...)
}

// verify is the command that tells what a change has done, once it is made; "" for
// a service, which will not be there then, unless it is written as a bundle.
func (o *overview) verify() string {
	switch {
	case o.d == nil || o.chosen() == nil || o.r.Unjudged:
		return ""
	case o.d.Live:
		return o.keys.key(writeAll) + " writes this as a bundle; with the change: goperf tui TARGET --base THIS.goperf"
	}
	return "with the change: goperf tui NEW.goperf --base " + quoted([]string{o.d.title()})
}

func factText(b report.Fact) string {
	text := report.Clean(b.Text)
	if v := render.Value(b); v != "" {
		text = v + " " + text
	}
	if b.Source != "" {
		text += " [" + report.Clean(b.Source) + "]"
	}
	if b.Doubt != "" {
		text += " (doubtful: " + report.Clean(b.Doubt) + ")"
	}
	return text
}

// notSeen is what could not be looked at, and the doubts about the whole.
func (o *overview) notSeen(width int) (lines []detail) {
	add := func(label, text string) {
		for i, line := range paint.Wrap(text, width) {
			if i > 0 {
				label = ""
			}
			lines = append(lines, detail{label, line, paint.Faint})
		}
	}
	for i, g := range together(o.r.Gaps) {
		label := ""
		if i == 0 {
			lines = append(lines, detail{})
			label = "not seen"
		}
		add(label, g.Want+": "+g.Why)
	}
	for i, n := range o.r.Notes {
		label := ""
		if i == 0 {
			label = "doubts"
		}
		add(label, report.Clean(n))
	}
	return lines
}
