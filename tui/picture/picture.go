// Package picture draws the cells of a terminal as a picture, letters, blocks and
// colours, without a terminal and without fonts of the system.
package picture

import (
	"cmp"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"slices"

	uv "github.com/charmbracelet/ultraviolet"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// The size of a cell and of its letters, in pixels.
const (
	cellWidth, cellHeight = 8, 17
	letters               = 13
	baseline              = 13
	margin                = 6
)

// canvas is a picture of a terminal.
type canvas struct {
	img          *image.RGBA
	plain, bold  font.Face
	ground, text color.RGBA
}

// Cells are what is on a terminal.
type Cells interface {
	CellAt(x, y int) *uv.Cell
}

// PNG writes a terminal of so many columns and rows, on a light or a dark ground.
func PNG(w io.Writer, cells Cells, columns, rows int, light bool) error {
	c, err := newCanvas(columns*cellWidth+2*margin, rows*cellHeight+2*margin, light)
	if err != nil {
		return err
	}
	for y := range rows {
		for x := range columns {
			if cell := cells.CellAt(x, y); cell != nil {
				c.cell(margin+x*cellWidth, margin+y*cellHeight, cell)
			}
		}
	}
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	return encoder.Encode(w, paletted(c.img))
}

func newCanvas(width, height int, light bool) (*canvas, error) {
	c := &canvas{img: image.NewRGBA(image.Rect(0, 0, width, height)), ground: color.RGBA{18, 18, 24, 255}, text: color.RGBA{226, 226, 230, 255}}
	if light {
		c.ground, c.text = color.RGBA{252, 252, 252, 255}, color.RGBA{28, 28, 34, 255}
	}
	for _, f := range []struct {
		to  *font.Face
		ttf []byte
	}{{&c.plain, gomono.TTF}, {&c.bold, gomonobold.TTF}} {
		parsed, err := opentype.Parse(f.ttf)
		if err != nil {
			return nil, err
		}
		if *f.to, err = opentype.NewFace(parsed, &opentype.FaceOptions{Size: letters, DPI: 72, Hinting: font.HintingFull}); err != nil {
			return nil, err
		}
	}
	c.fill(c.img.Bounds(), c.ground)
	return c, nil
}

func (c *canvas) fill(r image.Rectangle, with color.Color) {
	draw.Draw(c.img, r, image.NewUniform(with), image.Point{}, draw.Src)
}

// cell draws a cell: its background, and its character.
func (c *canvas) cell(x, y int, cell *uv.Cell) {
	fg, bg := over(cell.Style.Fg, c.text), over(cell.Style.Bg, c.ground)
	if cell.Style.Attrs&uv.AttrReverse != 0 {
		fg, bg = bg, fg
	}
	if cell.Style.Attrs&uv.AttrFaint != 0 {
		fg = mix(fg, bg, 0.5)
	}
	box := image.Rect(x, y, x+cellWidth*max(cell.Width, 1), y+cellHeight)
	if bg != c.ground {
		c.fill(box, bg)
	}
	for _, r := range cell.Content {
		if parts := blocks(r); parts != nil {
			for _, p := range parts {
				c.fill(image.Rect(x+p.Min.X*cellWidth/8, y+p.Min.Y*cellHeight/8, x+p.Max.X*cellWidth/8, y+p.Max.Y*cellHeight/8), mix(fg, bg, shade(r)))
			}
			continue
		}
		face := c.plain
		if cell.Style.Attrs&uv.AttrBold != 0 {
			face = c.bold
		}
		if _, ok := face.GlyphAdvance(r); !ok {
			r = substitute(r)
		}
		d := font.Drawer{Dst: c.img, Src: image.NewUniform(fg), Face: face, Dot: fixed.P(x, y+baseline)}
		d.DrawString(string(r))
	}
}

// blocks are the parts of a cell, in eighths, that a character fills which is
// made of blocks and lines.
func blocks(r rune) []image.Rectangle {
	one := func(x0, y0, x1, y1 int) []image.Rectangle { return []image.Rectangle{image.Rect(x0, y0, x1, y1)} }
	switch {
	case r >= '▁' && r <= '█':
		return one(0, 8-int(r-'▁'+1), 8, 8)
	case r >= '▉' && r <= '▏':
		return one(0, 0, 7-int(r-'▉'), 8)
	case r == '░':
		return one(0, 0, 8, 8)
	case r == '─':
		return one(0, 4, 8, 5)
	case r == '│':
		return one(4, 0, 5, 8)
	case r > braille && r <= braille+0xff:
		return dots(r)
	case r == '◆':
		return append(one(3, 2, 5, 3), append(one(2, 3, 6, 5), one(3, 5, 5, 6)...)...)
	case r == '↳':
		return append(one(2, 1, 3, 5), append(one(2, 4, 7, 5), one(5, 3, 6, 6)...)...)
	case r == '⋮':
		return append(one(3, 1, 5, 2), append(one(3, 4, 5, 5), one(3, 7, 5, 8)...)...)
	case r == '⏎':
		return append(one(6, 2, 7, 6), append(one(2, 5, 7, 6), one(2, 4, 3, 7)...)...)
	}
	return nil
}

// braille is the first of the patterns of eight dots, see chapter 21 of the Unicode
// standard: the bits of the number are the dots of the left column from the top, of
// the right one, and the lowest of both.
const braille = '\u2800'

func dots(r rune) (all []image.Rectangle) {
	for bit, at := range [...]image.Point{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}} {
		if r>>bit&1 != 0 {
			x, y := 1+4*at.X, 2*at.Y
			all = append(all, image.Rect(x, y, x+2, y+1))
		}
	}
	return all
}

