package flame

import (
	"fmt"
	"strings"

	"github.com/goperf/goperf/profile/symbol"
)

// rgb is a colour of the screen.
type rgb [3]uint8

func (c rgb) hex() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// paint is a background, what is written on it, and both in the sixteen and the
// 256 colours of terminals.
type paint struct {
	back, text    rgb
	sixteen, cube string
}

var (
	ink   = rgb{0x16, 0x13, 0x0f}
	paper = rgb{0xff, 0xff, 0xff}
)

// paints are the colours of the classes, on light and on dark pages alike. Any
// two are told apart with normal sight and with each of the three kinds of
// colour blindness: at least 12.5 apart in OKLab (times 100), 9 in any of their
// shades, by palette_test.go.
var paints = [...]paint{
	Own:        {back: rgb{0xff, 0xbf, 0x73}, text: ink, sixteen: "30;43", cube: "38;5;16;48;5;215"},
	ThirdParty: {back: rgb{0x92, 0x72, 0xa8}, text: ink, sixteen: "97;45", cube: "38;5;16;48;5;98"},
	Std:        {back: rgb{0x9d, 0xdf, 0xf9}, text: ink, sixteen: "30;46", cube: "38;5;16;48;5;117"},
	Runtime:    {back: rgb{0xa9, 0xa9, 0xaa}, text: ink, sixteen: "30;47", cube: "38;5;16;48;5;247"},
	GC:         {back: rgb{0xb9, 0x48, 0x34}, text: paper, sixteen: "97;41", cube: "38;5;231;48;5;124"},
	Native:     {back: rgb{0x2f, 0x4a, 0x68}, text: paper, sixteen: "97;44", cube: "38;5;231;48;5;24"},
	Neutral:    {back: rgb{0xd8, 0xd6, 0xd2}, text: ink, sixteen: "30;107", cube: "38;5;16;48;5;253"},
}

// leans are the colours of a difference, from gone over unchanged to new: blue
// and red, which no kind of colour blindness mixes up.
var leans = [...]paint{
	{back: rgb{0x21, 0x66, 0xac}, text: paper, sixteen: "97;44", cube: "38;5;231;48;5;25"},
	{back: rgb{0x43, 0x93, 0xc3}, text: ink, sixteen: "30;46", cube: "38;5;16;48;5;68"},
	{back: rgb{0x92, 0xc5, 0xde}, text: ink, sixteen: "30;46", cube: "38;5;16;48;5;110"},
	{back: rgb{0xd1, 0xe5, 0xf0}, text: ink, sixteen: "30;106", cube: "38;5;16;48;5;153"},
	{back: rgb{0xe4, 0xe2, 0xdf}, text: ink, sixteen: "30;47", cube: "38;5;16;48;5;254"},
	{back: rgb{0xfd, 0xdb, 0xc7}, text: ink, sixteen: "30;103", cube: "38;5;16;48;5;224"},
	{back: rgb{0xf4, 0xa5, 0x82}, text: ink, sixteen: "30;43", cube: "38;5;16;48;5;216"},
	{back: rgb{0xd6, 0x60, 0x4d}, text: ink, sixteen: "97;41", cube: "38;5;16;48;5;167"},
	{back: rgb{0xb2, 0x18, 0x2b}, text: paper, sixteen: "97;41", cube: "38;5;231;48;5;124"},
}

// stepOf are the leans at which the colour changes: a change by 4 %, by a
// quarter, to the double, to the fourfold.
var stepOf = []float64{0.02, 0.12, 1.0 / 3, 0.6}

// leanPaint is the colour of a lean of -1 to 1.
func leanPaint(lean float64) paint {
	middle, step := len(leans)/2, 0
	for step < len(stepOf) && max(lean, -lean) >= stepOf[step] {
		step++
	}
	if lean < 0 {
		step = -step
	}
	return leans[middle+step]
}

// arrow says in a character what leanPaint says in colour. What is new and what
// is gone have one each.
func arrow(lean float64) string {
	switch {
	case lean == 1:
		return "+"
	case lean == -1:
		return "×"
	case lean >= stepOf[0]:
		return "▲"
	case lean <= -stepOf[0]:
		return "▼"
	}
	return ""
}

// Shades is how many shades of a class tell packages apart. They stay close to
// the class: it is the class that colours mean.
const Shades = 3

// shade is one of the shades of a paint.
func (p paint) shade(k int) rgb {
	to, share := paper, 0.0
	switch k {
	case 1:
		share = 0.07
	case 2:
		to, share = ink, 0.04
	}
	var out rgb
	for i := range out {
		out[i] = uint8(float64(p.back[i])*(1-share) + float64(to[i])*share + 0.5)
	}
	return out
}

// SGR is the parameters of the escape sequence that paints a class in one of its
// shades, "" without colours.
func (c Class) SGR(colors Colors, shade int) string { return paints[c].sgr(colors, shade) }

// LeanSGR is the parameters of the escape sequence that paints a change of -1 to 1.
func LeanSGR(colors Colors, lean float64) string { return leanPaint(lean).sgr(colors, 0) }

func (p paint) sgr(colors Colors, shade int) string {
	switch colors {
	case Sixteen:
		return p.sixteen
	case Cube:
		return p.cube
	case TrueColor:
		b, f := p.shade(shade), p.text
		return fmt.Sprintf("38;2;%d;%d;%d;48;2;%d;%d;%d", f[0], f[1], f[2], b[0], b[1], b[2])
	}
	return ""
}

// Shade is the shade of a frame's package, the same wherever it is drawn.
func (f *Frame) Shade() int { return shadeOf(symbol.Package(f.Name)) }

// shadeOf picks a shade for a package, the same wherever it is drawn (FNV-1a).
func shadeOf(pkg string) int {
	h := uint32(2166136261)
	for i := range len(pkg) {
		h = (h ^ uint32(pkg[i])) * 16777619
	}
	return int(h>>4) % Shades
}

// look is how a node is painted, and what is written before its name.
func (t *Tree) look(c *Column, n int32) (p paint, mark string) {
	if c.BaseCum == nil {
		return paints[t.Class[n]], ""
	}
	lean := c.Lean(n)
	if mark = arrow(lean); mark != "" {
		mark += " "
	}
	return leanPaint(lean), mark
}

// leanStep is a line of the legend of a difference.
type leanStep struct {
	lean float64
	name string
}

func (s leanStep) words() string { return strings.TrimLeft(arrow(s.lean)+" "+s.name, " ") }

var leanLegend = []leanStep{{-1, "gone"}, {-0.4, "less"}, {0, "same"}, {0.4, "more"}, {1, "new"}}

const leanWidths = "width: before and after together"
