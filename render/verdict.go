package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goperf/goperf/report"
)

// quietRows is how many budgets that nobody has to act on are listed unless all
// are asked for.
const quietRows = 12

// withStatus are the budgets of a verdict that have one of the statuses.
func withStatus(v *report.Verdict, statuses ...report.BudgetStatus) []report.Budget {
	var out []report.Budget
	for _, b := range v.Budgets {
		for _, s := range statuses {
			if b.Status == s {
				out = append(out, b)
			}
		}
	}
	return out
}

// outcomeLine is the verdict in one line.
func outcomeLine(v *report.Verdict) string {
	n := func(s report.BudgetStatus) int { return len(withStatus(v, s)) }
	switch v.Outcome {
	case report.Regression:
		return "Regression: " + overBudget(n(report.BudgetFail))
	case report.Pass:
		s := "Pass: " + count(n(report.BudgetPass), "budget") + " held"
		if w := n(report.BudgetWarn); w > 0 {
			s += ", " + count(w, "warning")
		}
		if w := n(report.BudgetWaived); w > 0 {
			s += fmt.Sprintf(", %d waived", w)
		}
		if u := n(report.BudgetInconclusive); u > 0 {
			s += fmt.Sprintf(", %d unclear that only warn", u)
		}
		return s
	case report.Inconclusive:
		unclear := 0
		for _, b := range withStatus(v, report.BudgetInconclusive) {
			if !b.Advisory {
				unclear++
			}
		}
		s := "Inconclusive: " + count(unclear, "budget") + " cannot be judged by these runs"
		if v.OnInconclusive != "" {
			s += " (counts as a " + v.OnInconclusive + ")"
		}
		return s
	}
	return "No evidence: nothing could be compared"
}

func overBudget(n int) string {
	if n == 1 {
		return "1 budget is exceeded"
	}
	return fmt.Sprintf("%d budgets are exceeded", n)
}

// changeText is a change with its sign: "+4.5 % of total CPU".
func changeText(c report.Change) string { return signed(c.Value, c.Unit) + ofText(c) }

// intervalText is the change with the interval and what was allowed, as phrases.
func intervalText(c report.Change) []string {
	out := []string{changeText(c)}
	if c.Low < c.High {
		s := signed(c.Low, c.Unit) + " to " + signed(c.High, c.Unit)
		if c.Confidence > 0 {
			s += " (" + report.FormatValue(c.Confidence, "ratio") + " interval)"
		}
		out = append(out, s)
	}
	if c.Limited {
		out = append(out, "allowed "+signed(c.Limit, c.Unit))
	}
	if c.Q > 0 {
		out = append(out, "q "+qText(c.Q))
	}
	if c.Detectable > 0 {
		out = append(out, "detectable "+detectableText(c))
	}
	return out
}

// detectableText is what would have been found. Beyond ten times as much the
// number says only that these runs see nothing.
func detectableText(c report.Change) string {
	const most = 10
	if c.Unit == "ratio" && c.Detectable > most {
		return "over " + signed(most, c.Unit)
	}
	return signed(c.Detectable, c.Unit)
}

func ofText(c report.Change) string {
	switch {
	case c.Unit != "ratio" || c.Of == "" || c.Of == "base":
		return ""
	}
	return " of " + report.Clean(c.Of)
}

func signed(v float64, unit string) string {
	if v > 0 {
		return "+" + valueText(v, unit)
	}
	return valueText(v, unit)
}

// qText is a probability: nobody reads more of it than its size.
func qText(q float64) string {
	if q < 1e-4 {
		return "< 0.0001"
	}
	return fmt.Sprintf("%.2g", q)
}

func subject(b report.Budget) string {
	return report.Clean(b.Metric) + " of " + report.Clean(b.Subject)
}

// sameCost says why what changed is within its budget: the cost is another's.
func sameCost(b report.Budget) string {
	switch b.Class {
	case "shift":
		return " (moved between functions)"
	case "rename":
		return " (renamed)"
	}
	return ""
}

// shortSubject is what a budget is about, functions as people say them.
func shortSubject(b report.Budget) string {
	if b.Kind == "function" {
		return shortName(report.Clean(b.Subject))
	}
	return report.Clean(b.Subject)
}

func budgetMark(s report.BudgetStatus) (string, style) {
	switch s {
	case report.BudgetFail:
		return "✗", red
	case report.BudgetWarn:
		return "△", yellow
	case report.BudgetInconclusive:
		return "?", yellow
	case report.BudgetWaived:
		return "~", cyan
	}
	return "✓", gain
}

// acted splits the budgets into those that somebody has to act on and the others:
// what holds, and what is unclear but only to warn.
func acted(v *report.Verdict) (act, quiet []report.Budget) {
	for _, b := range v.Budgets {
		if b.Status == report.BudgetPass || b.Status == report.BudgetInconclusive && b.Advisory {
			quiet = append(quiet, b)
		} else {
			act = append(act, b)
		}
	}
	return act, quiet
}

