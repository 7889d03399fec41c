package tui

import (
	"fmt"

	"github.com/goperf/goperf/flame"
)

// percentTable is the percentages as [flame.Percent] writes them, made once: a
// screen holds hundreds.
type percentTable struct {
	whole  []string // 0% to 100%
	tenths []string // 0.0% to 10.0%
}

func newPercents() *percentTable {
	t := &percentTable{}
	for i := range 101 {
		t.whole = append(t.whole, fmt.Sprintf("%d%%", i))
		t.tenths = append(t.tenths, fmt.Sprintf("%.1f%%", float64(i)/10))
	}
	return t
}

func (t *percentTable) of(v, whole int64) string {
	p := 100 * float64(v) / float64(max(whole, 1))
	switch {
	case p >= 9.95 && p <= 100:
		return t.whole[int(p+0.5)]
	case p >= 0.095 && p < 9.95:
		return t.tenths[int(p*10+0.5)]
	}
	return flame.Percent(v, whole)
}
