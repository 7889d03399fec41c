// Mill reads an access log in batches, by a few workers, and counts: no network,
// much parsing. It writes its own profiles and what the system charged it for
// them into a folder, as the shop does.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sync"
	"syscall"
	"time"

	"example.com/mill/geo"
	"example.com/mill/group"
	"example.com/mill/keep"
	"example.com/mill/lines"
	"example.com/mill/parse"
	"example.com/mill/report"
	"example.com/mill/rules"
	"example.com/mill/table"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "mill:", err)
		os.Exit(1)
	}
}

func run() error {
	ops := flag.Int("ops", 1000, "batches")
	out := flag.String("out", ".", "folder for profiles and meta.json")
	passes := flag.Int("passes", 150, "times that a record goes through the rules")
	copies := flag.Int("copies", 1, "copies of a record that are held back")
	sync := flag.Duration("sync", 100*time.Microsecond, "time that the table is written for, under its lock")
	flag.Parse()

	m := &mill{rules: rules.New(*passes), atlas: geo.New(20000), table: table.New(*sync), copies: *copies}
	if err := m.grind(100); err != nil {
		return err
	}
	return measure(*out, *ops, func() error { return m.grind(*ops) })
}

// mill is what the workers share.
type mill struct {
	rules  *rules.Set
	atlas  *geo.Atlas
	table  *table.Table
	copies int
}

// batchLines is how many lines a batch has.
const batchLines = 64

func (m *mill) grind(batches int) error {
	const workers = 4
	todo := make(chan int, workers)
	errs := make([]error, workers)
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for b := range todo {
				errs[w] = errors.Join(errs[w], m.batch(b))
			}
		})
	}
	for b := range batches {
		todo <- b
	}
	close(todo)
	all.Wait()
	return errors.Join(errs...)
}

func (m *mill) batch(number int) error {
	b := &report.Batch{Number: number}
	places, sizes, marks := group.Counts[string]{}, group.Counts[int64]{}, group.Counts[string]{}
	var held []*keep.Kept
	for _, line := range lines.Batch(number, batchLines) {
		r, err := parse.Line(line)
		if err != nil {
			return err
		}
		b.Records++
		if r.Robot {
			b.Robots++
		}
		place := m.atlas.Place(r.From)
		places[place] += r.Bytes
		sizes[r.Bytes%512] += int64(m.rules.Weigh(r))
		marks[r.Path+r.Query.Get("sort")] += int64(m.rules.Mark(r.Agent) & 3)
		held = append(held, keep.Back(r, place, m.copies)...)
	}
	b.Places, b.Bytes = group.Top(places, 20), group.Top(sizes, 40)
	m.table.Add(marks)
	if m.table.Len() == 0 || len(held) == 0 {
		return errors.New("nothing was counted")
	}
	_, err := report.Write(b)
	return err
}

// measure does the work under all profiles.
func measure(out string, ops int, work func() error) error {
	cpu, err := os.Create(filepath.Join(out, "cpu.pb.gz"))
	if err != nil {
		return err
	}
	runtime.SetMutexProfileFraction(1)
	runtime.SetBlockProfileRate(100_000)
	before := used()
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return err
	}
	err = work()
	pprof.StopCPUProfile()
	after := used()
	runtime.GC()
	for _, name := range []string{"allocs", "mutex", "block"} {
		err = errors.Join(err, write(name, filepath.Join(out, name+".pb.gz")))
	}
	if err = errors.Join(err, cpu.Close()); err != nil {
		return err
	}
	return describe(filepath.Join(out, "meta.json"), ops, before, after)
}

func write(name, path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup(name).WriteTo(f, 0), f.Close())
}

// usage is what the process has used so far.
type usage struct {
	at        time.Time
	user, sys float64
	memory    runtime.MemStats
}

func used() usage {
	u := usage{at: time.Now()}
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	u.user = float64(r.Utime.Nano()) / 1e9
	u.sys = float64(r.Stime.Nano()) / 1e9
	runtime.ReadMemStats(&u.memory)
	return u
}

func describe(path string, ops int, before, after usage) error {
	text, err := json.MarshalIndent(map[string]any{
		"ops": ops, "unit": "batch",
		"user_s": after.user - before.user, "sys_s": after.sys - before.sys, "wall_s": after.at.Sub(before.at).Seconds(),
		"total_alloc": after.memory.TotalAlloc - before.memory.TotalAlloc,
		"mallocs":     after.memory.Mallocs - before.memory.Mallocs,
		"num_gc":      after.memory.NumGC - before.memory.NumGC,
		"go":          runtime.Version(), "goos": runtime.GOOS, "goarch": runtime.GOARCH,
		"gomaxprocs": runtime.GOMAXPROCS(0), "gogc": os.Getenv("GOGC"), "gomemlimit": os.Getenv("GOMEMLIMIT"),
	}, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
