/* One source of a probe on the scheduler's tracepoints gives three objects, for
 * three ways to attach (rungs):
 *
 *   tp_btf      arguments are typed threads, state lies in the thread (5.11)
 *   raw_tp      -DRAW: arguments are addresses, state in a table by thread
 *   tracepoint  -DCLASSIC: a record of numbers; of a thread other than the one
 *               that runs only its number is known
 *
 * In sched_switch the thread that leaves is the one that runs. */
#pragma once

#define UNUSED __attribute__((unused)) /* on one of the rungs */

#if defined(RAW) || defined(CLASSIC)
#define UNTYPED
#else
#define TYPED
#endif

#ifdef UNTYPED
#define member(t, f) \
	({ \
		typeof(t) __t = (t); /* the type of what holds t is no type of the kernel */ \
		typeof(__t->f) __v = 0; \
		core_read(&__v, __t->f); \
		__v; \
	})
#else
#define member(t, f) ((t)->f)
#endif

#if defined(RAW)
#define ON(event) SEC("raw_tp/" #event)
#elif defined(CLASSIC)
#define ON(event) SEC("tracepoint/sched/" #event)
#else
#define ON(event) SEC("tp_btf/" #event)
#endif

#define MAX_THREADS 16384 /* of the target, where state lies in a table */

/* A map that keeps a value for each thread of the target. */
#ifdef UNTYPED
#define THREAD_MAP(name, struct_type) \
	struct { \
		MAP_UINT(type, MAP_HASH); \
		MAP_UINT(max_entries, MAX_THREADS); \
		MAP_TYPE(key, u32); \
		MAP_TYPE(value, struct_type); \
	} name SEC(".maps")
#else
#define THREAD_MAP(name, struct_type) \
	struct { \
		MAP_UINT(type, MAP_TASK_STORAGE); \
		MAP_UINT(map_flags, MAP_NO_PREALLOC); \
		MAP_TYPE(key, int); \
		MAP_TYPE(value, struct_type); \
	} name SEC(".maps")
#endif

/* A thread as a tracepoint tells it; t is 0 where only the number is known. */
struct thread_ref {
	struct task_struct *t;
	u32 tid;
};

/* The value of a thread; with STORAGE_CREATE it is made. */
#ifdef UNTYPED
#define thread_value(map, ref, fresh, flags) \
	({ \
		u32 __tid = (ref)->tid; \
		void *__v = map_lookup(map, &__tid); \
		if (!__v && (flags)) { \
			map_update(map, &__tid, fresh, UPDATE_NOEXIST); \
			__v = map_lookup(map, &__tid); \
		} \
		__v; \
	})
#else
#define thread_value(map, ref, fresh, flags) task_storage_get(map, (ref)->t, 0, flags)
#endif

/* The records of sched:* (their format files). */
struct record_switch {
	u64 common;
	char prev_comm[16];
	s32 prev_pid, prev_prio;
	s64 prev_state;
	char next_comm[16];
	s32 next_pid, next_prio;
};

struct record_thread { /* sched_waking, sched_wakeup, sched_wakeup_new, sched_migrate_task */
	u64 common;
	char comm[16];
	s32 pid, prio;
};

#ifdef CLASSIC
#define DEAD 0x30 /* EXIT_DEAD and EXIT_ZOMBIE, as the record has it */
#else
#define DEAD 0x80 /* TASK_DEAD */
#endif

INLINE struct thread_ref refer(struct task_struct *t)
{
	struct thread_ref r = {.t = t};

#ifdef UNTYPED
	r.tid = member(t, pid);
#endif
	return r;
}

/* Whether the kernel accounts what each thread waits for CPUs, where a program can
 * read it: then none has to see threads woken, which the whole machine would pay
 * for. The loader asks the same (attach.Queues). */
#ifdef CLASSIC
#define QUEUES 0
#else
#define QUEUES \
	(core_field_exists(((struct sched_info *)0)->run_delay) && core_field_exists(((struct sched_info *)0)->last_queued) && \
	 core_field_exists(((struct cfs_rq *)0)->rq))
#endif

/* What a thread has waited for CPUs in its life, in ns, as of the switch that is
 * going on: the kernel adds the last part when the switch is done. */
INLINE u64 queued_in_life(struct task_struct *t)
{
	u64 ns = member(t, sched_info.run_delay), since = member(t, sched_info.last_queued);
	struct cfs_rq *queue = member(t, se.cfs_rq);
	struct rq *rq = member(queue, rq);

	return since ? ns + member(rq, clock) - since : ns;
}
