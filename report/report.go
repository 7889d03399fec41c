// Package report is the one model that every goperf command ends in and every
// output format starts from.
//
// A [Report] says what was found ([Finding]), shows the material it rests on
// ([Exhibit]) and says what could not be told ([Skip], [Gap]). All quantities
// are in base units: seconds, bytes, ratios (0.25, not 25), counts and cores;
// they are scaled only by [FormatValue] when printed. A report stays valid
// with all its exhibits removed.
//
// The package imports nothing else of goperf, reads no clock and does no I/O.
package report

import "time"

// Schema is the version of the JSON form. It changes when a field changes its
// meaning or disappears; fields may be added without a new version.
const Schema = 1

// Report is the result of one run over one target. Its findings come from
// package diagnose, its vitals, evidence and exhibits from exhibit.Fill.
type Report struct {
	Schema   int       `json:"schema"`
	Tool     string    `json:"tool,omitempty"` // "goperf 0.1.0"
	Target   Target    `json:"target"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Vitals   []Fact    `json:"vitals"`   // what the target used as a whole: CPU, live heap, goroutines
	Evidence []Seen    `json:"evidence"` // what was looked at; empty means that nothing could be judged
	Findings []Finding `json:"findings"` // best first, see [Report.Sort]
	Exhibits []Exhibit `json:"exhibits"`
	Skipped  []Skip    `json:"skipped"`            // rules that could not run
	Gaps     []Gap     `json:"gaps"`               // evidence that could not be had
	Asked    []Request `json:"asked"`              // what was asked of the target
	Notes    []string  `json:"notes"`              // doubts that concern the whole report
	Unjudged bool      `json:"unjudged,omitempty"` // no rule was asked: it shows what was measured and accuses nobody
	Verdict  *Verdict  `json:"verdict,omitempty"`  // what a gate says of a change
}

// Seen is one kind of evidence that was read, and how much of it.
type Seen struct {
	Kind    string  `json:"kind"`              // "cpu", "heap", ...
	Count   int     `json:"count"`             // profiles, snapshots or pages of that kind
	Samples int64   `json:"samples,omitempty"` // what statements about it rest on, 0 when it is not sampled
	Seconds float64 `json:"seconds,omitempty"` // time covered, 0 for one snapshot
}

// Target is the program that was looked at, as far as it is known.
type Target struct {
	Name       string            `json:"name"` // as the user wrote it
	Kind       string            `json:"kind,omitempty"`
	Command    string            `json:"command,omitempty"`
	Module     string            `json:"module,omitempty"`     // main module path
	GoVersion  string            `json:"go_version,omitempty"` // go1.26.1
	BuildID    string            `json:"build_id,omitempty"`
	GOMAXPROCS int               `json:"gomaxprocs,omitempty"`
	Labels     map[string]string `json:"labels,omitempty"`
}

// Finding is one answer: what is wrong, where, what it costs and what to do.
type Finding struct {
	Rule       string   `json:"rule"`      // stable id of the rule, "regexp-compile"
	Mechanism  string   `json:"mechanism"` // one slug of [Mechanisms]
	Severity   Severity `json:"severity"`
	Confidence float64  `json:"confidence"` // probability that the finding is right, 0..1
	Title      string   `json:"title"`      // one sentence, no trailing period
	Where      []Frame  `json:"where"`      // culprit first, then the way to the cost
	Cost       Cost     `json:"cost"`
	Saving     Range    `json:"saving"`
	Because    []Fact   `json:"because"`           // numbered, measured
	Advice     []string `json:"advice"`            // in order, concrete to this code
	Related    []string `json:"related,omitempty"` // what other rules said of the same cause
}

// Frame is one place in the program.
type Frame struct {
	Function string `json:"function"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"` // 0 when unknown
}

// Cost is what the finding costs now.
type Cost struct {
	Resource string  `json:"resource"` // "cpu", "heap", "alloc", "goroutines", "lock-wait", "block-wait", "gc"
	Share    float64 `json:"share"`    // of Of, 0..1
	Low      float64 `json:"low"`      // 95 % sampling interval of Share; equal to it for what is counted and not sampled (goroutines, limits, stops)
	High     float64 `json:"high"`
	Of       string  `json:"of"`     // the denominator in words: "process CPU", "live heap"
	Amount   float64 `json:"amount"` // absolute, in Unit
	Unit     string  `json:"unit"`   // "cores", "B", "B/s", "count", "count/s", "s/s"
}

// Range is what fixing the finding is expected to give back.
type Range struct {
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	Unit  string  `json:"unit"`            // as [Cost.Unit]
	Share float64 `json:"share"`           // midpoint as a share of the cost's denominator
	Basis string  `json:"basis,omitempty"` // where the estimate comes from
}

// Fact is one measured number. It is printed as "VALUE TEXT", a vital as "TEXT VALUE".
type Fact struct {
	Text   string  `json:"text"` // "under regexp.compile"
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`             // "ratio", "s", "B", "count", "cores", "B/s", "count/s", "s/s"; "" when Text stands alone
	Source string  `json:"source,omitempty"` // the evidence kind: "cpu", "heap", ...
	Doubt  string  `json:"doubt,omitempty"`  // why the number may be off
}

// Skip is a rule that could not run, and why.
type Skip struct {
	Rule string `json:"rule"`
	Why  string `json:"why"`
}

// Gap is evidence that could not be had.
type Gap struct {
	Want string `json:"want"` // the kind of evidence
	Why  string `json:"why"`
	Hint string `json:"hint,omitempty"` // what would get it
}

// Request is something that was asked of the target, and what it took.
type Request struct {
	What    string  `json:"what"` // "GET /debug/pprof/profile?seconds=8"
	Seconds float64 `json:"seconds"`
	Bytes   int64   `json:"bytes"`
	Effect  string  `json:"effect,omitempty"` // what it does to the target
}

// Exhibit is material a reader may look at; exactly one of the last four fields is set.
type Exhibit struct {
	ID        string     `json:"id"`
	Title     string     `json:"title"`
	Table     *Table     `json:"table,omitempty"`
	Flame     *Flame     `json:"flame,omitempty"`
	Series    *Series    `json:"series,omitempty"`
	Histogram *Histogram `json:"histogram,omitempty"`
}

// Table is rows under columns. A cell is a number in the column's unit, or
// text; text in a column of numbers stands for a value that is not known.
type Table struct {
	Columns []Column `json:"columns"`
	Rows    [][]Cell `json:"rows"`
}

// Column names a column; Unit "" means text.
type Column struct {
	Name string `json:"name"`
	Unit string `json:"unit,omitempty"`
}

// Cell is text or a number, as its column says.
type Cell struct {
	Text  string  `json:"text,omitempty"`
	Value float64 `json:"value,omitempty"`
}

// Flame is a call tree; Total includes the children.
type Flame struct {
	Name     string  `json:"name"`
	Total    float64 `json:"total"`
	Self     float64 `json:"self"`
	Unit     string  `json:"unit,omitempty"` // set on the root
	Children []Flame `json:"children,omitempty"`
}

// Series is values over time.
type Series struct {
	Unit  string    `json:"unit"`
	Times []float64 `json:"times"` // seconds since Report.From
	Lines []Line    `json:"lines"`
}

// Line is one named series of values, as long as the times.
type Line struct {
	Name   string    `json:"name"`
	Values []float64 `json:"values"`
}

// Histogram is counts between bounds: len(Bounds) == len(Counts)+1.
type Histogram struct {
	Unit   string    `json:"unit"`
	Bounds []float64 `json:"bounds"`
	Counts []float64 `json:"counts"`
}
