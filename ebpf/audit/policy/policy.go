// Package policy is what a process may execute, open and connect to: lists of
// paths and networks, read from YAML, and the judgement by them. It is what the
// programs of probe audit do in the kernel, so that what they cannot decide
// (a path relative to a directory) is decided by the same rules here.
//
// The rule that says most wins: a file before the directory it lies in, the
// smaller network before the larger one, a port before all ports.
package policy

import (
	"net/netip"
	"path"
	"strings"
)

// Kind is what a rule is about.
type Kind uint8

// The kinds, in the order of the sections of a policy.
const (
	Exec Kind = iota
	Open
	Connect
	Kinds // how many there are
)

// Name is the kind as the policy spells it.
func (k Kind) Name() string { return [...]string{"exec", "open", "connect", ""}[min(k, Kinds)] }

// Verdict is what a policy says of an attempt. Numbers are those of
// ebpf/audit/audit.bpf.c.
type Verdict uint8

// The verdicts.
const (
	Ignored   Verdict = iota // the policy is not about this kind
	Allowed                  // by a rule, or because no rule denies it
	Denied                   // by a rule
	Unlisted                 // the section has an allow list, and it is not on it
	Noted                    // there is no policy: everything is told
	Undecided                // the path is relative, and to what is not known any more
)

// String is the verdict in words.
func (v Verdict) String() string {
	return [...]string{"ignored", "allowed", "denied", "not allowed", "noted", "undecided", ""}[min(v, Undecided+1)]
}

// PathMax is how much of a path the kernel compares, in bytes.
const PathMax = 253

// MaxRules is how many rules a policy may have.
const MaxRules = 4096

// Rule is one entry of a list.
type Rule struct {
	Kind         Kind
	Verdict      Verdict // Allowed or Denied
	Text         string  // as it is written
	Line, Column int

	Path  string       // of a file or a unix socket
	Below bool         // the path is the beginning of those that are meant
	Net   netip.Prefix // IPv4 as IPv6 (::ffff:0:0/96), when Path is ""
	Port  uint16       // 0: all
}

// Policy is what was read.
type Policy struct {
	Name     string // of the file
	Rules    []Rule
	Fallback [Kinds]Verdict // of what no rule is about
}

// Everything is the policy of those who have none: all is told.
func Everything() *Policy {
	return &Policy{Fallback: [Kinds]Verdict{Noted, Noted, Noted}}
}

// Path judges a file to be executed or opened, or a unix socket to connect to.
// The path is absolute and clean. rule is nil when no rule is about it.
func (p *Policy) Path(kind Kind, name string) (v Verdict, rule *Rule) {
	for i := range p.Rules {
		r := &p.Rules[i]
		if r.Kind != kind || r.Path == "" {
			continue
		}
		if !r.Below && r.Path == name {
			return r.Verdict, r
		}
		if r.Below && strings.HasPrefix(name, r.Path) && (rule == nil || len(r.Path) > len(rule.Path)) {
			rule = r
		}
	}
	return p.verdict(kind, rule)
}

// Address judges an address to connect to.
func (p *Policy) Address(addr netip.AddrPort) (v Verdict, rule *Rule) {
	ip := netip.AddrFrom16(addr.Addr().As16())
	for i := range p.Rules {
		r := &p.Rules[i]
		if r.Kind != Connect || r.Path != "" || r.Port != 0 && r.Port != addr.Port() || !r.Net.Contains(ip) {
			continue
		}
		if rule == nil || r.Net.Bits() > rule.Net.Bits() || r.Net.Bits() == rule.Net.Bits() && r.Port != 0 {
			rule = r
		}
	}
	return p.verdict(Connect, rule)
}

func (p *Policy) verdict(kind Kind, rule *Rule) (Verdict, *Rule) {
	if rule == nil {
		return p.Fallback[kind], nil
	}
	return rule.Verdict, rule
}

// Resolve makes a path absolute that a process gave relative to a directory,
// and takes "." and ".." out of it. Links stay what they are.
func Resolve(dir, name string) string {
	if !path.IsAbs(name) {
		name = dir + "/" + name
	}
	return path.Clean(name)
}
