package runs

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchproc"

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
	settings, err := newSettings()
	if err != nil {
		return err
	}
	known := len(r.Bench)
	for in.Scan() {
		result, ok := in.Result().(*benchfmt.Result)
		if !ok {
			continue // a remark, or a line that is none
		}
		settings.add(result)
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
	settings.tell(r.Bench[known:])
	return nil
}

// settings are the lines "key: value" before results, other than those that go
// test writes. Results of one name under two settings are two benchmarks, and
// their mean is nobody's.
type settings struct {
	of   *benchproc.Projection
	keys []benchproc.Key // of each result
}

// manySettings is what no file has in earnest: it is read without them.
const manySettings = 64

func newSettings() (*settings, error) {
	var p benchproc.ProjectionParser
	if _, err := p.Parse("pkg,goos,goarch,cpu", nil); err != nil {
		return nil, err
	}
	of, err := p.Parse(".config", nil) // all others
	return &settings{of: of}, err
}

func (s *settings) add(r *benchfmt.Result) {
	if s.of == nil || len(r.Config) > manySettings {
		s.of, s.keys = nil, nil
		return
	}
	s.keys = append(s.keys, s.of.Project(r))
}

// tell adds those settings to the names that are not the same for all, as go test
// writes the parts of a name: "Encode/level=9-8".
func (s *settings) tell(all []compare.Benchmark) {
	differ := benchproc.NonSingularFields(s.keys)
	if len(differ) == 0 {
		return
	}
	for i := range all {
		name, procs := all[i].Name, ""
		if _, parts := benchfmt.Name(name).Parts(); len(parts) > 0 && parts[len(parts)-1][0] == '-' {
			procs = string(parts[len(parts)-1])
		}
		name = strings.TrimSuffix(name, procs)
		for _, f := range differ {
			if value := s.keys[i].Get(f); value != "" {
				name += "/" + f.Name + "=" + value
			}
		}
		all[i].Name = name + procs
	}
}
