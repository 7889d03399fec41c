package main

import (
	"errors"
	"io"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"
)

func (b *bench) introspection() []func() {
	return []func(){
		b.panicRecover, b.runtimeCaller, b.runtimeCallers, b.debugStack, b.stackAll, b.readMemStats, b.readMetrics, b.goroutineProfile,
		b.freeMemory, b.errorsAs,
	}
}

func (b *bench) panicRecover() {
	try := func() {
		defer func() { b.sink = recover() }()
		panic("no cart")
	}
	for range 500 {
		try()
	}
}

func (b *bench) runtimeCaller() {
	for range 500 {
		_, b.str, b.number, _ = runtime.Caller(1)
	}
}

func (b *bench) runtimeCallers() {
	var pcs [32]uintptr
	for range 500 {
		frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
		for more := true; more; {
			var f runtime.Frame
			f, more = frames.Next()
			b.str = f.Function
		}
	}
}

func (b *bench) debugStack() {
	for range 100 {
		b.raw2(debug.Stack())
	}
}

func (b *bench) stackAll() {
	buf := make([]byte, 1<<16)
	for range 20 {
		b.number += runtime.Stack(buf, true)
	}
}

func (b *bench) readMemStats() {
	var m runtime.MemStats
	for range 50 {
		runtime.ReadMemStats(&m)
	}
}

func (b *bench) readMetrics() {
	all := metrics.All()
	samples := make([]metrics.Sample, len(all))
	for i := range samples {
		samples[i].Name = all[i].Name
	}
	for range 50 {
		metrics.Read(samples)
	}
}

func (b *bench) goroutineProfile() {
	for range 5 {
		check(pprof.Lookup("goroutine").WriteTo(io.Discard, 1))
	}
}

func (b *bench) freeMemory() { debug.FreeOSMemory() }

type cartError struct{ id int }

// Error makes it an error.
func (e *cartError) Error() string { return "cart" }

func (b *bench) errorsAs() {
	err := errors.Join(errors.New("a"), errors.Join(errors.New("b"), &cartError{35}))
	for range 2_000 {
		var cart *cartError
		if errors.As(err, &cart) {
			b.number += cart.id
		}
	}
}
