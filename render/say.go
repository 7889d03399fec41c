package render

import "github.com/goperf/goperf/report"

// Certainty puts a probability in words: "very likely".
func Certainty(p float64) string { return certainty(p) }

// Headline counts the findings in one sentence.
func Headline(r *report.Report) string { return headline(r) }

// Cost is a cost as phrases: "21 % of process CPU", "95 % interval 18–25 %", "0.29 cores".
func Cost(c report.Cost) []string { return costText(c) }

// Saving is the expected saving as phrases; empty when it was not estimated.
func Saving(f report.Finding) []string { return savingText(f) }

// Position is the file and line of a frame, "" when they are not known.
func Position(f report.Frame) string { return position(f) }

// Value is the number of a fact, "" for one that is text alone.
func Value(f report.Fact) string { return value(f) }

// Seen is one kind of evidence and how much of it there is: "cpu (6×, 30 s, 4,080 samples)".
func Seen(s report.Seen) string { return seenText(s) }

// Cell is a cell of a table as text, in the unit that suits its number.
func Cell(c report.Column, cell report.Cell) string { return cellText(c, cell) }
