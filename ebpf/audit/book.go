package audit

import (
	"fmt"

	"github.com/goperf/goperf/ebpf/audit/policy"
)

// book keeps the policies that were in force, which number the kernel has for
// each of their rules, and what has happened.
type book struct {
	versions []version // the last ones, newest last
	next     uint32    // number of the next rule
	adopted  int
	slot     uint8

	rows    map[row]*tally
	hits    uint64 // events by then
	crowded uint64 // events that had no room in rows
	spared  uint64 // events that the policy allows after all
}

type version struct {
	policy *policy.Policy
	first  uint32
}

// row is what events have in common that are shown as one.
type row struct {
	kind                                     policy.Kind
	verdict                                  policy.Verdict
	subject, result, rule, function, process string
}

type tally struct {
	n         uint64
	goroutine uint64 // the last one
	example   []string
}

// keptVersions are enough for the events that are under way when a policy comes.
const keptVersions = 16

// maxRows bounds what hostile programs can make goperf remember.
const maxRows = 4096

func newBook() *book { return &book{next: 1, slot: 1, rows: map[row]*tally{}} }

// adopt takes a policy and returns what the kernel is to be told: the rules, and
// the slot that they stand under.
func (b *book) adopt(p *policy.Policy) (slot uint8, rules []entry) {
	b.slot = 1 - b.slot
	b.adopted++
	rules = entries(p, b.slot, b.next)
	b.versions = append(b.versions, version{p, b.next})
	if len(b.versions) > keptVersions {
		b.versions = b.versions[1:]
	}
	b.next += uint32(len(p.Rules))
	return b.slot, rules
}

// policy is the one in force.
func (b *book) policy() *policy.Policy { return b.versions[len(b.versions)-1].policy }

// rule is where the rule with a number stands.
func (b *book) rule(id uint32) string {
	for i := len(b.versions) - 1; i >= 0; i-- {
		v := b.versions[i]
		if id >= v.first && id-v.first < uint32(len(v.policy.Rules)) {
			return place(v.policy, &v.policy.Rules[id-v.first])
		}
	}
	if id != 0 {
		return "a rule that is gone"
	}
	return ""
}

func place(p *policy.Policy, r *policy.Rule) string {
	if r == nil {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d %s", p.Name, r.Line, r.Column, r.Text)
}

// settle decides about a path that the kernel could not decide about. dir is the
// directory that it is relative to, "" when that is not known any more.
func (b *book) settle(r *record, dir string) (rule string) {
	if r.path[:min(1, len(r.path))] != "/" && dir == "" {
		return ""
	}
	r.path = policy.Resolve(dir, r.path)
	if r.verdict == policy.Noted {
		return ""
	}
	verdict, found := b.policy().Path(r.kind, r.path)
	r.verdict = verdict
	return place(b.policy(), found)
}

// add counts an event and returns whether it is to be told.
func (b *book) add(e Event, r *record) bool {
	if r.verdict == policy.Allowed || r.verdict == policy.Ignored {
		b.spared++
		return false
	}
	b.hits++
	key := row{r.kind, r.verdict, e.Subject, e.Result, e.Rule, e.Function, e.Process}
	t := b.rows[key]
	if t == nil {
		if len(b.rows) == maxRows {
			b.crowded++
			return true
		}
		t = &tally{}
		b.rows[key] = t
	}
	t.n++
	if e.Goroutine != 0 {
		t.goroutine = e.Goroutine
	}
	if len(e.Args) > 0 {
		t.example = e.Args
	}
	return true
}
