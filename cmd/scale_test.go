package cmd

import (
	"testing"

	"github.com/goperf/goperf/profile"
)

func TestScaleShowsTheSmallestValue(t *testing.T) {
	for _, test := range []struct {
		unit   string
		values []int64
		want   []string
	}{
		{"nanoseconds", []int64{1_500_000_000, 20_000_000}, []string{"1500ms", "20ms"}},
		{"nanoseconds", []int64{1_500_000_000, 1_000_000}, []string{"1500ms", "1ms"}},
		{"nanoseconds", []int64{30_000_000, 10_000_000}, []string{"30ms", "10ms"}},
		{"nanoseconds", []int64{7_200_000_000_000, 60_000_000_000}, []string{"2hrs", "0.02hrs"}},
		{"microseconds", []int64{1500, 0}, []string{"1.50ms", "0"}},
		{"bytes", []int64{3 << 29, 1 << 29}, []string{"1536MB", "512MB"}},
		{"bytes", []int64{1536, 512}, []string{"1536B", "512B"}},
		{"bytes", []int64{-1536, 512}, []string{"-1536B", "512B"}},
		{"kilobytes", []int64{2048, 1024}, []string{"2MB", "1MB"}},
		{"count", []int64{1234567, 1}, []string{"1234567", "1"}},
		{"objects", []int64{7}, []string{"7objects"}},
		{"", []int64{7}, []string{"7"}},
	} {
		table := &profile.Table{Type: profile.ValueType{Unit: test.unit}}
		var rows []profile.Row
		for _, v := range test.values {
			table.Magnitude += max(v, -v)
			rows = append(rows, profile.Row{Flat: v, Cum: v})
		}
		s := scaleFor(table, rows, "", 1)
		for i, v := range test.values {
			if got := s.format(v); got != test.want[i] {
				t.Errorf("%d of %v %s prints as %q, want %q", v, test.values, test.unit, got, test.want[i])
			}
		}
	}
}

func TestPercent(t *testing.T) {
	for _, test := range []struct {
		v, total int64
		want     string
	}{
		{1, 3, "33.33%"}, {3, 3, "100%"}, {0, 3, "0%"}, {1, 0, "0%"}, {1, 1000, "0.1%"}, {123, 100_000, "0.12%"}, {-1, 4, "25.00%"}, {-4, -4, "100%"},
	} {
		if got := percentOf(test.v, test.total); got != test.want {
			t.Errorf("percentOf(%d, %d) = %q, want %q", test.v, test.total, got, test.want)
		}
	}
}
