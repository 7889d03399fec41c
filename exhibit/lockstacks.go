package exhibit

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/goperf/goperf/evidence"
)

// locksIn joins the goroutines that wait for one lock: by its address, or else by
// the code and the object that it is called on.
func locksIn(all []evidence.GoroutineState) []*lock {
	type key struct {
		kind     string
		address  uint64
		function string
		object   uint64
	}
	by := map[key]*lock{}
	var locks []*lock
	for i := range all {
		w, kind, address := waiting(&all[i])
		if kind == "" {
			continue
		}
		k := key{kind: kind, address: address}
		if address == 0 {
			k.function, k.object = w.caller.Function, objectOf(w.caller)
		}
		if by[k] == nil {
			by[k] = &lock{kind: k.kind, address: address}
			locks = append(locks, by[k])
		}
		by[k].waiters = append(by[k].waiters, w)
	}
	return locks
}

func inSync(function string) bool {
	return strings.HasPrefix(function, "sync.") || strings.HasPrefix(function, "internal/sync.")
}

// waiting is a goroutine that waits for a lock, what kind that is, and its address;
// none for others.
func waiting(g *evidence.GoroutineState) (w waiter, kind string, address uint64) {
	switch g.State {
	case "sync.Mutex.Lock", "sync.RWMutex.Lock", "sync.RWMutex.RLock":
	default:
		return w, "", 0
	}
	for _, f := range g.Frames {
		switch {
		case strings.HasPrefix(f.Function, "runtime."):
		case !inSync(f.Function):
			return waiter{g, f}, kind, address
		case strings.Contains(f.Function, "Mutex)."):
			kind = "sync.Mutex" // the outermost tells: RWMutex.Lock waits in the Mutex that it begins with
			if strings.Contains(f.Function, "RWMutex") {
				kind = "sync.RWMutex"
			}
			address = cmp.Or(objectOf(f), address)
		}
	}
	return w, "", 0
}

// words are those arguments of a frame that are right for sure.
func words(f evidence.DumpFrame) (out []uint64) {
	for word := range strings.FieldsFuncSeq(f.Args, func(r rune) bool { return strings.ContainsRune("{}, ", r) }) {
		if v, err := strconv.ParseUint(word, 0, 64); err == nil && v >= lockReach { // no small number
			out = append(out, v)
		}
	}
	return out
}

// objectOf is the receiver of a method, 0 when it is not known for sure.
func objectOf(f evidence.DumpFrame) uint64 {
	first, _, _ := strings.Cut(f.Args, ",")
	if v, err := strconv.ParseUint(strings.TrimSpace(first), 0, 64); err == nil && v >= lockReach {
		return v
	}
	return 0
}

// stacks finds frames by their function and by their words.
type stacks struct {
	all []evidence.GoroutineState
	in  map[string][]spot
	of  map[uint64][]spot
}

type spot struct{ g, frame int }

func newStacks(all []evidence.GoroutineState) *stacks {
	s := &stacks{all: all, in: map[string][]spot{}, of: map[uint64][]spot{}}
	for i := range all {
		for k, f := range all[i].Frames {
			if inSync(f.Function) || strings.HasPrefix(f.Function, "runtime.") {
				continue
			}
			s.in[f.Function] = append(s.in[f.Function], spot{i, k})
			for _, w := range words(f) {
				s.of[w] = append(s.of[w], spot{i, k})
			}
		}
	}
	return s
}

// hold finds who may hold a lock: those past it in the same code, on an object
// that is not known to be another, or else the one that works on the same object.
func (s *stacks) hold(l *lock) {
	wait := map[int64]bool{}
	for _, w := range l.waiters {
		wait[w.g.ID] = true
	}
	seen := map[int64]bool{}
	add := func(at spot, past, same bool) {
		g := &s.all[at.g]
		if !wait[g.ID] && !seen[g.ID] {
			seen[g.ID] = true
			l.holders = append(l.holders, hold{g, g.Frames[at.frame], past, same})
		}
	}
	for _, w := range l.callers() {
		for _, at := range s.in[w.Function] {
			f := s.all[at.g].Frames[at.frame]
			mine, other := objectOf(w), objectOf(f)
			if f.Line > w.Line && (mine == other || mine == 0 || other == 0) {
				add(at, true, mine != 0 && mine == other || l.static(w))
			}
		}
	}
	if slices.ContainsFunc(l.holders, func(h hold) bool { return h.same }) {
		l.holders = slices.DeleteFunc(l.holders, func(h hold) bool { return !h.same })
	}
	if len(l.holders) > 0 {
		return
	}
	for _, object := range l.objects() {
		for _, at := range s.of[object] {
			add(at, false, true)
		}
	}
	if len(l.holders) > 1 {
		l.holders = nil // many know the object: that tells nothing
	}
}

// mostCallers is how many different places and objects are looked at of one lock.
const mostCallers = 64

// callers are the different places that wait.
func (l *lock) callers() (out []evidence.DumpFrame) {
	type place struct {
		function string
		line     int
		object   uint64
	}
	seen := map[place]bool{}
	for _, w := range l.waiters {
		k := place{w.caller.Function, w.caller.Line, objectOf(w.caller)}
		if !seen[k] && len(out) < mostCallers {
			seen[k] = true
			out = append(out, w.caller)
		}
	}
	return out
}

// static says that a lock is a variable of the program, of which there is one: it
// lies below the heap, and the code that waits for it has no object.
func (l *lock) static(caller evidence.DumpFrame) bool {
	return l.address != 0 && l.address < 1<<32 && objectOf(caller) == 0
}

// objects are the lock itself and what it is a part of; of one whose address is not
// known what it is called on.
func (l *lock) objects() (out []uint64) {
	if l.address != 0 {
		out = append(out, l.address)
	}
	for _, f := range l.callers() {
		if object := objectOf(f); l.address == 0 && object != 0 {
			out = append(out, object)
		}
		for _, w := range words(f) {
			if w < l.address && l.address-w < lockReach && !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
	}
	return out
}
