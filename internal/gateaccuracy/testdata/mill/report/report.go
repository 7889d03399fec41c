// Package report writes what a batch came to.
package report

import (
	"compress/zlib"
	"crypto/sha1"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"sync"
	"text/template"

	"example.com/mill/group"
)

// Batch is what a batch came to.
type Batch struct {
	Number  int
	Records int
	Robots  int
	Places  []group.Entry[string]
	Bytes   []group.Entry[int64]
}

var page = template.Must(template.New("page").Parse(
	`batch {{.Number}}: {{.Records}} records, {{.Robots}} by robots
{{range $i, $e := .Places}}{{if $i}}, {{end}}{{$e.Key}} {{printf "%d" $e.Sum}}{{end}}
`))

var writers = sync.Pool{New: func() any {
	z, _ := zlib.NewWriterLevel(io.Discard, zlib.BestSpeed)
	return z
}}

// Write gives the digest of the report in three forms.
func Write(b *Batch) (string, error) {
	digest := sha1.New()
	z := writers.Get().(*zlib.Writer)
	defer writers.Put(z)
	z.Reset(digest)
	if err := page.Execute(z, b); err != nil {
		return "", err
	}
	if err := json.NewEncoder(z).Encode(b); err != nil {
		return "", err
	}
	rows := csv.NewWriter(z)
	for _, e := range b.Bytes {
		if err := rows.Write([]string{strconv.FormatInt(e.Key, 10), strconv.FormatInt(e.Sum, 10)}); err != nil {
			return "", err
		}
	}
	rows.Flush()
	if err := z.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(digest.Sum(nil)), nil
}
