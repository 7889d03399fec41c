//go:build ignore

/* The scheduler's view of the target: how long its threads wait for a CPU once
 * they could run, who had the CPU meanwhile, how often they were preempted and
 * moved to another CPU. */
#define COUNTERS 8
#include "helpers.h"
#include "kernel.h"
#include "rung.h"
#include "user.h"

LICENSE;

const volatile u32 target = 0; /* thread group, in the initial PID namespace */

enum { RUNS, QUEUED_NS, WAKEUPS, PREEMPTIONS, MIGRATIONS, NO_STORAGE, OTHERS_LOST, UNSEEN };

#define STATE 0xff
#define BUCKETS 40 /* bucket i: from 2^i to 2^(i+1) ns */

struct thread {
	u64 queued; /* since when it could run, 0: it runs or waits for something else */
};

THREAD_MAP(threads, struct thread);

struct {
	MAP_UINT(type, MAP_PERCPU_ARRAY);
	MAP_UINT(max_entries, BUCKETS);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, u64);
} latency SEC(".maps");

/* Who had the CPU that a thread of the target waited for. */
struct other {
	char comm[16];
	u64 n, ns;
};

struct {
	MAP_UINT(type, MAP_HASH);
	MAP_UINT(max_entries, 4096);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct other);
} others SEC(".maps");

INLINE u32 log2_of(u64 v)
{
	u32 r = 0, s;

	s = (v > 0xffffffff) << 5; v >>= s; r |= s;
	s = (v > 0xffff) << 4; v >>= s; r |= s;
	s = (v > 0xff) << 3; v >>= s; r |= s;
	s = (v > 0xf) << 2; v >>= s; r |= s;
	s = (v > 0x3) << 1; v >>= s; r |= s;
	return r | v >> 1;
}

INLINE void had_cpu(struct task_struct *prev, u64 ns)
{
	u32 key = member(prev, tgid);
	struct other fresh = {}, *o = map_lookup(&others, &key);

	if (!o) {
		core_read(&fresh.comm, prev->comm);
		map_update(&others, &key, &fresh, UPDATE_NOEXIST);
		o = map_lookup(&others, &key);
	}
	if (!o) {
		count(OTHERS_LOST, 1);
		return;
	}
	__sync_fetch_and_add(&o->n, 1);
	__sync_fetch_and_add(&o->ns, ns);
}

INLINE void runs(struct thread_ref *next, struct task_struct *prev)
{
	struct thread *th = thread_value(&threads, next, 0, 0);
	u64 ns, *n;
	u32 bucket;

	if (!th) /* not seen since the probe is attached */
		return;
	if (!th->queued) {
		count(UNSEEN, 1);
		return;
	}
	ns = ktime_ns() - th->queued;
	th->queued = 0;
	count(RUNS, 1);
	count(QUEUED_NS, ns);
	bucket = log2_of(ns);
	if (bucket >= BUCKETS)
		bucket = BUCKETS - 1;
	n = map_lookup(&latency, &bucket);
	if (n)
		*n += 1;
	had_cpu(prev, ns);
}

INLINE void queue(struct thread_ref *ref, u64 flags)
{
	struct thread fresh UNUSED = {}, *th = thread_value(&threads, ref, &fresh, flags);

	if (th)
		th->queued = ktime_ns();
	else if (flags)
		count(NO_STORAGE, 1);
}

INLINE void stops(struct thread_ref *ref, u64 state)
{
	struct thread fresh UNUSED = {}, *th;

#ifdef UNTYPED
	if (state & DEAD) {
		map_delete(&threads, &ref->tid);
		return;
	}
#endif
	if (!(state & STATE)) {
		count(PREEMPTIONS, 1);
		queue(ref, STORAGE_CREATE);
		return;
	}
	th = thread_value(&threads, ref, &fresh, STORAGE_CREATE);
	if (th)
		th->queued = 0;
	else
		count(NO_STORAGE, 1);
}

#ifndef CLASSIC
INLINE void switched(struct task_struct *prev, struct task_struct *next, u64 state)
{
	struct thread_ref from = refer(prev), to = refer(next);

	if (member(prev, tgid) == target)
		stops(&from, state);
	if (member(next, tgid) == target)
		runs(&to, prev);
}

/* Arguments since 5.18: preempt, prev, next, prev_state. */
ON(sched_switch)
int on_switch(u64 *ctx)
{
	switched((void *)ctx[1], (void *)ctx[2], ctx[3]);
	return 0;
}

ON(sched_switch)
int on_switch_before_5_18(u64 *ctx)
{
	switched((void *)ctx[1], (void *)ctx[2], thread_state((void *)ctx[1]));
	return 0;
}

ON(sched_wakeup)
int on_wakeup(u64 *ctx)
{
	struct task_struct *t = (void *)ctx[0];
	struct thread_ref ref = refer(t);

	if (member(t, tgid) != target)
		return 0;
	count(WAKEUPS, 1);
	queue(&ref, STORAGE_CREATE);
	return 0;
}

ON(sched_wakeup_new)
int on_wakeup_new(u64 *ctx)
{
	struct task_struct *t = (void *)ctx[0];
	struct thread_ref ref = refer(t);

	if (member(t, tgid) == target)
		queue(&ref, STORAGE_CREATE);
	return 0;
}

/* Arguments: thread, CPU it goes to. */
ON(sched_migrate_task)
int on_migrate(u64 *ctx)
{
	struct task_struct *t = (void *)ctx[0];

	if (member(t, tgid) == target)
		count(MIGRATIONS, 1);
	return 0;
}
#else
/* Whose a thread is that does not run is not told: those count that were seen to
 * leave a CPU as the target's. */
ON(sched_switch)
int on_switch(struct record_switch *ctx)
{
	struct thread_ref from = {.tid = ctx->prev_pid}, to = {.tid = ctx->next_pid};

	if (current_pid_tgid() >> 32 == target)
		stops(&from, ctx->prev_state);
	runs(&to, (void *)current_task());
	return 0;
}

ON(sched_wakeup)
int on_wakeup(struct record_thread *ctx)
{
	struct thread_ref ref = {.tid = ctx->pid};

	if (!thread_value(&threads, &ref, 0, 0))
		return 0;
	count(WAKEUPS, 1);
	queue(&ref, 0);
	return 0;
}

/* A thread that is new is made by one of its process, which runs. */
ON(sched_wakeup_new)
int on_wakeup_new(struct record_thread *ctx)
{
	struct thread_ref ref = {.tid = ctx->pid};

	if (current_pid_tgid() >> 32 == target)
		queue(&ref, STORAGE_CREATE);
	return 0;
}

ON(sched_migrate_task)
int on_migrate(struct record_thread *ctx)
{
	struct thread_ref ref = {.tid = ctx->pid};

	if (thread_value(&threads, &ref, 0, 0))
		count(MIGRATIONS, 1);
	return 0;
}
#endif
