//go:build ignore

/* Off-CPU time: from the moment a thread of the target leaves its CPU to the
 * moment it is back, summed up by goroutine, stack, labels, system call and
 * state. The part after it was woken is the wait for a CPU. */
#define COUNTERS 12
#include "helpers.h"
#include "kernel.h"
#include "rung.h"
#include "user.h"
#include "golang.h"
#include "stack.h"
#include "labels.h"

LICENSE;

const volatile u32 target = 0;        /* thread group, in the initial PID namespace */
const volatile u32 kernel_stacks = 0; /* keep the kernel's stack as well */

enum { SWITCHES, WAITS, NO_GOROUTINE, STACK_LOST, LABELS_LOST, ROWS_LOST, ROWS_LOST_NS, NO_STORAGE, IDLE_WAITS, IDLE_NS, UNSEEN, UNSEEN_NS };

#if defined(__TARGET_ARCH_x86)
#define SCHED_YIELD 24
#elif defined(__TARGET_ARCH_arm64)
#define SCHED_YIELD 124
#endif

#define STATE 0xff /* TASK_FREEZABLE and other flags say nothing about the reason */

struct waker {
	u64 goid, stack;
};

struct reason {
	u64 goid, labels, stack, kernel_stack;
	struct waker waker;
	s32 sysno; /* -1: in no system call */
	u32 state; /* 0: it could have gone on */
};

struct row {
	u64 ns, queued_ns, n, max_ns;
};

/* A thread away, or on a CPU since it was back. */
struct wait {
	u64 since;     /* it left; 0: it is on a CPU */
	u64 woken;     /* 0: not yet; where there are QUEUES: what it had waited for CPUs in its life */
	u64 back, ran; /* it came back, and how long it had run by then or when it left */
	u32 idle, zero;
	struct reason why;
};

THREAD_MAP(waits, struct wait);

#ifdef UNTYPED
/* What a wait begins as; too large for the stack of a program. */
struct {
	MAP_UINT(type, MAP_ARRAY);
	MAP_UINT(max_entries, 1);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct wait);
} no_wait SEC(".maps");
#endif

struct {
	MAP_UINT(type, MAP_HASH);
	MAP_UINT(max_entries, 32768);
	MAP_TYPE(key, struct reason);
	MAP_TYPE(value, struct row);
} rows SEC(".maps");

#define KERNEL_FRAMES 32

struct kernel_stack {
	u64 pc[KERNEL_FRAMES];
};

struct {
	MAP_UINT(type, MAP_PERCPU_ARRAY);
	MAP_UINT(max_entries, 1);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct kernel_stack);
} kernel_room SEC(".maps");

struct {
	MAP_UINT(type, MAP_HASH);
	MAP_UINT(max_entries, 4096);
	MAP_TYPE(key, u64);
	MAP_TYPE(value, struct kernel_stack);
} kernel_table SEC(".maps");

INLINE u64 kernel_stack_id(void *ctx)
{
	u32 zero = 0;
	u64 h = HASH_START;
	struct kernel_stack *k = map_lookup(&kernel_room, &zero);

	if (!k)
		return 0;
	__builtin_memset(k, 0, sizeof(*k));
	if (get_stack(ctx, k->pc, sizeof(k->pc), 0) <= 0)
		return 0;
	for (int i = 0; i < KERNEL_FRAMES; i++)
		h = hash_word(h, k->pc[i]);
	h |= 1;
	if (!map_lookup(&kernel_table, &h) && map_update(&kernel_table, &h, k, UPDATE_NOEXIST) && !map_lookup(&kernel_table, &h)) {
		count(STACK_LOST, 1);
		return 0;
	}
	return h;
}

/* How long the thread of a wait that ends now waited for a CPU. */
INLINE u64 queued(struct wait *w, struct task_struct *t, u64 now)
{
	if (QUEUES)
		return queued_in_life(t) - w->woken;
	return w->woken && now > w->woken ? now - w->woken : 0;
}

/* account adds up a wait that ended now. */
INLINE void account(struct wait *w, u64 now, u64 queued)
{
	struct row *r, none = {};
	u64 ns = now - w->since;

	w->since = 0;
	if (w->idle) {
		count(IDLE_WAITS, 1);
		count(IDLE_NS, ns);
		return;
	}
	count(WAITS, 1);
	r = map_lookup(&rows, &w->why);
	if (!r) {
		map_update(&rows, &w->why, &none, UPDATE_NOEXIST);
		r = map_lookup(&rows, &w->why);
	}
	if (!r) {
		count(ROWS_LOST, 1);
		count(ROWS_LOST_NS, ns);
		return;
	}
	__sync_fetch_and_add(&r->ns, ns);
	__sync_fetch_and_add(&r->queued_ns, queued);
	__sync_fetch_and_add(&r->n, 1);
	if (ns > r->max_ns)
		r->max_ns = ns;
}

