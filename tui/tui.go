// Package tui shows what goperf knows on a terminal: findings, flame graphs,
// functions with their callers and callees, goroutines, source.
//
// There is one [tea.Model]. A screen is a struct that is fed with whole values
// ([Data]), does what keys mean, and draws itself; see screen. Adding one is a
// file with its struct, a line in newScreens and its keys in the table in keys.go.
//
// Update and View do no I/O and read no clock. What takes time (reading
// profiles, building trees, finding source) is done by commands, on values that
// nobody changes. View is called after every message; it draws only when
// something changed.
//
// Strings from the target are made harmless when they come in (report.Clean),
// and widths are those that a terminal gives them.
package tui

import (
	"context"
	"io"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/goperf/goperf/flame"
	"github.com/goperf/goperf/tui/paint"
)

// Looks say what the terminal shows.
type Looks struct {
	Colors flame.Colors
	Light  bool // its background; asked for when Auto
	Auto   bool
	ASCII  bool // it has no other characters
}

func (l Looks) theme() *paint.Theme {
	return paint.New(paint.Looks{Colors: l.Colors, Light: l.Light, ASCII: l.ASCII})
}

// profile is what Bubble Tea is told of the terminal, so that it need not ask.
func (l Looks) profile() colorprofile.Profile {
	switch l.Colors {
	case flame.TrueColor:
		return colorprofile.TrueColor
	case flame.Cube:
		return colorprofile.ANSI256
	case flame.Sixteen:
		return colorprofile.ANSI
	}
	return colorprofile.ASCII
}

// Run shows what o.Feed hands over until the user quits, or ctx ends, which is an
// error. Signals are the caller's. With no input the keys
// come from the terminal that the process runs in.
func Run(ctx context.Context, in io.Reader, out io.Writer, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m := newModel(ctx, o)
	m.feed.watch.after = tea.Tick
	options := []tea.ProgramOption{tea.WithContext(ctx), tea.WithOutput(out), tea.WithColorProfile(o.Looks.profile()), tea.WithFPS(framesPerSecond), tea.WithoutSignalHandler()}
	if in != nil {
		options = append(options, tea.WithInput(in))
	}
	_, err := tea.NewProgram(m, options...).Run()
	return err
}

// framesPerSecond is how often what changed is written: a key waits for it, and
// the clock of the renderer is what the program costs when nothing happens.
const framesPerSecond = 60

// Model is the program. All that is not layout is in the data or in a screen.
type Model struct {
	o       Options
	feed    feed
	data    *Data
	screens [screenCount]screen
	at      screenID
	seen    sight
	line    prompt
	looks   changes
	past    history
	status  string
	writing writing
	frame   frame
}

// sight is the lens, and what is seen through it.
type sight struct {
	lens   lens
	s      *subject
	number int   // of the last look that was asked for: older ones are late
	base   *base // that was marked to compare with
	want   *spot // of the command, until it is reached or a key is pressed

	conceded bool // it was said what of the command's wishes is not met
}

// frame is what was drawn last, at the size of the terminal. It is drawn again
// only when something changed.
type frame struct {
	width  int
	height int
	canvas paint.Canvas
	theme  *paint.Theme
	text   string
	title  string // of the window
	stale  bool
	page   page // that is read over the screen
	click  click
	held   press
	hints  []hintPlace // in the footer that was drawn last
	ends   []Key       // help and quit, which are always in it
	tabs   struct {
		at     screenID // that they were placed for, and the width
		width  int
		places []tabPlace
	}
}

// click is where and on which screen the mouse was pressed last.
type click struct {
	x, y int
	at   screenID
}

func newModel(ctx context.Context, o Options) *Model {
	if o.Keys == nil {
		o.Keys = keys
	}
	m := &Model{o: o, feed: newFeed(ctx, o.Feed), data: &Data{}}
	m.writing.ctx, m.writing.drop = context.WithCancel(context.WithoutCancel(ctx))
	m.frame.ends = endHints(o.Keys)
	m.screens = newScreens(o)
	m.overview().has = func(s screenID) bool { return m.screens[s].missing() == nil }
	m.at = screenOf(o.View.Screen)
	m.seen.lens = o.View.lens()
	m.flame().await.zoom = o.View.Zoom
	m.flame().upsideDown = o.View.UpsideDown
	_, _ = m.flame().find(o.View.Search) // the command has compiled it
	top := m.screens[topScreenID].(*topScreen)
	_ = top.search.seek(o.View.Search)
	top.wanted = o.View.Function
	if m.at == topScreenID {
		top.calls.want = o.View.Select
	} else {
		m.flame().await.sel = o.View.Select
	}
	for i := range topSorts {
		if topSorts[i].name == o.View.Sort {
			top.sort = i
		}
	}
	for i := range groupSorts {
		if groupSorts[i].name == o.View.Sort {
			m.screens[goroutineScreen].(*goroutines).sort = i
		}
	}
	m.screens[diffScreen].(*differences).view = o.View.diff()
	if s, ok := m.screens[m.at].(searchable); ok {
		_ = s.expect(o.View.Search) // the command has compiled it
	}
	source := m.source()
	source.at.name, source.given = o.View.Function, o.View.Function != ""
	m.seen.want = o.View.spot()
	m.frame.theme = o.Looks.theme()
	m.frame.stale = true
	return m
}

