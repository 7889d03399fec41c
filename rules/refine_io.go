package rules

import (
	"strings"

	"github.com/goperf/goperf/blame"
	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// unbufferedWrite keeps quiet about writes that a buffer has collected already
// and about a server's one write per response.
func unbufferedWrite(p *diagnose.Pass, g *group, f *report.Finding) bool {
	c := g.cells[0]
	if c.Inner[blame.Bufio] > c.Near/2 {
		return false
	}
	if std := c.TopStd(); std >= 0 && strings.HasPrefix(p.CPU().Funcs[std].Name, "net.(*Buffers)") {
		return false // writev has joined them already
	}
	switch {
	case flushes(p.CPU(), c):
		f.Confidence *= 0.5 // a buffer of its own stands before the write
	case ofSender(p.CPU(), c):
		f.Confidence *= 0.5 // it writes what others have handed over
	case strings.Contains(p.CPU().Funcs[c.Owner].Name, "Conn)."):
		f.Confidence *= 0.6 // a protocol's connection: the messages may be for many peers
	}
	host := p.Set.Host
	if calls := host.IO.WriteCalls; calls > 0 && host.Window > 0 {
		mean := float64(host.IO.WriteBytes) / float64(calls)
		f.Because = append(f.Because,
			report.Fact{Text: "mean size of a write call of the process", Value: mean, Unit: "B", Source: "host"},
			report.Fact{Text: "write calls", Value: float64(calls) / host.Window.Seconds(), Unit: "count/s", Source: "host"})
		switch {
		case mean > 1024:
			return false
		case mean > 256:
			f.Confidence *= 0.6
		}
	}
	return true
}

func unbufferedRead(p *diagnose.Pass, g *group, f *report.Finding) bool {
	c := g.cells[0]
	if c.Inner[blame.Bufio] > c.Near/2 || c.Inner[blame.Scanner] > c.Near/2 {
		return false
	}
	if c.Concept == blame.NetRead {
		f.Confidence *= 0.6 // a read of a socket gets what has come: the sender decides how much
		f.Advice = []string{concrete("If {func} asks for a few bytes at a time ({line}), read through a bufio.Reader; if each read gets a whole small message, the sender has to batch.", p.CPU(), c)}
	}
	host := p.Set.Host
	if calls := host.IO.ReadCalls; calls > 0 && host.Window > 0 {
		mean := float64(host.IO.ReadBytes) / float64(calls)
		f.Because = append(f.Because, report.Fact{Text: "mean size of a read call of the process", Value: mean, Unit: "B", Source: "host"})
		if mean > 2048 {
			f.Confidence *= 0.5
		}
	}
	return true
}

// ofSender says that the write is done on a goroutine of the library that it
// belongs to, and not on the caller's: messages were collected on the way there.
func ofSender(t *blame.Table, c *blame.Cell) bool {
	for i := len(c.Stack) - 1; i >= 0; i-- {
		f := c.Stack[i].Func
		if t.Funcs[f].Class == symbol.Std && t.Funcs[f].Pkg != "runtime" {
			return false // a server's connection, a test, a timer
		}
		if t.Reachable(f) {
			return t.Funcs[f].Class == symbol.ThirdParty
		}
	}
	return false
}

// flushes says that the write is the emptying of a buffer, by the names of the
// owner and its nearest callers.
func flushes(t *blame.Table, c *blame.Cell) bool {
	past := 0
	for _, f := range c.Stack {
		if past == 0 && f.Func != c.Owner {
			continue
		}
		if past++; past > 3 {
			return false
		}
		name := strings.ToLower(t.Funcs[f.Func].Name)
		if strings.Contains(name, "flush") || strings.Contains(name, "bufwriter") || strings.Contains(name, "batch") {
			return true
		}
	}
	return false
}

// ofItems lowers what is said about files whose names are made from a number:
// each is another file, read once for its item, and not one file again and again.
func ofItems(p *diagnose.Pass, g *group, f *report.Finding) bool {
	c := g.cells[0]
	if !p.Does(p.CPU().Funcs[c.Owner].Name, c.TopLine(), "item-path") {
		return true
	}
	f.Confidence *= 0.5
	f.Saving.Share *= 0.5
	f.Because = append(f.Because, report.Fact{Text: "the name of the file is made from a number: it is another file each time", Source: "syntax"})
	f.Advice = append(f.Advice, concrete("If the same items are asked for again and again, keep what {func} found for as long as it holds true.", p.CPU(), c))
	return true
}
