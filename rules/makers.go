package rules

import (
	"regexp"
	"strings"
	"sync"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/profile/symbol"
)

// maker names and the mechanism each suggests, most telling first.
var makers = sync.OnceValue(func() []callMaker {
	return []callMaker{
		{regexp.MustCompile(`(?i)(compile|buildregexp|newregexp|newexpression|newevaluable|expression$)`), "compile-per-call", 0.78},
		{regexp.MustCompile(`^(New\w*(Schema|Template|Policy|Grammar|Program|Env|Engine|Router|Interpreter|VM|Parser|Replacer|Matcher|Validator|Sanitizer)|\w+Policy|MustParse\w*|ParseTemplate\w*|ParseFiles|ParseGlob)$`), "compile-per-call", 0.72},
		{regexp.MustCompile(`^(New\w*(Client|Transport|Session|Pool|Conn|Connection)|Dial\w*|Connect|Open)$`), "connection-churn", 0.62},
		{regexp.MustCompile(`^(Load[A-Z]\w*|ReadConfig\w*|Init\w*|Setup\w*|Validate)$`), "parse-per-request", 0.5},
		{regexp.MustCompile(`^(New|NewWith\w*|Build|Must|Default\w*|New[A-Z]\w*)$`), "redundant-work", 0.3},
	}
})

type callMaker struct {
	name      *regexp.Regexp
	mechanism string
	certain   float64
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
	if compressors().MatchString(symbol.Package(function)) {
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
	for _, m := range makers() {
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

var compressors = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)/(compress|p?gzip|gzhttp|zstd|lz4|brotli|flate|zlib|snappy|s2|xz)\b`)
})

// besideCompressor is the nearest caller of a compressor's constructor that is not
// of a compression package itself: it decides whether to keep one.
func besideCompressor(t *blame.Table, e blame.Edge) blame.Edge {
	for range 6 {
		if !compressors().MatchString(t.Funcs[e.From].Pkg) {
			return e
		}
		caller, ok := heaviestCaller(t, e.From)
		if !ok {
			return e
		}
		e = blame.Edge{From: caller, To: e.From}
	}
	return e
}
