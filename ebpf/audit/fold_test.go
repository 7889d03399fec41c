package audit

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/goperf/goperf/ebpf/audit/policy"
)

// raw is an event as the kernel writes it.
func raw(kind policy.Kind, v policy.Verdict, path string, args ...string) []byte {
	b := make([]byte, shortEvent)
	if kind == policy.Exec {
		b = make([]byte, longEvent)
	}
	b[verdictByte], b[kindByte] = byte(v), byte(kind)
	copy(b[pathOffset:], path)
	for i, a := range args {
		copy(b[shortEvent+i*argBytes:], a)
	}
	return b
}

func TestDecode(t *testing.T) {
	r, err := decode(raw(policy.Exec, policy.Denied, "/bin/\xffsh", "-c", "", "x"))
	if err != nil || r.path != "/bin/\uFFFDsh" || len(r.args) != 2 || r.verdict != policy.Denied {
		t.Errorf("%+v, %v", r, err)
	}
	b := raw(policy.Connect, policy.Noted, "")
	copy(b[80:], []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 1, 2, 3, 0x15, 0x38})
	if r, err := decode(b); err != nil || r.subject() != "10.1.2.3:5432" {
		t.Errorf("%s, %v", r.subject(), err)
	}
	for _, b := range [][]byte{nil, make([]byte, 7), raw(policy.Kinds, 0, ""), raw(policy.Open, policy.Undecided+1, "")} {
		if _, err := decode(b); err == nil {
			t.Errorf("%d bytes: no error", len(b))
		}
	}
}

// Whatever bytes come, decoding and folding end, and every event is counted once.
func TestAnyBytes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	b := newBook()
	b.adopt(policy.Everything())
	events := 0
	for range 3 * maxRows {
		data := make([]byte, shortEvent)
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		data[verdictByte], data[kindByte] = byte(rng.IntN(6)), byte(rng.IntN(3))
		r, err := decode(data)
		if err != nil {
			t.Fatal(err)
		}
		e := Event{}
		if r.relative() {
			e.Rule = b.settle(&r, "/srv")
		} else {
			e.Rule = b.rule(r.rule)
		}
		e.Subject = r.subject()
		if b.add(e, &r) {
			events++
		}
	}
	sum := b.crowded
	for _, t := range b.rows {
		sum += t.n
	}
	if int(sum) != events || len(b.rows) > maxRows || b.hits != sum {
		t.Errorf("%d events, %d counted in %d rows, %d hits", events, sum, len(b.rows), b.hits)
	}
	m := fold(b, make([]uint64, numCounters), time.Unix(0, 0), time.Unix(1, 0))
	if len(m.Tables[0].Rows) > maxShown || len(m.Notes) == 0 {
		t.Errorf("%d rows, notes %q", len(m.Tables[0].Rows), m.Notes)
	}
}

// Numbers of rules stay those of their policy, until it is long gone.
func TestBook(t *testing.T) {
	b := newBook()
	numbers := map[int]uint32{}
	for i := range keptVersions + 2 {
		p, err := policy.Parse(fmt.Sprintf("p%d", i), []byte("open: {deny: [/a, /b]}"))
		if err != nil {
			t.Fatal(err)
		}
		slot, rules := b.adopt(p)
		if int(slot) != i%2 || len(rules) != 2 || rules[0].key[0] != slot {
			t.Errorf("policy %d: slot %d, %d rules", i, slot, len(rules))
		}
		numbers[i] = binary.NativeEndian.Uint32(rules[1].value)
	}
	if got := b.rule(numbers[keptVersions+1]); got != fmt.Sprintf("p%d:1:19 /b", keptVersions+1) {
		t.Errorf("the newest is %q", got)
	}
	if got := b.rule(numbers[2]); !strings.HasPrefix(got, "p2:") {
		t.Errorf("one of before is %q", got)
	}
	if got := b.rule(numbers[0]); got != "a rule that is gone" {
		t.Errorf("one that is gone is %q", got)
	}
	if got := b.rule(0); got != "" {
		t.Errorf("no rule is %q", got)
	}
}
