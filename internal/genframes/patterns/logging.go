package main

import (
	"io"
	"log"
	"log/slog"
)

func (b *bench) logging() []func() {
	return []func(){b.logPrintf, b.logShortFile, b.slogText, b.slogJSON, b.slogSource, b.slogDisabled, b.slogGroup}
}

// quiet takes everything; package log would recognise io.Discard and skip its work.
type quiet struct{ io.Writer }

func (b *bench) logPrintf() {
	l := log.New(quiet{io.Discard}, "shop ", log.LstdFlags)
	for i := range 1_000 {
		l.Printf("cart %d of %s", i, b.words[i%100])
	}
}

func (b *bench) logShortFile() {
	l := log.New(quiet{io.Discard}, "shop ", log.LstdFlags|log.Lshortfile)
	for i := range 500 {
		l.Printf("cart %d of %s", i, b.words[i%100])
	}
}

func (b *bench) logTo(l *slog.Logger) {
	for i := range 500 {
		l.Info("cart packed", "cart", i, "owner", b.words[i%100], "item", b.item.Price)
	}
}

func (b *bench) slogText() { b.logTo(slog.New(slog.NewTextHandler(quiet{io.Discard}, nil))) }

func (b *bench) slogJSON() { b.logTo(slog.New(slog.NewJSONHandler(quiet{io.Discard}, nil))) }

func (b *bench) slogSource() {
	b.logTo(slog.New(slog.NewJSONHandler(quiet{io.Discard}, &slog.HandlerOptions{AddSource: true})))
}

func (b *bench) slogDisabled() {
	b.logTo(slog.New(slog.NewTextHandler(quiet{io.Discard}, &slog.HandlerOptions{Level: slog.LevelError})))
}

func (b *bench) slogGroup() {
	b.logTo(slog.New(slog.NewJSONHandler(quiet{io.Discard}, nil)).With("request", b.item).WithGroup("shop"))
}
