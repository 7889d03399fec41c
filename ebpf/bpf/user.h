/* Where a thread left user code: program counter, stack pointer and frame
 * pointer as the kernel saved them on its entry, by a system call or by an
 * interrupt. */
#pragma once

struct user {
	u64 pc, sp, fp;
	u64 lr;    /* arm64: the link register */
	u64 g;     /* arm64: x28, in which Go keeps g */
	s64 sysno; /* of the system call it is in, negative in an interrupt */
	s32 nr;    /* arm64: the same as the kernel keeps it */
	u64 curg;  /* the goroutine that the thread runs on another stack than its own, see goroutine() */
};

#define KERNEL_STACK 16384 /* THREAD_SIZE of both architectures without KASAN */

/* The thread that is interrupted, typed where the kernel can say its type (5.11). */
INLINE struct task_struct *current_thread(void)
{
	if (core_enum_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf))
		return current_task_btf();
	return (void *)current_task();
}

/* thread_state is for kernels before 5.18, whose sched_switch does not tell it; a
 * waker may have changed it meanwhile. Before 5.14 it has another name. */
INLINE u64 thread_state(struct task_struct *t)
{
	struct task_struct___before_5_14 *old = (void *)t;
	u64 before = 0;
	u32 state = 0;

	if (core_field_exists(t->__state)) {
		core_read(&state, t->__state);
		return state;
	}
	core_read(&before, old->state);
	return before;
}

/* A program that is handed typed threads (tp_btf) defines TYPED before it
 * includes this: their members are loads then, not calls of a helper. */
#ifdef TYPED
#define thread_read(dst, field) (*(dst) = (field), 0)
#else
#define thread_read(dst, field) core_read(dst, field)
#endif

#if defined(__TARGET_ARCH_x86)
#define USER_REGS(read, u, r) (read(&(u)->pc, (r)->ip), read(&(u)->sp, (r)->sp), read(&(u)->fp, (r)->bp), read(&(u)->sysno, (r)->orig_ax))
#elif defined(__TARGET_ARCH_arm64)
#define USER_REGS(read, u, r) \
	(read(&(u)->pc, (r)->pc), read(&(u)->sp, (r)->sp), read(&(u)->fp, (r)->regs[29]), read(&(u)->lr, (r)->regs[30]), \
	 read(&(u)->g, (r)->regs[28]), read(&(u)->nr, (r)->syscallno), (u)->sysno = (u)->nr)
#endif
#define load(dst, field) (*(dst) = (field))

/* pt_regs is where the registers of user code are: the kernel says it since
 * 5.15, before that they end the stack of the kernel. */
INLINE int user_state(struct task_struct *t, struct user *u)
{
	struct pt_regs *r;
	void *stack = 0;

	if (core_enum_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs)) {
		r = (void *)task_pt_regs(t);
		USER_REGS(load, u, r);
		return 0;
	}
	if (thread_read(&stack, t->stack) || !stack)
		return -1;
	r = stack + KERNEL_STACK - core_type_size(struct pt_regs);
	USER_REGS(core_read, u, r);
	return 0;
}
