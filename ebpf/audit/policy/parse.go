package policy

import (
	"errors"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/goperf/goperf/yamldoc"
)

// MaxBytes is how large a policy may be.
const MaxBytes = 256 << 10

// Error says what is wrong with a policy, and where.
type Error struct {
	File         string
	Line, Column int
	What, Fix    string
}

// Error is file:line:column: what.
func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.What)
}

// Hint is what to write instead.
func (e *Error) Hint() string { return e.Fix }

// Parse reads a policy; name is its file's, for messages.
//
//	exec:
//	  allow: [/usr/bin/git, /opt/shop/]
//	open:
//	  deny: [/etc/shadow, /root/]
//	connect:
//	  allow: [10.0.0.0/8:5432, "[::1]:53", unix:/run/dns.sock]
//
// A section with an allow list reports what is not on it, one with a deny list
// alone what is on that; without a section the kind is not looked at.
func Parse(name string, data []byte) (*Policy, error) {
	r := &reader{policy: &Policy{Name: name}, seen: map[string]int{}}
	tree, err := yamldoc.Parse(data, MaxBytes)
	if broken := (*yamldoc.Error)(nil); errors.As(err, &broken) {
		return nil, &Error{File: name, Line: max(1, broken.Line), Column: max(1, broken.Column), What: broken.What, Fix: example}
	}
	if tree == nil {
		return nil, r.wrong(nil, "an empty policy", example)
	}
	if err := r.sections(tree); err != nil {
		return nil, err
	}
	return r.policy, nil
}

const example = `for example:  open: {deny: [/etc/shadow, /root/]}`

type reader struct {
	policy *Policy
	seen   map[string]int // rules by what they are about: line of the first
}

// wrong is an error at a node.
func (r *reader) wrong(n ast.Node, what, fix string) error {
	e := &Error{File: r.policy.Name, Line: 1, Column: 1, What: what, Fix: fix}
	if n != nil {
		e.Line, e.Column = yamldoc.Place(n)
	}
	return e
}

func (r *reader) sections(body ast.Node) error {
	return r.entries(body, "a section", []string{"exec", "open", "connect"}, func(name string, value ast.Node) error {
		kind := Kind(slices.Index([]string{"exec", "open", "connect"}, name))
		r.policy.Fallback[kind] = Allowed
		return r.entries(value, "a list", []string{"allow", "deny"}, func(list string, value ast.Node) error {
			verdict := Denied
			if list == "allow" {
				verdict = Allowed
				r.policy.Fallback[kind] = Unlisted
			}
			return r.list(kind, verdict, value)
		})
	})
}

// entries visits a mapping whose keys are among names.
func (r *reader) entries(n ast.Node, what string, names []string, visit func(name string, value ast.Node) error) error {
	m, ok := n.(*ast.MappingNode)
	if !ok {
		return r.wrong(n, fmt.Sprintf("want %s of %s here", what, strings.Join(names, ", ")), example)
	}
	for _, v := range m.Values {
		key := v.Key.GetToken().Value
		if !slices.Contains(names, key) {
			return r.wrong(v.Key, fmt.Sprintf("%.60q: is none of %s", key, strings.Join(names, ", ")), example)
		}
		if err := visit(key, v.Value); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) list(kind Kind, verdict Verdict, n ast.Node) error {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		return r.wrong(n, "want a list here", example)
	}
	for _, v := range s.Values {
		// Text may look like a number or a time: what was written counts.
		if _, ok := v.(ast.ScalarNode); !ok || v.Type() == ast.NullType {
			return r.wrong(v, "want a path or an address here", example)
		}
		rule := Rule{Kind: kind, Verdict: verdict, Text: v.GetToken().Value}
		rule.Line, rule.Column = yamldoc.Place(v)
		what, fix := rule.read()
		if what == "" {
			what, fix = r.add(rule)
		}
		if what != "" {
			return r.wrong(v, fmt.Sprintf("%.120q: %s", rule.Text, what), fix)
		}
	}
	return nil
}

// add refuses a rule that says the same or the opposite of an earlier one.
func (r *reader) add(rule Rule) (what, fix string) {
	key := fmt.Sprint(rule.Kind, rule.Path, rule.Below, rule.Net, rule.Port)
	if line, ok := r.seen[key]; ok {
		return fmt.Sprintf("line %d is about the same", line), "one of them is to go"
	}
	if len(r.policy.Rules) == MaxRules {
		return fmt.Sprintf("more than %d rules", MaxRules), "name directories and networks"
	}
	r.seen[key] = rule.Line
	r.policy.Rules = append(r.policy.Rules, rule)
	return "", ""
}

// read takes the text of a rule apart, and says what is wrong with it.
func (rule *Rule) read() (what, fix string) {
	text := rule.Text
	if rule.Kind == Connect {
		name, unix := strings.CutPrefix(text, "unix:")
		if !unix {
			return rule.readAddress(text)
		}
		text = name
	}
	return rule.readPath(text)
}

func (rule *Rule) readPath(text string) (what, fix string) {
	const want = "a file (/etc/shadow), all below a directory (/root/), or what a name begins with (/tmp/upload-*)"
	switch {
	case !strings.HasPrefix(text, "/"):
		return "is not absolute", want
	case len(text) > PathMax:
		return fmt.Sprintf("is longer than %d bytes, which is what the kernel compares", PathMax), "name the directory"
	case strings.ContainsRune(text, 0):
		return "has a zero byte", want
	}
	stem := strings.TrimRight(text, "*")
	if strings.ContainsAny(stem, "*?[") {
		return "may have a * at its end only", want
	}
	rule.Below = stem != text || strings.HasSuffix(stem, "/")
	if !rule.Below {
		rule.Path = path.Clean(stem)
		return "", ""
	}
	dir, begins := path.Split(stem)
	rule.Path = strings.TrimSuffix(path.Clean(dir), "/") + "/" + begins
	return "", ""
}

func (rule *Rule) readAddress(text string) (what, fix string) {
	const want = "an address or a network, with or without a port: 10.0.0.0/8, 10.1.2.3:5432, [fd00::/8]:443, unix:/run/app.sock"
	prefix, ok := parseNet(text)
	if !ok {
		host, port, found := cutPort(text)
		if !found {
			return "is no address or network; names are not looked up", want
		}
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return "the port is no number from 1 to 65535", want
		}
		if prefix, ok = parseNet(host); !ok {
			return "is no address or network; names are not looked up", want
		}
		rule.Port = uint16(n)
	}
	if prefix != prefix.Masked() {
		return "has bits beyond its length", "write " + prefix.Masked().String()
	}
	bits := prefix.Bits()
	if prefix.Addr().Is4() {
		bits += 96
	}
	rule.Net = netip.PrefixFrom(netip.AddrFrom16(prefix.Addr().As16()), bits)
	return "", ""
}

// parseNet reads an address or a network.
func parseNet(s string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p, true
	}
	a, err := netip.ParseAddr(s)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}

// cutPort takes host:port apart; brackets are around what has colons itself.
func cutPort(s string) (host, port string, ok bool) {
	if inside, found := strings.CutPrefix(s, "["); found {
		return strings.Cut(inside, "]:")
	}
	i := strings.LastIndexByte(s, ':')
	if i < 0 || strings.IndexByte(s, ':') != i {
		return "", "", false
	}
	return s[:i], s[i+1:], true
}
