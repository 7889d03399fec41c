package render

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/goperf/goperf/report"
)

// What GitHub does with a comment, and this file bends to:
//   - a body above 65,536 characters is refused: each section ends where its
//     part of that is used up, and says what is left out;
//   - the inside of <summary> is HTML, not markdown;
//   - a blank line must follow <summary>, or the markdown below is shown raw;
//   - @name, #1 and bare URLs come alive after escaping, so they are split by
//     an empty comment;
//   - a pipe ends a table cell even inside a code span.

// tableRows is how many rows of a table are shown unless all is asked for.
const tableRows = 30

// Where each section has to end, in bytes of the whole.
const (
	notesEnd    = 6_000
	overviewEnd = 20_000
	findingsEnd = 44_000
	exhibitsEnd = 50_000
	untoldEnd   = 58_000
	askedEnd    = 64_000
)

// note is the markdown form of one report in the making.
type note struct {
	b strings.Builder
	r *report.Report
	o Options
}

// upTo writes pieces until end is reached, then how many of them are left out.
func (n *note) upTo(end int, pieces []string, noun string) {
	for i, p := range pieces {
		if !n.o.All && n.b.Len()+len(p) > end {
			n.printf("\n_%s left out; the JSON has all of them._\n\n", count(len(pieces)-i, "more "+noun))
			return
		}
		n.b.WriteString(p)
	}
}

func (n *note) printf(format string, args ...any) { fmt.Fprintf(&n.b, format, args...) }

// markdown writes the report for a GitHub issue or pull request: a table of the
// findings, then each in a fold of its own.
func markdown(w io.Writer, r *report.Report, o Options) error {
	n := &note{r: r, o: o}
	n.header()
	n.verdict()
	sure, unsure := bySureness(r)
	n.overview(append(sure, unsure...))
	n.findings(append(sure, unsure...))
	n.exhibits()
	n.untold()
	n.asked()
	n.reproduce()
	_, err := io.WriteString(w, strings.TrimRight(n.b.String(), "\n")+"\n")
	return err
}

// prose escapes a text of the report, clipped to what a reader can use.
func (n *note) prose(s string) string { return mdProse(n.clip(s)) }

func (n *note) clip(s string) string { return n.o.clean(s) }

// gateMarker is how the next run finds the comment of this one, to write over it.
const gateMarker = "<!-- goperf:gate -->"

func (n *note) header() {
	if n.r.Verdict != nil {
		n.printf("%s\n", gateMarker)
	}
	n.printf("## %s\n\n", mdProse(headline(n.r)))
	n.printf("%s", mdCode(n.clip(n.r.Target.Name)))
	for _, a := range about(n.r) {
		n.printf(" · %s", n.prose(a))
	}
	n.printf("\n\n")
	var vitals []string
	for _, v := range n.r.Vitals {
		vitals = append(vitals, n.prose(v.Text)+" **"+mdProse(value(v))+"**")
	}
	if len(vitals) > 0 {
		n.printf("%s\n\n", strings.Join(vitals, " · "))
	}
	var notes []string
	for _, s := range n.r.Notes {
		notes = append(notes, fmt.Sprintf("> [!NOTE]\n> %s\n\n", n.prose(s)))
	}
	n.upTo(notesEnd, notes, "note")
	if len(n.r.Findings) == 0 && len(n.r.Evidence) > 0 {
		var seen []string
		for _, e := range n.r.Evidence {
			seen = append(seen, n.prose(seenText(e)))
		}
		n.printf("Looked at %s.\n\n", strings.Join(seen, " · "))
	}
}

// light is the severity as a coloured glyph; the word stands with it.
func light(s report.Severity) string {
	switch s {
	case report.Critical:
		return "🔴"
	case report.Warning:
		return "🟠"
	case report.Notice:
		return "🔵"
	}
	return "⚪"
}

func (n *note) overview(fs []report.Finding) {
	if len(fs) == 0 {
		return
	}
	n.printf("| # | severity | finding | where | cost | saving | sure |\n|--:|---|---|---|---|---|--:|\n")
	var rows []string
	for i, f := range fs {
		where := ""
		if len(f.Where) > 0 {
			where = inCell(mdCode(n.clip(shortName(report.Clean(f.Where[0].Function)))))
		}
		rows = append(rows, fmt.Sprintf("| %d | %s %s | %s | %s | %s | %s | %s |\n", i+1, light(f.Severity), f.Severity, n.prose(f.Title), where,
			mdProse(n.clip(first(costText(f.Cost)))), mdProse(n.clip(first(savingText(f)))), report.FormatValue(f.Confidence, "ratio")))
	}
	n.upTo(overviewEnd, rows, "finding")
	n.printf("\n")
}

// findings tells the first ones in full, each in a fold.
func (n *note) findings(fs []report.Finding) {
	var folds []string
	for i, f := range fs {
		if i == inFull && !n.o.All {
			break
		}
		one := note{r: n.r, o: n.o}
		one.finding(i+1, f)
		folds = append(folds, one.b.String())
	}
	n.upTo(findingsEnd, folds, "finding in full")
	if left := len(fs) - len(folds); left > 0 {
		n.printf("_%s in the table only; the JSON has all of them in full._\n\n", count(left, "finding"))
	}
}

func first(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}

