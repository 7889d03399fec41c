package goroutines

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goperf/goperf/ebpf/goproc"
)

// comments say what cannot be told from outside.
func comments(d *goproc.Dump, running, known int) []string {
	list := []string{"read from the memory of the process while it ran"}
	if known > 0 {
		list = append(list, fmt.Sprintf("%d goroutines were running: they have the stack that on-CPU samples saw most often of them", known))
	}
	if running -= known; running > 0 {
		list = append(list, fmt.Sprintf("%d goroutines were running: their stack is in registers, so they stand at the function they began in", running))
	}
	if d.Torn > 0 {
		list = append(list, fmt.Sprintf("%d goroutines moved each time they were looked at and stand at the function they began in", d.Torn))
	}
	return list
}

// WriteDump writes every goroutine as goroutine?debug=2 does.
func WriteDump(w io.Writer, frames Frames, d *goproc.Dump) error {
	out := bufio.NewWriter(w)
	for i, g := range users(d) {
		if i > 0 {
			_ = out.WriteByte('\n') // Flush tells
		}
		fmt.Fprintf(out, "goroutine %d [%s%s]%s:\n", g.ID, describe(g), minutes(g.Waited), braces(g.Labels))
		if g.Stack == nil {
			fmt.Fprintf(out, "\t%s\n", unavailable(g))
		}
		for _, f := range calls(frames, g) {
			fmt.Fprintf(out, "%s(...)\n\t%s:%d\n", plain(f.Func), plain(f.File), f.Line)
		}
		if c := creator(frames, g); c.Func != "" {
			parent := ""
			if g.Parent != 0 {
				parent = fmt.Sprintf(" in goroutine %d", g.Parent)
			}
			fmt.Fprintf(out, "created by %s%s\n\t%s:%d\n", plain(c.Func), parent, plain(c.File), c.Line)
		}
	}
	return out.Flush()
}

// plain takes what could end a line out of a name, which is what an executable
// claims.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, name)
}

func describe(g *goproc.Goroutine) string {
	if g.Status == goproc.Leaked {
		return cmp.Or(g.Reason, "waiting") + " (leaked)"
	}
	return g.State()
}

func unavailable(g *goproc.Goroutine) string {
	if g.Torn {
		return "goroutine moved while it was read; stack unavailable"
	}
	return "goroutine running on other thread; stack unavailable"
}

func minutes(d time.Duration) string {
	if d < time.Minute {
		return ""
	}
	return fmt.Sprintf(", %d minutes", int64(d/time.Minute))
}

// braces are labels as Go 1.27 prints them.
func braces(labels []goproc.Label) string {
	if len(labels) == 0 {
		return ""
	}
	parts := make([]string, len(labels))
	for i, l := range labels {
		parts[i] = strconv.Quote(l.Key) + ": " + strconv.Quote(l.Value)
	}
	return " {" + strings.Join(parts, ", ") + "}"
}

// Group is goroutines with one stack in one state.
type Group struct {
	Count   int
	State   string
	Waited  time.Duration // of the one that waited longest, at least; 0 when unknown
	Stack   []Call        // innermost first
	Creator Call          // Func "" for the main goroutine
	First   uint64        // number of the oldest goroutine
}

// Call is one call of a stack.
type Call struct {
	Func, File string
	Line       int
}

// Groups are the goroutines of a dump by stack and state, the largest group first.
func Groups(frames Frames, d *goproc.Dump) []Group {
	index := map[string]int{}
	var groups []Group
	var key []byte
	for _, g := range users(d) {
		key = append(key[:0], g.State()...)
		key = binary.LittleEndian.AppendUint64(key, g.Creator)
		key = binary.LittleEndian.AppendUint64(key, g.Start)
		for _, pc := range g.Stack {
			key = binary.LittleEndian.AppendUint64(key, pc)
		}
		i, ok := index[string(key)]
		if !ok {
			i = len(groups)
			index[string(key)] = i
			groups = append(groups, newGroup(frames, g))
		}
		groups[i].Count++
		groups[i].Waited = max(groups[i].Waited, g.Waited)
	}
	slices.SortStableFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.First, b.First))
	})
	return groups
}

func newGroup(frames Frames, g *goproc.Goroutine) Group {
	n := Group{State: describe(g), First: g.ID}
	for _, f := range calls(frames, g) {
		n.Stack = append(n.Stack, call(f))
	}
	if len(n.Stack) == 0 {
		n.Stack = []Call{call(startOf(frames, g))}
	}
	n.Creator = call(creator(frames, g))
	return n
}

func call(f frame) Call { return Call{plain(f.Func), plain(f.File), f.Line} }
