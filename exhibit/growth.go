package exhibit

import (
	"cmp"
	"math"
	"path"
	"slices"
	"strconv"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// growthRows is how many sites a table of growth shows.
const growthRows = 40

// site is a line of code that live memory comes from.
type site struct {
	function, file string
	line           int64
}

// Growth is how the live heap of each site changed over the heap profiles of a
// window: the slope of a line through them (least squares), and how far that may
// be off at 95 % by how much they scatter around it. False with fewer than two
// profiles, or when nothing changed.
func Growth(set *evidence.Set) (report.Exhibit, bool) {
	ps := set.Profiles[evidence.Heap]
	if len(ps) < 2 {
		return report.Exhibit{}, false
	}
	times, by := make([]float64, len(ps)), map[site][]float64{}
	cl := symbol.Classifier{Main: set.Build.Main}
	for i, p := range ps {
		times[i] = taken(p).Sub(taken(ps[0])).Seconds()
		col, ok := p.SampleType("inuse_space")
		if !ok {
			return report.Exhibit{}, false
		}
		for s := range p.NumSamples() {
			k := siteOf(p, s, cl)
			if by[k] == nil {
				by[k] = make([]float64, len(ps))
			}
			by[k][i] += float64(p.Value(s, col))
		}
	}
	if times[len(times)-1] <= 0 {
		return report.Exhibit{}, false
	}
	t := &report.Table{Columns: []report.Column{{Name: "per hour", Unit: "B/h"}, {Name: "±", Unit: "B/h"}, {Name: "now", Unit: "B"}, {Name: "site"}, {Name: "line"}}}
	for k, values := range by {
		rate, off := slope(times, values)
		if rate == 0 {
			continue
		}
		doubt := text("–") // two points are on a line whatever they are
		if off > 0 {
			doubt = number(off * 3600)
		}
		t.Rows = append(t.Rows, []report.Cell{number(rate * 3600), doubt, number(values[len(values)-1]), text(k.function), text(k.position())})
	}
	sure := func(row []report.Cell) int { // growth that the doubt leaves something of comes first
		if row[0].Value > row[1].Value {
			return 0
		}
		return 1
	}
	slices.SortFunc(t.Rows, func(a, b []report.Cell) int {
		return cmp.Or(cmp.Compare(sure(a), sure(b)), cmp.Compare(b[0].Value, a[0].Value), cmp.Compare(a[3].Text, b[3].Text), cmp.Compare(a[4].Text, b[4].Text))
	})
	if n := len(t.Rows); n > growthRows { // what grows, and what is given back most
		t.Rows = slices.Delete(t.Rows, growthRows/2, n-growthRows/2)
	}
	title := "Growth of the live heap by site, over " + strconv.Itoa(len(ps)) + " profiles"
	return report.Exhibit{ID: "growth", Title: title, Table: t}, len(t.Rows) > 0
}

// siteOf is the frame nearest to the leaf that a developer can change, else the
// nearest that he may know.
func siteOf(p *profile.Profile, sample int, cl symbol.Classifier) site {
	best, rank := site{function: "[unknown]"}, math.MaxInt
	for _, loc := range p.Stack(sample) {
		for _, l := range p.Locations[loc].Lines {
			if l.Function < 0 {
				continue
			}
			f := &p.Functions[l.Function]
			if r := int(cl.Of(f.Name)); r < rank {
				best, rank = site{f.Name, f.File, l.Line}, r
			}
		}
	}
	return best
}

func (s site) position() string {
	if s.file == "" {
		return ""
	}
	return path.Base(s.file) + ":" + strconv.FormatInt(s.line, 10)
}

// slope is that of the line through points, and its 95 % half interval; 0 for
// fewer than four points, which scatter too little to be told.
func slope(x, y []float64) (rate, off float64) {
	n := float64(len(x))
	mx, my := mean(x), mean(y)
	var sxx, sxy float64
	for i := range x {
		sxx += (x[i] - mx) * (x[i] - mx)
		sxy += (x[i] - mx) * (y[i] - my)
	}
	if sxx == 0 {
		return 0, 0
	}
	rate = sxy / sxx
	if n < 4 {
		return rate, 0
	}
	var left float64
	for i := range x {
		d := y[i] - my - rate*(x[i]-mx)
		left += d * d
	}
	// Quantiles of Student's t by degrees of freedom, from 2.
	t := []float64{4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228}
	return rate, t[min(len(x)-4, len(t)-1)] * math.Sqrt(left/(n-2)/sxx)
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}
