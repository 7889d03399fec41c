// Package measure runs a program's work once and writes its profiles and what the
// system charged it for them into a folder.
package measure

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"syscall"
	"time"
)

// Run does the work, so many units of it, under all profiles.
func Run(out string, ops int, unit string, work func() error) error {
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
	return describe(filepath.Join(out, "meta.json"), ops, unit, before, after)
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

func describe(path string, ops int, unit string, before, after usage) error {
	text, err := json.MarshalIndent(map[string]any{
		"ops": ops, "unit": unit,
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
