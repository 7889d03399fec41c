package main

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/google/pprof/profile"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/goperf/goperf/source/runs"
)

// sampledRuns makes the directory of some runs: runs FOLDED DIR N. A stack has as many
// samples of 10 ms in each run as chance gives it, which depends on DIR and the
// number of the run alone. The runs of the same number in two directories were
// taken in turns.
func sampledRuns(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: runs folded dir n")
	}
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	for pair := 1; pair <= n; pair++ {
		seed := fnv.New64()
		fmt.Fprintf(seed, "%s %d", args[1], pair)
		total := oneRun(ts, ts.ReadFile(args[0]), filepath.Join(args[1], strconv.Itoa(pair)), rand.New(rand.NewPCG(seed.Sum64(), 0)))
		meta, err := json.Marshal(runs.Meta{
			Ops: 10000, Unit: "request", UserS: 0.01 * total, WallS: 10, TotalAlloc: 1e9, Mallocs: 1e6, Pair: pair,
			Go: "go1.26.1", GOOS: "linux", GOARCH: "amd64", CPUModel: "made", GOMAXPROCS: 2,
		})
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(filepath.Join(args[1], strconv.Itoa(pair), runs.MetaFile)), meta, 0o644))
	}
}

// oneRun writes the CPU profile of a run and returns its number of samples.
func oneRun(ts *testscript.TestScript, folded, dir string, chance *rand.Rand) (total float64) {
	p := &profile.Profile{
		SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}, {Type: "cpu", Unit: "nanoseconds"}},
		PeriodType: &profile.ValueType{Type: "cpu", Unit: "nanoseconds"},
		Period:     10_000_000, TimeNanos: 1_790_000_000_000_000_000, DurationNanos: int64(10 * time.Second),
		Mapping: []*profile.Mapping{{ID: 1, Start: 0x400000, Limit: 0x800000, File: "/srv/shop", HasFunctions: true}},
	}
	locations := map[string]*profile.Location{}
	for line := range strings.Lines(folded) {
		stack, count, _ := strings.Cut(strings.TrimSpace(line), " ")
		mean, err := strconv.ParseFloat(count, 64)
		ts.Check(err)
		value := math.Max(0, math.Round(mean+math.Sqrt(mean)*chance.NormFloat64()))
		s := &profile.Sample{Value: []int64{int64(value), int64(value) * p.Period}}
		for frame := range strings.SplitSeq(stack, ";") {
			s.Location = append([]*profile.Location{location(p, locations, frame)}, s.Location...)
		}
		p.Sample = append(p.Sample, s)
		total += value
	}
	ts.Check(os.MkdirAll(ts.MkAbs(dir), 0o755))
	f, err := os.Create(ts.MkAbs(filepath.Join(dir, "cpu.pb.gz")))
	ts.Check(err)
	ts.Check(p.Write(f))
	ts.Check(f.Close())
	return total
}
