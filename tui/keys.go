package tui

import (
	"slices"
	"strings"
)

// action is what a key means.
type action int

// The actions. What moves comes first.
const (
	none action = iota
	up
	down
	left
	right
	pageUp
	pageDown
	first
	last
	in
	out
	search
	next
	previous
	same
	focus
	ignore
	unfilter
	own
	undo
	redo
	sampleType
	group
	sortBy
	sandwich
	flameOf
	sourceOf
	copyCommand
	copyName
	why
	palette
	exportAs
	edit
	nextPane
	previousPane
	back
	forward
	lastView
	keep
	recollect
	earlier
	later
	writeAll
	order
	byLabel
	upsideDown
	machineCode
	nextHot
	previousHot
	wholePane
	shrink
	grow
	typeMenu
	mark
	against
	normalise
	hideSmall
	onlyFresh
	widen
	preferences
	help
	suspend
	quit
	screenAt // screenAt+n opens screen n
)

// actionNames are what actions are called in files of keys; screens follow.
var actionNames = [...]string{
	up: "up", down: "down", left: "left", right: "right", pageUp: "page-up", pageDown: "page-down", first: "first", last: "last",
	in: "in", out: "out", search: "search", next: "next", previous: "previous", same: "same-name", focus: "focus", ignore: "ignore",
	unfilter: "unfilter", own: "own-code", undo: "undo", redo: "redo", sampleType: "sample-type", group: "group", sortBy: "sort",
	sandwich: "callers", flameOf: "show-flame", sourceOf: "show-source", copyCommand: "copy", copyName: "copy-name", why: "why",
	palette: "command", exportAs: "export", edit: "edit", nextPane: "next-pane", previousPane: "previous-pane", back: "back",
	forward: "forward", lastView: "last-view", keep: "keep", recollect: "collect-again", earlier: "earlier", later: "later",
	writeAll: "write-bundle", order: "order", byLabel: "by-label", upsideDown: "upside-down", wholePane: "whole-pane", shrink: "less-room", grow: "more-room", typeMenu: "type-menu", mark: "mark",
	machineCode: "machine-code", nextHot: "next-hot", previousHot: "previous-hot",
	against: "diff", normalise: "normalise", hideSmall: "hide-small", onlyFresh: "only-new", widen: "width", preferences: "settings", help: "help", suspend: "suspend", quit: "quit",
}

// nameOf is what an action is called in a file of keys.
func nameOf(a action) string {
	if a >= screenAt {
		return "screen-" + strings.ToLower(screenNames[a-screenAt])
	}
	return actionNames[a]
}

// Name is what the key does, as a file of keys calls it.
func (k Key) Name() string { return nameOf(k.does) }

// place is a set of screens.
type place uint16

const (
	onOverview place = 1 << iota
	onFlame
	onTop
	onGoroutines
	onMemory
	onOffCPU
	onTCP
	onDiff
	onSource
	onLive

	everywhere = 1<<iota - 1
	onProfile  = onFlame | onTop
	onBoards   = onMemory | onOffCPU | onTCP | onDiff
)

// Key is what a key does, and where.
type Key struct {
	Keys  []string // in the words of Bubble Tea
	Show  string   // as it is written in hints
	Short string   // in the footer, "" when it has no place there
	Help  string
	where place
	does  action
}

