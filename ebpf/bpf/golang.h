/* The goroutine that a thread runs, found as the Go runtime finds it: g in
 * thread-local storage (amd64) or in x28 (arm64), g.m, m.curg. The offsets
 * depend on the version of Go (runtime2.go) and are set before loading. */
#pragma once

const volatile s32 go_tls = -8;  /* amd64: of g from the thread pointer */
const volatile u32 go_m = 48;    /* g.m */
const volatile u32 go_curg = 0;  /* m.curg */
const volatile u32 go_goid = 0;  /* g.goid */
const volatile u32 go_labels = 0; /* g.labels */
const volatile u32 go_syscallpc = 0, go_syscallbp = 0; /* g.syscallpc, .syscallbp; 0: not there (before 1.23) */
const volatile u32 go_label_map = 0; /* labels are a map (before 1.24), not a slice */

struct goroutine {
	u64 id;     /* 0: the thread runs no goroutine */
	u64 labels; /* address of its pprof labels, 0 when it has none */
};

/* The goroutine that g stands for itself, if it is none of the stacks on which
 * the runtime works (g0, gsignal): those have no number. */
INLINE int own_goroutine(u64 g, struct goroutine *out)
{
	if (read_user(&out->id, 8, (void *)(g + go_goid)))
		return -1;
	if (out->id)
		read_user(&out->labels, 8, (void *)(g + go_labels));
	return 0;
}

/* Returns 0 when it could tell. A thread without a goroutine (searching for
 * work, collecting garbage for the runtime, or idle) is told apart from one
 * whose memory cannot be read. */
INLINE int goroutine(struct task_struct *t, struct user *u, struct goroutine *out)
{
	u64 g = 0, m = 0, curg = 0;

	out->id = 0;
	out->labels = 0;
#if defined(__TARGET_ARCH_x86)
	u64 tls = 0;

	if (thread_read(&tls, t->thread.fsbase))
		return -1;
	if (tls && read_user(&g, 8, (void *)(tls + go_tls)))
		return -1;
#elif defined(__TARGET_ARCH_arm64)
	g = u->g;
#endif
	if (!g) /* a thread that is just being started, or is not Go's */
		return 0;
#if defined(__TARGET_ARCH_x86)
	if (own_goroutine(g, out) || out->id)
		return out->id ? 0 : -1;
#endif
	if (read_user(&m, 8, (void *)(g + go_m)) || !m)
		return -1;
	if (read_user(&curg, 8, (void *)(m + go_curg)))
		return -1;
	if (!curg)
		return 0;
#if defined(__TARGET_ARCH_arm64)
	u64 back = 0;

	/* In C code x28 may hold anything: a g belongs to the m that runs it. */
	if (read_user(&back, 8, (void *)(curg + go_m)) || back != m)
		return -1;
#endif
	u->curg = curg;
	return own_goroutine(curg, out);
}
