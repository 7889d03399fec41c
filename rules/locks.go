package rules

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

var lockContention = diagnose.Rule{
	ID: "lock-contention", Title: "goroutines wait for a lock", Mechanism: "lock-contention",
	Needs: nil,
	Doc: "Goroutines spend a visible part of the time waiting for one lock.\n\n" +
		"Evidence, the best that is there: the mutex profile (its stack is the holder's Unlock, its value how long others waited), the block profile and the execution trace (the waiter's Lock), goroutines in state sync.Mutex.Lock, and CPU in the lock's slow path. When the holder is seen sleeping, in a system call or on the network inside the critical section, the mechanism is lock-held-during-io.\n\n" +
		"**Remedy.** Take slow work out of the critical section, shorten it, shard the lock, or publish an immutable snapshot through atomic.Pointer.",
	Check: checkLocks,
}

// contended is what is known of waiting for locks in one function.
type contended struct {
	fn      string
	frames  []report.Frame
	wait    float64            // s of waiting per second
	events  float64            // observed waits behind it
	by      map[string]float64 // the same by source
	sources []string
	facts   []report.Fact
	rw      bool
	spin    float64 // share of CPU in the slow path
}

func checkLocks(p *diagnose.Pass) []report.Finding {
	by := map[string]*contended{}
	at := func(fn string) *contended {
		key := symbol.Outer(fn)
		if by[key] == nil {
			by[key] = &contended{fn: fn}
		}
		return by[key]
	}
	mutexHolders(p, at)
	traceWaiters(p, at)
	blockWaiters(p, at)
	spinners(p, at)
	stuckGoroutines(p, at)
	var all []*contended
	for _, c := range by {
		c.settle()
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *contended) int {
		return cmp.Or(cmp.Compare(b.weight(), a.weight()), cmp.Compare(a.fn, b.fn))
	})
	var out []report.Finding
	byPackage := map[string]int{}
	for _, c := range all {
		f, ok := c.finding(p)
		if !ok {
			continue
		}
		// Holder and waiters of one lock mostly live in one package: one finding.
		pkg := symbol.Package(c.fn)
		if i, seen := byPackage[pkg]; seen {
			if holdsWhileWaiting(f) && !holdsWhileWaiting(out[i]) {
				f.Where = append(f.Where, out[i].Where[0])
				out[i] = f // whoever keeps the others waiting is the culprit
			} else if len(out[i].Where) < 5 {
				out[i].Where = append(out[i].Where, c.frames[0])
			}
			continue
		}
		byPackage[pkg] = len(out)
		out = append(out, f)
	}
	return out
}

func holdsWhileWaiting(f report.Finding) bool { return f.Mechanism == "lock-held-during-io" }

func (c *contended) weight() float64 { return c.wait + c.spin }

// add takes in one more kind of evidence: wait seconds a second, from so many events.
func (c *contended) add(source string, wait, events float64, facts ...report.Fact) {
	if !slices.Contains(c.sources, source) {
		c.sources = append(c.sources, source)
	}
	if wait > c.wait {
		c.wait, c.events = wait, events
	}
	if c.by == nil {
		c.by = map[string]float64{}
	}
	c.by[source] += wait
	c.facts = append(c.facts, facts...)
}

// settle takes what was measured of the waiters for what the mutex profile says in
// so many words: with several waiting at once the runtime estimates their delay from
// the first and the last (readyWithTime in runtime/sema.go), by up to a half too high.
// Where they wait in other functions than the holder's, the profile knows more.
func (c *contended) settle() {
	measured := max(c.by["block"], c.by["trace"])
	if c.wait == c.by["mutex"] && measured < c.wait && c.wait <= 1.5*measured {
		c.wait = measured
	}
}

func (c *contended) finding(p *diagnose.Pass) (report.Finding, bool) {
	cores, _ := p.Cores()
	share := c.wait / (c.wait + cores + 0.05)
	if c.wait < 0.05 && c.spin < 0.05 || share < 0.1 && c.spin < 0.05 || c.frames == nil {
		return report.Finding{}, false
	}
	name := symbol.Short(c.fn)
	busy := computing(p, c.fn)
	f := report.Finding{
		Mechanism: "lock-contention", Title: fmt.Sprintf("goroutines wait for the lock taken in %s", name), Where: c.frames,
		Cost:    spread(report.Cost{Resource: "lock-wait", Share: share, Of: "running and waiting for locks", Amount: c.wait, Unit: "s/s"}, (1-share)*waitError(c.events)),
		Saving:  report.Range{Low: c.wait * 0.3, High: c.wait * 0.95, Unit: "s/s", Share: max(share*0.8*(1-0.7*busy), c.spin*0.7), Basis: "the waiting that a shorter critical section removes"},
		Because: c.facts[:min(len(c.facts), 6)],
		Advice: []string{
			fmt.Sprintf("Shorten what %s does between Lock and Unlock (%s:%d): prepare before, publish after.", name, c.frames[0].File, c.frames[0].Line),
			"Shard the lock by key, keep per-worker state that is merged when read, or swap an immutable value with atomic.Pointer; counters want sync/atomic.",
		},
	}
	f.Confidence = 0.5 + 0.08*float64(len(c.sources)) + 0.15*clamp(max(share, c.spin))
	f.Confidence *= 0.5 + 0.5*clamp(max((c.wait-0.1)/0.9, c.spin*5)) // a tenth of a second a second is little among many goroutines
	if busy > 0.3 {
		f.Because = append(f.Because, report.Fact{Text: "of process CPU is computing below " + name + ": the wait is as long as the work under the lock", Value: busy, Unit: "ratio", Source: "cpu"})
	}
	if c.rw {
		f.Because = append(f.Because, report.Fact{Text: "the lock is an RWMutex", Source: "cpu"})
		if c.spin >= 0.1 && c.wait < 0.3 {
			f.Mechanism = "rwmutex-misuse" // readers that pass the lock's own counter around
		}
	}
	if h := holderBusy(p, c.fn); h.n > 0 {
		f = h.sharpen(f)
	}
	f.Confidence = min(0.95, f.Confidence)
	f.Severity = report.Notice
	if share > 0.5 || c.spin > 0.2 {
		f.Severity = report.Warning
	}
	return f, true
}
