package rules

import "github.com/goperf/goperf/blame"

// runtimeCalls are about maps, slices, sorting and what the compiler inserts.
var runtimeCalls = []hotCall{
	{
		id: "slice-growth", title: "grows slices by append without a capacity", mechanism: "slice-growth",
		concepts: []blame.Concept{blame.SliceGrow}, min: 0.03, kLow: 0.6, kHigh: 0.91, certain: 0.75, basis: measured,
		advice: []string{"Make the slice with its capacity (make([]T, 0, n) or slices.Grow) before the loop at {line}; reuse it between calls with s = s[:0]."},
		doc:    "Each growth allocates a larger array and copies; the last one is often twice what is needed.",
	},
	{
		id: "map-growth", title: "fills maps that grow step by step", mechanism: "map-growth",
		concepts: []blame.Concept{blame.MapGrow, blame.MapNew}, min: 0.03, kLow: 0.6, kHigh: 0.8, certain: 0.75, basis: measured,
		advice: []string{"Give make(map[K]V, n) the expected size at {line}, or keep the map and clear() it between uses; for fewer than eight keys use a slice."},
		doc:    "A growing map rehashes everything it holds at each doubling.",
		refine: mapBuiltPerCall,
	},
	{
		id: "map-lookup-hot", title: "spends its time looking things up in maps", mechanism: "map-lookup-hot",
		concepts: []blame.Concept{blame.MapGet, blame.MapHash, blame.MapAssign}, min: 0.04, kLow: 0.4, kHigh: 0.8, certain: 0.75, basis: measured,
		advice: []string{
			"Use a slice or array indexed by a small integer, or a switch, for dense or few keys at {line}; use integer instead of string or struct keys.",
			"Look each key up once and keep the value; hoist lookups out of the loop.",
		},
		doc: "A map access hashes the key and probes memory: 10 to 50 ns where an array index is one. With struct or interface keys the hash is generic and slower.",
	},
	{
		id: "map-iteration", title: "iterates over maps on the hot path", mechanism: "data-structure",
		concepts: []blame.Concept{blame.MapIter}, min: 0.04, kLow: 0.5, kHigh: 0.8, certain: 0.48, basis: "estimate",
		advice: []string{
			"If {func} adds up or counts what the map holds, keep the sum beside the map and update it where entries come and go ({line}).",
			"If all entries are needed, keep them in a slice as well and walk that.",
		},
		doc: "Map iteration visits empty slots, starts at a random place and cannot be prefetched.\n\n" +
			"**When it is wrong.** Walking a map once for an answer that needs every entry is honest work. The confidence therefore stays below one half.",
	},
	{
		id: "sort-hot", title: "sorts on the hot path", mechanism: "sort-hot-path",
		concepts: []blame.Concept{blame.Sort, blame.SortReflect}, callbacks: true, min: 0.05, kLow: 0.5, kHigh: 0.9, certain: 0.75, basis: measured,
		advice: []string{
			"Keep the data sorted where it changes instead of sorting where it is read ({line}); for the k best use a heap.",
			"Use slices.SortFunc instead of sort.Slice: no reflection, comparisons inlined (4 times faster for integers).",
		},
		doc: "Sorting per request does again what was done for the last request; sort.Slice also swaps through reflection.",
	},
	{
		id: "large-copy", title: "copies memory for most of its time", mechanism: "large-copy",
		concepts: []blame.Concept{blame.Memmove}, min: 0.06, kLow: 0.5, kHigh: 0.95, certain: 0.7, basis: "estimate",
		advice: []string{
			"Avoid the copy at {line}: pass a sub-slice or pointer, append at the end instead of inserting at the front, use a ring buffer or a linked chunk list.",
		},
		doc:    "memmove runs at memory speed; when it shows, large data is copied repeatedly. Deleting from or inserting into the front or middle of a slice moves everything behind it: in a loop that is quadratic.",
		refine: memmoveInLoop,
	},
	{
		id: "struct-copy", title: "passes large values by copy", mechanism: "copy-by-value",
		concepts: []blame.Concept{blame.StructCopy}, min: 0.03, kLow: 0.5, kHigh: 0.73, certain: 0.7, basis: measured,
		advice: []string{"Pass a pointer, range by index instead of by value, or make the struct smaller ({line})."},
		doc:    "Values over 128 bytes are copied with duffcopy or typedmemmove at each call, assignment and range step. Go 1.26 and later inline the copy: it then shows as time on the line itself.",
	},
	{
		id: "interface-boxing", title: "boxes values into interfaces on the hot path", mechanism: "interface-boxing",
		concepts: []blame.Concept{blame.Boxing, blame.TypeAssert}, min: 0.03, kLow: 0.5, kHigh: 0.88, certain: 0.7, basis: measured,
		advice: []string{"Use a typed or generic API in place of any at {line}: each conversion of a non-pointer value allocates."},
		doc:    "Storing a value in an interface allocates unless it is a pointer, zero-sized or a byte.",
	},
	{
		id: "write-barrier", title: "stores pointers while the collector runs", mechanism: "gc-pressure",
		concepts: []blame.Concept{blame.WriteBarrier}, min: 0.04, kLow: 0.3, kHigh: 0.8, certain: 0.5, basis: "estimate",
		advice: []string{"Store indexes or values instead of pointers at {line}; collect less often (GOGC) or allocate less."},
		doc:    "During marking every pointer store goes through a barrier; hot barriers mean a collector that is nearly always on and a pointer-heavy inner loop.",
	},
	{
		id: "large-object-zeroing", title: "clears large buffers for every use", mechanism: "large-object-zeroing",
		concepts: []blame.Concept{blame.AllocLarge, blame.Memclr}, min: 0.04, kLow: 0.6, kHigh: 0.96, certain: 0.75, basis: measured,
		advice: []string{"Reuse the buffer made at {line} (a field, or a sync.Pool of pointers to slices), or make it as large as the data and not as large as the maximum."},
		doc:    "Objects over 32 KiB come from the page heap, are cleared on allocation and drive the collector.",
		refine: zeroing,
	},
	{
		id: "stack-growth", title: "grows goroutine stacks again and again", mechanism: "stack-growth",
		concepts: []blame.Concept{blame.StackGrow}, min: 0.03, kLow: 0.6, kHigh: 0.9, certain: 0.75, basis: "estimate",
		advice: []string{"Run the work on long-lived worker goroutines; keep large arrays off the stack and recursion shallow in {func} ({line})."},
		doc:    "A new goroutine has a small stack; deep calls or large frames copy it several times.",
	},
	{
		id: "panic-control-flow", title: "uses panic and recover as control flow", mechanism: "cpu-hot-path",
		concepts: []blame.Concept{blame.Panic}, min: 0.02, kLow: 0.8, kHigh: 0.99, certain: 0.75, basis: measured,
		advice: []string{"Return an error instead of panicking at {line}."},
		doc:    "A panic walks the stack frame by frame: about a hundred times the cost of a returned error.",
	},
	{
		id: "defer-in-loop", title: "defers inside a loop", mechanism: "cpu-hot-path",
		concepts: []blame.Concept{blame.DeferLoop}, min: 0.02, kLow: 0.4, kHigh: 0.8, certain: 0.45, basis: "estimate",
		advice: []string{"Move the body of the loop at {line} into a function of its own: its defers are then open-coded, free, and run at the end of each round."},
		doc:    "Only defers in a loop, or more than eight in a function, go through the runtime's list; a plain `defer mu.Unlock()` costs nothing and is not reported.",
	},
	{
		id: "finalizers", title: "registers finalizers on the hot path", mechanism: "finalizer-pressure",
		concepts: []blame.Concept{blame.Finalizer}, min: 0.01, kLow: 0.8, kHigh: 0.95, certain: 0.8, basis: "estimate",
		advice: []string{"Close explicitly; keep finalizers (or runtime.AddCleanup) for long-lived handles only, not for each object made at {line}."},
		doc:    "An object with a finalizer survives one more collection, takes a lock to register and is finalised by one goroutine for the whole program.",
	},
	{
		id: "cgo-overhead", title: "crosses into C on the hot path", mechanism: "cgo-overhead",
		concepts: []blame.Concept{blame.Cgo}, min: 0.05, kLow: 0.2, kHigh: 0.6, certain: 0.6, basis: "Go 1.26 release notes: base cost of a cgo call -30 %",
		advice: []string{"Batch the calls made at {line} so that one crossing does more work; Go 1.26 made each crossing about 30 % cheaper."},
		doc:    "A call into C costs tens of nanoseconds of bookkeeping and holds a thread while it lasts.",
	},
	{
		id: "forced-gc", title: "forces garbage collections", mechanism: "gc-pressure",
		concepts: []blame.Concept{blame.ForcedGC}, min: 0.005, kLow: 0.9, kHigh: 1, certain: 0.92, basis: "each is a full collection",
		advice: []string{"Delete the call at {line}; to bound memory set GOMEMLIMIT instead."},
		doc:    "runtime.GC and debug.FreeOSMemory run a full, blocking collection.",
	},
	{
		id: "memstats-polling", title: "polls runtime.ReadMemStats", mechanism: "redundant-work",
		concepts: []blame.Concept{blame.ReadMemStats}, min: 0.01, kLow: 0.9, kHigh: 1, certain: 0.85, basis: "runtime/metrics needs no stop-the-world",
		advice: []string{"Read runtime/metrics at {line} instead: it does not stop the world."},
		doc:    "ReadMemStats and goroutine profiles stop the world for each call.",
	},
}
