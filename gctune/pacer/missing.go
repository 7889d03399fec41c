package pacer

// missing is why there is no model, and what would make one.
type missing struct{ what, hint string }

func (m *missing) Error() string { return m.what }

// Hint is what to try.
func (m *missing) Hint() string { return m.hint }

func errNoLive() error {
	return &missing{
		"the live heap was not seen: no collection in the window that was not forced, or GOGC is not known",
		"a gctrace log, a trace or heap?debug=1 shows live heaps; goperf gc --gogc tells GOGC where it cannot be read",
	}
}

func errNoRate() error {
	return &missing{
		"the rate of allocation and of collections is not known",
		"observe it for longer: goperf gc takes a URL, pid:N, a gctrace log of some collections, a trace or a series of metrics",
	}
}
