package kernel

import (
	"slices"
	"time"
)

// Use is what a process has taken by a time, as it is seen from outside: the
// numbers of /proc/PID and of the index page. 0 means that it is not known.
type Use struct {
	At         time.Time
	CPU        time.Duration // since the process started
	RSS        int64         // B
	Threads    int64
	FDs        int64
	Goroutines int64
}

// Usage is the name under which looks at the use of a process are kept. They are
// measured by no probe, and from outside all the same.
const Usage = "usage"

// useColumns are those of the table of looks: seconds since the first one, then
// the fields of [Use].
var useColumns = []Column{{Name: "after", Unit: "s"}, {Name: "CPU", Unit: "s"}, {Name: "RSS", Unit: "B"}, {Name: "threads", Unit: "count"}, {Name: "file descriptors", Unit: "count"}, {Name: "goroutines", Unit: "count"}}

// OfUses is looks in time order, one at least, as a measurement.
func OfUses(uses []Use) *Measurement {
	first, last := uses[0].At, uses[len(uses)-1].At
	table := Table{Name: "use over time", Columns: useColumns}
	for _, u := range uses {
		table.Rows = append(table.Rows, []Cell{{Value: u.At.Sub(first).Seconds()}, {Value: u.CPU.Seconds()}, {Value: float64(u.RSS)}, {Value: float64(u.Threads)}, {Value: float64(u.FDs)}, {Value: float64(u.Goroutines)}})
	}
	return &Measurement{Probe: Usage, From: first, To: last, Tables: []Table{table}}
}

// Uses is the looks that a measurement is made of, none of one of a probe.
func (m *Measurement) Uses() (uses []Use) {
	if m.Probe != Usage || len(m.Tables) != 1 || !slices.Equal(m.Tables[0].Columns, useColumns) {
		return nil
	}
	for _, row := range m.Tables[0].Rows {
		uses = append(uses, Use{
			At: m.From.Add(seconds(row[0].Value)), CPU: seconds(row[1].Value), RSS: int64(row[2].Value),
			Threads: int64(row[3].Value), FDs: int64(row[4].Value), Goroutines: int64(row[5].Value),
		})
	}
	return uses
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
