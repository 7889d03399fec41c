package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// fileWait is what one function waits for the disk.
type fileWait struct {
	n, seconds float64
	frames     []report.Frame
	call       string
}

func checkFileIO(p *diagnose.Pass) []report.Finding {
	off, _ := p.Set.Last(evidence.OffCPU)
	waits, ok1 := off.SampleType("waits")
	blocked, ok2 := off.SampleType("blocked")
	if !ok1 || !ok2 || off.DurationNanos <= 0 {
		return nil
	}
	by := map[string]*fileWait{}
	for i := range off.NumSamples() {
		call, frame, ok := fileCall(p, off, i)
		if !ok {
			continue
		}
		w := by[frame.Function]
		if w == nil {
			w = &fileWait{frames: []report.Frame{frame}, call: call}
			by[frame.Function] = w
		}
		w.n += float64(off.Value(i, waits))
		w.seconds += float64(off.Value(i, blocked)) / 1e9
	}
	var out []report.Finding
	window := float64(off.DurationNanos) / 1e9
	for fn, w := range by {
		if rate := w.seconds / window; w.n >= 20 && rate >= 0.1 {
			out = append(out, fileFinding(symbol.Short(fn), w, rate, window))
		}
	}
	return out
}

func fileFinding(name string, w *fileWait, rate, window float64) report.Finding {
	return report.Finding{
		Title: fmt.Sprintf("%s waits for the disk in %s", name, symbol.Short(w.call)), Severity: report.Warning, Where: w.frames, Confidence: 0.55 + 0.2*clamp(rate),
		Cost:   report.Cost{Resource: "off-cpu", Share: clamp(rate), Low: clamp(rate), High: clamp(rate), Of: "one thread's time", Amount: rate, Unit: "s/s"},
		Saving: report.Range{Low: 0.3 * rate, High: 0.9 * rate, Unit: "s/s", Share: clamp(0.6 * rate), Basis: "estimate: fewer and larger calls"},
		Because: []report.Fact{
			{Text: "blocked in calls on files", Value: rate, Unit: "s/s", Source: "offcpu"},
			{Text: "waits", Value: w.n / window, Unit: "count/s", Source: "offcpu"},
			{Text: "for each", Value: w.seconds / w.n, Unit: "s", Source: "offcpu"},
		},
		Advice: []string{
			fmt.Sprintf("Do fewer and larger calls in %s: collect records and sync once for many (group commit), read with a buffer of 64 KiB or more.", name),
			"Keep files that are read again in memory, and keep such calls out of critical sections.",
		},
	}
}

// fileCall is the call on a file that a sample blocks in, and the function that
// made it.
func fileCall(p *diagnose.Pass, off *profile.Profile, sample int) (call string, by report.Frame, ok bool) {
	// Reading a terminal or a pipe blocks as well; only the disk cannot be interrupted.
	for _, l := range off.Labels(sample) {
		if l.Key == "state" && l.Str != "uninterruptible" {
			return "", by, false
		}
	}
	for _, loc := range off.Stack(sample) {
		for _, line := range off.Locations[loc].Lines {
			if line.Function < 0 {
				continue
			}
			f := &off.Functions[line.Function]
			if call == "" && slices.ContainsFunc(fileCalls, func(c string) bool { return strings.HasPrefix(f.Name, c) }) {
				call = f.Name
			} else if c := p.Class(f.Name); call != "" && (c == symbol.Own || c == symbol.ThirdParty) {
				return call, report.Frame{Function: f.Name, File: f.File, Line: int(line.Line)}, true
			}
		}
	}
	return "", by, false
}

// fileCalls are the functions through which every call on a file goes.
var fileCalls = []string{"os.(*File).", "os.ReadFile", "os.WriteFile", "syscall.Pread", "syscall.Pwrite", "syscall.Fsync", "syscall.Fdatasync", "golang.org/x/sys/unix.Fsync", "golang.org/x/sys/unix.Fdatasync", "golang.org/x/sys/unix.Pread", "golang.org/x/sys/unix.Pwrite"}
