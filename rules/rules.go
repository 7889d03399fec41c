// Package rules is what goperf knows: one value for each way in which a Go
// program is known to be slow, big or stalled.
//
// A rule of the common form (a function spends CPU through a library call that
// it could avoid) is a row of one of the hotCall lists; every other rule has a
// file of its own. All rules are pure functions of the evidence.
package rules

import (
	"slices"

	"github.com/goperf/goperf/diagnose"
)

// All lists every rule.
func All() []diagnose.Rule {
	return slices.Concat(
		hotCallRules(textCalls),
		hotCallRules(encodeCalls),
		hotCallRules(runtimeCalls),
		hotCallRules(ioCalls),
		hotCallRules(clockCalls),
		hotCallRules(workCalls),
		gcRules,
		containerRules,
		collectorRules,
		stateRules,
		httpRules,
		traceRules,
		handoffRules,
		footprintRules,
		probeRules,
		networkRules,
		stuckRules,
		auditRules,
		qualityRules,
		[]diagnose.Rule{
			excessiveAlloc,
			builtPerCall,
			dialGoroutines,
			outsideWait,
			serverHandshakes,
			loopCost,
			hotSpot,
			heapGrowth,
			goroutineLeak,
			lockContention,
		},
	)
}

// Measured lists the rules that judge what kernel probes measure.
func Measured() []diagnose.Rule {
	return slices.Concat(probeRules, networkRules, stuckRules, auditRules)
}
