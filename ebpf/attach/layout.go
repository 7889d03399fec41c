package attach

import (
	"fmt"
	"strconv"
	"strings"
)

// layout is where a version of the Go runtime keeps the goroutine of a thread
// (runtime/runtime2.go), in bytes from the start of the structure. g.m is at 48
// in all of them.
type layout struct {
	from     int // minor version of Go, until the next one
	curg     uint32
	goid     uint32
	labels   uint32
	labelMap bool // g.labels points to a map, not to a slice
}

// layouts are the offsets in the debug information of programs built by the
// last release of each version, on 64-bit systems.
var layouts = []layout{
	{from: 18, curg: 192, goid: 152, labels: 360, labelMap: true},
	{from: 21, curg: 192, goid: 152, labels: 344, labelMap: true},
	{from: 23, curg: 192, goid: 160, labels: 352, labelMap: true},
	{from: 24, curg: 192, goid: 160, labels: 352},
	{from: 25, curg: 184, goid: 152, labels: 344},
	{from: 26, curg: 184, goid: 152, labels: 352},
}

// lastKnown is the newest minor version whose offsets were looked at.
const lastKnown = 27

// layoutOf is the layout of a toolchain that calls itself "go1.26.8". One that
// is newer than what is known is taken for the newest: goroutine numbers may be
// missing then, stacks are not.
func layoutOf(version string) (l layout, known bool, err error) {
	minor, ok := minorOf(version)
	if !ok {
		return layouts[len(layouts)-1], false, nil // a development version
	}
	if minor < layouts[0].from {
		return l, false, fmt.Errorf("was built with %s: the oldest that can be probed is go1.%d", version, layouts[0].from)
	}
	for _, candidate := range layouts {
		if minor >= candidate.from {
			l = candidate
		}
	}
	return l, minor <= lastKnown, nil
}

// minorOf is 26 for "go1.26.8", "go1.26rc1" and "go1.26-custom".
func minorOf(version string) (int, bool) {
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
