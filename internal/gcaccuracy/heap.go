//go:build linux

package main

import (
	"math"
	"os"

	"github.com/goperf/goperf/gctune"
)

// heap is what a run kept alive, by what the runtime said of each collection.
type heap struct {
	mean float64 // over time, B
	most float64
}

// heapOf reads what was kept of a run; false when nothing was, or too little.
func heapOf(name string) (heap, bool) {
	f, err := os.Open(name)
	if err != nil {
		return heap{}, false
	}
	defer f.Close()
	log, err := gctune.ParseGCTrace(f)
	if err != nil || len(log.Cycles) < fewCycles {
		return heap{}, false
	}
	var h heap
	var area, length float64
	for i, c := range log.Cycles {
		h.most = max(h.most, float64(c.HeapLive))
		if i > 0 {
			d := (c.At - log.Cycles[i-1].At).Seconds()
			area += d * float64(c.HeapLive)
			length += d
		}
	}
	if length <= 0 {
		return heap{}, false
	}
	h.mean = area / length
	return h, true
}

// load is in what two runs differ, relatively: then the pair says nothing of the model.
type load struct{ mean, most, alloc float64 }

const (
	otherMean = 0.12 // of the live heap, or the allocation rate
	otherMost = 0.12 // of the largest live heap
)

func (l load) otherRate() bool { return l.mean > otherMean || l.alloc > otherMean }
func (l load) otherPeak() bool { return l.most > otherMost }

// apart is in what a run differs from the observation.
func (l *lab) apart(s subject, base, m measured) load {
	off := func(a, b float64) float64 {
		if a <= 0 || b <= 0 {
			return 0
		}
		return math.Abs(math.Log(a / b))
	}
	d := load{alloc: off(base.Asked, m.Asked)}
	if base.Asked <= 0 {
		d.alloc = off(base.Alloc, m.Alloc)
	}
	a, ok1 := heapOf(l.bundle(s, base.Setting) + ".gctrace")
	b, ok2 := heapOf(l.file(s, m.Setting) + ".gctrace")
	if ok1 && ok2 {
		const rounding = 1 << 20
		d.mean, d.most = off(a.mean+rounding, b.mean+rounding), off(a.most+rounding, b.most+rounding)
	}
	return d
}
