package tui

import (
	"slices"

	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/unit"
	"github.com/goperf/goperf/report"
	"github.com/goperf/goperf/tui/paint"
)

// chip is something of a lens that is not as usual, in words, and the lens without it.
type chip struct {
	text    string
	without lens
}

// chipList are the filters of a lens, and its other ways to look.
func (l lens) chipList() (all []chip) {
	add := func(on bool, text string, take func(l *lens)) {
		if on {
			without := l
			take(&without)
			all = append(all, chip{text, without})
		}
	}
	add(l.focus != "", "focus "+spoken(l.focus), func(l *lens) { l.focus = "" })
	add(l.ignore != "", "ignore "+spoken(l.ignore), func(l *lens) { l.ignore = "" })
	add(l.own, "own code only", func(l *lens) { l.own = false })
	add(l.word() != "", "by "+l.word(), func(l *lens) { l.by = "" })
	add(l.label != "", "by label "+report.Clean(l.label), func(l *lens) { l.label = "" })
	add(l.names, "in order of names", func(l *lens) { l.names = false })
	return all
}

// chipLine is where chips are on the first line of a screen: a click on one takes
// it away.
type chipLine struct {
	of     lens
	list   []chip
	places [][2]int // columns, of those that there was room for
}

// draw draws the chips of a lens behind what is on the line.
func (h *chipLine) draw(c *paint.Canvas, l lens) {
	if h.of != l {
		h.of, h.list = l, l.chipList()
	}
	h.places = h.places[:0]
	for i := range h.list {
		text := h.list[i].text
		if c.Room() < min(paint.Width(text), 12)+6 {
			return
		}
		c.Put(paint.Plain, "   ")
		from, limit := c.Col(), c.Limit()
		c.Until(limit - 2)
		c.Put(paint.Warning, text)
		c.Until(limit)
		c.Put(paint.Plain, " ")
		c.Put(paint.Key, c.Theme.Glyphs.Close)
		h.places = append(h.places, [2]int{from, c.Col()})
	}
}

// point takes the chip away that is in a column.
func (h *chipLine) point(x, y int) (effect, bool) {
	for i, p := range h.places {
		if y == 0 && x >= p[0] && x < p[1] {
			l := h.list[i].without
			return effect{lens: &l, status: "without " + h.list[i].text}, true
		}
	}
	return effect{}, false
}

// Samples that are looked at for labels, and the labels that are told apart.
const (
	labelSamples = 20_000
	mostLabels   = 50
)

// labels are the keys of the labels of a profile, in the order of the alphabet.
func (p Profile) labels() (keys []string) {
	if p.Profile == nil || !p.HasLabels() {
		return nil
	}
	for i := range min(p.NumSamples(), labelSamples) {
		for _, l := range p.Labels(i) {
			if !slices.Contains(keys, l.Key) && len(keys) < mostLabels {
				keys = append(keys, l.Key)
			}
		}
	}
	slices.Sort(keys)
	return keys
}

// labelled is a profile with the values of a label above its stacks.
func (l lens) labelled(p *profile.Profile) *profile.Profile {
	if l.label == "" {
		return p
	}
	out, _, _ := p.LabelFrames([]string{l.label}, nil, unit.Auto)
	for i := len(p.Functions); i < len(out.Functions); i++ { // it made these
		f := &out.Functions[i]
		if f.Name = l.label + "=" + f.Name; f.Name == l.label+"=" {
			f.Name = "without " + l.label
		}
		f.File = ""
	}
	return out
}

// unlabelled is why no labels are known of a profile.
func (p Profile) unlabelled() string {
	switch p.Kind {
	case "cpu":
		return "no labels are known of this profile: the program sets none (pprof.Do does), or it is larger than 1 MiB, of which labels are not read"
	case "goroutine", "goroutineleak", "offcpu", "wall":
		return "this profile has no labels: pprof.Do in the program sets them"
	}
	return "labels of " + report.Clean(p.Kind) + " profiles are not read: those of cpu, goroutine, offcpu and wall are"
}

// nextLabel goes through the labels of the profile, and back to stacks as they are.
func (l lens) nextLabel(d *Data) (next lens, said string) {
	p, _ := d.profile(l.kind)
	keys := p.labels()
	if len(keys) == 0 && l.label == "" {
		return l, p.unlabelled()
	}
	at := slices.Index(keys, l.label) + 1
	if l.label = ""; at < len(keys) {
		l.label = keys[at]
		return l, "by the label " + report.Clean(l.label)
	}
	return l, "all labels together"
}
