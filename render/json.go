package render

import (
	"io"

	"github.com/goperf/goperf/report"
)

// jsonForm writes the report as it is: programs get everything, whatever the options.
func jsonForm(w io.Writer, r *report.Report, _ Options) error {
	b, err := report.Encode(r)
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}
