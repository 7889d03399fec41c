package pacer

// Observation is what was seen of one process at one setting, whatever it was
// read from. What is not known is zero; [Fit] says what is missing for a model.
type Observation struct {
	Window    Seconds
	Setting   Setting
	Procs     int
	Quota     Cores // CPU quota of the container, 0 = none known
	Alloc     Rate
	Own       Rate // of Alloc, by the observation itself
	Cadence   Cadence
	Live      []Live // in time order
	Marks     []Mark // cycles that were seen whole, in time order
	Workers   Workers
	Scan      Scan
	CPU       Usage
	Memory    Footprint
	Steady    []Rate  // allocation rate in parts of the window, in time order
	Throttled float64 // share of the CPU quota's periods that hit it
}

// Cadence is how often collections came.
type Cadence struct {
	Every  Frequency // those that the pacer started
	Count  float64   // of them, in the window
	Forced Frequency // by runtime.GC and the like
}

// Live is the heap that one collection found live, allocations during it included.
type Live struct {
	At     Seconds // since the window began
	Marked Bytes
}

// Mark is one collection seen from begin to end.
type Mark struct {
	Took      Seconds // concurrent mark, wall
	Before    Bytes   // marked by the collection before, 0 when not seen
	HeapStart Bytes   // when marking began
	HeapEnd   Bytes   // when it ended
	Marked    Bytes
	Goal      Bytes // that this collection was held to
	Next      Bytes // goal that followed, 0 when not seen
}

// Workers is the processor time of marking while Marks were seen, by the wall:
// it says how marking was shared, not what it cost.
type Workers struct {
	Assist, Busy, Idle Seconds
	Marking            Seconds // wall, all marks together
}

// Scan is what is scanned beside the heap.
type Scan struct {
	Bytes Bytes // stacks and globals
	Known bool  // read off goals or reported, not guessed from the size of stacks
}

// Usage is CPU time as the CPU clock counts it.
type Usage struct {
	Process Cores
	GC      Cores   // marking, assists and stopped worlds; 0 when it was not profiled
	Cycles  float64 // collections while it was profiled
	Samples float64 // behind GC
	Assist  float64 // share of GC
	Wall    float64 // what wall-clock figures say of GC over GC, 0 = unknown
}

// Footprint is the memory of the process.
type Footprint struct {
	Peak    Bytes   // largest RSS of the window, of the process's life when only that is known
	Heap    Bytes   // largest heap seen
	NonHeap Bytes   // what GOMEMLIMIT counts beside heap objects, as the heap comes near its goal
	Gaps    Bytes   // of it, unused room in spans: it grows with the heap
	At      Bytes   // the heap's size when NonHeap was seen, 0 when not known
	Old     float64 // share of Gaps between objects that stay, which the start of the process has left
	Spread  float64 // share of the room for garbage that stays in spans with live objects after a sweep
	Inuse   float64 // spans over objects, near the largest heap
	Mapped  Bytes   // largest mapped and not given back by the Go runtime
	Outside Bytes   // RSS less Mapped: other allocators, files; negative for memory that was never touched
	Unseen  Bytes   // of Peak, heap or Outside, give or take, for neither was looked at then
	Stacks  Bytes   // mapped for stacks
	File    Bytes   // of Outside, mapped files that the kernel can drop
}
