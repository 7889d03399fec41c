package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Severity orders findings by what they mean to an operator.
type Severity int

// The severities, least first. Info is worth knowing and gates nothing.
const (
	Info Severity = iota
	Notice
	Warning
	Critical
)

var severityNames = []string{"info", "notice", "warning", "critical"}

// String returns the lower-case name.
func (s Severity) String() string {
	if s < Info || s > Critical {
		return fmt.Sprintf("severity(%d)", int(s))
	}
	return severityNames[s]
}

// ParseSeverity reads a name; the error lists the valid ones.
func ParseSeverity(name string) (Severity, error) {
	if i := slices.Index(severityNames, strings.ToLower(name)); i >= 0 {
		return Severity(i), nil
	}
	return Info, fmt.Errorf("severity %q: want one of %s", name, strings.Join(severityNames, ", "))
}

// MarshalJSON writes the name.
func (s Severity) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// UnmarshalJSON reads a name.
func (s *Severity) UnmarshalJSON(b []byte) error {
	var name string
	if err := json.Unmarshal(b, &name); err != nil {
		return fmt.Errorf("severity: %w", err)
	}
	v, err := ParseSeverity(name)
	*s = v
	return err
}
