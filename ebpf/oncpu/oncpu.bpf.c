//go:build ignore

/* On-CPU sampling: a clock on each CPU interrupts it; when it runs the target,
 * the stack, the goroutine and its labels are counted. */
#define COUNTERS 5
#include "helpers.h"
#include "kernel.h"
#include "user.h"
#include "golang.h"
#include "stack.h"
#include "labels.h"

LICENSE;

const volatile u32 target = 0; /* thread group, in the initial PID namespace */

enum { SAMPLES, NO_GOROUTINE, STACK_LOST, LABELS_LOST, SAMPLES_LOST };

struct sample {
	u64 goid, stack, labels;
};

struct {
	MAP_UINT(type, MAP_HASH);
	MAP_UINT(max_entries, 32768);
	MAP_TYPE(key, struct sample);
	MAP_TYPE(value, u64);
} samples SEC(".maps");

SEC("perf_event")
int on_clock(void *ctx)
{
	struct task_struct *t;
	struct user u = {};
	struct goroutine g = {};
	struct sample key = {};
	u64 one = 1, *n;

	if (current_pid_tgid() >> 32 != target)
		return 0;
	count(SAMPLES, 1);
	t = current_thread();
	if (user_state(t, &u))
		return 0;
	if (goroutine(t, &u, &g))
		count(NO_GOROUTINE, 1);
	key.goid = g.id;
	if (g.labels)
		key.labels = label_id(g.labels);
	if (key.labels == LABELS_LOST_ID)
		count(LABELS_LOST, 1);
	key.stack = stack_id(&u);
	if (!key.stack)
		count(STACK_LOST, 1);
	n = map_lookup(&samples, &key);
	if (n)
		__sync_fetch_and_add(n, 1);
	else if (map_update(&samples, &key, &one, UPDATE_NOEXIST)) {
		n = map_lookup(&samples, &key); /* another CPU was first */
		if (n)
			__sync_fetch_and_add(n, 1);
		else
			count(SAMPLES_LOST, 1);
	}
	return 0;
}
