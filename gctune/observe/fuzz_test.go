package observe_test

import (
	"math"
	"testing"
	"time"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/gctune/observe"
	"github.com/goperf/goperf/gctune/pacer"
)

// FuzzObserve takes pages of metrics, JSON of runtime metrics and GC logs all the
// way to a prediction: whatever they claim, figures are numbers.
func FuzzObserve(f *testing.F) {
	f.Add(metricsPage(0), metricsPage(30), byte(0))
	f.Add(`{"/gc/heap/allocs:bytes":1e9,"/gc/cycles/total:gc-cycles":50,"/gc/heap/live:bytes":5e7}`, `{"/gc/heap/allocs:bytes":2e9,"/gc/cycles/total:gc-cycles":70,"/gc/heap/live:bytes":5e7,"time":1.7e9}`, byte(1))
	line := "gc 7 @1.2s 3%: 0.03+40+0.02 ms clock, 0.06+1.0/38/20+0.04 ms cpu, 188->191->100 MB, 201 MB goal, 0 MB stacks, 0 MB globals, 2 P\n"
	f.Add(line, "gc 8"+line[4:5]+"@3.2s"+line[9:], byte(2))
	f.Add(line+"gc 8 @3s"+line[9:]+"gc 9 @5s"+line[9:]+"gc 10 @7s"+line[10:], "", byte(2))
	f.Fuzz(func(t *testing.T, first, second string, kind byte) {
		if len(first)+len(second) > 8<<10 {
			t.Skip("long enough to be slow, no more to see")
		}
		kinds := []evidence.Kind{evidence.Metrics, evidence.Vars, evidence.GCTrace, evidence.HeapText}
		k := kinds[int(kind)%len(kinds)]
		later := start.Add(30 * time.Second)
		set := evidence.Decode(&evidence.Capture{Blobs: []evidence.Blob{
			{Kind: k, Name: "1", From: start, To: start, Data: []byte(first)}, {Kind: k, Name: "2", From: later, To: later, Data: []byte(second)},
		}})
		seen, err := observe.Of(set, observe.Wish{})
		if err != nil {
			return
		}
		m, err := pacer.Fit(seen.Observation)
		if err != nil {
			return
		}
		for _, s := range []pacer.Setting{{GOGC: 200}, {GOGC: pacer.Off, Limit: 500 * pacer.MiB}, seen.Setting} {
			p := m.Predict(s)
			for _, v := range []float64{float64(p.Cycles.Mid), float64(p.GC.Mid), float64(p.RSS.Mid), float64(p.Bound), float64(p.Heap), float64(p.CPU.High)} {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Fatalf("%v: %+v of %+v", s, p, seen.Observation)
				}
			}
		}
	})
}