// verdict writes what a gate says: the outcome, why, each budget that somebody
// has to act on in full, the others in a table.
func (s *sheet) verdict() {
	v := s.r.Verdict
	if v == nil {
		return
	}
	for _, r := range v.Reasons {
		s.para([]span{{"  ", plain}}, 2, span{s.clean(r), plain})
	}
	act, quiet := acted(v)
	for _, b := range act {
		s.budget(b)
	}
	s.quiet(quiet)
	for i, t := range v.Suggestions {
		if i == 0 {
			s.heading("Suggested")
		}
		s.para([]span{{"  ", plain}}, 2, span{s.clean(t), plain})
	}
}

func (s *sheet) budget(b report.Budget) {
	glyph, hue := budgetMark(b.Status)
	s.blank()
	s.para([]span{{"  " + glyph + " ", hue}}, 4, span{string(b.Status), hue}, separator, span{s.clean(b.Why), strong})
	if len(b.Where) > 0 {
		s.where(report.Finding{Where: b.Where})
	}
	s.row("was", span{keep(valueText(b.Base, b.Unit) + " → " + valueText(b.New, b.Unit)), plain})
	s.row("change", list(kept(intervalText(b.Change)), plain)...)
	if b.Doubt != "" {
		s.row("doubt", span{s.clean(b.Doubt), yellow})
	}
	if b.Settle != "" {
		s.row("settle", span{s.clean(b.Settle), plain})
	}
	if w := b.Waiver; w != nil {
		s.row("waiver", list([]string{s.clean(w.ID), s.clean(w.Reason), keep(s.clean(w.Owner)), "until " + keep(s.clean(w.Expires))}, plain)...)
	}
	s.row("id", span{s.clean(b.ID), faint})
}

// quiet is the budgets that hold, in a table: what they could not have seen is
// part of the answer.
func (s *sheet) quiet(bs []report.Budget) {
	if len(bs) == 0 {
		return
	}
	s.heading(quietTitle(bs))
	shown := bs
	if len(bs) > quietRows && !s.o.All {
		shown = bs[:quietRows]
	}
	t := budgetTable(shown)
	s.table(&t, 2, max(s.o.Width, s.width))
	if left := len(bs) - len(shown); left > 0 {
		s.para([]span{{"  ", plain}}, 2, span{count(left, "more budget") + " (--all)", faint})
	}
}

// quietTitle says of what holds, and of what cannot be told, how many there are.
func quietTitle(bs []report.Budget) string {
	unclear := 0
	for _, b := range bs {
		if b.Status == report.BudgetInconclusive {
			unclear++
		}
	}
	s := fmt.Sprintf("Within budget: %d", len(bs)-unclear)
	if unclear > 0 {
		s += fmt.Sprintf("; unclear, and they only warn: %d", unclear)
	}
	return s
}

// budgetTable is budgets as rows. Changes carry their sign, so they are text.
func budgetTable(bs []report.Budget) report.Table {
	t := report.Table{Columns: []report.Column{{Name: ""}, {Name: "base", Unit: "text"}, {Name: "change", Unit: "text"}, {Name: "allowed", Unit: "text"}, {Name: "detectable", Unit: "text"}, {Name: "of"}}}
	for _, b := range bs {
		c := b.Change
		mark, _ := budgetMark(b.Status)
		limit, detectable := "", ""
		if c.Limited {
			limit = signed(c.Limit, c.Unit)
		}
		if c.Detectable > 0 {
			detectable = detectableText(c)
		}
		t.Rows = append(t.Rows, []report.Cell{
			{Text: mark},
			{Text: cell(valueText(b.Base, b.Unit))},
			{Text: cell(signed(c.Value, c.Unit))},
			{Text: cell(limit)},
			{Text: cell(detectable)},
			{Text: b.Metric + ", " + shortSubject(b) + sameCost(b)},
		})
	}
	return t
}

