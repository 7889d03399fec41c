package render

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/goperf/goperf/report"
)

// codeQuality is one entry of a GitLab code quality report, the subset of the
// Code Climate format that GitLab reads. All fields are required, and the
// fingerprint must be unique in a report.
type codeQuality struct {
	Description string `json:"description"`
	CheckName   string `json:"check_name"`
	Fingerprint string `json:"fingerprint"`
	Severity    string `json:"severity"` // info, minor, major, critical, blocker
	Location    struct {
		Path  string `json:"path"`
		Lines struct {
			Begin int `json:"begin"`
		} `json:"lines"`
	} `json:"location"`
}

// codequality writes the report for the widget of a GitLab merge request. What
// is waived is not in it: the format cannot say so.
func codequality(w io.Writer, r *report.Report, o Options) error {
	list := []codeQuality{}
	at := newPlaces(r, o.Repo)
	for _, i := range issues(r) {
		if i.waived != "" {
			continue
		}
		anchor := at.anchor(i)
		e := codeQuality{
			Description: strings.Join(i.text(o)[:min(2, len(i.text(o)))], ". "),
			CheckName:   i.rule,
			Fingerprint: i.fingerprint(),
			Severity:    [...]string{"info", "major", "critical"}[i.level],
		}
		e.Location.Path = report.Clean(anchor.file)
		e.Location.Lines.Begin = anchor.line
		list = append(list, e)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(list)
}
