package tui

import (
	"cmp"
	"errors"
	"fmt"
	"math"

	tea "charm.land/bubbletea/v2"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/report"
)

// base is what is marked to be compared with: slices of a profile, or all of it.
type base struct {
	of   *Profile // nil for that of the data at hand
	kind string
	lens lens // its slices
}

// markBase marks what is shown.
func (m *Model) markBase() {
	s := m.seen.s
	switch {
	case s == nil || s.from.Profile == nil:
		return
	case m.seen.lens.base != nil:
		m.status = "this is a comparison already: " + m.keys().key(against) + " ends it"
		return
	case s.from.Base != nil:
		m.status = m.twoSides()
		return
	}
	of, _ := m.data.profile(s.from.Kind)
	m.seen.base = &base{of: &of, kind: of.Kind, lens: lens{part: m.seen.lens.part, upto: m.seen.lens.upto}}
	m.status = fmt.Sprintf("marked %s: %s compares with it", cmp.Or(of.when(m.seen.base.lens.slices(len(of.Parts))), "all of this "+report.Clean(of.Kind)+" profile"), m.keys().key(against))
}

// swappedMsg is a comparison with its sides exchanged.
type swappedMsg struct {
	d   *Data
	err error
}

// swap exchanges the sides of a comparison, in a command: all of it is reckoned anew.
func (m *Model) swap() tea.Cmd {
	c := m.data.Compared
	if c == nil || c.Swap == nil {
		m.status = "there are no two sides to exchange"
		return nil
	}
	m.status = "exchanging the sides"
	return func() tea.Msg {
		d, err := c.Swap()
		return swappedMsg{d, err}
	}
}

// swapped takes the exchanged comparison.
func (m *Model) swapped(msg swappedMsg) tea.Cmd {
	if msg.err != nil {
		m.status = oneLine(msg.err)
		return nil
	}
	m.status = "the sides are exchanged: " + m.keys().key(against) + " brings them back"
	return m.take(msg.d)
}

// againstBase is the lens with what was marked as the base, or without it.
func (m *Model) againstBase() lens {
	l := m.seen.lens
	switch {
	case l.base != nil:
		l.base = nil
	case m.seen.s != nil && m.seen.s.from.Base != nil:
		m.status = m.twoSides()
	case m.seen.base == nil:
		m.status = m.keys().key(mark) + " marks what is shown, " + m.keys().key(against) + " compares with it"
	case m.seen.s != nil && m.seen.s.from.Kind != m.seen.base.kind:
		m.status = fmt.Sprintf("a %s profile was marked, this is %s", m.seen.base.kind, m.seen.s.from.Kind)
	default:
		l.base = m.seen.base
		m.status = "compared with what was marked: " + m.keys().key(against) + " ends it"
	}
	return l
}

// twoSides says what a comparison is that no key can end.
func (m *Model) twoSides() string {
	return "these are the two sides of the command: " + m.numbered(diffScreen) + " has the statistics, and exchanges them"
}

// isHere says that a base is part of the data at hand, so that a command can name it.
func (m *Model) isHere(b *base) bool {
	of, ok := m.data.profile(b.kind)
	return ok && (b.of == nil || b.of.Profile == of.Profile)
}

// pin keeps a base that is part of the data, which is about to be replaced.
func (m *Model) pin() {
	if b := m.seen.lens.base; b != nil && b.of == nil {
		if of, ok := m.data.profile(b.kind); ok {
			b.of = &of
		}
	}
}

// compared is a profile as its difference to the base. What was sampled over
// another time is brought to the same.
func (b *base) compared(d *Data, to Profile) (Profile, error) {
	of, ok := Profile{}, b.of != nil
	if ok {
		of = *b.of
	} else if of, ok = d.profile(cmp.Or(b.kind, to.Kind)); !ok {
		return to, errors.New("there is nothing to compare with")
	}
	from, err := of.parts(b.lens)
	if err != nil {
		return to, err
	}
	before, factor := from.Profile, 1.0
	if before.DurationNanos > 0 && to.DurationNanos > 0 {
		factor = float64(before.DurationNanos) / float64(to.DurationNanos)
	}
	after := to.Profile
	if factor != 1 {
		after = after.Scale(scales(after, factor)...)
	}
	difference, err := after.Against(before)
	if err != nil {
		return to, err
	}
	return Profile{Kind: to.Kind, Profile: difference, Base: before, After: to.Profile, Scales: scales(after, factor), Parts: to.Parts}, nil
}

// measured is a difference as it was measured.
func (p Profile) measured() (Profile, error) {
	if p.After == nil {
		return p, nil
	}
	var err error
	p.Profile, err = p.After.Against(p.Base)
	return p, err
}

// scaled says what was done to the new side of a difference, "" for nothing.
func (p Profile) scaled(column int, raw bool) string {
	switch {
	case column >= len(p.Scales) || math.Abs(p.Scales[column]-1) < 0.0005:
		return ""
	case raw:
		return "as measured"
	}
	return fmt.Sprintf("(after × %.3g)", p.Scales[column])
}

// chance is how far a total of samples changes by chance alone, as a share of what was
// before: that of two Poisson numbers, 95 %; "" when they were not counted, or so many
// that it does not matter.
func (p Profile) chance() string {
	column, ok := p.SampleType("samples")
	if !ok || p.After == nil || column >= len(p.Scales) {
		return ""
	}
	before, after, scale := float64(p.Base.Total(column)), float64(p.After.Total(column)), p.Scales[column]
	if before <= 0 || after < 0 {
		return ""
	}
	part := 1.96 * math.Sqrt(after*scale*scale+before) / before
	if part < 0.005 {
		return ""
	}
	return "±" + report.FormatValue(part, "ratio") + " by chance"
}

// scales is one factor for all values of a profile.
func scales(p *profile.Profile, factor float64) []float64 {
	all := make([]float64, len(p.SampleTypes))
	for i := range all {
		all[i] = factor
	}
	return all
}