// cell is a text for a column of numbers, where an empty one would be read as 0.
func cell(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// reproduce ends the report with the commands that give it again.
func (s *sheet) reproduce() {
	v := s.r.Verdict
	if v == nil {
		return
	}
	s.heading(outcomeLine(v))
	if v.Flame != "" {
		s.para(nil, 0, span{"Differential flame graph: ", faint}, span{keep(s.clean(v.Flame)), plain})
	}
	for i, c := range v.Reproduce {
		lead := "Reproduce: "
		if i > 0 {
			lead = "           "
		}
		for _, line := range commandLines(report.Clean(c), s.width-len(lead)) {
			s.para([]span{{lead, faint}}, len(lead), span{line, plain})
			lead = "           "
		}
	}
}

// commandLines breaks a command so that a shell takes it together again: it is
// there to be copied.
func commandLines(command string, width int) []string {
	var lines []string
	line, quoted := "", false
	for i, word := range strings.Split(strings.TrimSpace(command), " ") {
		switch {
		case i == 0:
			line = word
		case !quoted && columns(line)+columns(word)+3 > width:
			lines = append(lines, line+` \`)
			line = word
		default:
			line += " " + word
		}
		quoted = quoted != (strings.Count(word, "'")%2 == 1)
	}
	return append(lines, line)
}

// verdict is what a gate says.
func (n *note) verdict() {
	v := n.r.Verdict
	if v == nil {
		return
	}
	var reasons []string
	for _, r := range v.Reasons {
		reasons = append(reasons, fmt.Sprintf("- %s\n", n.prose(r)))
	}
	n.upTo(notesEnd, reasons, "reason")
	n.printf("\n")
	act, quiet := acted(v)
	n.budgets(act)
	if len(quiet) > 0 {
		n.printf("<details><summary>%s</summary>\n\n", quietTitle(quiet))
		t := budgetTable(quiet)
		n.table(&t, findingsEnd)
		n.printf("\n</details>\n\n")
	}
	if v.Flame != "" {
		n.printf("Differential flame graph: %s\n\n", n.link(v.Flame))
	}
	var tips []string
	for _, s := range v.Suggestions {
		tips = append(tips, fmt.Sprintf("> [!TIP]\n> %s\n\n", n.prose(s)))
	}
	n.upTo(exhibitsEnd, tips, "suggestion")
}

// link makes a link only of what cannot be anything but an address on the web.
func (n *note) link(s string) string {
	if strings.HasPrefix(s, "https://") && !strings.ContainsAny(s, " <>()[]\\\"'`") && report.Clean(s) == s {
		return "<" + s + ">"
	}
	return mdCode(n.clip(s))
}

func (n *note) budgets(bs []report.Budget) {
	if len(bs) == 0 {
		return
	}
	n.printf("| | status | what | base | new | change | interval | allowed |\n|---|---|---|--:|--:|--:|---|--:|\n")
	var rows, folds []string
	for _, b := range bs {
		glyph, _ := budgetMark(b.Status)
		c := b.Change
		interval, limit := "", ""
		if c.Low < c.High {
			interval = signed(c.Low, c.Unit) + " to " + signed(c.High, c.Unit)
		}
		if c.Limited {
			limit = signed(c.Limit, c.Unit)
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | %s %s | %s | %s | **%s** | %s | %s |\n", glyph, b.Status, n.prose(b.Metric), inCell(mdCode(n.clip(shortSubject(b)))+sameCost(b)),
			mdProse(valueText(b.Base, b.Unit)), mdProse(valueText(b.New, b.Unit)), mdProse(changeText(c)), mdProse(interval), mdProse(limit)))
		folds = append(folds, n.budgetFold(b))
	}
	n.upTo(overviewEnd, rows, "budget")
	n.printf("\n")
	n.upTo(findingsEnd, folds, "budget in full")
}

// budgetFold tells one budget in full.
func (n *note) budgetFold(b report.Budget) string {
	one := note{r: n.r, o: n.o}
	one.printf("<details><summary><b>%s</b> %s</summary>\n\n", b.Status, mdHTML(n.clip(b.Why)))
	one.where(report.Finding{Where: n.near(b.Where)})
	one.printf("**Change** %s  \n", n.prose(strings.Join(intervalText(b.Change), " · ")))
	if b.Doubt != "" {
		one.printf("**Doubt** %s  \n", n.prose(b.Doubt))
	}
	if b.Settle != "" {
		one.printf("**Settle** %s  \n", n.prose(b.Settle))
	}
	if w := b.Waiver; w != nil {
		one.printf("**Waiver** %s: %s (%s, until %s)  \n", n.prose(w.ID), n.prose(w.Reason), n.prose(w.Owner), n.prose(w.Expires))
	}
	one.printf("**Id** %s\n\n</details>\n\n", mdCode(n.clip(b.ID)))
	return one.b.String()
}

// near names the files as the repository does: a reader of a comment knows no
// folder of the machine that measured.
func (n *note) near(where []report.Frame) []report.Frame {
	p := newPlaces(n.r, n.o.Repo)
	where = slices.Clone(where)
	for i := range where {
		if file, ok := p.in(where[i]); ok {
			where[i].File = file
		}
	}
	return where
}

func (n *note) reproduce() {
	if n.r.Verdict == nil || len(n.r.Verdict.Reproduce) == 0 {
		return
	}
	n.printf("\n<details><summary>Reproduce</summary>\n\n")
	var commands []string
	for _, c := range n.r.Verdict.Reproduce {
		commands = append(commands, "- "+mdCode(c)+"\n")
	}
	n.upTo(askedEnd, commands, "command")
	n.printf("\n</details>\n")
}
