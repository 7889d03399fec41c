package runs

import (
	"bytes"
	"fmt"
	"math"
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
		b := compare.Benchmark{Package: result.GetConfig("pkg"), Name: result.Name.String(), Iters: result.Iters, Values: map[string]float64{}}
		for _, v := range result.Values {
			if !math.IsNaN(v.Value) && !math.IsInf(v.Value, 0) {
				b.Values[v.Unit] = v.Value
			}
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
