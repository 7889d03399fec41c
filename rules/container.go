package rules

import (
	"fmt"
	"math"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/report"
)

// containerRules compare what the machine allows with what the runtime believes.
var containerRules = []diagnose.Rule{
	{
		ID: "cpu-throttled", Title: "the container is throttled", Mechanism: "cpu-throttling", Needs: []evidence.Kind{evidence.HostLimits},
		Doc:   "The cgroup's CPU quota was used up in more than 5 % of its periods: all threads stop until the next period, up to 100 ms each time.\n\n**Remedy.** More quota, or GOMAXPROCS not above it (automatic from Go 1.25).",
		Check: checkThrottled,
	},
	{
		ID: "gomaxprocs-above-quota", Title: "GOMAXPROCS is above the CPU quota", Mechanism: "cpu-throttling", Needs: []evidence.Kind{evidence.HostLimits},
		Doc:   "More processors run Go code than the quota pays for: the quota is used up early in each period and everything stops for the rest of it.\n\n**Remedy.** Go 1.25 or later without a GOMAXPROCS setting, or GOMAXPROCS = quota rounded up.",
		Check: checkMaxProcs,
	},
	{
		ID: "no-memory-limit", Title: "no GOMEMLIMIT in a limited container", Mechanism: "memory-limit-risk", Needs: []evidence.Kind{evidence.HostLimits},
		Doc:   "The container has a memory limit, the process is near it and the runtime does not know: it will let the heap double past the limit and the kernel will kill it.\n\n**Remedy.** GOMEMLIMIT = the container less what others use, what is outside of Go, and 5 % (16 MiB at least); the number is the one that `goperf gc` recommends.",
		Check: checkMemLimit,
	},
	{
		ID: "memory-limit-tight", Title: "GOMEMLIMIT is too near the live heap", Mechanism: "memory-limit-risk", Needs: []evidence.Kind{evidence.HostLimits, evidence.HeapText},
		Doc:   "Live heap, stacks and the runtime's own memory take more than 80 % of GOMEMLIMIT: the collector runs ever more often to stay below it.\n\n**Remedy.** A higher limit, or a smaller heap.",
		Check: checkTightLimit,
	},
	{
		ID: "gc-off-unlimited", Title: "GOGC=off without a memory limit", Mechanism: "memory-limit-risk", Needs: []evidence.Kind{evidence.HostLimits},
		Doc:   "With GOGC=off and no GOMEMLIMIT nothing is ever collected.\n\n**Remedy.** Set GOMEMLIMIT.",
		Check: checkGCOff,
	},
	{
		ID: "too-many-threads", Title: "the process has very many threads", Mechanism: "off-cpu-io", Needs: []evidence.Kind{evidence.HostLimits},
		Doc:   "Threads beyond GOMAXPROCS are blocked in system calls or in C: files on slow disks, DNS through cgo, LockOSThread.\n\n**Remedy.** Limit how many goroutines make blocking calls at once.",
		Check: checkThreads,
	},
	{
		ID: "fd-exhaustion", Title: "file descriptors are running out", Mechanism: "unclosed-body", Needs: []evidence.Kind{evidence.HostLimits},
		Doc:   "More than 80 % of the descriptors that the process may have are open.\n\n**Remedy.** Close files, connections and response bodies on every path; raise the limit only when all of them are in use.",
		Check: checkFDs,
	},
}

func hostFinding(title string, sev report.Severity, conf float64, res string, share, saving float64, facts []report.Fact, advice ...string) []report.Finding {
	return []report.Finding{{
		Title: title, Severity: sev, Confidence: conf, Because: facts, Advice: advice,
		Cost:   report.Cost{Resource: res, Share: share, Low: share, High: share, Of: "the limit", Unit: "ratio", Amount: share},
		Saving: report.Range{Low: 0, High: saving, Unit: "ratio", Share: saving, Basis: "the risk goes away"},
	}}
}

func checkThrottled(p *diagnose.Pass) []report.Finding {
	h := p.Set.Host
	share := ratio(h.Throttled, h.Periods)
	if h.Periods < 10 || share < 0.05 {
		return nil
	}
	return hostFinding(fmt.Sprintf("the container was throttled in %.0f %% of its periods", share*100), report.Warning, 0.9, "cpu", share, min(0.6, share), []report.Fact{
		{Text: "of the periods hit the CPU quota", Value: share, Unit: "ratio", Source: "host"},
		{Text: "stopped in the window, all threads together", Value: h.ThrottledFor.Seconds(), Unit: "s", Source: "host"},
		{Text: "CPU quota", Value: h.CPUQuota, Unit: "cores", Source: "host"},
	}, "Raise the CPU quota, or keep GOMAXPROCS at the quota and make bursts smaller; Go 1.25 and later set GOMAXPROCS from the quota by themselves.")
}

func checkMaxProcs(p *diagnose.Pass) []report.Finding {
	h := p.Set.Host
	if h.CPUQuota <= 0 || h.GOMAXPROCS <= int(math.Ceil(h.CPUQuota)) {
		return nil
	}
	share := clamp(1 - h.CPUQuota/float64(h.GOMAXPROCS))
	return hostFinding(fmt.Sprintf("GOMAXPROCS is %d with a CPU quota of %.1f cores", h.GOMAXPROCS, h.CPUQuota), report.Notice, 0.8, "cpu", share, 0.1, []report.Fact{
		{Text: "GOMAXPROCS", Value: float64(h.GOMAXPROCS), Unit: "count", Source: "host"},
		{Text: "CPU quota", Value: h.CPUQuota, Unit: "cores", Source: "host"},
	}, "Build with Go 1.25 or later and do not set GOMAXPROCS, or set it to the quota rounded up.")
}

func checkMemLimit(p *diagnose.Pass) []report.Finding {
	h := p.Set.Host
	if h.MemoryLimit <= 0 || !h.EnvKnown || h.GOMEMLIMIT != "" {
		return nil
	}
	peak := h.RSS
	for _, m := range p.Set.Memory {
		peak = max(peak, m.MaxRSS)
	}
	share := ratio(peak, h.MemoryLimit)
	if share < 0.6 {
		return nil
	}
	advice := "Give the container more memory: with what is outside of the heap it has no room for a limit."
	if limit := limitOf(p); limit != "" {
		advice = "Set " + limit + ": the container less what others use, what is outside of Go, and 5 %. goperf gc says which GOGC goes with it."
	}
	return hostFinding("no GOMEMLIMIT although the container's memory limit is near", report.Warning, 0.75, "memory", share, 0.3, []report.Fact{
		{Text: "peak resident memory", Value: float64(peak), Unit: "B", Source: "host"},
		{Text: "container memory limit", Value: float64(h.MemoryLimit), Unit: "B", Source: "host"},
	}, advice)
}
