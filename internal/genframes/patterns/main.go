// Command patterns runs small pieces of ordinary Go, one at a time, under the
// CPU profiler and writes one profile for each into a folder.
//
// It shows which functions of the runtime and the standard library stand for
// what in the Go version that it is built with. It uses the standard library
// only and the language of Go 1.22, so that old versions can build it too.
// Each piece is a method of [bench], so that its name is the root under which
// its cost appears.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"
)

func main() {
	out := flag.String("out", ".", "folder for the profiles")
	run := flag.String("run", "", "only patterns whose name contains this")
	length := flag.Duration("for", 400*time.Millisecond, "CPU time that each pattern gets")
	flag.Parse()
	if err := all(*out, *run, *length); err != nil {
		fmt.Fprintln(os.Stderr, "patterns:", err)
		os.Exit(1)
	}
}

func all(out, only string, length time.Duration) error {
	runtime.GOMAXPROCS(2)
	b, err := newBench()
	if err != nil {
		return err
	}
	defer b.close()
	for _, family := range [][]func(){
		b.memory(), b.maps(), b.text(), b.encoding(), b.markup(), b.compute(), b.reflection(), b.clocks(),
		b.concurrency(), b.introspection(), b.logging(), b.cryptography(), b.files(), b.network(), b.web(), b.newer(), b.foreign(),
	} {
		for _, piece := range family {
			name := nameOf(piece)
			if !strings.Contains(name, only) {
				continue
			}
			if err := record(filepath.Join(out, name+".pb.gz"), piece, length); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

// nameOf turns main.(*bench).mapGet-fm into mapGet.
func nameOf(piece func()) string {
	name := runtime.FuncForPC(reflect.ValueOf(piece).Pointer()).Name()
	return strings.TrimSuffix(name[strings.LastIndexByte(name, '.')+1:], "-fm")
}

// record profiles the piece at 250 Hz, the finest that a common kernel keeps;
// the profiler complains on standard error that the rate was set before it.
func record(path string, piece func(), length time.Duration) error {
	piece() // once before: caches, pages and connections are not the point
	runtime.GC()
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	runtime.SetCPUProfileRate(250)
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	deadline := time.Now().Add(6 * length) // for those that mostly wait
	for end := spent() + length; spent() < end && time.Now().Before(deadline); {
		piece()
	}
	pprof.StopCPUProfile()
	return f.Close()
}

// must is for what only fails when the machine is out of something.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
