package render

import (
	"encoding/xml"
	"io"
	"strings"

	"github.com/goperf/goperf/report"
)

// There is no standard of JUnit's XML. This writes what the schema of Jenkins'
// xunit plugin, Ant's and GitLab's documentation have in common, and no more.

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Timestamp  string          `xml:"timestamp,attr,omitempty"`
	Properties []junitProperty `xml:"properties>property,omitempty"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Class   string       `xml:"classname,attr"`
	Name    string       `xml:"name,attr"`
	Failure *junitResult `xml:"failure"`
	Error   *junitResult `xml:"error"`
	Skipped *junitResult `xml:"skipped"`
	Output  string       `xml:"system-out,omitempty"`
}

type junitResult struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// junit writes a test case for each budget of a verdict and for each finding. A
// finding that is at least a warning and more likely right than not is a failure;
// what could not be judged is skipped, unless the policy has it fail; no evidence
// is an error.
func junit(w io.Writer, r *report.Report, o Options) error {
	s := junitSuite{Name: "goperf", Cases: junitCases(r, o)}
	if !r.From.IsZero() {
		s.Timestamp = r.From.UTC().Format("2006-01-02T15:04:05")
	}
	for _, p := range []junitProperty{{"target", r.Target.Name}, {"module", r.Target.Module}, {"go", r.Target.GoVersion}, {"tool", r.Tool}} {
		if p.Value != "" {
			s.Properties = append(s.Properties, junitProperty{p.Name, o.clean(p.Value)})
		}
	}
	for _, c := range s.Cases {
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
	s.Tests = len(s.Cases)
	all := junitSuites{Name: "goperf", Tests: s.Tests, Failures: s.Failures, Errors: s.Errors, Suites: []junitSuite{s}}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func junitCases(r *report.Report, o Options) []junitCase {
	var out []junitCase
	if nothing(r) {
		out = append(out, junitCase{Class: "goperf", Name: "evidence", Error: &junitResult{Type: "no-evidence", Message: headline(r)}})
	}
	for _, i := range issues(r) {
		out = append(out, junitOf(i, o))
	}
	if r.Verdict != nil {
		for _, b := range withStatus(r.Verdict, report.BudgetPass) {
			out = append(out, junitCase{Class: "gate/" + report.Clean(b.Metric), Name: o.clean(subject(b)), Output: o.clean(b.Why)})
		}
	}
	for _, g := range skipGroups(r.Skipped) {
		for _, name := range g.names {
			out = append(out, junitCase{Class: "rules", Name: o.clean(name), Skipped: &junitResult{Type: "not-judged", Message: o.clean(g.text)}})
		}
	}
	return out
}

func junitOf(i issue, o Options) junitCase {
	text := i.text(o)
	c := junitCase{Class: o.clean(i.rule), Name: o.clean(i.name)}
	switch gate := strings.HasPrefix(i.rule, "gate/"); {
	case i.waived != "":
		c.Skipped = &junitResult{Type: "waived", Message: o.clean(i.waived), Text: strings.Join(text, "\n")}
	case i.level == levelFailure, i.level == levelWarning && !gate:
		c.Failure = &junitResult{Type: c.Class, Message: text[0], Text: strings.Join(text[1:], "\n")}
	case i.open:
		c.Skipped = &junitResult{Type: "inconclusive", Message: text[0], Text: strings.Join(text[1:], "\n")}
	default:
		c.Output = strings.Join(text, "\n")
	}
	return c
}
