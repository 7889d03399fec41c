package render

import (
	"fmt"
	"io"
	"strings"

	"github.com/goperf/goperf/report"
)

// What GitHub does with workflow commands, and this file bends to: a step may
// show ten annotations of each level, and drops the rest in silence; a message
// ends with its line, so that line breaks are written as %0A.

// annotations is how many of each level are written; the tenth says how many more there are.
const annotations = 9

var (
	commandEscapes  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// github writes annotations, which a step of a workflow prints.
func github(w io.Writer, r *report.Report, o Options) error {
	var b strings.Builder
	at := newPlaces(r, o.Repo)
	list := issues(r)
	for l := levelFailure; l >= levelNote; l-- {
		n, name := 0, [...]string{"notice", "warning", "error"}[l]
		for _, i := range list {
			if i.level != l || i.waived != "" {
				continue
			}
			if n++; n <= annotations {
				annotate(&b, name, i, at, o)
			}
		}
		if n > annotations {
			fmt.Fprintf(&b, "::%s title=goperf::%s\n", name, commandEscapes.Replace(count(n-annotations, "more "+name)+" in the report"))
		}
	}
	if b.Len() == 0 {
		fmt.Fprintf(&b, "::notice title=goperf::%s\n", commandEscapes.Replace(headline(r)))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func annotate(b *strings.Builder, name string, i issue, at *places, o Options) {
	text := i.text(o)
	fmt.Fprintf(b, "::%s ", name)
	if lines := at.lines(i); len(lines) > 0 {
		fmt.Fprintf(b, "file=%s,line=%d,", propertyEscapes.Replace(report.Clean(lines[0].file)), lines[0].line)
	}
	fmt.Fprintf(b, "title=%s::%s\n", propertyEscapes.Replace("goperf: "+i.rule), commandEscapes.Replace(strings.Join(text, "\n")))
}
