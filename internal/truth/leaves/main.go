// Command leaves spends its time in leaves that profilers are apt to name
// differently: the vDSO, instances of a generic function, a method that is called
// through a wrapper, a function that calls nothing. It keeps the runtime's own
// profile of that in the file that it is given.
package main

import (
	"fmt"
	"os"
	"runtime/pprof"
	"time"
)

type number interface{ ~int | ~uint8 }

//go:noinline
func sum[T number](n T, times int) (s int) {
	for i := range times {
		s += i ^ int(n)
	}
	return s
}

type value struct{ a, b, c int }

func (v value) work(times int) (s int) {
	for i := range times {
		s += i ^ v.b
	}
	return s
}

type worker interface{ work(int) int }

//go:noinline
func plain(n int) int {
	s := 0
	for i := range n {
		s += i & 7
	}
	return s
}

//go:noinline
func clock(n int) (t time.Time) {
	for range n {
		t = time.Now()
	}
	return t
}

func main() {
	fmt.Println("ready")
	fmt.Scanln()
	f, err := os.Create(os.Args[1])
	if err == nil {
		err = pprof.StartCPUProfile(f)
	}
	if err != nil {
		panic(err)
	}
	var w worker = &value{1, 2, 3}
	s := 0
	for end := time.Now().Add(1500 * time.Millisecond); time.Now().Before(end); {
		s += sum(3, 1e5) + sum(uint8(3), 1e5) + w.work(1e5) + plain(1e5) + clock(1000).Second()
	}
	pprof.StopCPUProfile()
	fmt.Println(s != 0)
	fmt.Scanln()
}
