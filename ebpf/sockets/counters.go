package sockets

import (
	"fmt"
	"strconv"
	"strings"
)

// Counters are the kernel's counts of a network namespace since it began
// (/proc/PID/net/netstat, names as in net/ipv4/proc.c).
type Counters struct {
	ListenOverflows uint64 // handshakes refused because the accept queue was full
	ListenDrops     uint64 // the same, for any reason
	CookiesSent     uint64 // SYN queue full: answered without keeping state
	SYNsDropped     uint64 // SYN queue full: not answered
}

// Since is what was counted after an earlier look.
func (c Counters) Since(before Counters) Counters {
	return Counters{
		ListenOverflows: c.ListenOverflows - before.ListenOverflows,
		ListenDrops:     c.ListenDrops - before.ListenDrops,
		CookiesSent:     c.CookiesSent - before.CookiesSent,
		SYNsDropped:     c.SYNsDropped - before.SYNsDropped,
	}
}

// parseCounters reads pairs of lines: names, then numbers in the same order.
func parseCounters(text string) (Counters, error) {
	var c Counters
	fields := map[string]*uint64{
		"ListenOverflows": &c.ListenOverflows, "ListenDrops": &c.ListenDrops,
		"SyncookiesSent": &c.CookiesSent, "TCPReqQFullDrop": &c.SYNsDropped,
	}
	found := 0
	lines := strings.Split(text, "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		names, numbers := strings.Fields(lines[i]), strings.Fields(lines[i+1])
		if len(names) != len(numbers) || len(names) == 0 || names[0] != "TcpExt:" {
			continue
		}
		for j, name := range names {
			if into := fields[name]; into != nil {
				n, err := strconv.ParseUint(numbers[j], 10, 64)
				if err != nil {
					return Counters{}, fmt.Errorf("netstat: %s: %.20q", name, numbers[j])
				}
				*into = n
				found++
			}
		}
	}
	if found == 0 {
		return Counters{}, fmt.Errorf("netstat: no TcpExt in %d lines", len(lines))
	}
	return c, nil
}
