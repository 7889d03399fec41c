package source

import (
	"cmp"
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/source/code"
	"github.com/goperf/goperf/syntax"
)

// heat is a choice of functions by the cumulative value of a column of a profile.
type heat struct {
	kind   evidence.Kind
	column string // "" is the default one
	most   int
}

// hot is what is looked up.
var hot = []heat{
	{evidence.CPU, "cpu", 60},
	{evidence.Heap, "inuse_space", 20},
	{evidence.Heap, "alloc_space", 20},
	{evidence.Mutex, "delay", 15},
	{evidence.Block, "delay", 15},
	{evidence.Goroutine, "", 15},
}

// place is a function in a file as profiles name them.
type place struct{ function, file string }

// AddSyntax looks at the source of the hot functions of what was read from files
// with [Plan.LateSyntax]; other sets hold what was found where they were collected.
func AddSyntax(set *evidence.Set, deps Deps) {
	if k := set.Target.Kind; k != kindFile && k != kindStdin || len(set.Syntax) > 0 {
		return
	}
	facts, gap := syntaxFacts(set.Profiles, deps.filled())
	if set.Syntax = facts; gap != nil {
		set.Gaps = append(set.Gaps, *gap)
	}
}

// addSyntax adds what the source of the hot functions says, when their files
// are on this machine. Only facts are kept: the longest quotation is one line.
func addSyntax(c *evidence.Capture, deps Deps) {
	facts, gap := syntaxFacts(hotProfiles(c), deps)
	if gap != nil {
		c.Gaps = append(c.Gaps, *gap)
	}
	if len(facts) == 0 {
		return
	}
	data, err := json.Marshal(facts)
	if err != nil {
		c.Gaps = append(c.Gaps, evidence.Gap{Want: evidence.Syntax, Why: err.Error()})
		return
	}
	c.Blobs = append(c.Blobs, evidence.Blob{Kind: evidence.Syntax, Name: "syntax.json", From: c.To, To: c.To, Data: data})
}

// syntaxFacts is what the source of the hot functions says, or why there is nothing
// to say; neither when nothing is hot.
func syntaxFacts(profiles map[evidence.Kind][]*profile.Profile, deps Deps) (evidence.SyntaxFacts, *evidence.Gap) {
	places := hotPlaces(profiles)
	if len(places) == 0 {
		return nil, nil
	}
	finder := code.NewFinder(code.Options{Dir: deps.Dir, Getenv: deps.Getenv})
	facts := evidence.SyntaxFacts{}
	wants := map[string][]syntax.Want{}
	for p, lines := range places {
		wants[p.file] = append(wants[p.file], syntax.Want{Function: p.function, Lines: slices.Sorted(maps.Keys(lines))})
	}
	found := false
	for file, want := range wants {
		src, err := finder.Find(code.Query{File: file, Function: want[0].Function})
		if err != nil {
			continue
		}
		found = true
		maps.Copy(facts, syntax.Facts(file, src.Text, want))
	}
	if len(facts) > 0 {
		return facts, nil
	}
	why := "the source files of the hot functions are not on this machine"
	if found {
		why = "the source files on this machine are not those that the program was built from"
	}
	return nil, &evidence.Gap{Want: evidence.Syntax, Why: why, Hint: "collect on a machine that has the source where it was built: loops and map use are then looked at too"}
}

// hotProfiles are the profiles of a capture that are looked at.
func hotProfiles(c *evidence.Capture) map[evidence.Kind][]*profile.Profile {
	profiles := map[evidence.Kind][]*profile.Profile{}
	for _, b := range c.Blobs {
		if !slices.ContainsFunc(hot, func(h heat) bool { return h.kind == b.Kind }) {
			continue
		}
		if p, err := profile.Parse(b.Data, profile.Options{}); err == nil {
			profiles[b.Kind] = append(profiles[b.Kind], p)
		}
	}
	return profiles
}

// hotPlaces are the functions worth looking up, with their sampled lines.
func hotPlaces(profiles map[evidence.Kind][]*profile.Profile) map[place]map[int]bool {
	chosen := map[place]bool{}
	lines := map[place]map[int]bool{}
	for _, h := range hot {
		sums := map[place]int64{}
		all := profiles[h.kind]
		if h.kind != evidence.CPU {
			all = all[max(len(all)-1, 0):] // a snapshot holds what those before it did
		}
		for _, p := range all {
			addHeat(p, h.column, sums, lines)
		}
		for _, p := range hottest(sums, h.most) {
			chosen[p] = true
		}
	}
	maps.DeleteFunc(lines, func(p place, _ map[int]bool) bool { return !chosen[p] })
	return lines
}

// maxFunctions bounds the work: the largest Go programs have some hundred thousand
// functions, and a profile of one names a few thousand.
const maxFunctions = 200_000

// addHeat adds up the functions of one profile that are not the standard library's.
func addHeat(p *profile.Profile, column string, sums map[place]int64, lines map[place]map[int]bool) {
	if column != "" {
		if _, ok := p.SampleType(column); !ok {
			return
		}
	}
	if len(p.Functions) > maxFunctions {
		return
	}
	std := stdDir(p)
	at := func(row profile.Row) (place, bool) {
		if row.Function < 0 {
			return place{}, false
		}
		f := p.Functions[row.Function]
		if f.File == "" || !strings.HasSuffix(f.File, ".go") || isStd(std, f) {
			return place{}, false
		}
		return place{f.Name, f.File}, true
	}
	for _, row := range profile.Top(p, profile.TopOptions{Type: column}).Rows {
		if at, ok := at(row); ok {
			sums[at] += row.Cum
		}
	}
	for _, row := range profile.Top(p, profile.TopOptions{By: profile.ByLine, Type: column}).Rows {
		at, ok := at(row)
		if !ok || row.Line <= 0 {
			continue
		}
		if lines[at] == nil {
			lines[at] = map[int]bool{}
		}
		lines[at][int(row.Line)] = true
	}
}

func hottest(sums map[place]int64, most int) []place {
	all := slices.SortedFunc(maps.Keys(sums), func(a, b place) int {
		return cmp.Or(cmp.Compare(sums[b], sums[a]), cmp.Compare(a.function, b.function), cmp.Compare(a.file, b.file))
	})
	return all[:min(len(all), most)]
}

// stdDir is where the profile has the standard library's files: ".../src/", or
// "" with -trimpath. It is "-" when the profile does not tell.
func stdDir(p *profile.Profile) string {
	for _, f := range p.Functions {
		if i := strings.LastIndex(f.File, "runtime/"); i >= 0 && strings.HasPrefix(f.Name, "runtime.") && strings.IndexByte(f.File[i+8:], '/') < 0 {
			return f.File[:i]
		}
	}
	return "-"
}

func isStd(dir string, f profile.Function) bool {
	if dir != "" {
		return strings.HasPrefix(f.File, dir)
	}
	first, _, _ := strings.Cut(f.File, "/")
	return !filepath.IsAbs(f.File) && !strings.Contains(first, ".") && !strings.HasPrefix(f.Name, "main.")
}
