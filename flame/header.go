package flame

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/unit"
	"github.com/goperf/goperf/report"
)

// Header is what stands above a flame graph.
type Header struct {
	Target   string        // what was profiled
	Binary   string        // file name, "" when unknown
	BuildID  string        // "" when unknown
	At       time.Time     // zero when unknown
	Duration time.Duration // 0 when unknown or a snapshot
	Unit     string        // of printed values, "" for what suits them
	Notes    []string      // what should not be overlooked
}

// HeaderOf takes from p what it says of itself.
func HeaderOf(p *profile.Profile, target string) Header {
	h := Header{Target: report.Clean(target), Duration: max(time.Duration(p.DurationNanos), 0)}
	if p.TimeNanos != 0 {
		h.At = time.Unix(0, p.TimeNanos).UTC()
	}
	if len(p.Mappings) > 0 {
		file := p.Mappings[0].File
		h.Binary = report.Clean(file[strings.LastIndexByte(file, '/')+1:])
		h.BuildID = report.Clean(p.Mappings[0].BuildID)
	}
	return h
}

// total is the sum of a column, in words.
func (h *Header) total(c *Column) string {
	if c.BaseCum != nil {
		sign := ""
		if c.Change(0) > 0 {
			sign = "+"
		}
		return fmt.Sprintf("%s → %s (%s%s)", h.value(c, c.BaseCum[0]), h.value(c, c.Cum[0]), sign, h.value(c, c.Change(0)))
	}
	s := h.value(c, c.Cum[0])
	if c.Whole != c.Cum[0] {
		s += fmt.Sprintf(", %s of %s", Percent(c.Cum[0], c.Whole), h.value(c, c.Whole))
	}
	return s
}

// value is a value of a column in the unit that suits it.
func (h *Header) value(c *Column, v int64) string {
	to := h.Unit
	if to == "" {
		to = unit.Auto
	}
	return unit.To(v, report.Clean(c.Type.Unit), to).Format(v)
}

// line is the header in one line.
func (h *Header) line(t *Tree) string {
	c := &t.Columns[t.Column]
	parts := []string{h.Target}
	if h.Binary != "" {
		parts = append(parts, h.Binary)
	}
	parts = append(parts, report.Clean(c.Type.Type)+" "+h.total(c))
	if h.Duration > 0 {
		parts = append(parts, "in "+h.Duration.Round(10*time.Millisecond).String())
	}
	if !h.At.IsZero() {
		parts = append(parts, h.At.Format("2006-01-02 15:04:05 UTC"))
	}
	return strings.Join(parts, " · ")
}

// notes are what stands below the graph.
func (h *Header) notes(t *Tree) []string {
	notes := h.Notes
	c := &t.Columns[t.Column]
	if c.Width(0) == 0 {
		notes = append(slices.Clip(notes), fmt.Sprintf("Nothing to draw: no sample has a value of %s.", report.Clean(c.Type.Type)))
	}
	if t.Pruned.Subtrees > 0 {
		notes = append(slices.Clip(notes), fmt.Sprintf(
			"%s kept; %s of at most %.2g%% of every sample type are summed up as (small): %s, %s of %s. --nodecount 0 keeps all.",
			count(t.Size()-t.Pruned.Parents, "node"), count(t.Pruned.Subtrees, "smaller subtree"), 100*t.Pruned.Below,
			h.value(c, t.Pruned.Value), Percent(t.Pruned.Value, c.Width(0)), report.Clean(c.Type.Type)))
	}
	return notes
}

// facts are the values of a node in words.
func (h *Header) facts(c *Column, n int32) string {
	if c.BaseCum == nil {
		return fmt.Sprintf("cum %s (%s), flat %s (%s)", h.value(c, c.Cum[n]), Percent(c.Cum[n], c.Whole), h.value(c, c.Self[n]), Percent(c.Self[n], c.Whole))
	}
	return fmt.Sprintf("%s → %s (%s of total)", h.value(c, c.BaseCum[n]), h.value(c, c.Cum[n]), signedPercent(c.Change(n), c.Whole))
}
