package gctune_test

import (
	"context"
	"fmt"
	"log"

	"github.com/goperf/goperf/gctune"
)

// A service in a container, with a small heap most of the time: it may grow to
// 64 MiB between two collections, it keeps 40 MiB for a C library, and when its
// live heap comes near to the limit, the limit gives way.
func ExampleGuard() {
	ctx, stop := context.WithCancel(context.Background())
	keeper, err := gctune.Guard(ctx, gctune.Options{
		MinGOGC:     30,
		MaxGOGC:     400,
		MinHeapGoal: 64 << 20,
		Reserve:     40 << 20,
		OnChange: func(s gctune.State) {
			log.Printf("GOGC=%d GOMEMLIMIT=%d, effective GOGC %.0f", s.GOGC, s.MemoryLimit, s.EffectiveGOGC)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("GOGC above the ceiling:", keeper.State().GOGC > 400)
	stop()
	<-keeper.Done()
	fmt.Println("left as found:", gctune.ReadSelf().GOGC)
	// Output:
	// GOGC above the ceiling: false
	// left as found: 100
}
