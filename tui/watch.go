package tui

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"
)

// watchEvery is how often a service is looked at after its collection: seldom
// enough that the screens are at rest.
const watchEvery = 3 * time.Second

// watch is the looks at a service after its collection, while somebody looks on.
type watch struct {
	collection int  // number of it: what was looked at before the next one is old
	due        bool // a look is under way
	blurred    bool // the terminal is not looked at
	paused     bool // by the user
	over       bool // there is nothing to look at
	after      clock
}

// clock is tea.Tick: of a program that runs. Without one nothing is looked at.
type clock func(time.Duration, func(time.Time) tea.Msg) tea.Cmd

// watchedMsg is one look.
type watchedMsg struct {
	collection int
	data       *Data
}

// watches says that there is a service to look at.
func (m *Model) watches() bool {
	return m.o.Watch != nil && m.data.Live && m.data.Collecting == nil && m.data.Report != nil && !m.feed.watch.over
}

// watch has the service looked at after a while, unless that is to come anyhow.
func (m *Model) watch() tea.Cmd {
	w := &m.feed.watch
	if !m.watches() || w.due || w.blurred || w.paused {
		return nil
	}
	w.due = true
	if w.after == nil {
		return nil
	}
	number, d, look, ctx := w.collection, m.data, m.o.Watch, m.feed.ctx
	return w.after(watchEvery, func(time.Time) tea.Msg { return watchedMsg{number, lookAt(ctx, look, d)} })
}

// lookAt gives up when the service takes too long to be called well.
func lookAt(ctx context.Context, look func(context.Context, *Data) *Data, d *Data) *Data {
	ctx, cancel := context.WithTimeout(ctx, 2*watchEvery)
	defer cancel()
	return look(ctx, d)
}

// watched takes a look: the numbers are new, and all else is as it was.
func (m *Model) watched(msg watchedMsg) tea.Cmd {
	w := &m.feed.watch
	if msg.collection != w.collection {
		return nil
	}
	w.due = false
	if msg.data == nil {
		w.over = true
		return nil
	}
	m.data = msg.data
	for _, s := range []screenID{overviewScreen, goroutineScreen, memoryScreen, liveScreen} {
		m.screens[s].set(msg.data.on(s))
	}
	return m.watch()
}

// pause stops looking at the service, and goes on.
func (m *Model) pause() tea.Cmd {
	w := &m.feed.watch
	w.paused = !w.paused
	m.status = "the service is looked at again"
	if w.paused {
		m.status = "paused: " + m.keys().key(keep) + " looks at the service again"
	}
	return m.watch()
}

// focused stops while nobody looks at the terminal.
func (m *Model) focused(yes bool) tea.Cmd {
	m.feed.watch.blurred = !yes
	return m.watch()
}
