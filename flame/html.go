package flame

import (
	"bufio"
	"cmp"
	_ "embed"
	"html/template"
	"io"
	"slices"
	"time"

	"github.com/goperf/goperf/report"
)

// The page, its looks, and what it does: page/model.js knows the data,
// page/words.js how to say it, page/draw.js how to draw it, page/app.js the user.
var (
	//go:embed page/flame.html
	pageHTML string
	//go:embed page/flame.css
	pageCSS string
	//go:embed page/model.js
	modelJS string
	//go:embed page/words.js
	wordsJS string
	//go:embed page/draw.js
	drawJS string
	//go:embed page/app.js
	appJS string
)

// page is what the template is filled with.
type page struct {
	Title, Target, Binary, BuildID, At, Duration, Total, Type string
	Signed                                                    bool
	Notes                                                     []string
	Rows                                                      []tableRow
	Style                                                     template.CSS
	Script                                                    template.JS
	Data                                                      template.HTML
}

type tableRow struct{ Flat, FlatShare, Cum, CumShare, Name, Class string }

// HTML writes the tree as one page that needs no network and no other file. Where
// there is no JavaScript it is a table of the functions that cost most.
func HTML(w io.Writer, t *Tree, h Header) error {
	data, err := encode(t, h)
	if err != nil {
		return err
	}
	c := &t.Columns[t.Column]
	p := page{
		Target: h.Target, Binary: h.Binary, BuildID: h.BuildID, Total: h.total(c), Type: report.Clean(c.Type.Type),
		Signed: t.Signed, Notes: h.notes(t), Rows: t.table(h), Style: template.CSS(pageCSS),
	}
	p.Title = p.Type + " flame graph of " + h.Target
	if !h.At.IsZero() {
		p.At = h.At.Format("2006-01-02 15:04:05 UTC")
	}
	if h.Duration > 0 {
		p.Duration = h.Duration.Round(10 * time.Millisecond).String()
	}
	p.Script = template.JS(modelJS + wordsJS + drawJS + appJS) //nolint:gosec // the project's own files
	p.Data = template.HTML(data)                               //nolint:gosec // base64
	parsed, err := template.New("flame").Parse(pageHTML)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(w, 1<<16)
	if err := parsed.Execute(b, p); err != nil {
		return err
	}
	return b.Flush()
}

// tableRows is how many functions the page lists without JavaScript.
const tableRows = 50

// table sums the tree up by function, the largest flat value first.
func (t *Tree) table(h Header) []tableRow {
	c := &t.Columns[t.Column]
	flat, cum := t.byFrame(c.Self, c.Cum)
	if c.BaseCum != nil {
		baseFlat, baseCum := t.byFrame(c.BaseSelf, c.BaseCum)
		for f := range flat {
			flat[f], cum[f] = flat[f]-baseFlat[f], cum[f]-baseCum[f]
		}
	}
	var order []int
	for f := range flat {
		if f > smallFrame && (flat[f] != 0 || cum[f] != 0) {
			order = append(order, f)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(magnitude(flat[b]), magnitude(flat[a])), cmp.Compare(magnitude(cum[b]), magnitude(cum[a])), cmp.Compare(a, b))
	})
	share := Percent
	if c.BaseCum != nil {
		share = signedPercent
	}
	var rows []tableRow
	for _, f := range order[:min(len(order), tableRows)] {
		rows = append(rows, tableRow{
			h.value(c, flat[f]), share(flat[f], c.Whole), h.value(c, cum[f]), share(cum[f], c.Whole),
			t.Frames[f].Name, t.Frames[f].Class.String(),
		})
	}
	return rows
}

// byFrame sums values up by frame. A frame that is below itself counts once.
func (t *Tree) byFrame(self, cum []int64) (flat, all []int64) {
	flat, all = make([]int64, len(t.Frames)), make([]int64, len(t.Frames))
	open := make([]int32, len(t.Frames))
	for todo := []int32{0}; len(todo) > 0; {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if n < 0 {
			open[t.Frame[^n]]--
			continue
		}
		f := t.Frame[n]
		flat[f] = addSat(flat[f], self[n])
		if open[f] == 0 {
			all[f] = addSat(all[f], cum[n])
		}
		open[f]++
		todo = append(todo, ^n)
		for c := t.First[n]; c < t.First[n+1]; c++ {
			todo = append(todo, c)
		}
	}
	return flat, all
}
