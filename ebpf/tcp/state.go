package tcp

// State is what one look at the sockets saw, with sums since the probe began.
type State struct {
	Open                         map[string]int // connections that are watched, by state
	Anomalies                    map[string]int // what is wrong now, by kind
	Queued, HalfOpen             int            // on the listeners
	Dropped                      uint64         // by them
	Segments, Retransmits        uint64
	Sent, Received               uint64 // payload, bytes
	Descriptors, DescriptorLimit int    // of the process that is nearest to its limit
	Lost                         uint64 // by the probe
}

// state is what the last look saw.
func (t *tracker) state() State {
	s := State{Open: map[string]int{}, Anomalies: map[string]int{}}
	if names := t.fullest(); len(names) > 0 {
		u := t.uses[names[0]]
		s.Descriptors, s.DescriptorLimit = int(u.fds.last()), u.limit
	}
	for state, n := range t.look.states {
		s.Open[state.String()] = n
	}
	for k, a := range t.anomalies {
		if a.look == t.looks {
			s.Anomalies[k.kind]++
		}
	}
	for _, l := range t.listeners {
		if l.seen == t.looks {
			s.Queued += int(l.backlog)
			s.HalfOpen += l.halfOpen
		}
		s.Dropped += uint64(grown(l.drops, l.firstDrops))
	}
	for _, p := range t.peers {
		s.Segments += p.segments
		s.Retransmits += p.retransmits
		s.Sent += p.sent
		s.Received += p.received
	}
	return s
}
