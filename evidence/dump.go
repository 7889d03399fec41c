package evidence

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// dumpLimit is where the runtime stops writing a dump (writeGoroutineStacks in
// runtime/pprof).
const dumpLimit = 64 << 20

// parseDump reads a goroutine?debug=2 page or what a crash prints, of any Go
// version since 1.18 (goroutineheader and traceback in runtime/traceback.go).
// The doubt says what could not be read of a dump that is good otherwise.
func parseDump(data []byte) (goroutines []GoroutineState, doubt string, err error) {
	p := dumpParser{}
	for rest, more := string(data), true; more; {
		var line string
		line, rest, more = strings.Cut(rest, "\n")
		p.number++
		p.line(strings.TrimSuffix(line, "\r"))
	}
	p.end()
	switch {
	case len(p.done) == 0 && p.bad > 0:
		return nil, "", fmt.Errorf("line %d: goroutine header cannot be read", p.bad)
	case len(p.done) == 0:
		return nil, "", errors.New("no goroutine in it: every stack of a debug=2 page starts with \"goroutine N [state]:\"")
	case p.bad > 0:
		doubt = fmt.Sprintf("line %d: goroutine header cannot be read, its stack is left out", p.bad)
	case len(data) >= dumpLimit || data[len(data)-1] != '\n':
		doubt = fmt.Sprintf("the dump is cut off after %d goroutines: there are more", len(p.done))
	}
	return p.done, doubt, nil
}

// dumpParser holds the goroutine that is being read.
type dumpParser struct {
	number  int // of the line
	bad     int // the first line that looks like a header and is none
	done    []GoroutineState
	open    bool // the last of done still takes lines
	pending DumpFrame
	creator bool // pending is what created the goroutine
}

func (p *dumpParser) line(s string) {
	switch {
	case s == "":
		p.end()
	case strings.HasPrefix(s, "goroutine ") && strings.Contains(s, " ["):
		p.end()
		g, ok := parseHeader(s)
		if !ok {
			if p.bad == 0 {
				p.bad = p.number
			}
			return
		}
		p.done, p.open = append(p.done, g), true
	case !p.open || strings.HasPrefix(s, "..."):
		// "...23 frames elided...", and what stands around a dump in a log.
	case s[0] == '\t':
		p.position(s[1:])
	case strings.HasPrefix(s, "[originating from goroutine "):
		// Stacks of the creators, printed under GODEBUG=tracebackancestors.
		p.end()
	case strings.HasPrefix(s, "created by "):
		name, id, _ := strings.Cut(s[len("created by "):], " in goroutine ")
		p.pending, p.creator = DumpFrame{Function: name}, true
		p.done[len(p.done)-1].Creator, _ = strconv.ParseInt(id, 10, 64)
	default:
		p.pending, p.creator = parseCall(s), false
	}
}

func (p *dumpParser) end() {
	p.open, p.pending = false, DumpFrame{}
}

// position takes the line under a call. A call without one was cut off.
func (p *dumpParser) position(s string) {
	if p.pending.Function == "" {
		return // "goroutine running on other thread; stack unavailable"
	}
	g := &p.done[len(p.done)-1]
	p.pending.File, p.pending.Line = parsePosition(s)
	if p.creator {
		g.CreatedBy = p.pending
	} else {
		g.Frames = append(g.Frames, p.pending)
	}
	p.pending = DumpFrame{}
}

// parseCall splits "main.(*T).f(0x1, {0x2, 0x3})"; arguments hold no parenthesis.
func parseCall(s string) DumpFrame {
	open := strings.LastIndexByte(s, '(')
	if open <= 0 || s[len(s)-1] != ')' {
		return DumpFrame{Function: s} // of C, under cgo
	}
	f := DumpFrame{Function: s[:open], Args: s[open+1 : len(s)-1]}
	if f.Args == "..." {
		f.Args = "" // inlined
	}
	if f.Function == "panic" {
		f.Function = "runtime.gopanic" // as profiles name it
	}
	return f
}

// parsePosition splits "/src/x.go:12 +0x1f fp=0x...".
func parsePosition(s string) (file string, line int) {
	colon := strings.LastIndexByte(s, ':')
	if colon < 0 {
		return s, 0
	}
	digits, _, _ := strings.Cut(s[colon+1:], " ")
	line, err := strconv.Atoi(digits)
	if err != nil || line < 0 {
		return s, 0
	}
	return s[:colon], line
}

// parseHeader reads "goroutine 7 [chan receive, 3 minutes, locked to thread]:".
// Under GOTRACEBACK=system addresses stand before the bracket. With
// GODEBUG=tracebacklabels=1 Go 1.26 prints labels:{...} in the brackets, Go 1.27
// {...} behind them.
func parseHeader(s string) (GoroutineState, bool) {
	var g GoroutineState
	number, s, _ := strings.Cut(s[len("goroutine "):], " ")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil || id < 0 {
		return g, false
	}
	g.ID = id
	if !strings.HasPrefix(s, "[") {
		_, s, _ = strings.Cut(s, " [")
	} else {
		s = s[1:]
	}
	end := strings.IndexByte(s, ']')
	if in := strings.Index(s, " labels:{"); in >= 0 && in < end {
		g.Labels = parseLabels(s[in+len(" labels:{"):])
		end = in
	} else if end >= 0 && strings.HasPrefix(s[end:], "] {") {
		g.Labels = parseLabels(s[end+len("] {"):])
	}
	if end < 0 || !strings.HasSuffix(s, ":") {
		return g, false
	}
	g.describe(s[:end])
	return g, true
}

// describe reads what stands in the brackets.
func (g *GoroutineState) describe(s string) {
	state, rest, more := strings.Cut(s, ", ")
	state = strings.TrimSuffix(state, " (durable)")
	state = strings.TrimSuffix(state, " (scan)")
	g.State, g.Leaked = strings.CutSuffix(state, " (leaked)")
	for more {
		var word string
		word, rest, more = strings.Cut(rest, ", ")
		if n, ok := strings.CutSuffix(word, " minutes"); ok {
			minutes, err := strconv.ParseInt(n, 10, 64)
			if err == nil && minutes >= 0 {
				g.Wait = time.Duration(min(minutes, math.MaxInt64/int64(time.Minute))) * time.Minute
			}
		}
		g.Locked = g.Locked || word == "locked to thread"
	}
}

// parseLabels reads `key: "a value", key2: b}` as far as it is that; either may
// be quoted.
func parseLabels(s string) map[string]string {
	labels := map[string]string{}
	for {
		key, rest, ok := parseWord(s)
		if !ok || !strings.HasPrefix(rest, ": ") {
			return labels
		}
		value, rest, ok := parseWord(rest[2:])
		if !ok {
			return labels
		}
		labels[key] = value
		if s, ok = strings.CutPrefix(rest, ", "); !ok {
			return labels
		}
	}
}

func parseWord(s string) (word, rest string, ok bool) {
	if strings.HasPrefix(s, `"`) {
		quoted, err := strconv.QuotedPrefix(s)
		if err != nil {
			return "", "", false
		}
		word, err = strconv.Unquote(quoted)
		return word, s[len(quoted):], err == nil
	}
	end := strings.IndexAny(s, ":,}")
	if end < 0 {
		return "", "", false
	}
	return s[:end], s[end:], true
}
