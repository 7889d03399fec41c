// Package exhibit turns evidence into material a reader may look at: tables of
// functions, of goroutines, of where the CPU went and where the memory is.
//
// Each function here takes a domain value and returns a [report.Exhibit]; false
// means that the evidence for it is not there. [Fill] puts all of them, the
// vitals and the list of what was looked at into a report. The package is pure:
// it judges nothing and changes no finding.
package exhibit

import (
	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// topRows is how many functions a top table shows.
const topRows = 25

// Fill adds to a report what the evidence shows beside the findings: the
// vitals, what was looked at and the exhibits. What the report already has
// under these names is replaced. The vitals of a report that judges nothing are
// the numbers of the probes.
func Fill(r *report.Report, set *evidence.Set) {
	r.Evidence = Seen(set)
	r.Exhibits = nil
	add := func(e report.Exhibit, ok bool) {
		if ok {
			r.Exhibits = append(r.Exhibits, e)
		}
	}
	cpu := mergedCPU(set)
	spent := classes(cpu, set)
	r.Vitals = vitals(set, spent)
	if r.Unjudged {
		r.Vitals = kernelVitals(set)
	}
	add(Memory(set))
	add(CPU(spent, cores(set)))
	if cpu != nil {
		add(Top("top-cpu", "Functions by CPU time", cpu, "cpu"))
	}
	if heap := last(set, evidence.Heap, evidence.Allocs); heap != nil {
		add(Top("top-heap", "Functions by live heap", heap, "inuse_space"))
	}
	if delta := growth(set, evidence.Heap, evidence.Allocs); delta != nil {
		add(Top("top-alloc", "Functions by bytes allocated in the window", delta, "alloc_space"))
	}
	if off := last(set, evidence.OffCPU); off != nil {
		add(Waits(off))
		add(Top("top-offcpu", "Functions by blocked time", off, "blocked"))
	}
	add(Goroutines(set))
	r.Exhibits = append(r.Exhibits, Kernel(set)...)
	if wall := last(set, evidence.Wall); wall != nil {
		add(Top("top-wall", "Functions by goroutine time", wall, "wall"))
	}
}

// classes is the CPU profile by what the time was spent on, nil without one.
func classes(cpu *profile.Profile, set *evidence.Set) *blame.Table {
	if cpu == nil {
		return nil
	}
	col, ok := cpu.SampleType("cpu")
	if !ok {
		return nil
	}
	return blame.Build(cpu, col, symbol.Classifier{Main: set.Build.Main})
}

func mergedCPU(set *evidence.Set) *profile.Profile {
	ps := set.Profiles[evidence.CPU]
	switch len(ps) {
	case 0:
		return nil
	case 1:
		return ps[0]
	}
	m, err := profile.Merge(ps...)
	if err != nil { // slices of different builds: the last one is what runs now
		return ps[len(ps)-1]
	}
	return m
}

// last is the newest profile of the first kind that has any.
func last(set *evidence.Set, kinds ...evidence.Kind) *profile.Profile {
	for _, k := range kinds {
		if ps := set.Profiles[k]; len(ps) > 0 {
			return ps[len(ps)-1]
		}
	}
	return nil
}

// growth is the newest profile less the oldest, of the first kind that has two.
func growth(set *evidence.Set, kinds ...evidence.Kind) *profile.Profile {
	for _, k := range kinds {
		if ps := set.Profiles[k]; len(ps) > 1 {
			return profile.Sub(ps[len(ps)-1], ps[0])
		}
	}
	return nil
}

func text(s string) report.Cell    { return report.Cell{Text: s} }
func number(v float64) report.Cell { return report.Cell{Value: v} }
func share(v, of float64) (s float64) {
	if of > 0 {
		s = v / of
	}
	return s
}
