//go:build ignore

/* Finds the number that a process has in the initial PID namespace, by the one
 * that it has in the namespace of whoever reads the iterator. */
#include "helpers.h"
#include "kernel.h"

LICENSE;

const volatile u32 wanted = 0; /* the number of the process there */

SEC("iter/task")
int find_task(struct bpf_iter__task *ctx)
{
	struct task_struct *t = ctx->task, *self = current_task_btf();
	struct pid *own, *pid;
	u32 level = 0, host;
	int nr = 0;

	if (!t || t->pid != t->tgid)
		return 0;
	own = self->thread_pid;
	pid = t->thread_pid;
	if (!own || !pid || core_read(&level, own->level))
		return 0;
	/* numbers has an entry for each namespace from the initial one down. */
	if (read_kernel(&nr, sizeof(nr), (void *)__builtin_preserve_access_index(&pid->numbers) + level * core_type_size(struct upid)))
		return 0;
	if (nr != wanted)
		return 0;
	host = t->tgid;
	seq_write(ctx->meta->seq, &host, sizeof(host));
	return 0;
}
