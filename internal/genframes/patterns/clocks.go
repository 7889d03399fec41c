package main

import (
	"context"
	"time"
)

func (b *bench) clocks() []func() {
	return []func(){
		b.timeNow, b.timeFormat, b.timeParse, b.timeAfter, b.timerStop, b.timerReset, b.afterFunc, b.tickerShort, b.sleepShort, b.loadLocation,
		b.contextTimeout, b.contextCancel, b.contextValue,
	}
}

func (b *bench) timeNow() {
	for range 5_000 {
		b.number += time.Now().Nanosecond()
	}
}

func (b *bench) timeFormat() {
	now := time.Now()
	for range 1_000 {
		b.str = now.Format(time.RFC1123)
	}
}

func (b *bench) timeParse() {
	for range 1_000 {
		b.number += must(time.Parse("2006-01-02 15:04:05", "2026-03-05 11:35:00")).Day()
	}
}

func (b *bench) timeAfter() {
	work := make(chan int, 1)
	for i := range 2_000 {
		work <- i
		select {
		case n := <-work:
			b.number += n
		case <-time.After(time.Minute):
		}
	}
}

func (b *bench) timerStop() {
	for range 2_000 {
		t := time.NewTimer(time.Minute)
		t.Stop()
	}
}

func (b *bench) timerReset() {
	t := time.NewTimer(time.Minute)
	for range 2_000 {
		t.Reset(time.Minute)
	}
	t.Stop()
}

func (b *bench) afterFunc() {
	done := make(chan bool, 500)
	for i := range 500 {
		time.AfterFunc(time.Duration(i)*time.Microsecond, func() { done <- true })
	}
	for range 500 {
		<-done
	}
}

func (b *bench) tickerShort() {
	t := time.NewTicker(50 * time.Microsecond)
	defer t.Stop()
	for range 100 {
		<-t.C
	}
}

func (b *bench) sleepShort() {
	for range 100 {
		time.Sleep(20 * time.Microsecond)
	}
}

func (b *bench) loadLocation() {
	for range 20 {
		if l, err := time.LoadLocation("Europe/Berlin"); err == nil {
			b.sink = l
		}
	}
}

func (b *bench) contextTimeout() {
	for range 1_000 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		b.sink = ctx
		cancel()
	}
}

func (b *bench) contextCancel() {
	parent, stop := context.WithCancel(context.Background())
	defer stop()
	for range 1_000 {
		ctx, cancel := context.WithCancel(parent)
		b.sink = ctx
		cancel()
	}
}

type contextKey int

func (b *bench) contextValue() {
	ctx := context.Background()
	for i := range 12 {
		ctx = context.WithValue(ctx, contextKey(i), i)
	}
	for range 2_000 {
		b.number += ctx.Value(contextKey(0)).(int)
	}
}
