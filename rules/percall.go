package rules

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

var builtPerCall = diagnose.Rule{
	ID: "built-per-call", Title: "builds on every call what could be built once", Mechanism: "compile-per-call",
	Needs: []evidence.Kind{evidence.CPU},
	Doc: "A function calls another module's constructor, compiler or loader (NewX, Compile, Build, Load...) on the hot path, and that takes a visible part of the CPU: expressions, schemas, policies, clients and routers are meant to be made once.\n\n" +
		"Evidence: the name of the called function, the share of CPU below the call.\n\n" +
		"**Remedy.** Make it at start or keep it in a map keyed by its source.\n\n" +
		"**When it is wrong.** Parsing what a request carries has to be done for each request; names that begin with Parse or Decode are therefore reported at low confidence.",
	Check: checkBuiltPerCall,
}

// maker names and the mechanism each suggests, most telling first.
var makers = []struct {
	name      *regexp.Regexp
	mechanism string
	certain   float64
}{
	{regexp.MustCompile(`(?i)(compile|buildregexp|newregexp|newexpression|newevaluable|expression$)`), "compile-per-call", 0.78},
	{regexp.MustCompile(`^(New\w*(Schema|Template|Policy|Grammar|Program|Env|Engine|Router|Interpreter|VM|Parser|Replacer|Matcher|Validator|Sanitizer)|\w+Policy|MustParse\w*|ParseTemplate\w*|ParseFiles|ParseGlob)$`), "compile-per-call", 0.72},
	{regexp.MustCompile(`^(New\w*(Client|Transport|Session|Pool|Conn|Connection)|Dial\w*|Connect|Open)$`), "connection-churn", 0.62},
	{regexp.MustCompile(`^(Load[A-Z]\w*|ReadConfig\w*|Init\w*|Setup\w*|Validate)$`), "parse-per-request", 0.5},
	{regexp.MustCompile(`^(New|NewWith\w*|Build|Must|Default\w*|New[A-Z]\w*)$`), "redundant-work", 0.3},
}

type made struct {
	edge      blame.Edge
	value     int64
	mechanism string
	certain   float64
}

func checkBuiltPerCall(p *diagnose.Pass) []report.Finding {
	t := p.CPU()
	if t == nil || t.Total == 0 {
		return nil
	}
	const least = 0.05
	var ms []made
	for e, v := range t.Edges {
		if ratio(v, t.Total) < least || t.Funcs[e.To].Class != symbol.ThirdParty {
			continue
		}
		m, ok := maker(t.Funcs[e.To].Name)
		if !ok || sameModule(t.Funcs[e.From].Pkg, t.Funcs[e.To].Pkg) && !m.inside(t, e, v) {
			continue
		}
		m.edge, m.value = e, v
		if m.mechanism == "pool-misuse" {
			m.edge = besideCompressor(t, e)
		}
		ms = append(ms, m)
	}
	slices.SortFunc(ms, func(a, b made) int {
		return cmp.Or(cmp.Compare(b.value, a.value), cmp.Compare(t.Funcs[a.edge.To].Name, t.Funcs[b.edge.To].Name))
	})
	var out []report.Finding
	for _, m := range ms[:min(len(ms), 2)] {
		cost := p.CPUCost(m.value, samplesOf(t, m.value))
		if cost.Low >= least {
			out = append(out, m.finding(p, t, cost))
		}
	}
	return out
}

// sameModule goes by the host, owner and repository of an import path: what a
// library does among its own packages is its own business.
func sameModule(a, b string) bool {
	cut := func(pkg string) string {
		parts := strings.SplitN(pkg, "/", 4)
		return strings.Join(parts[:min(len(parts), 3)], "/")
	}
	return a == b || strings.Contains(a, ".") && cut(a) == cut(b)
}

// inside says that a constructor counts even where its own module calls it: a
// compressor always, a compiler when it takes a quarter of all and is not the
// inner part of another constructor.
func (m made) inside(t *blame.Table, e blame.Edge, v int64) bool {
	if m.mechanism == "pool-misuse" {
		return true
	}
	if m.mechanism != "compile-per-call" || ratio(v, t.Total) < 0.25 {
		return false
	}
	at := e.From
	for range 8 {
		if _, is := maker(t.Funcs[at].Name); is {
			return false
		}
		caller, ok := heaviestCaller(t, at)
		if !ok || !sameModule(t.Funcs[caller].Pkg, t.Funcs[at].Pkg) {
			return true
		}
		at = caller
	}
	return true
}

func maker(function string) (made, bool) {
	if compressors.MatchString(symbol.Package(function)) {
		_, local := symbol.Split(symbol.Outer(function))
		if strings.HasPrefix(local, "New") && !strings.Contains(local, ".") {
			return made{mechanism: "pool-misuse", certain: 0.75}, true
		}
		return made{}, false
	}
	_, local := symbol.Split(symbol.Outer(function))
	if i := lastDot(local); i >= 0 {
		local = local[i+1:]
	}
	for _, m := range makers {
		if m.name.MatchString(local) {
			return made{mechanism: m.mechanism, certain: m.certain}, true
		}
	}
	return made{}, false
}

func lastDot(s string) int {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '.' {
			return i
		}
	}
	return -1
}

func (m made) finding(p *diagnose.Pass, t *blame.Table, cost report.Cost) report.Finding {
	from, to := symbol.Short(t.Funcs[m.edge.From].Name), symbol.Short(t.Funcs[m.edge.To].Name)
	line, _ := hottestLine(t, m.edge.From)
	where := diagnose.Frame(t, blame.Frame{Func: m.edge.From, Line: line})
	f := report.Finding{
		Mechanism: m.mechanism, Title: fmt.Sprintf("%s calls %s again and again", from, to), Cost: cost,
		Where:      []report.Frame{where, diagnose.Frame(t, blame.Frame{Func: m.edge.To})},
		Confidence: certainty(m.certain, cost, 0.05),
		Because:    []report.Fact{{Text: "of process CPU is below " + to + " called by " + from, Value: cost.Share, Unit: "ratio", Source: "cpu"}},
		Advice: []string{
			fmt.Sprintf("Call %s once, at start, and keep the result; where its input varies, keep results in a bounded map keyed by the input (%s:%d).", to, where.File, where.Line),
		},
		Saving: report.Range{Low: cost.Low * 0.7, High: cost.High * 0.97, Share: cost.Share * 0.85, Unit: "ratio", Basis: "the call goes away"},
	}
	if cores, ok := p.Cores(); ok {
		f.Saving.Low, f.Saving.High, f.Saving.Unit = f.Saving.Low*cores, f.Saving.High*cores, "cores"
	}
	f.Severity = cpuSeverity(p, f.Saving.Share)
	return f
}
