package rules

import (
	"slices"
	"strings"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/kernel"
	"github.com/goperf/goperf/report"
)

// probeRules judge what kernel probes measured.
var probeRules = []diagnose.Rule{
	{
		ID: "cpu-starved", Title: "threads wait long for a CPU", Mechanism: "scheduler-delay", Needs: []evidence.Kind{evidence.Kernel},
		Doc: "Threads that could run stood in the kernel's run queue for a large part of the time that they ran: the machine has more to do than CPUs. " +
			"Every request is slower by it, and no profile of the program shows why.\n\n**Remedy.** Move the neighbours or give the process CPUs of its own; when it is its own threads that wait for each other, GOMAXPROCS is above the CPUs it really has.",
		Check: checkStarved,
	},
	{
		ID: "file-io-blocks", Title: "threads wait for the disk", Mechanism: "off-cpu-io", Needs: []evidence.Kind{evidence.OffCPU},
		Doc: "A system call on a file blocked its thread: reads that the page cache does not hold, and syncs. The goroutine stands still, and the runtime starts another thread for the others. " +
			"It costs no CPU, so a CPU profile does not show it.\n\n**Remedy.** Sync once for many records (group commit), read ahead or in larger pieces, keep hot files in memory, and do it outside of locks.",
		Check: checkFileIO,
	},
}

func checkStarved(p *diagnose.Pass) []report.Finding {
	i := slices.IndexFunc(p.Set.Kernel, func(m kernel.Measurement) bool { return m.Probe == "sched" })
	if i < 0 {
		return nil
	}
	m := &p.Set.Kernel[i]
	runs, _ := m.Count("times that a thread got a CPU")
	queued, _ := m.Count("waiting for a CPU")
	window := m.Window().Seconds()
	used, known := p.Cores()
	if !known || window < 1 || runs < 500 {
		return nil
	}
	waiting := queued / window
	share := waiting / (waiting + used)
	if waiting < 0.2 || share < 0.3 {
		return nil
	}
	mean, _ := m.Count("mean run-queue latency")
	tail, _ := m.Count("run-queue latency, 99 of 100 below")
	title, advice, others := starvedBy(m, queued)
	saving, severity, confidence := share/2, report.Notice, min(0.3+0.2*share, 0.48)
	if starved := waiting >= 0.5 && mean >= 0.001 && tail >= 0.01; starved {
		severity, confidence = report.Warning, 0.5+0.15*share
		if others {
			saving = min(saving, 0.2) // what the program does to itself stands first all the same
		}
	} else if others {
		// Nothing in the program saves it: it stands behind what does.
		saving = min(saving, 0.02)
	}
	return []report.Finding{{
		// That the machine is busy says nothing about the program, unless its threads come to run a millisecond and more late.
		Title: title, Severity: severity, Confidence: confidence,
		Cost:   report.Cost{Resource: "run-queue", Share: share, Low: share, High: share, Of: "the time that threads could run", Amount: waiting, Unit: "s/s"},
		Saving: report.Range{Low: 0, High: waiting, Unit: "s/s", Share: saving, Basis: "threads run when they can"},
		Because: []report.Fact{
			{Text: "threads stood in the run queue on average", Value: waiting, Unit: "count", Source: "kernel"},
			{Text: "ran meanwhile", Value: used, Unit: "cores", Source: "cpu"},
			{Text: "from being able to run to running, mean", Value: mean, Unit: "s", Source: "kernel"},
			{Text: "the same, 99 of 100 below", Value: tail, Unit: "s", Source: "kernel"},
		},
		Advice: advice,
	}}
}

// starvedBy says who had the CPU for the larger part of the waiting, and whether
// those are others.
func starvedBy(m *kernel.Measurement, queued float64) (title string, advice []string, others bool) {
	own, neighbour := 0.0, ""
	for _, t := range m.Tables {
		for _, row := range t.Rows {
			switch {
			case len(row) < 3:
			case row[2].Text == "the process itself":
				own = row[0].Value
			case neighbour == "" && !strings.HasPrefix(row[2].Text, "nobody"):
				neighbour = row[2].Text
			}
		}
	}
	if own > 0.6*queued || neighbour == "" {
		return "threads of the process wait for each other's CPU", []string{
			"Set GOMAXPROCS to the CPUs that the process may really use; Go 1.25 and later do so from the cgroup's quota.",
			"Look for threads beyond GOMAXPROCS: calls into C and blocking system calls run on their own.",
		}, false
	}
	return "threads wait for a CPU that others use, " + neighbour + " most", []string{
		"Move " + neighbour + " or the service to other CPUs (cpuset, nodeSelector), or give the service more CPU weight (cgroup cpu.weight, requests.cpu).",
		"goperf probe sched pid:N shows the latency's distribution and everybody who had the CPU.",
	}, true
}
