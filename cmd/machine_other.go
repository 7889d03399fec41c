//go:build !linux

package cmd

import "errors"

func openPerf() error { return errors.ErrUnsupported }

func createBPFMap() error { return errors.ErrUnsupported }
