package rules

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile/unit"
	"github.com/goperf/goperf/report"
)

// qualityRules say what the evidence is worth; they become notes of the report.
var qualityRules = []diagnose.Rule{
	{
		ID: "few-samples", Title: "there are few CPU samples", Mechanism: diagnose.Quality, Needs: []evidence.Kind{evidence.CPU},
		Doc: "With fewer than 300 samples a share of 10 % is known to ±3 points at best. Profile longer or under load.",
		Check: func(p *diagnose.Pass) []report.Finding {
			t := p.CPU()
			if t == nil || t.N >= 300 {
				return nil
			}
			return note("the CPU profile has only %s: shares are rough, profile longer or under load", unit.Count(t.N, "sample"))
		},
	},
	{
		ID: "idle-process", Title: "the process was nearly idle", Mechanism: diagnose.Quality, Needs: []evidence.Kind{evidence.CPU},
		Doc: "Below a tenth of a core, optimising CPU is hardly worth the effort; findings about CPU are informational.",
		Check: func(p *diagnose.Pass) []report.Finding {
			cores, ok := p.Cores()
			if !ok || cores >= p.Limits.IdleCores {
				return nil
			}
			return note("the process used %.2f cores: findings about CPU are for information", cores)
		},
	},
	{
		ID: "unusual-rate", Title: "the profile was taken at an unusual rate", Mechanism: diagnose.Quality, Needs: []evidence.Kind{evidence.CPU},
		Doc: "Go samples CPU at 100 Hz. Another period, or a missing duration, means that the profile was converted or merged: rates cannot be trusted.",
		Check: func(p *diagnose.Pass) []report.Finding {
			for _, prof := range p.Set.Profiles[evidence.CPU] {
				switch {
				case prof.DurationNanos == 0:
					return note("a CPU profile does not say how long it was taken: utilisation is unknown")
				case prof.Period != 0 && (prof.Period < 9_900_000 || prof.Period > 10_200_000): // samplers of the kernel use 99 Hz
					return note("a CPU profile was sampled every %g ms instead of 10 ms", float64(prof.Period)/1e6)
				}
			}
			return nil
		},
	},
	{
		ID: "young-heap", Title: "the heap profile was taken right after start", Mechanism: diagnose.Quality, Needs: []evidence.Kind{evidence.HeapText},
		Doc: "Heap profiles show memory as of completed collections; before the second one they say little.",
		Check: func(p *diagnose.Pass) []report.Finding {
			if m := lastMemory(p); m.NumGC >= 2 {
				return nil
			}
			return note("fewer than two collections have run: the heap profile says little yet")
		},
	},
	{
		ID: "old-go", Title: "an old Go release", Mechanism: diagnose.Quality, Needs: nil,
		Doc: "Each release since 1.24 made the runtime cheaper: Swiss-table maps (1.24), GOMAXPROCS from the container's quota (1.25), a collector with 10 to 40 % less overhead (1.26), faster small allocations and JSON (1.27).",
		Check: func(p *diagnose.Pass) []report.Finding {
			if minor, ok := goMinor(p.Set.Build.GoVersion); ok && minor < 25 {
				return note("the program was built with %s: Go 1.24 brought faster maps, 1.25 container-aware GOMAXPROCS, 1.26 a cheaper collector", p.Set.Build.GoVersion)
			}
			return nil
		},
	},
	{
		ID: "no-pgo", Title: "built without profile-guided optimisation", Mechanism: diagnose.Quality, Needs: []evidence.Kind{evidence.CPU, evidence.BuildInfo},
		Doc: "The release notes give 2 to 14 % of CPU for a build with default.pgo in the main package's directory.",
		Check: func(p *diagnose.Pass) []report.Finding {
			cores, ok := p.Cores()
			if minor, known := goMinor(p.Set.Build.GoVersion); !known || minor < 21 {
				return nil // profile-guided optimisation came with 1.21
			}
			if _, has := p.Set.Build.Settings["-pgo"]; has || !ok || cores < 0.5 || len(p.Set.Build.Settings) == 0 {
				return nil
			}
			return note("the binary was built without -pgo: 2 to 14 %% of CPU by the Go release notes")
		},
	},
}

func note(format string, args ...any) []report.Finding {
	return []report.Finding{{Title: fmt.Sprintf(format, args...)}}
}

// goMinor is 26 for "go1.26.8".
func goMinor(version string) (int, bool) {
	rest, ok := strings.CutPrefix(version, "go1.")
	if !ok {
		return 0, false
	}
	end := 0
	for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(rest[:end])
	return n, err == nil
}