/* left notes why a thread leaves its CPU: the one that runs. */
INLINE void left(void *ctx, struct thread_ref *ref, u32 state)
{
	struct task_struct *t = ref->t;
	struct user u = {};
	struct goroutine g = {};
	struct wait *w, *fresh UNUSED = 0;
	u32 zero UNUSED = 0;

	if (state & DEAD) { /* never to come back */
#ifdef UNTYPED
		map_delete(&waits, &ref->tid);
#endif
		return;
	}
	count(SWITCHES, 1);
#ifdef UNTYPED
	fresh = map_lookup(&no_wait, &zero);
	if (!fresh) /* never, but only newer verifiers know */
		return;
#endif
	w = thread_value(&waits, ref, fresh, STORAGE_CREATE);
	if (!w) {
		count(NO_STORAGE, 1);
		return;
	}
	/* It leaves twice and was not seen to come back: in virtual machines
	 * sched_switch misses a few in a thousand, for perf as well. What it ran
	 * since it left for the first time tells when it was back. */
	if (w->since) {
		u64 was_back = ktime_ns() - (member(t, se.sum_exec_runtime) - w->ran);

		account(w, was_back, queued(w, t, was_back));
	}
	__builtin_memset(w, 0, sizeof(*w));
	w->why.state = state & STATE;
	w->why.sysno = -1;
	if (!user_state(t, &u)) {
		if (state || u.sysno == SCHED_YIELD)
			w->why.sysno = u.sysno;
		int unknown = goroutine(t, &u, &g);

		if (unknown)
			count(NO_GOROUTINE, 1);
		/* A thread without a goroutine that stops by itself has nothing to do. */
		w->idle = !unknown && !g.id && w->why.sysno != -1;
		w->why.goid = g.id;
		if (!w->idle) {
			if (g.labels)
				w->why.labels = label_id(g.labels);
			if (w->why.labels == LABELS_LOST_ID)
				count(LABELS_LOST, 1);
			w->why.stack = stack_id(&u);
			if (!w->why.stack)
				count(STACK_LOST, 1);
			if (kernel_stacks)
				w->why.kernel_stack = kernel_stack_id(ctx);
		}
	}
	w->ran = member(t, se.sum_exec_runtime);
	w->since = ktime_ns();
	if (QUEUES)
		w->woken = queued_in_life(t);
	else if (!state)
		w->woken = w->since;
}

/* back ends the wait of a thread. */
INLINE void back(struct thread_ref *ref)
{
	struct wait *w = thread_value(&waits, ref, 0, 0);

	if (!w) /* its first time since the probe is attached */
		return;
	u64 now = ktime_ns(), ran = ref->t ? member(ref->t, se.sum_exec_runtime) : 0;

	if (w->since) {
		account(w, now, queued(w, ref->t, now));
	} else {
		/* It comes back and was not seen to leave: how long it was away is
		 * known, why is not. */
		count(UNSEEN, 1);
		if (ref->t)
			count(UNSEEN_NS, now - w->back - (ran - w->ran));
	}
	w->back = now;
	w->ran = ran;
}

/* Attached where there are no QUEUES. */
INLINE void wakes(struct thread_ref *ref)
{
	struct wait *w = thread_value(&waits, ref, 0, 0);

	if (w && w->since && !w->woken)
		w->woken = ktime_ns();
}

#ifndef CLASSIC
INLINE void switched(void *ctx, struct task_struct *prev, struct task_struct *next, u64 state)
{
	struct thread_ref from = refer(prev), to = refer(next);

	if (member(prev, tgid) == target) {
#ifdef UNTYPED
		from.t = current_thread();
#endif
		left(ctx, &from, state);
	}
	if (member(next, tgid) == target)
		back(&to);
}

/* Arguments since 5.18: preempt, prev, next, prev_state. */
ON(sched_switch)
int on_switch(u64 *ctx)
{
	switched(ctx, (void *)ctx[1], (void *)ctx[2], ctx[3]);
	return 0;
}

ON(sched_switch)
int on_switch_before_5_18(u64 *ctx)
{
	switched(ctx, (void *)ctx[1], (void *)ctx[2], thread_state((void *)ctx[1]));
	return 0;
}

ON(sched_wakeup)
int on_wakeup(u64 *ctx)
{
	struct task_struct *t = (void *)ctx[0];
	struct thread_ref ref = refer(t);

	if (member(t, tgid) == target)
		wakes(&ref);
	return 0;
}
#else
/* Whose a thread is that does not run is not told: those count that were seen to
 * leave a CPU as the target's. */
ON(sched_switch)
int on_switch(struct record_switch *ctx)
{
	struct thread_ref from = {.tid = ctx->prev_pid}, to = {.tid = ctx->next_pid};

	if (current_pid_tgid() >> 32 == target) {
		from.t = current_thread();
		left(ctx, &from, ctx->prev_state);
	}
	back(&to);
	return 0;
}

ON(sched_wakeup)
int on_wakeup(struct record_thread *ctx)
{
	struct thread_ref ref = {.tid = ctx->pid};

	wakes(&ref);
	return 0;
}
#endif

/* The waker is the thread that runs here, if it is in a system call: an
 * interrupt wakes on behalf of somebody else. */
INLINE void waking(struct thread_ref *ref)
{
	struct task_struct *self;
	struct user u = {};
	struct goroutine g = {};
	struct wait *w;

	if (current_pid_tgid() >> 32 != target)
		return;
	w = thread_value(&waits, ref, 0, 0);
	if (!w || !w->since || w->idle)
		return;
	self = current_thread();
	if (user_state(self, &u) || u.sysno < 0 || goroutine(self, &u, &g))
		return;
	w->why.waker.goid = g.id;
	w->why.waker.stack = stack_id(&u);
}

#ifndef CLASSIC
ON(sched_waking)
int on_waking(u64 *ctx)
{
	struct task_struct *t = (void *)ctx[0];
	struct thread_ref ref = refer(t);

	if (member(t, tgid) == target)
		waking(&ref);
	return 0;
}
#else
ON(sched_waking)
int on_waking(struct record_thread *ctx)
{
	struct thread_ref ref = {.tid = ctx->pid};

	waking(&ref);
	return 0;
}
#endif
