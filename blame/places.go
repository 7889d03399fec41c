package blame

import "github.com/goperf/goperf/profile/symbol"

// trait is what the name of a function says, asked once and not for each frame.
type trait uint8

const (
	reachable trait = 1 << iota
	locks           // a method called Lock or Unlock
	poolGet         // sync.(*Pool).Get
	profiles        // serves a profile
)

// places numbers the lines of the profile's locations, so that the value below
// each is kept in a slice: a map of them would be most of the time of [Build].
type places struct {
	first []int32 // of each location, the place of its first line
	ids   []int32 // by first + line: the place, -1 without a function
	frame []Frame // of each place
	value []int64
	known []bool // a value was added, which may be 0
}

func traitOf(fn *Func) trait {
	var t trait
	if fn.Class <= symbol.ThirdParty {
		t |= reachable
	}
	if symbol.IsLockMethod(fn.Name) {
		t |= locks
	}
	if fn.Name == "sync.(*Pool).Get" {
		t |= poolGet
	}
	if fn.Pkg == "net/http/pprof" || fn.Name == "runtime/pprof.profileWriter" {
		t |= profiles
	}
	return t
}

// lines numbers the places of the profile.
func (b *builder) lines() {
	w := &b.places
	number := map[Frame]int32{}
	w.first = make([]int32, len(b.p.Locations))
	for i, loc := range b.p.Locations {
		w.first[i] = int32(len(w.ids))
		for _, ln := range loc.Lines {
			if ln.Function < 0 {
				w.ids = append(w.ids, -1)
				continue
			}
			f := Frame{b.fn[ln.Function], int32(ln.Line)}
			id, ok := number[f]
			if !ok {
				id = int32(len(w.frame))
				number[f] = id
				w.frame = append(w.frame, f)
			}
			w.ids = append(w.ids, id)
		}
	}
	w.value, w.known = make([]int64, len(w.frame)), make([]bool, len(w.frame))
}
