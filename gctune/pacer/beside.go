package pacer

import "math"

// spanShare is what the runtime keeps of each byte of a larger heap: mspan and
// mark bits.
const spanShare Bytes = 0.03

// beside is what a limit counts beside a heap, as a line over its size.
//
// Most of what grows with the heap are gaps: free slots of spans that hold live
// objects. How many there are depends on how much room for garbage the heap had
// when those objects were made. Where all objects are replaced while the program
// runs, that is the room which it has now, and gaps grow with the heap. Objects
// that stay (Old) lie as the start has left them: with GOGC=g among g times as
// much garbage, with GOGC=off among as much as the whole limit had room for while
// little was live.
type beside struct{ fixed, slope Bytes }

func (b beside) at(heap Bytes) Bytes { return max(b.fixed+b.slope*heap, 0) }

// goal is where the heap and what is beside it fill a limit, less the headroom
// that the runtime keeps.
func (b beside) goal(limit Bytes) Bytes {
	room := (limit - b.fixed) / (1 + b.slope)
	return room - max(room*goalHeadroom, MiB)
}

// limitGoal is the heap goal of a memory limit.
func (m *Model) limitGoal(s Setting, marked Bytes) Bytes {
	if s.Limit <= 0 {
		return Bytes(math.Inf(1))
	}
	goal := m.besideOff().goal(s.Limit)
	if s.GOGC >= 0 {
		goal = max(goal, m.besideAt(s.GOGC).goal(s.Limit)) // its start had the less of both rooms
	}
	return max(goal, marked)
}

// besideOff is what is beside a heap that was filled with GOGC=off.
func (m *Model) besideOff() beside {
	o := m.obs.Memory
	b := m.besideAt(0)
	if room := m.room(); room > 0 {
		b.slope += o.Gaps * Bytes(o.Old) / room
	}
	return b
}

// besideAt is what is beside a heap that was filled with a GOGC.
func (m *Model) besideAt(gogc Percent) beside {
	o := m.obs.Memory
	if o.At <= 0 {
		return beside{fixed: o.NonHeap}
	}
	old := Bytes(0)
	if m.obs.Setting.GOGC > 0 {
		old = Bytes(o.Old) * Bytes(gogc/m.obs.Setting.GOGC)
	}
	slope := spanShare + o.Gaps*Bytes(1-o.Old)/o.At
	return beside{fixed: o.NonHeap - spanShare*o.At - o.Gaps*(1-old), slope: slope}
}

// room is what there was for garbage at the observed setting.
func (m *Model) room() Bytes {
	if m.obs.Setting.GOGC <= 0 || len(m.obs.Live) == 0 {
		return 0
	}
	var sum Bytes
	for _, l := range m.obs.Live {
		sum += l.Marked
	}
	return Bytes(m.obs.Setting.GOGC/100) * (sum/Bytes(len(m.obs.Live)) + m.scan)
}

// strewn is the garbage among which objects that stay were made, beyond what
// there is now: with GOGC=off the heap was as large when little was live.
func (m *Model) strewn(s Setting, marked Bytes) Bytes {
	if s.GOGC >= 0 {
		return 0
	}
	return Bytes(m.obs.Memory.Old) * marked
}
