//go:build cgo && frames

package main

/*
#include <stdlib.h>
static int twice(int n) { return n + n; }
static int work(int n) { volatile int s = 0; for (int i = 0; i < n; i++) s += i; return s; }
*/
import "C"

import "unsafe"

// foreign is what needs a C compiler; the tag keeps it out of ordinary builds.
func (b *bench) foreign() []func() { return []func(){b.cgoCall, b.cgoWork, b.cgoString} }

func (b *bench) cgoCall() {
	for i := range 20_000 {
		b.number += int(C.twice(C.int(i & 1023)))
	}
}

func (b *bench) cgoWork() { b.number += int(C.work(500_000)) }

func (b *bench) cgoString() {
	for range 1_000 {
		s := C.CString("a name for the other side")
		b.str = C.GoString(s)
		C.free(unsafe.Pointer(s))
	}
}
