package policy

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// The bounds of what may be chosen.
const (
	minPairs, maxPairs = 1, 100
	maxRate            = 0.2 // of false alarms: a gate that is wrong more often is switched off
)

// Parse reads a policy. The error is one or more [Error], joined.
func Parse(text []byte) (*Policy, error) {
	root, err := parseTree(text)
	if err != nil {
		return nil, err
	}
	p := &Policy{
		Measure: Measure{MinPairs: 5, MaxPairs: 20, Budget: 10 * time.Minute},
		Decide:  Decide{FalseAlarms: 0.01, MinimumEffect: 0.0025, Confidence: 0.95, MustDetect: 0.08},
		SHA256:  fmt.Sprintf("%x", sha256.Sum256(text)),
	}
	r := &reader{}
	version := 0
	r.mapping(root, "policy",
		field{"version", true, r.whole(&version, 1, 1)},
		field{"module", false, r.name(&p.Module)},
		field{"measure", false, func(n ast.Node) { r.measure(n, &p.Measure) }},
		field{"decide", false, func(n ast.Node) { r.decide(n, &p.Decide) }},
		field{"budgets", false, func(n ast.Node) { p.Budgets = r.limits(n, "budgets", totals, false) }},
		field{"functions", false, func(n ast.Node) { p.Functions = r.rules(n, "functions", functions, true) }},
		field{"packages", false, func(n ast.Node) { p.Packages = r.rules(n, "packages", functions, true) }},
		field{"benchmarks", false, func(n ast.Node) { p.Benchmarks = r.rules(n, "benchmarks", benchmarks, false) }},
		field{"ignore", false, func(n ast.Node) { p.Ignore = r.patterns(n, "ignore") }},
		field{"waivers", false, func(n ast.Node) { p.Waivers = r.waivers(n) }},
	)
	if err := r.err(); err != nil {
		return nil, err
	}
	return p, nil
}

func (r *reader) measure(n ast.Node, m *Measure) {
	r.mapping(n, "measure",
		field{"pairs", false, func(n ast.Node) {
			r.mapping(n, "measure.pairs",
				field{"min", false, r.whole(&m.MinPairs, minPairs, maxPairs)},
				field{"max", false, r.whole(&m.MaxPairs, minPairs, maxPairs)})
			if m.MaxPairs < m.MinPairs {
				r.errorAt(n, "max at least min", "measure.pairs: max %d is below min %d", m.MaxPairs, m.MinPairs)
			}
		}},
		field{"budget", false, func(n ast.Node) {
			s, ok := r.text(n)
			if !ok {
				return
			}
			d, err := time.ParseDuration(s)
			if err != nil || d <= 0 || d > 24*time.Hour {
				r.errorAt(n, "a time up to 24h such as 10m or 90s", "measure.budget: %q", s)
				return
			}
			m.Budget = d
		}},
	)
}

func (r *reader) decide(n ast.Node, d *Decide) {
	on := "report"
	r.mapping(n, "decide",
		field{"false_alarms", false, r.share(&d.FalseAlarms, 1e-6, maxRate)},
		field{"minimum_effect", false, r.share(&d.MinimumEffect, 1e-6, 1)},
		field{"confidence", false, r.share(&d.Confidence, 0.5, 0.9999)},
		field{"must_detect", false, r.share(&d.MustDetect, 1e-4, 1)},
		field{"on_inconclusive", false, r.word(&on, "report", "pass", "fail")},
	)
	if on != "report" {
		d.OnInconclusive = on
	}
}

// limits reads "metric: limit" lines.
func (r *reader) limits(n ast.Node, place string, ms []metric, share bool) []Limit {
	var out []Limit
	r.mapping(n, place, r.metricFields(place, ms, share, &out)...)
	return out
}

func (r *reader) metricFields(place string, ms []metric, share bool, out *[]Limit) []field {
	var fields []field
	for _, m := range ms {
		fields = append(fields, field{m.name, false, func(n ast.Node) {
			if l, ok := r.limit(n, place+"."+m.name, m, share); ok {
				l.Metric, l.Place = m.name, place
				*out = append(*out, l)
			}
		}})
	}
	return fields
}

