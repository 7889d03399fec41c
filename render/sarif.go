package render

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/goperf/goperf/report"
)

// What readers of SARIF 2.1.0 do with it, and this file bends to:
//   - GitHub refuses a result without a location in the repository, shows one
//     location, and takes 5,000 results of a run;
//   - an absent list of results means that nothing was looked at, an empty one
//     that nothing was found;
//   - results are the same alert when their partial fingerprints are, so these
//     hold neither a line nor a number;
//   - the alert's title is the rule's short description, the message is below.

const (
	sarifSchema  = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	sarifResults = 5000
	homepage     = "https://github.com/goperf/goperf"
)

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver sarifDriver `json:"driver"`
	} `json:"tool"`
	Invocations []sarifInvocation `json:"invocations"`
	ColumnKind  string            `json:"columnKind"`
	Results     []sarifResult     `json:"results"`
}

type sarifDriver struct {
	Name           string      `json:"name"`
	Version        string      `json:"version,omitempty"`
	InformationURI string      `json:"informationUri"`
	Rules          []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID               string       `json:"id"`
	ShortDescription sarifMessage `json:"shortDescription"`
	Help             sarifMessage `json:"help"`
}

// sarifInvocation says what could not be judged: readers show it beside the results.
type sarifInvocation struct {
	ExecutionSuccessful bool                `json:"executionSuccessful"`
	Notifications       []sarifNotification `json:"toolExecutionNotifications,omitempty"`
}

type sarifNotification struct {
	Level   string       `json:"level"`
	Message sarifMessage `json:"message"`
}

type sarifMessage struct {
	Text string `json:"text"`
}

type sarifResult struct {
	RuleID              string             `json:"ruleId"`
	RuleIndex           int                `json:"ruleIndex"`
	Level               string             `json:"level"`
	Message             sarifMessage       `json:"message"`
	Locations           []sarifLocation    `json:"locations"`
	RelatedLocations    []sarifLocation    `json:"relatedLocations,omitempty"`
	PartialFingerprints map[string]string  `json:"partialFingerprints"`
	Suppressions        []sarifSuppression `json:"suppressions,omitempty"`
}

type sarifLocation struct {
	ID               *int          `json:"id,omitempty"`
	PhysicalLocation sarifPhysical `json:"physicalLocation"`
	LogicalLocations []sarifName   `json:"logicalLocations,omitempty"`
	Message          *sarifMessage `json:"message,omitempty"`
}

type sarifPhysical struct {
	ArtifactLocation struct {
		URI       string `json:"uri"`
		URIBaseID string `json:"uriBaseId"`
	} `json:"artifactLocation"`
	Region struct {
		StartLine int `json:"startLine"`
	} `json:"region"`
}

type sarifName struct {
	FullyQualifiedName string `json:"fullyQualifiedName"`
	Kind               string `json:"kind"`
}

type sarifSuppression struct {
	Kind          string `json:"kind"`
	Justification string `json:"justification"`
}

// sarif writes the report for code scanning.
func sarif(w io.Writer, r *report.Report, o Options) error {
	run := sarifRun{ColumnKind: "utf16CodeUnits", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "goperf", InformationURI: homepage, Rules: []sarifRule{}}
	if _, version, ok := strings.Cut(report.Clean(r.Tool), " "); ok {
		run.Tool.Driver.Version = version
	}
	run.Invocations = []sarifInvocation{{ExecutionSuccessful: !nothing(r), Notifications: sarifUntold(r, o)}}
	at := newPlaces(r, o.Repo)
	index := map[string]int{}
	for n, i := range issues(r) {
		if n == sarifResults {
			break
		}
		if _, known := index[i.rule]; !known {
			index[i.rule] = len(run.Tool.Driver.Rules)
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{i.rule, sarifMessage{i.about}, sarifMessage{i.help()}})
		}
		run.Results = append(run.Results, sarifOf(i, index[i.rule], at, o))
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

func sarifOf(i issue, rule int, at *places, o Options) sarifResult {
	out := sarifResult{
		RuleID: i.rule, RuleIndex: rule,
		Level:               [...]string{"note", "warning", "error"}[i.level],
		Message:             sarifMessage{strings.Join(i.text(o), "\n")},
		PartialFingerprints: map[string]string{"goperf/v1": i.fingerprint()},
	}
	anchor := at.anchor(i)
	out.Locations = []sarifLocation{sarifAt(anchor)}
	for n, s := range at.lines(i) {
		if s.frame == anchor.frame {
			continue
		}
		l := sarifAt(s)
		l.ID = &n
		l.Message = &sarifMessage{"on the way: " + o.clean(s.frame.Function)}
		out.RelatedLocations = append(out.RelatedLocations, l)
	}
	if i.waived != "" {
		out.Suppressions = []sarifSuppression{{Kind: "external", Justification: o.clean(i.waived)}}
	}
	return out
}

func sarifAt(s sourceLine) sarifLocation {
	var l sarifLocation
	l.PhysicalLocation.ArtifactLocation.URI = uriPath(s.file)
	l.PhysicalLocation.ArtifactLocation.URIBaseID = "%SRCROOT%"
	l.PhysicalLocation.Region.StartLine = s.line
	if s.frame.Function != "" {
		l.LogicalLocations = []sarifName{{report.Clean(s.frame.Function), "function"}}
	}
	return l
}

// uriPath writes a path as a relative reference of RFC 3986: what is not
// unreserved there is escaped, so that a colon cannot pass for a scheme.
func uriPath(file string) string {
	var b strings.Builder
	for i := range len(file) {
		switch c := file[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~/+@", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// sarifUntold are the gaps and doubts.
func sarifUntold(r *report.Report, o Options) []sarifNotification {
	var out []sarifNotification
	for _, g := range gapGroups(r.Gaps) {
		text := strings.Join(g.names, ", ") + ": " + g.text
		if g.hint != "" {
			text += "; " + g.hint
		}
		out = append(out, sarifNotification{"note", sarifMessage{o.clean(text)}})
	}
	for _, n := range r.Notes {
		out = append(out, sarifNotification{"note", sarifMessage{o.clean(n)}})
	}
	return out
}

// nothing is true when there was no evidence to judge.
func nothing(r *report.Report) bool {
	if r.Verdict != nil {
		return r.Verdict.Outcome == report.NoEvidence
	}
	return len(r.Findings) == 0 && len(r.Evidence) == 0 && len(r.Exhibits) == 0
}
