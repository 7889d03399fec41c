package runs

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/perf/benchfmt"

	"github.com/goperf/goperf/compare"
)

// isText says that a file may hold results of benchmarks.
func isText(data []byte) bool {
	head := data[:min(len(data), 64<<10)]
	return bytes.IndexByte(head, 0) < 0 && (utf8.Valid(head) || len(data) > len(head)) && bytes.Contains(data, []byte("Benchmark"))
}

// benchmarks reads the results of `go test -bench` into a run.
func benchmarks(name string, data []byte, r *compare.Run) error {
	in := benchfmt.NewReader(bytes.NewReader(data), name)
	for in.Scan() {
		result, ok := in.Result().(*benchfmt.Result)
		if !ok {
			continue // a remark, or a line that is none
		}
		b := compare.Benchmark{Name: benchmarkName(result), Iters: result.Iters, Values: map[string]float64{}}
		for _, v := range result.Values {
			b.Values[v.Unit] = v.Value
		}
		r.Bench = append(r.Bench, b)
		r.Env = r.Env.Or(compare.Env{
			GOOS: result.GetConfig("goos"), GOARCH: result.GetConfig("goarch"), CPUModel: result.GetConfig("cpu"),
		})
	}
	if err := in.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if len(r.Bench) == 0 {
		return fmt.Errorf("%s: %w", name, ErrNothing)
	}
	return nil
}

// benchmarkName is unique over packages: pkg.Name/sub-8.
func benchmarkName(r *benchfmt.Result) string {
	name := r.Name.String()
	if pkg := r.GetConfig("pkg"); pkg != "" {
		return pkg + "." + name
	}
	return strings.TrimSpace(name)
}
