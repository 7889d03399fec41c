package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/goperf/goperf/evidence"
)

// Compare says what next has more or less than base. The error is a refusal: it
// says why the two cannot be compared.
func Compare(base, next Side, opts Options) (*Result, error) {
	opts = opts.orDefaults()
	if err := refuse(base, next); err != nil {
		return nil, fmt.Errorf("cannot be compared: %w", err)
	}
	base, next = ordered(base), ordered(next)
	r := &Result{Base: info(base), New: info(next), Totals: totals(base, next, opts)}
	if opts.Module == "" {
		opts.Module = module(base, next)
	}
	all := slices.DeleteFunc(trials(base, next, opts), func(t *trial) bool { return !t.tally() })
	objects := slices.IndexFunc(all, func(t *trial) bool { return t.m.name == "alloc_objects" })
	for _, t := range all {
		if objects >= 0 {
			t.objects = all[objects]
		}
		functions, packages := t.rows()
		for i := range functions {
			r.Functions = append(r.Functions, functions[i].Row)
		}
		for i := range packages {
			r.Packages = append(r.Packages, packages[i].Row)
		}
		r.Causes = append(r.Causes, t.causes(functions)...)
		r.Noise = append(r.Noise, t.heard(r.Totals, pairSD(base, next)))
		r.Pairs = max(r.Pairs, len(t.pairs))
	}
	bench := benchRows(base, next)
	rows := benchmarks(bench, opts)
	r.Totals = append(r.Totals, rows...)
	r.Causes = append(benchCauses(bench, rows, base, next, opts), r.Causes...)
	r.Notes = append(r.Notes, differences(base, next)...)
	return r, nil
}

// trials are the metrics that both sides have profiles of. All functions are
// known before any are compared.
func trials(base, next Side, opts Options) []*trial {
	var out []*trial
	n := newNames(opts.Module)
	for _, m := range metricsOf(base, next) {
		if len(opts.Kinds) > 0 && !slices.Contains(opts.Kinds, m.kind) {
			continue
		}
		if t := newTrial(m, n, base, next, opts); t != nil {
			out = append(out, t)
		}
	}
	return out
}

// ordered is the side with its runs in an order that does not depend on how
// they were given.
func ordered(s Side) Side {
	s.Runs = slices.Clone(s.Runs)
	slices.SortStableFunc(s.Runs, func(a, b Run) int {
		return cmp.Or(cmp.Compare(a.Pair, b.Pair), cmp.Compare(a.Label, b.Label), cmp.Compare(a.Work, b.Work), cmp.Compare(a.CPU, b.CPU))
	})
	return s
}

// module is the path of the main module, as runs tell it or functions.
func module(sides ...Side) string {
	for _, s := range sides {
		if v := values(s, func(e *Env) string { return e.Module }); len(v) > 0 {
			return v[0]
		}
	}
	for _, s := range sides {
		for _, k := range []evidence.Kind{evidence.CPU, evidence.Allocs, evidence.Heap, evidence.Goroutine, evidence.Mutex, evidence.Block} {
			for i := range s.Runs {
				if p := s.Runs[i].Profiles[k]; p != nil {
					if m := evidence.MainModule(p); m != "" {
						return m
					}
				}
			}
		}
	}
	return ""
}

func info(s Side) SideInfo {
	i := SideInfo{Name: s.Name, Runs: len(s.Runs), Env: s.Runs[0].Env}
	for _, r := range s.Runs {
		i.Work += r.Work
		i.CPU += cpuOf(&r)
		i.Unit = cmp.Or(i.Unit, r.Unit)
	}
	var build []string
	for _, of := range []func(*Env) string{
		func(e *Env) string { return e.Commit },
		func(e *Env) string { return e.GoVersion },
		func(e *Env) string { return e.BuildID },
	} {
		build = append(build, values(s, of)...)
	}
	i.Build = strings.Join(build, ", ")
	return i
}

// differences are what is not the same on both sides and may matter.
func differences(base, next Side) []string {
	var notes []string
	for _, f := range []struct {
		what string
		of   func(*Env) string
	}{
		{"Go version", func(e *Env) string { return e.GoVersion }},
		{"CPU model", func(e *Env) string { return e.CPUModel }},
		{"GOMAXPROCS", func(e *Env) string { return number(e.GOMAXPROCS) }},
		{"GOGC", func(e *Env) string { return e.GOGC }},
		{"GOMEMLIMIT", func(e *Env) string { return e.GOMEMLIMIT }},
	} {
		a, b := values(base, f.of), values(next, f.of)
		if len(a) > 0 && len(b) > 0 && !slices.Equal(a, b) {
			notes = append(notes, fmt.Sprintf("%s differs: %s before, %s after", f.what, strings.Join(a, ", "), strings.Join(b, ", ")))
		}
	}
	return notes
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

// heard says how noisy a metric was.
func (t *trial) heard(totals []Row, pairSD float64) Noise {
	n := Noise{
		Metric: t.m.name, Kind: t.m.kind, Samples: [2]float64{t.sum[0].samples, t.sum[1].samples},
		Dispersion: t.prior, Tested: len(t.tested(Fold)), Per: t.per, Needs: t.blind,
	}
	if t.m.of == share {
		n.PairSD = pairSD
	}
	n.Scale = t.common * over(t.sum[0].exposure, t.sum[1].exposure)
	e := estimate{fano: t.anyFano(), phi: t.prior, total: t.belief}
	n.Smallest = over(t.detectable(&e, t.opts.Floor*t.whole(), float64(n.Tested), 1), t.whole())
	if t.m.noise == events {
		n.Dispersion, n.Smallest = 0, 0
	}
	if t.shares && t.slack > 0 {
		half := quantileT((1-t.opts.Confidence)/2, manyDegrees) * math.Sqrt(t.slack)
		n.Grown, n.GrownLow, n.GrownHigh = t.common-1, t.common*math.Exp(-half)-1, t.common*math.Exp(half)-1
	}
	for _, r := range totals {
		if t.shares && r.Metric == t.m.name && r.Family == Total && t.slack > 0 {
			n.Drift = (1+r.Ratio())/t.common - 1
		}
	}
	return n
}