// limit reads "3%", or a mapping with more to say.
func (r *reader) limit(n ast.Node, place string, m metric, share bool) (l Limit, ok bool) {
	amount := func(to **Quantity, unit string) func(ast.Node) {
		return func(n ast.Node) {
			if q, ok := r.quantity(n, unit); ok {
				*to = &q
			}
		}
	}
	if n.Type() != ast.MappingType {
		amount(&l.Increase, m.unit)(n)
		return l, l.Increase != nil
	}
	level := "error"
	fields := []field{
		{"max_increase", false, amount(&l.Increase, m.unit)},
		{"level", false, r.word(&level, "error", "warning")},
	}
	if share {
		fields = append(fields, field{"max_share", false, amount(&l.Share, "ratio")})
	}
	before := len(r.errs)
	r.mapping(n, place, fields...)
	l.Warn = level == "warning"
	if l.Increase == nil && l.Share == nil && len(r.errs) == before {
		r.errorAt(n, "max_increase", "%s: limits nothing", place)
	}
	return l, l.Increase != nil || l.Share != nil
}

// rules reads the rules of a kind of subject; the default comes last.
func (r *reader) rules(n ast.Node, place string, ms []metric, share bool) []Rule {
	var rules []Rule
	var fallback []Rule
	r.mapping(n, place,
		field{"default", false, func(n ast.Node) {
			fallback = []Rule{{Limits: r.limits(n, place+".default", ms, share)}}
		}},
		field{"rules", false, func(n ast.Node) {
			r.list(n, place+".rules", func(i int, item ast.Node) {
				here := fmt.Sprintf("%s.rules[%d]", place, i)
				rule := Rule{}
				fields := append([]field{{"match", true, r.pattern(&rule.Match)}}, r.metricFields(here, ms, share, &rule.Limits)...)
				before := len(r.errs)
				r.mapping(item, here, fields...)
				if len(rule.Limits) == 0 && len(r.errs) == before {
					r.errorAt(item, "a limit for one of "+joined(ms), "%s: limits nothing", here)
				}
				rules = append(rules, rule)
			})
		}},
	)
	return append(rules, fallback...)
}

func (r *reader) patterns(n ast.Node, place string) []Pattern {
	var out []Pattern
	r.list(n, place, func(_ int, item ast.Node) {
		var p Pattern
		r.pattern(&p)(item)
		out = append(out, p)
	})
	return out
}

func (r *reader) waivers(n ast.Node) []Waiver {
	var out []Waiver
	lines := map[string]int{}
	r.list(n, "waivers", func(i int, item ast.Node) {
		w := r.waiver(item, fmt.Sprintf("waivers[%d]", i))
		if line, twice := lines[w.ID]; twice && w.ID != "" {
			r.errorAt(item, "an id of its own", "waivers[%d]: id %q is that of the waiver in line %d", i, w.ID, line)
		}
		lines[w.ID] = w.Line
		out = append(out, w)
	})
	return out
}

// waiver reads an exception. It is for one metric, ends, is capped, and somebody
// answers for it: without these it would be a hole and not a waiver.
func (r *reader) waiver(n ast.Node, place string) Waiver {
	w := Waiver{Line: n.GetToken().Position.Line}
	var allow ast.Node
	all := append(append([]metric{}, functions...), totals...)
	all = append(all, benchmarks...)
	names := metricNames(all)
	r.mapping(n, place,
		field{"id", true, r.name(&w.ID)},
		field{"match", true, r.pattern(&w.Match)},
		field{"metric", true, r.word(&w.Metric, unique(names)...)},
		field{"allow", true, func(n ast.Node) { allow = n }},
		field{"reason", true, r.name(&w.Reason)},
		field{"owner", true, r.name(&w.Owner)},
		field{"expires", true, func(n ast.Node) {
			s, ok := r.text(n)
			if !ok {
				return
			}
			day, err := time.Parse(time.DateOnly, s)
			if err != nil {
				r.errorAt(n, "a day such as 2027-03-31", "%s.expires: %q", place, s)
				return
			}
			w.Expires = day.AddDate(0, 0, 1)
		}},
	)
	if allow == nil {
		return w
	}
	for _, m := range all {
		if m.name == w.Metric {
			if q, ok := r.quantity(allow, m.unit); ok {
				w.Allow = q
			}
			break
		}
	}
	return w
}

func joined(ms []metric) string {
	names := make([]string, len(ms))
	for i, m := range ms {
		names[i] = m.name
	}
	return strings.Join(names, ", ")
}

func unique(names []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, n := range names {
		if !seen[n] {
			out = append(out, n)
			seen[n] = true
		}
	}
	return out
}
