package main

import "math/rand/v2"

// noAlarm and atLeast are the bars.
func noAlarm(c cell) question {
	return question{cell: c, bar: 0.005, of: alarms, less: true}
}

func atLeast(bar float64, c cell) question { return question{cell: c, bar: bar, of: found} }

// seldomPasses is about what the gate must not let pass.
func seldomPasses(bar float64, c cell) question {
	return question{cell: c, bar: bar, of: passed, less: true}
}

// designs of a gate run.
var (
	five    = design{pairs: 5}
	ten     = design{pairs: 10}
	fiveBy3 = design{pairs: 5, triple: true}
	tenBy3  = design{pairs: 10, triple: true}
)

// sections are all that is asked, in the order of the page.
func (p program) sections() []section {
	return []section{p.nothing(), p.more(), p.exactly(), p.everything(), p.others()}
}

// nothing is the same program on both sides.
func (p program) nothing() section {
	return section{
		title: "Nothing changed",
		about: "The same program on both sides. A false alarm is a regression in anything: the totals of CPU, wall time, bytes and allocations, and each function's CPU, bytes, allocations, lock wait and blocking, all together, or that the gate fails. The last row takes base and new from different halves of the recording, as a gate with a kept baseline does: it has no bar.",
		questions: []question{
			noAlarm(same2(design{pairs: 1})), noAlarm(same2(five)), noAlarm(same2(ten)), noAlarm(same2(fiveBy3)), noAlarm(same2(tenBy3)),
			{cell: same2(design{pairs: 5, apart: true})},
		},
	}
}

// more is what was really measured.
func (p program) more() section {
	return section{
		title: "A function takes more CPU",
		about: "Really measured: " + short(p.quote) + " does more work, about 2 % and 5 % of the CPU of the whole (the effect seen is what that came to).",
		questions: []question{
			{cell: p.slower("B2", five)},
			atLeast(0.70, p.slower("B2", ten)),
			{cell: p.slower("B2", fiveBy3)},
			atLeast(0.98, p.slower("B2", tenBy3)),
			{cell: p.slower("B5", design{pairs: 1})},
			{cell: p.slower("B5", design{pairs: 1, triple: true})},
			atLeast(0.98, p.slower("B5", five)), atLeast(0.98, p.slower("B5", ten)),
		},
	}
}

// exactly is what was added to a recording.
func (p program) exactly() section {
	return section{
		title: "Exactly so much more CPU",
		about: "Samples are added to a function's stacks in arm A2 as chance would draw them, so that the effect is exact and any function can be the guilty one.",
		questions: []question{
			{cell: added(p.quote, 0.01, ten)},
			atLeast(0.70, added(p.quote, 0.02, ten)), atLeast(0.98, added(p.quote, 0.02, tenBy3)),
			{cell: added(p.quote, 0.01, tenBy3)},
			atLeast(0.98, added(p.quote, 0.05, five)), atLeast(0.98, added(p.score, 0.05, five)), atLeast(0.98, added(p.near, 0.05, five)), atLeast(0.98, added(p.tax, 0.05, five)),
			atLeast(0.70, added(p.score, 0.02, ten)), atLeast(0.70, added(p.near, 0.02, ten)), atLeast(0.70, added(p.tax, 0.02, ten)),
			atLeast(0.98, added(p.score, 0.02, tenBy3)), atLeast(0.98, added(p.tax, 0.02, tenBy3)),
			{cell: added(p.tax, 0.01, ten)},
			{cell: added(p.quote, 0.10, design{pairs: 1})},
		},
	}
}

// everything is a slower program all over, or a slower machine.
func (p program) everything() section {
	return section{
		title: "Everything takes more CPU",
		about: "All functions alike: shares stay what they are, and only the measured total shows it. The bar is on gate runs that pass all the same; the budget is 10 %.",
		questions: []question{
			seldomPasses(0.02, slowed(1.2, five)), seldomPasses(0.02, slowed(1.3, five)), {cell: slowed(1.1, ten)}, seldomPasses(0.02, slowed(1.2, ten)),
		},
	}
}

// others is everything else.
func (p program) others() section {
	return section{
		title: "Other changes",
		about: "An improvement is B5 as the base and A as the new side; found means that it is called one. A function that was renamed, moved to another package or inlined by hand costs what it did.",
		questions: []question{
			atLeast(0.98, cell{title: "less work in " + short(p.quote), base: "B5", next: "A", design: five, guilty: p.quote, better: true}),
			noAlarm(cell{title: "less work raises nothing", base: "B5", next: "A", design: five}),
			noAlarm(cell{title: short(p.score) + " renamed", base: "A", next: "A2", design: five, do: rename(p.score, p.renamed("match"))}),
			noAlarm(cell{title: short(p.score) + " moved to another package", base: "A", next: "A2", design: five, do: rename(p.score, p.moved("search"))}),
			noAlarm(cell{title: short(p.score) + " inlined", base: "A", next: "A2", design: five, do: inline(p.score)}),
			noAlarm(cell{title: short(p.score) + " moved, 10 pairs", base: "A", next: "A2", design: ten, do: rename(p.score, p.moved("search"))}),
			atLeast(0.98, cell{title: "more bytes in " + short(p.trail), base: "A", next: "alloc", design: five, guilty: p.trail, metrics: []string{"alloc_space"}}),
			atLeast(0.98, cell{title: "more allocations in " + short(p.trail), base: "A", next: "alloc", design: five, guilty: p.trail, metrics: []string{"alloc_objects"}}),
			atLeast(0.98, cell{title: short(p.reserve) + " holds its lock for longer", base: "A", next: "lock", design: five, guilty: p.reserve, metrics: []string{"mutex_delay", "block_delay"}}),
		},
	}
}

func same2(d design) cell { return cell{title: "nothing", base: "A", next: "A2", design: d} }

func (p program) slower(arm string, d design) cell {
	return cell{title: arm, base: "A", next: arm, design: d, guilty: p.quote}
}

// slowed makes everything take so many times the CPU.
func slowed(times float64, d design) cell {
	return cell{
		title: "+" + percent(times-1) + " in everything", base: "A", next: "A2", design: d, guilty: "cpu",
		do: func(a *archive, r *recorded, _ *rand.Rand) (*archive, *recorded) {
			out := *r
			out.cpu *= times
			return a, &out
		},
	}
}

func added(function string, share float64, d design) cell {
	return cell{
		title: "+" + percent(share) + " in " + short(function), base: "A", next: "A2", design: d,
		guilty: function, do: inject(function, share),
	}
}
