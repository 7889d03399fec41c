//go:build !unix

package main

import "time"

// spent is the time of day where the CPU time cannot be had.
func spent() time.Duration { return time.Duration(time.Now().UnixNano()) }
