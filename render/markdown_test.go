package render_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"

	"github.com/goperf/goperf/render"
	"github.com/goperf/goperf/report"
)

// gfm reads markdown as GitHub does, raw HTML included.
func gfm() goldmark.Markdown {
	return goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))
}

// ours is the only HTML that the markdown may hold.
var ours = regexp.MustCompile(`^(?:<details(?: open)?>|</details>|<summary>|</summary>|<b>|</b>|<!-- -->|<!-- goperf:gate -->|[^<>])*$`)

// A GFM parser must find the structure that was meant and nothing that a name
// brought along: one heading, no links, images or foreign tags, no mentions.
func TestMarkdownHoldsOnlyItsOwnStructure(t *testing.T) {
	for name, r := range load(t) {
		for _, all := range []bool{false, true} {
			source := []byte(write(t, "markdown", r, render.Options{All: all}))
			headings, raw := 0, ""
			doc := gfm().Parser().Parse(text.NewReader(source))
			err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
				if !entering {
					return ast.WalkContinue, nil
				}
				switch n := n.(type) {
				case *ast.Heading:
					headings++
				case *ast.Link, *ast.AutoLink, *ast.Image, *ast.FencedCodeBlock, *ast.CodeBlock, *ast.ThematicBreak:
					t.Errorf("%s: a %s: %q", name, n.Kind(), source)
				case *ast.RawHTML:
					raw += string(n.Segments.Value(source))
				case *ast.HTMLBlock:
					raw += string(n.Lines().Value(source))
				case *ast.Text:
					if s := string(n.Value(source)); regexp.MustCompile(`@\w|#\d`).MatchString(s) && n.Parent().Kind() != ast.KindCodeSpan {
						t.Errorf("%s: %q would notify somebody or link an issue", name, s)
					}
				}
				return ast.WalkContinue, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if headings != 1 {
				t.Errorf("%s: %d headings, want 1", name, headings)
			}
			if !ours.MatchString(strings.ReplaceAll(raw, "\n", "")) {
				t.Errorf("%s: HTML that is not ours: %s", name, raw)
			}
			if open, closed := strings.Count(raw, "<details"), strings.Count(raw, "</details>"); open != closed {
				t.Errorf("%s: %d folds opened, %d closed", name, open, closed)
			}
		}
	}
}

// Each table has as many rows as the model says, and each row all of its cells:
// no name ends a cell early.
func TestMarkdownTablesKeepTheirCells(t *testing.T) {
	for name, r := range load(t) {
		var buf bytes.Buffer
		if err := gfm().Convert([]byte(write(t, "markdown", r, render.Options{All: true})), &buf); err != nil {
			t.Fatal(err)
		}
		for i, table := range strings.Split(buf.String(), "<table>")[1:] {
			table, _, _ = strings.Cut(table, "</table>")
			columns := strings.Count(table, "<th")
			columns -= strings.Count(table, "<thead")
			for _, row := range strings.Split(table, "<tr>")[2:] {
				if n := strings.Count(row, "</td>"); n != columns {
					t.Errorf("%s: table %d: a row of %d cells under %d columns: %s", name, i+1, n, columns, row)
				}
				if i == 0 && len(r.Findings) > 0 && strings.Contains(row, "<td></td>\n<td></td>\n<td></td>") {
					t.Errorf("%s: cells are missing: %s", name, row)
				}
			}
			if i == 0 && len(r.Findings) > 0 {
				if n := strings.Count(table, "<tr>") - 1; n != len(r.Findings) {
					t.Errorf("%s: %d rows for %d findings", name, n, len(r.Findings))
				}
			}
		}
	}
}

// GitHub refuses a comment above 65,536 characters.
func TestMarkdownFitsAComment(t *testing.T) {
	r := load(t)["hostile"]
	hostile := r.Findings[0]
	r.Findings = nil
	for range 300 {
		r.Findings = append(r.Findings, hostile)
	}
	for i := range 5000 {
		r.Gaps = append(r.Gaps, report.Gap{Want: fmt.Sprint("kind", i), Why: fmt.Sprint("why", i)})
		r.Skipped = append(r.Skipped, report.Skip{Rule: fmt.Sprint("rule", i), Why: fmt.Sprint("reason", i)})
		r.Asked = append(r.Asked, report.Request{What: fmt.Sprint("GET /", i), Effect: fmt.Sprint("effect ", i)})
		r.Notes = append(r.Notes, fmt.Sprint("note ", i))
	}
	if out := write(t, "markdown", r, render.Options{}); len(out) > 65536 {
		t.Errorf("%d bytes", len(out))
	}
}
