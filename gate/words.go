package gate

import (
	"strings"

	"github.com/goperf/goperf/report"
)

func signed(v float64, unit string) string {
	if v > 0 {
		return "+" + report.FormatValue(v, unit)
	}
	return report.FormatValue(v, unit)
}

// amount is a limit in words.
func amount(v float64, unit string) string {
	if v == 0 {
		return "nothing"
	}
	return report.FormatValue(v, unit)
}

// moreText is "12 % more", "3 µs/op less".
func moreText(c report.Change) string {
	if c.Value < 0 {
		return report.FormatValue(-c.Value, c.Unit) + " less than before"
	}
	return report.FormatValue(c.Value, c.Unit) + " more than before"
}

// whose says what a row is about: "cpu per op of the program", "sec/op of Encode".
func whose(b *report.Budget) string {
	name := b.Metric
	if _, work, ok := strings.Cut(b.Unit, "/"); ok && work != "" && !strings.Contains(name, "/") {
		name += " per " + work
	}
	if b.Kind == "total" {
		return name
	}
	return name + " of " + b.Subject
}
