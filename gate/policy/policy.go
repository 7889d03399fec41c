// Package policy is what a gate allows: budgets, exceptions with an end, and how
// sure the gate has to be. [Parse] reads it from YAML and says of whatever it
// does not take, in which line and column that stands and what is allowed there.
package policy

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// Policy is the rules of a gate. The zero value is not one: see [Parse] and
// [Default].
type Policy struct {
	Module     string // path of the main module, "" for what the runs say
	Measure    Measure
	Decide     Decide
	Budgets    []Limit // of the program as a whole
	Functions  []Rule  // the last one has no pattern: it is the default
	Packages   []Rule
	Benchmarks []Rule
	Ignore     []Pattern
	Waivers    []Waiver
	SHA256     string // of the text, in hex
}

// Measure is how "goperf gate run" measures.
type Measure struct {
	MinPairs int // the first look is after so many pairs
	MaxPairs int // it ends after so many
	Budget   time.Duration
}

// Decide is how sure the gate has to be.
type Decide struct {
	FalseAlarms    float64 // false discovery rate of what is called a change
	MinimumEffect  float64 // share of the total that a function must have changed by
	Confidence     float64 // of intervals
	MustDetect     float64 // share of the total: an increase of a function that has to be found in 4 of 5 cases, or nothing is concluded
	OnInconclusive string  // "pass", "fail", or "" for an exit status of its own
}

// Rule is limits for what a pattern matches.
type Rule struct {
	Match  Pattern
	Limits []Limit
}

// Limit is what one metric is allowed.
type Limit struct {
	Metric   string
	Increase *Quantity // nil: no limit
	Share    *Quantity // of the total afterwards, nil: no limit
	Warn     bool      // exceeding it is told and fails nothing
	Place    string    // in the policy, "functions.rules[0]"
}

// Quantity is an amount in a base unit: "ratio", "s", "B", "count".
type Quantity struct {
	Value float64
	Unit  string
}

// Waiver allows what matches more than its budget, up to a cap and a day.
type Waiver struct {
	ID      string
	Match   Pattern
	Metric  string
	Allow   Quantity // cap on the increase, instead of the budget
	Reason  string
	Owner   string
	Expires time.Time // the first instant at which it no longer holds
	Line    int
}

// Default is the policy of who has written none.
func Default() *Policy {
	p, err := Parse([]byte(Template("")))
	if err != nil {
		panic(err) // the template is part of the program
	}
	return p
}

// FunctionLimits are the limits of a function: for each metric that of the first
// rule that matches and has one.
func (p *Policy) FunctionLimits(name string) []Limit { return limits(p.Functions, name) }

// PackageLimits are the limits of a package.
func (p *Policy) PackageLimits(path string) []Limit { return limits(p.Packages, path) }

// BenchmarkLimits are the limits of a benchmark, "example.com/shop.Encode/small-8".
// A pattern may leave out the package and the number of processors.
func (p *Policy) BenchmarkLimits(name string) []Limit {
	short := name
	if slash := strings.LastIndex(head(name), "/"); slash >= 0 {
		short = name[slash+1:]
	}
	if _, rest, ok := strings.Cut(short, "."); ok {
		short = rest
	}
	names := []string{name, short}
	if dash := strings.LastIndexByte(short, '-'); dash > 0 && dash < len(short)-1 && strings.Trim(short[dash+1:], "0123456789") == "" {
		names = append(names, short[:dash])
	}
	return limits(p.Benchmarks, names...)
}

// head is what stands before the first capital letter: the path of the package,
// as a benchmark's name begins with one and its parts may have slashes.
func head(name string) string {
	if i := strings.IndexFunc(name, unicode.IsUpper); i >= 0 {
		return name[:i]
	}
	return name
}

func limits(rules []Rule, names ...string) []Limit {
	var out []Limit
	has := map[string]bool{}
	for _, r := range rules {
		if r.Match.text != "" && !slices.ContainsFunc(names, r.Match.Matches) {
			continue
		}
		for _, l := range r.Limits {
			if !has[l.Metric] {
				out = append(out, l)
				has[l.Metric] = true
			}
		}
	}
	return out
}

// Ignored says whether the policy takes no notice of a function.
func (p *Policy) Ignored(function string) bool {
	for _, i := range p.Ignore {
		if i.Matches(function) {
			return true
		}
	}
	return false
}