// Keys are all keys, in the order of help. The footer, the help and docs/keys.md
// come from here.
var keys = []Key{
	{[]string{"down", "j"}, "j ↓", "", "next row, in a flame graph the callee", everywhere, down},
	{[]string{"up", "k"}, "k ↑", "", "previous row, in a flame graph the caller", everywhere, up},
	{[]string{"left", "h"}, "h ←", "", "the box to the left", onProfile, left},
	{[]string{"right", "l"}, "l →", "", "the box to the right", onProfile, right},
	{[]string{" ", "space"}, "space", "keep", "end the collection and keep what is there; after it, stop looking at the service, and go on", everywhere, keep},
	{[]string{"enter"}, "⏎", "evidence", "open the evidence of the finding", onOverview, in},
	{[]string{"enter"}, "⏎", "zoom", "zoom into the box", onFlame, in},
	{[]string{"enter"}, "⏎", "flame", "show the function in the flame graph; a caller or callee: put it in the middle", onTop, in},
	{[]string{"enter"}, "⏎", "flame", "the function of the row in the flame graph", onBoards, in},
	{[]string{"enter"}, "⏎", "source", "show the source of the group's own frame", onGoroutines, in},
	{[]string{"enter"}, "⏎", "callee", "the source of what the line or instruction calls most, of a caller, or the finding", onSource, in},
	{[]string{"a"}, "a", "asm", "machine code beside the source: of the line, of the function, none", onSource, machineCode},
	{[]string{"]"}, "]", "", "the next line or instruction that took much", onSource, nextHot},
	{[]string{"["}, "[", "", "the one before", onSource, previousHot},
	{[]string{"esc", "backspace"}, "esc", "out", "one step out: close what is open, leave the search, then the zoom", everywhere, out},
	{[]string{"pgdown", "ctrl+d", "ctrl+f"}, "pgdn ^d", "", "a page down", everywhere, pageDown},
	{[]string{"pgup", "ctrl+u", "ctrl+b"}, "pgup ^u", "", "a page up", everywhere, pageUp},
	{[]string{"home"}, "home", "", "the first row", everywhere, first},
	{[]string{"g"}, "g gg", "", "the first row, where g does not group", everywhere &^ onProfile, first},
	{[]string{"end"}, "end", "", "the last row", onDiff, last},
	{[]string{"end", "G"}, "end G", "", "the last row", everywhere &^ onDiff, last},
	{[]string{"tab"}, "tab", "pane", "next pane, or the next screen", everywhere, nextPane},
	{[]string{"shift+tab"}, "S-tab", "", "previous pane, or the previous screen", everywhere, previousPane},
	{[]string{"/"}, "/", "search", "search by regular expression, with the share of what matches", everywhere, search},
	{[]string{"n"}, "n", "", "next match; in a flame graph the largest first", everywhere, next},
	{[]string{"N"}, "N", "", "previous match", everywhere, previous},
	{[]string{"#"}, "#", "same name", "search for the name of the selection", onProfile, same},
	{[]string{"f"}, "f", "focus", "keep only stacks with the match, or else with the selection", onProfile, focus},
	{[]string{"i"}, "i", "ignore", "drop the stacks with the match, or else with the selection", onProfile, ignore},
	{[]string{"F"}, "F", "", "take all filters away", onProfile, unfilter},
	{[]string{"p"}, "p", "own", "your own code only", onProfile, own},
	{[]string{"c"}, "c", "callers", "who calls the function, and what it calls", onProfile | onOverview | onBoards | onSource, sandwich},
	{[]string{"s"}, "s", "source", "the source, with what each line took", onProfile | onOverview | onGoroutines | onBoards, sourceOf},
	{[]string{"t"}, "t", "type", "next sample type, or the next profile", onProfile | onSource, sampleType},
	{[]string{"T"}, "T", "", "choose among all profiles and sample types", onProfile | onSource, typeMenu},
	{[]string{"g"}, "g", "group", "group by function, package, file or line", onProfile, group},
	{[]string{"S"}, "S", "sort", "sort by the next column", onTop | onGoroutines | onDiff, sortBy},
	{[]string{"%"}, "%", "hide", "hide the changes below a share of the total that are not sure: 0.5, 1, 5 %, none", onDiff, hideSmall},
	{[]string{"G"}, "G", "new, gone", "only functions that are new or gone", onDiff, onlyFresh},
	{[]string{"v"}, "v", "flame", "the flame graph of the function", onOverview | onSource | onGoroutines | onBoards, flameOf},
	{[]string{"x"}, "x", "why", "explain the finding: the rule behind it", onOverview | onSource, why},
	{[]string{"u"}, "u", "undo", "undo the last filter, zoom, type or grouping", everywhere, undo},
	{[]string{"ctrl+r"}, "^r", "", "do again what was undone", everywhere, redo},
	{[]string{"y"}, "y", "copy", "copy a command that shows this", everywhere, copyCommand},
	{[]string{"Y"}, "Y", "", "copy the name of the selection", everywhere, copyName},
	{[]string{"R"}, "R", "", "collect again from the service that runs", everywhere, recollect},
	{[]string{"<"}, "<", "", "back in time: the slice of the profile, or the snapshot, before", onProfile, earlier},
	{[]string{">"}, ">", "", "forward in time, after the last one the whole", onProfile, later},
	{[]string{"o"}, "o", "", "order of the flame graph: the largest first, or by name, in which two profiles look alike", onFlame, order},
	{[]string{"v"}, "v", "", "stacks by a label of theirs (pprof.Do sets them), by the next one, and all together", onProfile, byLabel},
	{[]string{"b"}, "b", "", "mark what is shown as the base of a comparison", onProfile, mark},
	{[]string{"d"}, "d", "diff", "compare with what was marked, and end that", onProfile, against},
	{[]string{"d"}, "d", "swap", "exchange the sides: what was after is before", onDiff, against},
	{[]string{"="}, "=", "", "in a comparison: both sides brought to the same time and work, or as they were measured", onProfile, normalise},
	{[]string{"w"}, "w", "", "in a comparison the width of a box is: before and after together, before, after, the larger of both", onFlame, widen},
	{[]string{"I"}, "I", "", "turn the flame graph upside down: callers below callees", onFlame, upsideDown},
	{[]string{"W"}, "W", "", "write all that was collected as a bundle", everywhere, writeAll},
	{[]string{"e"}, "e", "export", "write what is shown to a file: SVG, HTML, PNG, profile, bundle, markdown, JSON, text", everywhere, exportAs},
	{[]string{":", "ctrl+p"}, ": ^p", "command", "commands, found by any word", everywhere, palette},
	{[]string{"s"}, "s", "edit", "open $EDITOR at the line", onSource, edit},
	{[]string{"Z"}, "Z", "", "give the part at hand the whole screen, and back", onOverview | onProfile | onGoroutines | onBoards | onLive | onSource, wholePane},
	{[]string{"{"}, "{", "", "less room for the part at hand, as by a drag of its border", onTop | onGoroutines | onBoards | onLive | onSource, shrink},
	{[]string{"}"}, "}", "", "more room for the part at hand, until the end", onTop | onGoroutines | onBoards | onLive | onSource, grow},
	{[]string{","}, ",", "", "settings: background, colours, characters, mouse", everywhere, preferences},
	{[]string{"["}, "[", "", "back in history", everywhere &^ onSource, back},
	{[]string{"]"}, "]", "", "forward in history", everywhere &^ onSource, forward},
	{[]string{"alt+left"}, "M-←", "", "back in history", everywhere, back},
	{[]string{"alt+right"}, "M-→", "", "forward in history", everywhere, forward},
	{[]string{"-"}, "-", "", "the screen before this one", everywhere, lastView},
	{[]string{"1"}, "1", "", "the overview: findings, best first", everywhere, screenAt},
	{[]string{"2"}, "2", "", "the flame graph", everywhere, screenAt + 1},
	{[]string{"3"}, "3", "", "the functions, with callers and callees", everywhere, screenAt + 2},
	{[]string{"4"}, "4", "", "the goroutines, in groups", everywhere, screenAt + 3},
	{[]string{"5"}, "5", "", "memory and the collector, with the frontier of its settings", everywhere, screenAt + 4},
	{[]string{"6"}, "6", "", "what is waited for", everywhere, screenAt + 5},
	{[]string{"7"}, "7", "", "TCP connections", everywhere, screenAt + 6},
	{[]string{"8"}, "8", "", "a comparison", everywhere, screenAt + 7},
	{[]string{"9"}, "9", "", "the source", everywhere, screenAt + 8},
	{[]string{"ctrl+z"}, "^z", "", "suspend: fg comes back", everywhere, suspend},
	{[]string{"0", "@"}, "0 @", "", "the collection: what has come, what could not be had, what was asked of the target", everywhere, screenAt + 9},
	{[]string{"?", "f1"}, "?", "help", "this help", everywhere, help},
	{[]string{"q", "ctrl+c"}, "q", "quit", "quit", everywhere, quit},
}

// Keys are all keys, for the documentation.
func Keys() []Key { return keys }

// Screens are the names of the screens where the key works, "" for all.
func (k Key) Screens() string {
	if k.where == everywhere {
		return ""
	}
	var names []string
	for i, name := range screenNames {
		if k.where&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// actionOf is what a key does at a place.
func actionOf(table []Key, key string, at place) action {
	for i := range table {
		if table[i].where&at != 0 && slices.Contains(table[i].Keys, key) {
			return table[i].does
		}
	}
	return none
}
