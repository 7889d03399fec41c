// Package render writes a report in the formats people and programs read.
//
// One file per format; all of them start from [report.Report] and nothing
// else, so whatever was saved as JSON can be rendered again in any of them.
// Wording that several formats share is in words.go, terminal layout in
// layout.go and table.go. The package decides nothing: what is a finding, how
// sure it is and how the process exits is settled before.
package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/goperf/goperf/report"
)

// Options say how to write; a format ignores what it has no use for. The zero
// value is 80 columns, no colour, the short form.
type Options struct {
	Width int  // columns of the terminal, 0 means 80
	Color bool // ANSI colours may be used
	All   bool // everything in full: all findings, all exhibits, each request and skipped rule
	Repo  Repo // where the source is, for formats that point at it
}

// Format is one way to write a report.
type Format struct {
	Name   string
	Doc    string // one line for the help
	Render func(w io.Writer, r *report.Report, o Options) error
}

// All lists the formats; the first is what a terminal gets.
var All = []Format{
	{Name: "text", Doc: "for reading on a terminal", Render: text},
	{Name: "json", Doc: "the whole report for programs, see docs/report.schema.json", Render: jsonForm},
	{Name: "markdown", Doc: "for a GitHub issue or pull request comment", Render: markdown},
	{Name: "sarif", Doc: "for code scanning (SARIF 2.1.0)", Render: sarif},
	{Name: "junit", Doc: "for the test reports of CI servers (JUnit XML)", Render: junit},
	{Name: "github", Doc: "for the annotations of a GitHub workflow", Render: github},
	{Name: "codequality", Doc: "for the widget of a GitLab merge request", Render: codequality},
}

// Find returns the format of that name; the error lists the valid ones.
func Find(name string) (Format, error) {
	var names []string
	for _, f := range All {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Format{}, fmt.Errorf("format %q: want one of %s", report.Clean(name), strings.Join(names, ", "))
}