// shade is how much of the background shows through.
func shade(r rune) float64 {
	switch r {
	case '░':
		return 0.72
	case '─', '│':
		return 0.2
	}
	return 0
}

// substitute is a character that the font has, for one that it has not.
func substitute(r rune) rune {
	switch r {
	case '△':
		return '∆'
	case '★':
		return '*'
	case '▶':
		return '►'
	case '◀':
		return '◄'
	}
	return '?'
}

func over(c color.Color, fallback color.RGBA) color.RGBA {
	if c == nil {
		return fallback
	}
	r, g, b, _ := c.RGBA()
	return color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255}
}

func mix(a, b color.RGBA, share float64) color.RGBA {
	m := func(x, y uint8) uint8 { return uint8(float64(x)*(1-share) + float64(y)*share + 0.5) }
	return color.RGBA{m(a.R, b.R), m(a.G, b.G), m(a.B, b.B), 255}
}

// paletted is the picture in its 256 most common colours: a third of the size.
func paletted(img *image.RGBA) *image.Paletted {
	counts := colorsIn(img)
	for bits := 7; len(counts) > 256 && bits > 3; bits-- { // else the rarest lose their hue
		round(img, bits)
		counts = colorsIn(img)
	}
	var colors []color.RGBA
	for c := range counts {
		colors = append(colors, c)
	}
	slices.SortFunc(colors, func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	var palette color.Palette
	for _, c := range colors[:min(len(colors), 256)] {
		palette = append(palette, c)
	}
	out := image.NewPaletted(img.Bounds(), palette)
	draw.Draw(out, out.Bounds(), img, image.Point{}, draw.Src)
	return out
}

func colorsIn(img *image.RGBA) map[color.RGBA]int {
	counts := map[color.RGBA]int{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			counts[img.RGBAAt(x, y)]++
		}
	}
	return counts
}

// round leaves so many bits of each channel, spread over the whole range.
func round(img *image.RGBA, bits int) {
	most := 1<<bits - 1
	for i, v := range img.Pix {
		img.Pix[i] = uint8((int(v)*most + 127) / 255 * 255 / most)
	}
}
