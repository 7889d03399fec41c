package audit

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"

	"github.com/goperf/goperf/ebpf/audit/policy"
)

// The counters of audit.bpf.c, in its order. Those of a kind follow each other.
const (
	attempts     = 0
	allowed      = 3
	reported     = 6
	ringLost     = 7
	pendingLost  = 8
	unreadable   = 9
	noGoroutine  = 10
	stackLost    = 11
	labelsLost   = 12
	membersLost  = 13
	numCounters  = 14
	shortEvent   = 364
	longEvent    = 560
	verdictByte  = 100
	kindByte     = 109
	pathOffset   = 110
	pathBytes    = 254
	argBytes     = 64
	atCWD        = -100
	familyUnix   = 1
	flagRelative = 1
	flagDots     = 2
	flagCut      = 4
	flagNoPath   = 8
	flagOwnStack = 16
)

// record is struct event of audit.bpf.c.
type record struct {
	at                  uint64
	goid, stack, labels uint64
	inode               uint64
	result              int64
	pid, rule           uint32
	dir                 int32
	comm                string
	addr                netip.AddrPort
	unix                bool
	verdict             policy.Verdict
	flags               uint8
	kind                policy.Kind
	path                string
	args                []string
}

func decode(b []byte) (record, error) {
	if len(b) != shortEvent && len(b) != longEvent {
		return record{}, fmt.Errorf("event: %d bytes, want %d or %d", len(b), shortEvent, longEvent)
	}
	word := func(at int) uint64 { return binary.NativeEndian.Uint64(b[at:]) }
	half := func(at int) uint32 { return binary.NativeEndian.Uint32(b[at:]) }
	r := record{
		at: word(0), goid: word(8), stack: word(16), labels: word(24), inode: word(32), result: int64(word(40)),
		pid: half(48), rule: half(52), dir: int32(half(56)), comm: text(b[64:80]),
		addr:    netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[80:96])).Unmap(), binary.BigEndian.Uint16(b[96:])),
		unix:    binary.NativeEndian.Uint16(b[98:]) == familyUnix,
		verdict: policy.Verdict(b[verdictByte]), flags: b[101], kind: policy.Kind(b[kindByte]),
		path: text(b[pathOffset : pathOffset+pathBytes]),
	}
	if r.kind >= policy.Kinds || r.verdict > policy.Undecided {
		return record{}, fmt.Errorf("event: kind %d, verdict %d", r.kind, r.verdict)
	}
	for at := shortEvent; at+argBytes <= len(b); at += argBytes {
		if arg := text(b[at : at+argBytes]); arg != "" {
			r.args = append(r.args, arg)
		}
	}
	return r, nil
}

// text is the bytes before the first 0. A name may be any bytes; what is no UTF-8
// could not be written as JSON.
func text(b []byte) string {
	b, _, _ = bytes.Cut(b, []byte{0})
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

// named says whether the record is about a path, and not an address.
func (r *record) named() bool { return r.kind != policy.Connect || r.unix }

// relative says whether the path says too little by itself.
func (r *record) relative() bool {
	return r.named() && r.flags&(flagRelative|flagDots) != 0 && r.flags&flagNoPath == 0
}

// subject is what was attempted.
func (r *record) subject() string {
	switch {
	case r.flags&flagNoPath != 0:
		return "[could not be read]"
	case !r.named():
		return r.addr.String()
	case r.flags&flagCut != 0:
		return r.path + "…"
	case r.unix:
		return "unix:" + r.path
	}
	return r.path
}
