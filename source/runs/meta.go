package runs

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/goperf/goperf/compare"
)

// MetaFile is the name of the file that describes a run in its directory.
const MetaFile = "meta.json"

// Meta is what meta.json says of a run. Fields that are not known are left out.
type Meta struct {
	Ops        float64 `json:"ops,omitempty"`  // units of work that were done
	Unit       string  `json:"unit,omitempty"` // what they are: "op", "request"
	UserS      float64 `json:"user_s,omitempty"`
	SysS       float64 `json:"sys_s,omitempty"`
	WallS      float64 `json:"wall_s,omitempty"`
	TotalAlloc float64 `json:"total_alloc,omitempty"` // B, over the run
	Mallocs    float64 `json:"mallocs,omitempty"`
	NumGC      int     `json:"num_gc,omitempty"`
	Pair       int     `json:"pair,omitempty"`  // runs of both sides with this number were taken in turns
	Order      int     `json:"order,omitempty"` // which of the pair came first
	Commit     string  `json:"commit,omitempty"`
	Dirty      bool    `json:"dirty,omitempty"`
	Go         string  `json:"go,omitempty"`
	GOOS       string  `json:"goos,omitempty"`
	GOARCH     string  `json:"goarch,omitempty"`
	CPUModel   string  `json:"cpu_model,omitempty"`
	GOMAXPROCS int     `json:"gomaxprocs,omitempty"`
	GOGC       string  `json:"gogc,omitempty"`
	GOMEMLIMIT string  `json:"gomemlimit,omitempty"`
	Module     string  `json:"module,omitempty"`
}

// ParseMeta reads meta.json. Numbers that cannot be are errors.
func ParseMeta(data []byte) (Meta, error) {
	var m Meta
	if err := json.Unmarshal(data, &m); err != nil {
		if s := (*json.SyntaxError)(nil); errors.As(err, &s) {
			return m, fmt.Errorf("byte %d: %w", s.Offset, err)
		}
		return m, err
	}
	for _, f := range []struct {
		key string
		v   float64
	}{{"ops", m.Ops}, {"user_s", m.UserS}, {"sys_s", m.SysS}, {"wall_s", m.WallS}, {"total_alloc", m.TotalAlloc}, {"mallocs", m.Mallocs}} {
		if f.v < 0 || math.IsInf(f.v, 0) {
			return m, fmt.Errorf("%s: %v: want a number that is not negative", f.key, f.v)
		}
	}
	return m, nil
}

// apply puts what is known into a run.
func (m *Meta) apply(r *compare.Run) {
	r.Work, r.Unit, r.Pair = m.Ops, m.Unit, m.Pair
	r.CPU, r.Wall, r.Alloc, r.Mallocs = m.UserS+m.SysS, m.WallS, m.TotalAlloc, m.Mallocs
	commit := m.Commit
	if m.Dirty {
		commit += "+dirty"
	}
	r.Env = compare.Env{
		GOOS: m.GOOS, GOARCH: m.GOARCH, CPUModel: m.CPUModel, GoVersion: m.Go, Commit: commit,
		Module: m.Module, GOMAXPROCS: m.GOMAXPROCS, GOGC: m.GOGC, GOMEMLIMIT: m.GOMEMLIMIT,
	}
}
