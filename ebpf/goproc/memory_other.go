//go:build !linux

package goproc

import "errors"

const supported = false

// remote is the memory of another process, which only Linux lets goperf read.
type remote int

func (remote) readv([]byte, []part) error { return errors.ErrUnsupported }

func ownerOf(string) (string, bool) { return "unknown", false }

func monotonic() int64 { return 0 }
