package render

import (
	"io"

	"github.com/goperf/goperf/report"
)

func markdown(w io.Writer, r *report.Report, o Options) error { return text(w, r, o) }