// newScreens are the screens that there are.
func newScreens(o Options) (all [screenCount]screen) {
	all[overviewScreen] = &overview{source: o.List, keys: o.on(overviewScreen)}
	all[flameScreenID] = &flameScreen{keys: o.on(flameScreenID), pic: icicle{percents: newPercents()}}
	all[topScreenID] = &topScreen{keys: o.on(topScreenID), calls: calls{pic: icicle{percents: newPercents()}}}
	all[goroutineScreen] = &goroutines{desk: desk{keys: o.on(goroutineScreen)}}
	all[memoryScreen] = &memory{desk: desk{keys: o.on(memoryScreen)}}
	all[offCPUScreen] = &offCPU{desk: desk{keys: o.on(offCPUScreen)}}
	all[tcpScreen] = &tcp{desk: desk{keys: o.on(tcpScreen)}}
	all[diffScreen] = &differences{args: o.Args, desk: desk{keys: o.on(diffScreen)}}
	all[liveScreen] = &live{desk: desk{keys: o.on(liveScreen)}, watched: o.Watch != nil}
	all[sourceScreenID] = &sourceScreen{list: o.List, edit: o.Edit, desk: desk{keys: o.on(sourceScreenID)}, asm: assembler{find: o.Asm, mode: asmOf(o.View.Asm)}}
	return all
}

// screenOf is the screen of a name, the overview when there is none.
func screenOf(name string) screenID {
	for i, n := range screenNames {
		if strings.EqualFold(n, name) {
			return screenID(i)
		}
	}
	return overviewScreen
}

// Init waits for the feed, which begins when there is a frame to see.
func (m *Model) Init() tea.Cmd {
	cmds := []tea.Cmd{m.feed.await}
	if m.o.Looks.Auto {
		cmds = append(cmds, tea.RequestBackgroundColor)
	}
	return tea.Batch(cmds...)
}

// View is the frame. It is called after every message, so it hands out the last
// one while nothing has changed.
func (m *Model) View() tea.View {
	if m.frame.stale {
		m.frame.text, m.frame.title = m.draw(), "goperf "+m.data.title()
		m.frame.stale = false
	}
	v := tea.NewView(m.frame.text)
	v.AltScreen = true
	if !m.looks.noMouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	v.WindowTitle = m.frame.title
	v.ReportFocus = m.o.Watch != nil
	return v
}

// Update takes a message.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := m.update(msg)
	if m.at == sourceScreenID {
		cmd = tea.Batch(cmd, m.source().now())
	}
	return m, cmd
}

func (m *Model) source() *sourceScreen { return m.screens[sourceScreenID].(*sourceScreen) }

func (m *Model) update(msg tea.Msg) tea.Cmd {
	m.frame.stale = true
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.frame.width, m.frame.height = msg.Width, msg.Height
		return m.begin()
	case tea.BackgroundColorMsg:
		m.o.Looks.Light = !msg.IsDark()
		m.frame.theme = m.o.Looks.theme()
	case tea.KeyPressMsg:
		return m.key(msg)
	case tea.PasteMsg:
		m.paste(msg.Content)
	case tea.MouseClickMsg:
		return m.mouse(msg.Mouse())
	case tea.MouseMotionMsg:
		return m.drag(msg.Mouse(), false)
	case tea.MouseReleaseMsg:
		return m.drag(msg.Mouse(), true)
	case tea.MouseWheelMsg:
		return m.wheel(msg.Mouse())
	case dataMsg:
		return m.next(msg.data)
	case watchedMsg:
		return m.watched(msg)
	case tea.FocusMsg:
		return m.focused(true)
	case tea.BlurMsg:
		return m.focused(false)
	case *look:
		return tea.Batch(m.looked(msg), m.feed.free())
	case *Listing:
		m.source().take(msg)
		m.arrive()
	case *assembled:
		m.source().takeCode(msg)
		m.arrive()
	case *quotes:
		m.overview().take(msg)
	case *beyond:
		m.flame().take(msg)
	case *sides:
		m.screens[topScreenID].(*topScreen).take(msg)
	case swappedMsg:
		return m.swapped(msg)
	case wroteMsg:
		return m.wrote(msg)
	case resumedMsg:
		if msg.err != nil {
			m.status = "the editor: " + oneLine(msg.err)
		}
	case tea.ResumeMsg:
	default:
		m.frame.stale = false
	}
	return nil
}

