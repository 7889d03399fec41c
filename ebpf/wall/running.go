package wall

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/goperf/goperf/ebpf/goproc"
	"github.com/goperf/goperf/ebpf/goroutines"
	"github.com/goperf/goperf/ebpf/oncpu"
	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/profile"
)

// The stack of a running goroutine is in registers. Where the kernel lets us, a
// clock interrupts the CPUs meanwhile and tells the stacks of what runs: the time
// of running goroutines is divided over those of goroutines that began in the
// same function, or have the same number or labels where these are kept apart.

// sampler is the on-CPU probe beside the looks at memory.
type sampler struct {
	session probe.Session
	refused error // why there is none
}

func startSampler(ctx context.Context, t probe.Target) sampler {
	s, err := oncpu.Probe(oncpu.Options{}).Start(ctx, t)
	return sampler{s, err}
}

// stop ends it when nobody wants what it measured.
func (s *sampler) stop() {
	if s.session != nil {
		_, _ = s.session.Finish()
	}
}

// pools are the samples, apart as the entries of a tally are.
type pools struct {
	of      map[pool][]onCPU
	samples int64
	why     string // there are none
}

// pool is what goroutines have in common whose samples count for each other.
type pool struct {
	start  string // the function they began in
	id     uint64 // when they are kept apart
	labels string
}

// onCPU is a stack and how often it was sampled.
type onCPU struct {
	stack []uint64 // as a [goproc.Goroutine] has it
	n     int64
}

// pools brings home what was sampled.
func (t *tally) pools(s sampler) pools {
	if s.refused != nil {
		return pools{why: s.refused.Error()}
	}
	m, err := s.session.Finish()
	if err != nil {
		return pools{why: err.Error()}
	}
	for _, l := range m.Losses {
		l.What = "on-CPU " + l.What
		t.losses = append(t.losses, l)
	}
	all := pools{of: map[pool][]onCPU{}}
	p := m.Profile
	for i := range p.NumSamples() {
		k, ok := t.poolOf(p, i)
		if !ok {
			continue
		}
		n := p.Value(i, 0)
		all.samples += n
		all.of[k] = append(all.of[k], onCPU{goroutines.Addresses(p, i), n})
	}
	return all
}

// poolOf is false for what belongs to no goroutine.
func (t *tally) poolOf(p *profile.Profile, sample int) (k pool, ok bool) {
	if k.start = goroutines.Start(p, sample); k.start == "" {
		return k, false
	}
	var labels []goproc.Label
	for _, l := range p.Labels(sample) {
		switch {
		case l.Key == goroutines.IDLabel && l.Str == "":
			ok = true
			if t.o.IDs {
				k.id = uint64(l.Num)
			}
		case t.o.Labels:
			labels = append(labels, goproc.Label{Key: l.Key, Value: l.Str})
		}
	}
	slices.SortFunc(labels, func(a, b goproc.Label) int { return strings.Compare(a.Key, b.Key) })
	k.labels = t.word(labels)
	return k, ok
}

// divide gives the time of running goroutines to the stacks that were sampled of
// them. Nothing is lost to rounding.
func (t *tally) divide(e *entry) []entry {
	if e.g.Status != goproc.Running || len(e.g.Stack) > 0 {
		return []entry{*e}
	}
	t.running += e.time
	all := t.cpu.of[pool{t.startName(e.g.Start), e.of.id, e.of.labels}]
	var total, sum, n int64
	for _, c := range all {
		total += c.n
	}
	if total == 0 {
		return []entry{*e}
	}
	t.divided += e.time
	var parts []entry
	var given time.Duration
	for _, c := range all {
		sum += c.n
		share := float64(sum) / float64(total)
		upto, uptoTime := int64(math.Round(share*float64(e.n))), time.Duration(math.Round(share*float64(e.time)))
		part := entry{g: e.g, n: upto - n, time: uptoTime - given}
		part.g.Stack = c.stack
		parts = append(parts, part)
		n, given = upto, uptoTime
	}
	return parts
}

// startName is the function that a goroutine began in.
func (t *tally) startName(pc uint64) string {
	fs := t.p.Frames(pc)
	if len(fs) == 0 {
		return ""
	}
	return fs[len(fs)-1].Symbol
}

// runningNote says where the time of running goroutines went.
func (t *tally) runningNote() string {
	const plain = "the stack of a running goroutine is not in memory"
	if t.cpu.why != "" {
		return fmt.Sprintf("%s, so its time counts for the function it began in; stacks of what runs take the on-CPU probe: %s", plain, t.cpu.why)
	}
	return fmt.Sprintf("%s: %v of the %v that goroutines ran are divided over the stacks of %d on-CPU samples, of goroutines that began in the same function%s; the rest counts for that function",
		plain, t.divided.Round(time.Millisecond), t.running.Round(time.Millisecond), t.cpu.samples, t.apart())
}

func (t *tally) apart() string {
	switch {
	case t.o.IDs:
		return " and have the same number"
	case t.o.Labels:
		return " and have the same labels"
	}
	return ""
}
