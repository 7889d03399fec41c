package rules

import (
	"fmt"
	"math"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// drift is how steadily a count grew. A leak of a few a second is a small part
// of a herd that has been growing for an hour, so growth is held against how the
// count moves and not against its size.
type drift struct {
	rate float64 // 1/s
	off  float64 // of the rate, half of the 95 % interval
	z    float64 // the growth in standard errors of it; 0 when it is no more than chance gives
	aged float64 // how many there would be if it had gone on as long as the oldest waits; 0 when unknown
}

// Student's t by degrees of freedom, from 3 on: 99.9 % one-sided, 97.5 %.
var (
	surely  = []float64{10.21, 7.17, 5.89, 5.21, 4.79, 4.50, 4.30, 4.14}
	usually = []float64{3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228}
)

// steadiness takes the steps of a count between its snapshots for those of a
// random walk with a drift: their variance is in proportion to the time between,
// whether goroutines come and go or only come. Chance gives a drift of z once in
// a thousand.
func steadiness(at []float64, count []int64) drift {
	n := len(at) - 1
	growth, over := float64(count[n]-count[0]), at[n]-at[0]
	d := drift{rate: growth / over, off: z95 * math.Sqrt(growth) / over}
	if n < 4 {
		return d // too few steps to tell how they vary
	}
	var scatter float64
	for i := range n {
		step := at[i+1] - at[i]
		if step <= 0 || count[i+1] < count[i] {
			return d
		}
		off := float64(count[i+1]-count[i]) - d.rate*step
		scatter += off * off / step
	}
	// A count is whole: steps that are all alike may still be half a goroutine off.
	se := math.Sqrt(max(scatter/float64(n-1), 0.25*float64(n)/over) * over)
	k := min(n-1-3, len(surely)-1)
	d.off = usually[k] * se / over
	if z := growth / se; z >= surely[k] {
		d.z = z
	}
	return d
}

// moved is the growth of a herd against all that came and went between the first
// and the last dump, in standard errors: were coming and going as likely, it would
// be beyond 3.3 once in a thousand. 0 when it is less, or not known.
func (h herd) moved(p *diagnose.Pass) float64 {
	dumps := p.Set.Goroutines
	if h.std || len(dumps) < 2 {
		return 0
	}
	first, last := h.members(p, dumps[0]), h.members(p, dumps[len(dumps)-1])
	came, went := 0.0, 0.0
	for id := range last {
		if !first[id] {
			came++
		}
	}
	for id := range first {
		if !last[id] {
			went++
		}
	}
	if z := (came - went) / math.Sqrt(came+went); z >= 3.3 {
		return z
	}
	return 0
}

// members are the goroutines of a herd in a dump, by their numbers.
func (h herd) members(p *diagnose.Pass, d evidence.GoroutineDump) map[int64]bool {
	out := map[int64]bool{}
	for _, g := range d.Goroutines {
		if f, ok := nearest(p, g.Frames); ok && symbol.Unwrap(f.Function) == symbol.Unwrap(h.entry) {
			out[g.ID] = true
		}
	}
	return out
}

// sure is the confidence in a herd that grew by a small part of its size: it
// rests on how steadily it grew, and on whether that explains how many there are.
func (d drift) sure(now int64) float64 {
	c := 0.4 + 0.25*clamp(d.z/12)
	if d.aged > 0 && math.Abs(math.Log(d.aged/float64(now))) < math.Ln2 {
		c += 0.15
	}
	return c
}

func (d drift) fact() report.Fact {
	return report.Fact{
		Text:  fmt.Sprintf("growth (95 %% interval %s to %s)", report.FormatValue(max(d.rate-d.off, 0), "count/s"), report.FormatValue(d.rate+d.off, "count/s")),
		Value: d.rate, Unit: "count/s", Source: "goroutine",
	}
}

// taken are the times of the goroutine profiles, in seconds after the first.
func taken(p *diagnose.Pass) []float64 {
	var out []float64
	for _, g := range p.Set.Profiles[evidence.Goroutine] {
		out = append(out, float64(g.TimeNanos-p.Set.Profiles[evidence.Goroutine][0].TimeNanos)/1e9)
	}
	return out
}

// rises reports whether a count never fell by more than so much.
func rises(count []int64, by int64) bool {
	for i := 1; i < len(count); i++ {
		if count[i] < count[i-1]-by {
			return false
		}
	}
	return true
}