// begin starts the feed when the size is known, and the first frame is written: to
// read a large file takes all processors, and a frame that waits for one is late.
func (m *Model) begin() tea.Cmd {
	if m.feed.begun {
		return nil
	}
	m.feed.begun = true
	return tea.Tick(2*time.Second/framesPerSecond, func(time.Time) tea.Msg { return m.feed.run() })
}

// resumedMsg says that another program has had the terminal.
type resumedMsg struct{ err error }

// next takes data and awaits more. Where the screen shows what is seen of the
// profiles, more is awaited when that is seen: what the feed does next takes as
// many processors, and it is the frame that somebody waits for.
func (m *Model) next(d *Data) tea.Cmd {
	asked := m.seen.number
	cmd := m.take(d)
	_, looks := d.profile(m.seen.lens.kind)
	if _, shows := m.screens[m.at].(seeing); shows && looks && m.seen.number > asked {
		m.feed.held = true
		return cmd
	}
	return tea.Batch(cmd, m.feed.await)
}

// take hands new data to the screens and looks at them through the lens.
func (m *Model) take(d *Data) tea.Cmd {
	same := m.seen.number > 0 && m.data.sameProfiles(d)
	m.data = d
	if d.Err != nil && !d.failed() {
		m.status = "not collected again: " + oneLine(d.Err)
	}
	for i, s := range m.screens {
		if s != nil {
			s.set(d.on(screenID(i)))
		}
	}
	m.arrive()
	m.concede()
	cmds := []tea.Cmd{m.overview().quote(d), m.watch()}
	switch {
	case !same:
		cmds = append(cmds, m.look(m.seen.lens))
	case m.seen.s != nil:
		cmds = append(cmds, m.beyond(m.seen.s))
	}
	return tea.Batch(cmds...)
}

// look is one look through a lens that is done.
type look struct {
	number int
	*subject
}

// look looks at the data in a command: at much in two steps, a quick one first.
func (m *Model) look(l lens) tea.Cmd {
	m.seen.lens = l
	m.seen.number++
	number, d := m.seen.number, m.data
	from, ok := d.profile(l.kind)
	if !ok {
		return nil
	}
	nodes := allNodes
	if from.NumSamples() > manySamples && (m.seen.s == nil || m.seen.s.from.Profile != from.Profile) {
		nodes = roughNodes
	}
	return func() tea.Msg { return &look{number, l.look(d, nodes)} }
}

// looked takes what was seen, unless something else is asked for by now.
func (m *Model) looked(l *look) tea.Cmd {
	if l.number != m.seen.number {
		return nil
	}
	if l.err != nil {
		m.status = oneLine(l.err)
		return nil
	}
	m.seen.s = l.subject
	if l.empty() {
		m.status = "no stack is left: " + m.keys().unfilters()
	}
	var cmds []tea.Cmd
	for _, s := range m.screens {
		if s, ok := s.(seeing); ok {
			cmds = append(cmds, s.show(l.subject))
		}
	}
	if said := m.flame().await.said; said != "" {
		m.status, m.flame().await.said = said, ""
	}
	m.arrive()
	cmds = append(cmds, m.beyond(l.subject))
	if l.rough {
		number, d, lens := l.number, m.data, l.lens
		cmds = append(cmds, func() tea.Msg { return &look{number, lens.look(d, allNodes)} })
	}
	return tea.Batch(cmds...)
}

// feed brings the data. It is run by a command, and each piece is awaited by another.
type feed struct {
	ctx  context.Context
	from func(ctx context.Context, keep <-chan struct{}, send func(*Data))
	data chan *Data
	keep chan struct{}

	begun bool // run was called
	held  bool // more is awaited when what came last was looked at
	watch watch
}

// free awaits more if that was put off.
func (f *feed) free() tea.Cmd {
	if !f.held {
		return nil
	}
	f.held = false
	return f.await
}

type dataMsg struct{ data *Data }

func newFeed(ctx context.Context, from func(context.Context, <-chan struct{}, func(*Data))) feed {
	return feed{ctx: ctx, from: from, data: make(chan *Data), keep: make(chan struct{}, 1)}
}

// again is the feed of the next collection.
func (f feed) again(from func(context.Context, <-chan struct{}, func(*Data))) feed {
	next := newFeed(f.ctx, from)
	next.begun = true
	next.watch = watch{collection: f.watch.collection + 1, blurred: f.watch.blurred, after: f.watch.after}
	return next
}

func (f feed) run() tea.Msg {
	if f.from != nil {
		f.from(f.ctx, f.keep, func(d *Data) {
			select {
			case f.data <- d:
			case <-f.ctx.Done():
			}
		})
	}
	close(f.data)
	return nil
}

func (f feed) await() tea.Msg {
	if d, ok := <-f.data; ok {
		return dataMsg{d}
	}
	return nil
}

// seconds is a whole number of seconds in words.
func seconds(d time.Duration) string { return d.Truncate(time.Second).String() }