func (n *note) finding(i int, f report.Finding) {
	open := ""
	if i == 1 {
		open = " open"
	}
	n.printf("<details%s><summary><b>%d. %s</b> (%s, %s)</summary>\n\n", open, i, mdHTML(n.clip(f.Title)), f.Severity, certainty(f.Confidence))
	n.where(f)
	if c := costText(f.Cost); len(c) > 0 {
		n.printf("**Cost** %s  \n", n.prose(strings.Join(c, " · ")))
	}
	if c := savingText(f); len(c) > 0 {
		n.printf("**Saving** %s", n.prose(strings.Join(c, " · ")))
		if f.Saving.Basis != "" {
			n.printf(" (%s)", n.prose(f.Saving.Basis))
		}
		n.printf("  \n")
	}
	n.printf("**Rule** %s\n\n", mdCode(n.clip(f.Rule)))
	if len(f.Because) > 0 {
		n.printf("**Because**\n\n")
		for k, b := range f.Because {
			n.printf("%d. %s\n", k+1, n.fact(b))
		}
		n.printf("\n")
	}
	if len(f.Advice) > 0 {
		n.printf("**Advice**\n\n")
		for k, a := range f.Advice {
			n.printf("%d. %s\n", k+1, n.prose(a))
		}
		n.printf("\n")
	}
	if len(f.Related) > 0 {
		n.printf("**Also** %s\n\n", n.prose(strings.Join(f.Related, "; ")))
	}
	n.printf("</details>\n\n")
}

func (n *note) where(f report.Finding) {
	if len(f.Where) == 0 {
		return
	}
	n.printf("**Where** %s", mdCode(n.clip(f.Where[0].Function)))
	if p := position(f.Where[0]); p != "" {
		n.printf(" at %s", mdCode(n.clip(p)))
	}
	for i, w := range f.Where[1:] {
		arrow := " →"
		if i == 0 {
			arrow = ", via"
		}
		n.printf("%s %s", arrow, mdCode(n.clip(shortName(report.Clean(w.Function)))))
	}
	n.printf("  \n")
}

func (n *note) fact(b report.Fact) string {
	s := n.prose(b.Text)
	if v := value(b); v != "" {
		s = "**" + mdProse(v) + "** " + s
	}
	if b.Source != "" {
		s += " (" + n.prose(b.Source) + ")"
	}
	if b.Doubt != "" {
		s += ", doubtful: " + n.prose(b.Doubt)
	}
	return s
}

// folded are the exhibits of a comment that nobody has to ask for.
var folded = []string{"memory", "compare", "observation", "frontier", "recommendation", "pgo-coverage", "pgo-hot-calls"}

// A comparison is made of its tables: what changed and the totals are there to
// be read at once.
const comparison = "diff-"

var open = []string{"diff-changes", "diff-totals"}

func (n *note) exhibits() {
	for _, e := range n.r.Exhibits {
		if e.Table == nil || len(e.Table.Columns) == 0 || !slices.Contains(folded, e.ID) && !strings.HasPrefix(e.ID, comparison) && !n.o.All {
			continue
		}
		if slices.Contains(open, e.ID) {
			n.printf("### %s\n\n", n.prose(e.Title))
			n.table(e.Table, exhibitsEnd)
			n.printf("\n")
			continue
		}
		n.printf("<details><summary>%s</summary>\n\n", mdHTML(n.clip(e.Title)))
		n.table(e.Table, exhibitsEnd)
		n.printf("\n</details>\n\n")
	}
}

func (n *note) table(t *report.Table, end int) {
	head, rule := "|", "|"
	for _, c := range t.Columns {
		head += " " + n.prose(c.Name) + " |"
		if c.Unit == "" {
			rule += "---|"
		} else {
			rule += "--:|"
		}
	}
	n.printf("%s\n%s\n", head, rule)
	g := newGrid(t)
	var rows []string
	for _, row := range g.rows {
		var line strings.Builder
		line.WriteString("|")
		for _, c := range row {
			line.WriteString(" " + mdProse(c) + " |")
		}
		rows = append(rows, line.String()+"\n")
	}
	if len(rows) > tableRows && !n.o.All {
		left := len(rows) - tableRows
		n.upTo(end, rows[:tableRows], "row")
		n.printf("\n_%s left out._\n", count(left, "more row"))
		return
	}
	n.upTo(end, rows, "row")
}

func (n *note) untold() {
	gaps, skips := gapGroups(n.r.Gaps), skipGroups(n.r.Skipped)
	if len(gaps)+len(skips) == 0 {
		return
	}
	n.printf("<details><summary>Could not be judged: %s</summary>\n\n", untoldText(n.r))
	var items []string
	for _, g := range gaps {
		item := fmt.Sprintf("- **%s**: %s", n.prose(strings.Join(g.names, ", ")), n.prose(g.text))
		if g.hint != "" {
			item += " → " + n.prose(g.hint)
		}
		items = append(items, item+"\n")
	}
	for _, g := range skips {
		items = append(items, fmt.Sprintf("- %s: %s\n", n.prose(strings.Join(g.names, ", ")), n.prose(g.text)))
	}
	n.upTo(untoldEnd, items, "reason")
	n.printf("\n</details>\n\n")
}

func (n *note) asked() {
	if len(n.r.Asked) == 0 {
		return
	}
	n.printf("<details><summary>Asked of the target: %s</summary>\n\n", mdHTML(strings.Join(askedText(n.r.Asked), ", ")))
	t := askedTable(n.r.Asked)
	n.table(&t, askedEnd)
	n.printf("\n</details>\n")
}
