// Mill reads an access log in batches, by a few workers, and counts: no network,
// much parsing. It writes its own profiles and what the system charged it for
// them into a folder, as the shop does.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"sync"
	"time"

	"example.com/measure"
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
	return measure.Run(*out, *ops, "batch", func() error { return m.grind(*ops) })
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
