package exhibit

import (
	"cmp"
	"fmt"
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

// z95 is the half width of a 95 % interval in standard errors.
const z95 = 1.96

// site is a line of code that live memory comes from.
type site struct {
	function, file string
	line           int64
}

// Growth is how the live heap of each site changed over the heap profiles of a
// window: the slope of a line through them (least squares), and how far that may
// be off at 95 %, by how much they scatter around it and by what the sampling of
// the heap leaves to chance. A profile stands at the time of the collection that
// it shows the heap as of. False with fewer than two collections, or when nothing
// changed.
func Growth(set *evidence.Set) (report.Exhibit, bool) {
	ps := collections(set.Profiles[evidence.Heap])
	if len(ps) < 2 {
		return report.Exhibit{}, false
	}
	times, by := make([]float64, len(ps)), map[site]*held{}
	cl := symbol.Classifier{Main: set.Build.Main}
	for i, p := range ps {
		times[i] = taken(p).Sub(taken(ps[0])).Seconds()
		bytes, ok := p.SampleType("inuse_space")
		if !ok {
			return report.Exhibit{}, false
		}
		objects, counted := p.SampleType("inuse_objects")
		for s := range p.NumSamples() {
			k := siteOf(p, s, cl)
			if by[k] == nil {
				by[k] = &held{make([]float64, len(ps)), make([]float64, len(ps))}
			}
			by[k].bytes[i] += float64(p.Value(s, bytes))
			if counted {
				by[k].objects[i] += float64(p.Value(s, objects))
			}
		}
	}
	over := times[len(times)-1]
	t := &report.Table{Columns: []report.Column{{Name: "per hour", Unit: "B/h"}, {Name: "±", Unit: "B/h"}, {Name: "now", Unit: "B"}, {Name: "site"}, {Name: "line"}}}
	for k, h := range by {
		rate, off := slope(times, h.bytes)
		if rate == 0 {
			continue
		}
		off = max(off, h.chance(ps)/over)
		doubt := text("–") // two points are on a line whatever they are
		if off > 0 {
			doubt = number(off * 3600)
		}
		t.Rows = append(t.Rows, []report.Cell{number(rate * 3600), doubt, number(h.bytes[len(ps)-1]), text(k.function), text(k.position())})
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
	title := fmt.Sprintf("Growth of the live heap by site, over %d collections in %s", len(ps), report.FormatValue(over, "s"))
	return report.Exhibit{ID: "growth", Title: title, Table: t}, len(t.Rows) > 0
}

// collections drops profiles that show the heap as of the same collection as the
// one before.
func collections(ps []*profile.Profile) []*profile.Profile {
	return slices.CompactFunc(slices.Clone(ps), func(p, before *profile.Profile) bool { return !taken(p).After(taken(before)) })
}

// held is what a site holds in each profile.
type held struct{ bytes, objects []float64 }

// chance is how far the change from the first profile to the last may be off at
// 95 %, B: what was made or freed between them was sampled. What both show was
// sampled once, and its error is in both. 0 when objects were not counted.
func (h *held) chance(ps []*profile.Profile) float64 {
	n := len(h.bytes) - 1
	if h.objects[n]+h.objects[0] == 0 {
		return 0
	}
	bytes := math.Abs(h.bytes[n] - h.bytes[0])
	size := (h.bytes[n] + h.bytes[0]) / (h.objects[n] + h.objects[0])
	objects := max(math.Abs(h.objects[n]-h.objects[0]), bytes/max(size, 1), 1)
	return z95 * bytes * evidence.HeapError(ps, int64(bytes), int64(objects))
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
