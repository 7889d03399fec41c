/* Where a thread left user code: program counter, stack pointer and frame
 * pointer as the kernel saved them on its entry, by a system call or by an
 * interrupt. */
#pragma once

struct user {
	u64 pc, sp, fp;
	u64 lr;    /* arm64: the link register */
	u64 g;     /* arm64: x28, in which Go keeps g */
	s64 sysno; /* of the system call it is in; meaningless in an interrupt */
};

#define KERNEL_STACK 16384 /* THREAD_SIZE of both architectures without KASAN */

/* pt_regs is where the registers of user code are: the kernel knows it since
 * 5.15, before that they end the stack of the kernel. */
INLINE struct pt_regs *user_regs(struct task_struct *t)
{
	void *stack = 0;

	if (core_enum_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return (void *)task_pt_regs(t);
	if (core_read(&stack, t->stack) || !stack)
		return 0;
	return stack + KERNEL_STACK - core_type_size(struct pt_regs);
}

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

INLINE int user_state(struct task_struct *t, struct user *u)
{
	struct pt_regs *r = user_regs(t);

	if (!r)
		return -1;
#if defined(__TARGET_ARCH_x86)
	core_read(&u->pc, r->ip);
	core_read(&u->sp, r->sp);
	core_read(&u->fp, r->bp);
	core_read(&u->sysno, r->orig_ax);
#elif defined(__TARGET_ARCH_arm64)
	s32 nr = -1;

	core_read(&u->pc, r->pc);
	core_read(&u->sp, r->sp);
	core_read(&u->fp, r->regs[29]);
	core_read(&u->lr, r->regs[30]);
	core_read(&u->g, r->regs[28]);
	core_read(&nr, r->syscallno);
	u->sysno = nr;
#endif
	return 0;
}
