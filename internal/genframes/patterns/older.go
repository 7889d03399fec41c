//go:build !go1.24

package main

func (b *bench) newer() []func() { return nil }
