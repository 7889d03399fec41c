package flame

import (
	"bufio"
	"encoding/json"
	"io"
	"strconv"
	"time"
)

// document is a tree as data. Nodes are in the order of [Tree]: row by row from
// the root, which is the first; a parent comes before its children.
type document struct {
	Target   string         `json:"target"`
	Binary   string         `json:"binary,omitempty"`
	At       *time.Time     `json:"at,omitempty"`
	Duration float64        `json:"duration_seconds,omitempty"`
	Notes    []string       `json:"notes,omitempty"`
	Types    []documentType `json:"sample_types"`
	Default  int            `json:"default_sample_type"`
	Frames   []documentName `json:"frames"`
}

type documentType struct {
	Type  string `json:"type"`
	Unit  string `json:"unit"`
	Total int64  `json:"total"`
	Base  *int64 `json:"base,omitempty"` // of a difference
}

type documentName struct {
	Name  string `json:"name"`
	File  string `json:"file,omitempty"`
	Line  int64  `json:"line,omitempty"`
	Class string `json:"class"`
}

// JSON writes the tree as data: its frames, and its nodes with the numbers of
// their parents and frames and one flat and cum for each sample type; in a
// difference base_flat and base_cum as well.
func JSON(w io.Writer, t *Tree, h Header) error {
	d := document{Target: h.Target, Binary: h.Binary, Duration: h.Duration.Seconds(), Notes: h.notes(t), Default: t.Column}
	if !h.At.IsZero() {
		d.At = &h.At
	}
	for i := range t.Columns {
		c := &t.Columns[i]
		dt := documentType{Type: c.Type.Type, Unit: c.Type.Unit, Total: c.Cum[0]}
		if c.BaseCum != nil {
			dt.Base = &c.BaseCum[0]
		}
		d.Types = append(d.Types, dt)
	}
	for _, f := range t.Frames {
		d.Frames = append(d.Frames, documentName{f.Name, f.File, f.Line, f.Class.String()})
	}
	head, err := json.Marshal(d)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(w, 1<<16)
	_, _ = b.Write(head[:len(head)-1]) // Flush tells; nodes are written one by one: there may be millions
	_, _ = b.WriteString(`,"nodes":[`)
	var line []byte
	for n := range t.Frame {
		line = t.appendNode(line[:0], n)
		_, _ = b.Write(line)
	}
	_, _ = b.WriteString("\n]}\n")
	return b.Flush() // which tells of what could not be written before
}

func (t *Tree) appendNode(b []byte, n int) []byte {
	if n > 0 {
		b = append(b, ',')
	}
	b = strconv.AppendInt(append(b, "\n{\"parent\":"...), int64(t.Parent[n]), 10)
	b = strconv.AppendInt(append(b, `,"frame":`...), int64(t.Frame[n]), 10)
	values := func(name string, of func(*Column) []int64) {
		b = append(append(append(b, `,"`...), name...), `":[`...)
		for i := range t.Columns {
			if i > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendInt(b, of(&t.Columns[i])[n], 10)
		}
		b = append(b, ']')
	}
	values("flat", func(c *Column) []int64 { return c.Self })
	values("cum", func(c *Column) []int64 { return c.Cum })
	if t.Signed {
		values("base_flat", func(c *Column) []int64 { return c.BaseSelf })
		values("base_cum", func(c *Column) []int64 { return c.BaseCum })
	}
	return append(b, '}')
}
