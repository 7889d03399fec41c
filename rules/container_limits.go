package rules

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/report"
)

func checkTightLimit(p *diagnose.Pass) []report.Finding {
	limit := parseBytes(p.Set.Host.GOMEMLIMIT)
	m := p.Set.Memory[len(p.Set.Memory)-1]
	live := min(m.HeapAlloc, m.NextGC) + m.StackSys + m.MSpanSys + m.MCacheSys + m.BuckHashSys + m.GCSys + m.OtherSys
	share := ratio(live, limit)
	if limit <= 0 || share < 0.8 {
		return nil
	}
	advice := "Raise GOMEMLIMIT to at least 1.25 times this, or shrink the heap."
	switch wanted, ok := strings.CutPrefix(limitOf(p), "GOMEMLIMIT="); {
	case ok && parseBytes(wanted) > limit:
		advice = "Raise GOMEMLIMIT to " + wanted + " or more, or shrink the heap."
	case p.Set.Host.MemoryLimit > 0:
		advice = "Give the container more memory and raise GOMEMLIMIT with it, or shrink the heap."
	}
	return hostFinding(fmt.Sprintf("what is live takes %.0f %% of GOMEMLIMIT", share*100), report.Warning, 0.7, "memory", share, 0.3, []report.Fact{
		{Text: "live heap, stacks and runtime memory", Value: float64(live), Unit: "B", Source: "heap-text"},
		{Text: "GOMEMLIMIT", Value: float64(limit), Unit: "B", Source: "host"},
	}, advice)
}

func checkGCOff(p *diagnose.Pass) []report.Finding {
	h := p.Set.Host
	if !h.EnvKnown || !strings.EqualFold(h.GOGC, "off") || h.GOMEMLIMIT != "" {
		return nil
	}
	advice := "Set GOMEMLIMIT to what the process may use, less a tenth."
	if limit := limitOf(p); limit != "" {
		advice = "Set " + limit + ", and a GOGC beside it: with GOGC=off memory stays at the limit for ever. goperf gc recommends the pair."
	}
	return hostFinding("GOGC=off without GOMEMLIMIT: nothing is ever collected", report.Critical, 0.9, "memory", 1, 0.5,
		[]report.Fact{{Text: "GOGC=off and no GOMEMLIMIT in the environment", Source: "host"}},
		advice)
}

func checkThreads(p *diagnose.Pass) []report.Finding {
	h := p.Set.Host
	procs := max(h.GOMAXPROCS, h.NumCPU, 1)
	if h.Threads < max(50, 10*procs) {
		return nil
	}
	return hostFinding(fmt.Sprintf("the process has %d threads", h.Threads), report.Notice, 0.6, "threads", 1, 0.05, []report.Fact{
		{Text: "threads", Value: float64(h.Threads), Unit: "count", Source: "host"},
		{Text: "processors", Value: float64(procs), Unit: "count", Source: "host"},
	}, "Look at the goroutines in [syscall]; put a semaphore around blocking calls; use GODEBUG=netdns=go.")
}

func checkFDs(p *diagnose.Pass) []report.Finding {
	h := p.Set.Host
	share := ratio(int64(h.FDs), h.FDLimit)
	if h.FDLimit <= 0 || share < 0.8 {
		return nil
	}
	return hostFinding(fmt.Sprintf("%d of %d file descriptors are open", h.FDs, h.FDLimit), report.Critical, 0.8, "descriptors", share, 0.4, []report.Fact{
		{Text: "open descriptors", Value: float64(h.FDs), Unit: "count", Source: "host"},
		{Text: "limit", Value: float64(h.FDLimit), Unit: "count", Source: "host"},
	}, "Find what is not closed (goroutines and heap profiles name who opens); raise the limit only if all are in use.")
}

// parseBytes reads GOMEMLIMIT's form: digits with B, KiB, MiB, GiB or TiB; 0 when unreadable or off.
func parseBytes(s string) int64 {
	unit := int64(1)
	for suffix, u := range map[string]int64{"TiB": 1 << 40, "GiB": 1 << 30, "MiB": 1 << 20, "KiB": 1 << 10} {
		if rest, ok := strings.CutSuffix(s, suffix); ok {
			s, unit = rest, u
		}
	}
	n, err := strconv.ParseInt(strings.TrimSuffix(s, "B"), 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/unit {
		return 0
	}
	return n * unit
}
