package tui

import (
	"math"
	"slices"

	"github.com/goperf/goperf/report"
)

// Some numbers go on being looked at and others do not: pages of the service are
// asked for while it is collected, what it takes of the machine is looked at as long
// as somebody looks on. The last look at the former is not how it is now.

// oldAfter is how many seconds a number is behind the newest one when its age is
// told: more than lie between two looks at the same number.
const oldAfter = 10

// newest is when any of the numbers was looked at last, in seconds.
func (d *Data) newest() (at float64) {
	for _, e := range d.Numbers {
		if s := e.Series; s != nil && len(s.Times) > 0 {
			at = max(at, slices.Max(s.Times))
		}
	}
	return at
}

// age is how old a look is by the newest one, "" when that is of the same time.
func (d *Data) age(at float64) string {
	old := math.Round(d.newest() - at)
	if old < oldAfter {
		return ""
	}
	if d.Live && !d.Lost {
		return report.FormatValue(old, "s") + " ago"
	}
	return report.FormatValue(old, "s") + " earlier"
}

// ageOf is how old the last look at a number is.
func (d *Data) ageOf(s *report.Series) string {
	if len(s.Times) == 0 {
		return ""
	}
	return d.age(s.Times[len(s.Times)-1])
}

// reportAge is how long ago a service was as its report says, "" when that is recent.
func (d *Data) reportAge() string {
	if !d.Live || d.Report == nil || d.From.IsZero() || d.Report.To.IsZero() {
		return ""
	}
	return d.age(d.Report.To.Sub(d.From).Seconds())
}
