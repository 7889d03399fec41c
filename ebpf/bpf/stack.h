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
	u8 go;     /* Go code was found */
	u8 zero;
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

INLINE int is_go(u64 pc) { return pc >= text_start && pc < text_end; }

/* The frames of a goroutine that called C code, after n others, where the frame
 * pointers of the C code lead nowhere: the runtime notes where it left Go code.
 * Returns the hash, of h and them. */
APART u64 caller_of_c(u64 g, u32 n, u64 h)
{
	u32 zero = 0;
	u64 pc = 0, fp = 0, frame[2] = {};
	struct stack *s = map_lookup(&stack_room, &zero);

	if (!s || !go_syscallpc || !go_syscallbp)
		return h;
	if (read_user(&pc, 8, (void *)(g + go_syscallpc)) || read_user(&fp, 8, (void *)(g + go_syscallbp)) || !is_go(pc))
		return h;
	for (int i = 0; i < FRAMES; i++) {
		u32 at = n;

		if (n >= FRAMES)
			break;
		asm volatile("" : "+r"(at)); /* clang takes the mask for needless, the verifier does not */
		s->pc[at & (FRAMES - 1)] = pc;
		h = hash_word(h, pc);
		n++;
		if (read_user(frame, 16, (void *)fp) || !frame[1] || (frame[0] && frame[0] <= fp))
			break;
		pc = frame[1];
		fp = frame[0];
	}
	s->n = n;
	return h;
}

/* pc[0] is where the thread is. pc[1] is the caller if pc[0] is in a function
 * that has no frame (yet, or any more), and 0 or anything else otherwise: only
 * the symbol table can tell, see package stacks. The rest is the chain of frame
 * pointers. Returns the hash, 0 when there is no room. */
APART u64 stack_at(u64 pc, u64 sp, u64 fp, u64 lr, u64 curg)
{
	u32 zero = 0, n = 2;
	u64 frame[2] = {}, caller = 0, h = HASH_START;
	struct stack *s = map_lookup(&stack_room, &zero);

	asm volatile("" : : "r"(lr)); /* the verifier wants it set, clang does not */
	if (!s)
		return 0;
	s->pushed = 0;
	s->down = 0;
	s->go = is_go(pc);
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
	if (!is_go(caller))
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
		if (is_go(frame[1]))
			s->go = 1;
		if (frame[0] <= fp && (!frame[0] || ++s->down > STACK_SWITCHES))
			break;
		fp = frame[0];
	}
	s->n = n;
	if (!s->go && curg)
		h = caller_of_c(curg, n, h);
	s->go = 0;
	h |= !h; /* 0 means no stack */
	if (!map_lookup(&stacks, &h) && map_update(&stacks, &h, s, UPDATE_NOEXIST) && !map_lookup(&stacks, &h))
		return 0;
	return h;
}

INLINE u64 stack_id(struct user *u)
{
	return stack_at(u->pc, u->sp, u->fp, u->lr, u->curg);
}
