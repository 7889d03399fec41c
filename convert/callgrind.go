package convert

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/goperf/goperf/profile"
)

// call is an edge: a line of a function and what it calls.
type call struct {
	from frame
	to   frame // without line
}

// writeCallgrind writes one column for kcachegrind and its like: what lines
// took, and what they took in what they call, each edge once for a sample.
func writeCallgrind(w io.Writer, p *profile.Profile, column int) error {
	self := map[frame]int64{}
	calls := map[call]int64{}
	seen := map[call]int{}
	var fs []frame
	for i := range p.NumSamples() {
		v := p.Value(i, column)
		if fs = frames(p, i, fs[:0]); v == 0 || len(fs) == 0 {
			continue
		}
		self[fs[0]] += v
		for k := 1; k < len(fs); k++ {
			self[fs[k]] += 0 // a function has an entry, even when it only calls
			c := call{fs[k], frame{name: fs[k-1].name, file: fs[k-1].file}}
			if seen[c] != i+1 {
				seen[c] = i + 1
				calls[c] += v
			}
		}
	}
	callees := map[frame][]call{}
	for c := range calls {
		callees[c.from] = append(callees[c.from], c)
	}
	out := bufio.NewWriter(w)
	t := p.SampleTypes[column]
	_, _ = fmt.Fprintf(out, "# callgrind format\nversion: 1\ncreator: goperf\npositions: line\nevents: %s(%s)\n", escape(t.Type), escape(t.Unit)) // Flush tells
	fl, fn := names{}, names{}
	last := frame{line: -1}
	for _, f := range slices.SortedFunc(maps.Keys(self), compareFrames) {
		if f.file != last.file || f.name != last.name || last.line < 0 {
			_, _ = fmt.Fprintf(out, "\nfl=%s\nfn=%s\n", fl.short(f.file), fn.short(f.name))
		}
		last = f
		last.line = 0
		_, _ = fmt.Fprintf(out, "%d %d\n", f.line, self[f])
		slices.SortFunc(callees[f], func(a, b call) int { return compareFrames(a.to, b.to) })
		for _, c := range callees[f] {
			_, _ = fmt.Fprintf(out, "cfi=%s\ncfn=%s\ncalls=1 0\n%d %d\n", fl.short(c.to.file), fn.short(c.to.name), f.line, calls[c])
		}
	}
	return out.Flush()
}

func compareFrames(a, b frame) int {
	return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.name, b.name), cmp.Compare(a.line, b.line))
}

// names gives each name a number; the name itself is written once.
type names map[string]int

func (n names) short(s string) string {
	if id, ok := n[s]; ok {
		return fmt.Sprintf("(%d)", id)
	}
	n[s] = len(n) + 1
	return fmt.Sprintf("(%d) %s", n[s], escape(s))
}
