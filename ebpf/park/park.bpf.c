//go:build ignore

/* Exact waiting of goroutines: the runtime parks a goroutine in runtime.gopark
 * and runs it again in runtime.execute. Both are looked at where the function
 * pushes the frame pointer: the kernel emulates that instruction, where any
 * other would be executed out of line at thirty times the cost, and the
 * arguments are still in their registers (amd64, register ABI of Go 1.17):
 * gopark(unlockf AX, lock BX, reason CX, ...), g in R14; execute(gp AX, ...). */
#define COUNTERS 6
#include "helpers.h"
#include "kernel.h"
#include "user.h"
#include "golang.h"
#include "stack.h"
#include "labels.h"

LICENSE;

const volatile u32 target = 0; /* thread group, in the initial PID namespace */

enum { PARKS, RUNS, PARK_LOST, STACK_LOST, LABELS_LOST, WAITS_LOST };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct pt_regs___args {
	unsigned long r14, bp, ax, cx, ip, sp;
};
#pragma clang attribute pop

/* What is the same for all waits that are counted together. */
struct wait {
	u64 stack, labels, reason;
};

struct parked {
	u64 since; /* ns, CLOCK_MONOTONIC */
	struct wait as;
};

struct sum {
	u64 waits, ns, longest;
};

struct {
	MAP_UINT(type, MAP_HASH);
	MAP_UINT(max_entries, 262144);
	MAP_TYPE(key, u64); /* number of the goroutine */
	MAP_TYPE(value, struct parked);
} parked SEC(".maps");

struct {
	MAP_UINT(type, MAP_HASH);
	MAP_UINT(max_entries, 32768);
	MAP_TYPE(key, struct wait);
	MAP_TYPE(value, struct sum);
} waits SEC(".maps");

SEC("uprobe.multi/count")
int on_count(void *ctx)
{
	if (current_pid_tgid() >> 32 == target)
		count(PARKS, 1);
	return 0;
}

SEC("uprobe.multi/park")
int on_park(void *ctx)
{
	struct pt_regs___args *r = ctx;
	struct parked p = {};
	u64 g = 0, goid = 0, labels = 0, reason = 0, pc = 0, sp = 0, fp = 0;

	if (current_pid_tgid() >> 32 != target)
		return 0;
	count(PARKS, 1);
	core_read(&g, r->r14);
	core_read(&reason, r->cx);
	core_read(&pc, r->ip);
	core_read(&sp, r->sp);
	core_read(&fp, r->bp);
	if (read_user(&goid, 8, (void *)(g + go_goid)) || !goid) {
		count(PARK_LOST, 1);
		return 0;
	}
	read_user(&labels, 8, (void *)(g + go_labels));
	p.as.reason = reason & 0xff;
	if (labels)
		p.as.labels = label_id(labels);
	if (p.as.labels == LABELS_LOST_ID)
		count(LABELS_LOST, 1);
	p.as.stack = stack_at(pc, sp, fp, 0, 0);
	if (!p.as.stack)
		count(STACK_LOST, 1);
	p.since = ktime_ns();
	if (map_update(&parked, &goid, &p, UPDATE_ANY))
		count(PARK_LOST, 1);
	return 0;
}

SEC("uprobe.multi/run")
int on_run(void *ctx)
{
	struct pt_regs___args *r = ctx;
	struct sum fresh = {}, *s;
	struct parked *p;
	u64 g = 0, goid = 0, ns;
	struct wait key;

	if (current_pid_tgid() >> 32 != target)
		return 0;
	count(RUNS, 1);
	core_read(&g, r->ax);
	if (read_user(&goid, 8, (void *)(g + go_goid)))
		return 0;
	p = map_lookup(&parked, &goid);
	if (!p) /* parked before the probe, preempted, or new */
		return 0;
	ns = ktime_ns() - p->since;
	key = p->as;
	map_delete(&parked, &goid);
	s = map_lookup(&waits, &key);
	if (!s) {
		map_update(&waits, &key, &fresh, UPDATE_NOEXIST);
		s = map_lookup(&waits, &key);
	}
	if (!s) {
		count(WAITS_LOST, 1);
		return 0;
	}
	__sync_fetch_and_add(&s->waits, 1);
	__sync_fetch_and_add(&s->ns, ns);
	if (ns > s->longest)
		s->longest = ns; /* of two at once the shorter may stay: it is a hint */
	return 0;
}
