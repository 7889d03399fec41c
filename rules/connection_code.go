package rules

import (
	"slices"
	"strings"

	"github.com/goperf/goperf/diagnose"
	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/profile/symbol"
	"github.com/goperf/goperf/report"
)

// opener is the function that opened most connections to a peer, and those that
// called it.
func opener(p *diagnose.Pass, peer string) []report.Frame {
	for _, r := range tcpRows(p, "Code that opens connections") { // most first
		if r.text("dir") == "out" && r.text("peer") == peer && r.text("code") != "" {
			return wayTo(p, r.text("code"))
		}
	}
	return nil
}

// acceptor is the function that accepts the connections of a listener, and what it
// is seen to do between two of them.
func acceptor(p *diagnose.Pass, listener string) []report.Frame {
	port := listener[strings.LastIndexByte(listener, ':')+1:]
	for _, r := range tcpRows(p, "Code that opens connections") {
		code := r.text("code")
		if r.text("dir") != "in" || code == "" || r.text("peer") != ":"+port {
			continue
		}
		where := []report.Frame{{Function: code}}
		if f, ok := below(p, code); ok {
			where = append(where, f)
		}
		return where
	}
	return nil
}

// below is the function of the program nearest to the leaf on most stacks of a
// function that does not wait for a connection.
func below(p *diagnose.Pass, function string) (report.Frame, bool) {
	n := map[report.Frame]int64{}
	for _, s := range p.Set.Profiles[evidence.Goroutine] {
		for i := range s.NumSamples() {
			frames := framesOf(s, i)
			names := functions(frames)
			if !slices.Contains(names, function) || slices.Contains(names, "net.(*netFD).accept") {
				continue
			}
			f := frames[slices.IndexFunc(names, func(n string) bool { return p.Class(n) == symbol.Own || n == function })]
			if f.Function != function {
				n[report.Frame{Function: f.Function, File: f.File, Line: f.Line}] += s.Value(i, 0)
			}
		}
	}
	var best report.Frame
	for f, v := range n {
		if b := n[best]; v > b || v == b && strings.Compare(f.Function, best.Function) < 0 {
			best = f
		}
	}
	return best, best.Function != ""
}
