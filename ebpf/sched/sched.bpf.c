//go:build ignore

/* The scheduler's view of the target: how long its threads wait for a CPU once
 * they could run, who had the CPU meanwhile, how often they were preempted and
 * moved to another CPU. */
#define COUNTERS 8
#define TYPED
#include "helpers.h"
#include "kernel.h"
#include "user.h"

LICENSE;

const volatile u32 target = 0; /* thread group, in the initial PID namespace */

enum { RUNS, QUEUED_NS, WAKEUPS, PREEMPTIONS, MIGRATIONS, NO_STORAGE, OTHERS_LOST, UNSEEN };

#define STATE 0xff
#define BUCKETS 40 /* bucket i: from 2^i to 2^(i+1) ns */

struct thread {
	u64 queued; /* since when it could run, 0: it runs or waits for something else */
};

struct {
	MAP_UINT(type, MAP_TASK_STORAGE);
	MAP_UINT(map_flags, MAP_NO_PREALLOC);
	MAP_TYPE(key, int);
	MAP_TYPE(value, struct thread);
} threads SEC(".maps");

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
	u32 key = prev->tgid;
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

INLINE void runs(struct task_struct *t, struct task_struct *prev)
{
	struct thread *th = task_storage_get(&threads, t, 0, 0);
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

INLINE void queue(struct task_struct *t, u64 flags)
{
	struct thread *th = task_storage_get(&threads, t, 0, flags);

	if (th)
		th->queued = ktime_ns();
	else if (flags)
		count(NO_STORAGE, 1);
}

INLINE void stops(struct task_struct *t, u64 state)
{
	struct thread *th;

	if (!(state & STATE)) {
		count(PREEMPTIONS, 1);
		queue(t, STORAGE_CREATE);
		return;
	}
	th = task_storage_get(&threads, t, 0, STORAGE_CREATE);
	if (th)
		th->queued = 0;
	else
		count(NO_STORAGE, 1);
}

/* Arguments since 5.18: preempt, prev, next, prev_state. */
SEC("tp_btf/sched_switch")
int on_switch(u64 *ctx)
{
	struct task_struct *prev = (void *)ctx[1], *next = (void *)ctx[2];

	if (prev->tgid == target)
		stops(prev, ctx[3]);
	if (next->tgid == target)
		runs(next, prev);
	return 0;
}

SEC("tp_btf/sched_switch")
int on_switch_before_5_18(u64 *ctx)
{
	struct task_struct *prev = (void *)ctx[1], *next = (void *)ctx[2];

	if (prev->tgid == target)
		stops(prev, thread_state(prev));
	if (next->tgid == target)
		runs(next, prev);
	return 0;
}

SEC("tp_btf/sched_wakeup")
int on_wakeup(u64 *ctx)
{
	struct task_struct *t = (void *)ctx[0];

	if (t->tgid != target)
		return 0;
	count(WAKEUPS, 1);
	queue(t, STORAGE_CREATE);
	return 0;
}

SEC("tp_btf/sched_wakeup_new")
int on_wakeup_new(u64 *ctx)
{
	struct task_struct *t = (void *)ctx[0];

	if (t->tgid == target)
		queue(t, STORAGE_CREATE);
	return 0;
}

/* Arguments: thread, CPU it goes to. */
SEC("tp_btf/sched_migrate_task")
int on_migrate(u64 *ctx)
{
	struct task_struct *t = (void *)ctx[0];

	if (t->tgid == target)
		count(MIGRATIONS, 1);
	return 0;
}
