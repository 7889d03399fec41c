package symbol

import "strings"

// collectors are what the names of the garbage collector's functions in package
// runtime begin with, Go 1.20 to 1.27.
var collectors = []string{
	"gcBgMark", "gcDrain", "gcAssist", "gcMark", "gcmark", "gcStart", "gcSweep", "gcFlush", "gcParkAssist", "gcWakeAllAssists", "gcDumpObject",
	"gcController", "gcResetMark", "gcTrigger", "gcWriteBarrier", "gcenable",
	"(*gcWork)", "(*gcControllerState)", "(*gcCPULimiterState)", "(*spanQueue)", "(*spanInlineMarkBits)", "(*workType)",
	"scanobject", "scanObject", "scanblock", "scanBlock", "scanConservative", "scanstack", "scanframe", "scanSpan", "spanSetScans",
	"greyobject", "tryDeferToSpanScan", "markroot", "markBits", "findObject", "shade",
	"bgsweep", "sweepone", "(*sweepLocked)", "(*sweepLocker)", "(*mspan).sweep", "(*activeSweep)", "deductSweepCredit",
	"bgscavenge", "(*scavengerState)", "(*pageAlloc).scavenge", "(*scavengeIndex)",
	"wbBufFlush", "wbMove", "wbZero", "bulkBarrier", "typeBitsBulkBarrier", "typedmemmoveBarrier", "deductAssistCredit",
	"(*mspan).typePointersOf", "(*wbBuf)", "runGCProg",
}

// IsCollector says whether a function of the runtime is part of the garbage
// collector: marking, assists, barriers, sweeping and scavenging.
func IsCollector(name string) bool {
	pkg, local := Split(name)
	switch {
	case pkg == "":
		return strings.HasPrefix(name, "gcWriteBarrier") || isExpander(name)
	case pkg == "internal/runtime/gc" || strings.HasPrefix(pkg, "internal/runtime/gc/"):
		return true
	case pkg != "runtime":
		return false
	}
	if local == "GC" || strings.HasPrefix(local, "GC.") {
		return true
	}
	for _, c := range collectors {
		if strings.HasPrefix(local, c) {
			return true
		}
	}
	return false
}

// isExpander knows the assembly of the marking phase that has a label for each
// size of objects (internal/runtime/gc/scan/expand_amd64.s, since Go 1.26).
func isExpander(name string) bool { return strings.HasPrefix(name, "expandAVX512_") }
