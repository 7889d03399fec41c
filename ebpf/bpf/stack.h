/* The stack of user code by frame pointers, as Go keeps them, under the hash of
 * its addresses. The kernel's own table of stacks drops those whose short hash
 * is taken, and its walk drops the caller of a function without a frame. */
#pragma once

#define FRAMES 128 /* a power of two */

const volatile u64 text_start = 0, text_end = 0; /* of the Go code */

struct stack {
	u32 n;
	u8 pushed; /* pc[1] was found above a frame pointer just pushed */
	u8 down;   /* how often the walk went down; here, because the verifier would follow each way it could count */
	u16 zero;
	u64 pc[FRAMES];
};

struct {
	MAP_UINT(type, MAP_PERCPU_ARRAY);
	MAP_UINT(max_entries, 1);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct stack);
} stack_room SEC(".maps");

struct {
	MAP_UINT(type, MAP_HASH);
	MAP_UINT(max_entries, 8192);
	MAP_TYPE(key, u64);
	MAP_TYPE(value, struct stack);
} stacks SEC(".maps");

#define HASH_START 0xcbf29ce484222325ULL

INLINE u64 hash_word(u64 h, u64 w)
{
	h = (h ^ w) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 32;
}

/* The walk may go down a few times: from the stack of the scheduler or of a
 * signal to that of the goroutine. */
#define STACK_SWITCHES 4

/* pc[0] is where the thread is. pc[1] is the caller if pc[0] is in a function
 * that has no frame (yet, or any more), and 0 or anything else otherwise: only
 * the symbol table can tell, see package stacks. The rest is the chain of frame
 * pointers. Returns the hash, 0 when there is no room. */
APART u64 stack_at(u64 pc, u64 sp, u64 fp, u64 lr)
{
	u32 zero = 0, n = 2;
	u64 frame[2] = {}, caller = 0, h = HASH_START;
	struct stack *s = map_lookup(&stack_room, &zero);

	asm volatile("" : : "r"(lr)); /* the verifier wants it set, clang does not */
	if (!s)
		return 0;
	s->pushed = 0;
	s->down = 0;
#if defined(__TARGET_ARCH_x86)
	read_user(frame, 16, (void *)sp);
	caller = frame[0];
	if (caller == fp) { /* push %rbp is done, mov %rsp,%rbp is not */
		caller = frame[1];
		s->pushed = 1;
	}
#elif defined(__TARGET_ARCH_arm64)
	caller = lr;
#endif
	if (caller < text_start || caller >= text_end)
		caller = 0;
	s->pc[0] = pc;
	s->pc[1] = caller;
	h = hash_word(hash_word(h, pc), caller + s->pushed);
	for (int i = 2; i < FRAMES; i++) {
		if (read_user(frame, 16, (void *)fp) || !frame[1])
			break;
		s->pc[i & (FRAMES - 1)] = frame[1];
		h = hash_word(h, frame[1]);
		n = i + 1;
		if (frame[0] <= fp && (!frame[0] || ++s->down > STACK_SWITCHES))
			break;
		fp = frame[0];
	}
	s->n = n;
	h |= !h; /* 0 means no stack */
	if (!map_lookup(&stacks, &h) && map_update(&stacks, &h, s, UPDATE_NOEXIST) && !map_lookup(&stacks, &h))
		return 0;
	return h;
}

INLINE u64 stack_id(struct user *u)
{
	return stack_at(u->pc, u->sp, u->fp, u->lr);
}
