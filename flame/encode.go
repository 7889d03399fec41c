package flame

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"

	"github.com/goperf/goperf/profile/unit"
	"github.com/goperf/goperf/report"
)

// pageHead is what the page knows besides the tree. page/model.js reads it.
type pageHead struct {
	Nodes   int         `json:"nodes"`
	Signed  bool        `json:"signed"`
	Column  int         `json:"column"`
	Types   []pageType  `json:"types"`
	Frames  pageFrames  `json:"frames"`
	Classes []pagePaint `json:"classes"`
	Leans   []pageLean  `json:"leans"`
	Steps   []float64   `json:"steps"`
	Shades  int         `json:"shades"`
}

type pageType struct {
	Type  string     `json:"type"`
	Unit  string     `json:"unit"`
	Whole int64      `json:"whole"`
	Total string     `json:"total"`
	GCD   int64      `json:"gcd"` // values are counted in these
	Scale *pageScale `json:"scale,omitempty"`
}

// pageScale is the unit that was asked for.
type pageScale struct {
	By   float64 `json:"by"`
	Unit string  `json:"unit"`
}

type pageFrames struct {
	Name  []string `json:"name"`
	File  []string `json:"file"`
	Line  []int64  `json:"line"`
	Class []int    `json:"class"`
}

type pagePaint struct {
	Name   string   `json:"name"`
	Shades []string `json:"shades"`
	Text   string   `json:"text"`
}

type pageLean struct {
	Back string `json:"back"`
	Text string `json:"text"`
}

// encode packs a tree for the page: the head as JSON behind its length, then for
// all nodes the numbers of children, then the frames, then the flat values of
// each column, all as varints. It is deflated and written in base64: a million
// nodes are a few megabytes, and no name can end the script that they stand in.
func encode(t *Tree, h Header) ([]byte, error) {
	head := headOf(t, h)
	text, err := json.Marshal(head)
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	zw, err := flate.NewWriter(&packed, flateLevel)
	if err != nil {
		return nil, err
	}
	p := packer{to: zw}
	p.put(uint64(len(text)))
	p.b = append(p.b, text...)
	for n := range t.Size() {
		p.put(uint64(t.First[n+1] - t.First[n]))
	}
	for _, f := range t.Frame {
		p.put(uint64(f))
	}
	for i := range t.Columns {
		c, gcd := &t.Columns[i], uint64(head.Types[i].GCD)
		for _, values := range [][]int64{c.Self, c.BaseSelf} {
			for _, v := range values {
				p.put(uint64(v) / gcd)
			}
		}
	}
	p.flush()
	if p.err == nil {
		p.err = zw.Close()
	}
	return base64.StdEncoding.AppendEncode(nil, packed.Bytes()), p.err
}

// flateLevel is where the page stops to shrink for the time it takes.
const flateLevel = 3

// packer collects varints and hands them on in pieces.
type packer struct {
	b   []byte
	to  *flate.Writer
	err error
}

func (p *packer) put(x uint64) {
	if len(p.b) > 1<<16 {
		p.flush()
	}
	p.b = binary.AppendUvarint(p.b, x)
}

func (p *packer) flush() {
	if p.err == nil {
		_, p.err = p.to.Write(p.b)
	}
	p.b = p.b[:0]
}

func headOf(t *Tree, h Header) pageHead {
	head := pageHead{Nodes: t.Size(), Signed: t.Signed, Column: t.Column, Steps: stepOf, Shades: Shades}
	for i := range t.Columns {
		c := &t.Columns[i]
		pt := pageType{Type: report.Clean(c.Type.Type), Unit: report.Clean(c.Type.Unit), Whole: c.Whole, Total: h.total(c), GCD: gcd(c)}
		if h.Unit != "" {
			const many = 1 << 40 // so that no digit is lost
			s := unit.To(0, pt.Unit, h.Unit)
			pt.Scale = &pageScale{By: s.Convert(many) / many, Unit: s.Name()}
		}
		head.Types = append(head.Types, pt)
	}
	for _, f := range t.Frames {
		head.Frames.Name = append(head.Frames.Name, f.Name)
		head.Frames.File = append(head.Frames.File, f.File)
		head.Frames.Line = append(head.Frames.Line, f.Line)
		head.Frames.Class = append(head.Frames.Class, int(f.Class))
	}
	for c, p := range paints {
		paint := pagePaint{Name: Class(c).legend(), Text: p.text.hex()}
		for k := range Shades {
			paint.Shades = append(paint.Shades, p.shade(k).hex())
		}
		head.Classes = append(head.Classes, paint)
	}
	for _, p := range leans {
		head.Leans = append(head.Leans, pageLean{p.back.hex(), p.text.hex()})
	}
	return head
}

// gcd is the largest number that all values of a column are multiples of:
// samples of a CPU profile are ten milliseconds each, but counted in nanoseconds.
func gcd(c *Column) int64 {
	d := int64(0)
	for _, values := range [][]int64{c.Self, c.BaseSelf} {
		for _, v := range values {
			for v != 0 {
				d, v = v, d%v
			}
			if d == 1 {
				return 1
			}
		}
	}
	return max(d, 1)
}
