package cmd

import (
	"io"
	"time"
	"unicode/utf8"

	"github.com/goperf/goperf/report"
)

// progressEvery is how often the line is drawn at most: faster than anybody
// reads, slower than any terminal.
const progressEvery = 100 * time.Millisecond

// progressLine is one line on a terminal that is drawn over and over. The zero
// value draws nothing.
type progressLine struct {
	w       io.Writer
	now     func() time.Time
	columns int
	drawn   time.Time
	shown   string
}

// newProgressLine draws on standard error when that is a terminal and the user
// did not ask for quiet.
func newProgressLine(env Env, quiet bool) *progressLine {
	if quiet || !env.StderrIsTerminal || env.getenv("TERM") == "dumb" {
		return &progressLine{}
	}
	columns := env.Columns()
	if columns == 0 {
		columns = defaultWidth
	}
	return &progressLine{w: env.Stderr, now: env.Now, columns: columns}
}

// show draws text, unless it stands there already or the last drawing was only
// just.
func (p *progressLine) show(text string) {
	if p.w == nil || text == p.shown {
		return
	}
	now := p.now()
	if p.shown != "" && now.Sub(p.drawn) < progressEvery {
		return
	}
	p.drawn, p.shown = now, text
	// A full last column makes some terminals wrap.
	p.draw(cutRunes(report.Clean(text), p.columns-1))
}

// erase leaves the terminal as it was.
func (p *progressLine) erase() {
	if p.shown != "" {
		p.draw("")
		p.shown = ""
	}
}

// draw replaces the line. A terminal that has gone is no reason to stop.
func (p *progressLine) draw(text string) { _, _ = io.WriteString(p.w, "\r\x1b[K"+text) }

func cutRunes(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:max(n, 0)])
}
