//go:build ignore

/* What the target and the processes it starts execute, open and connect to, and
 * what a policy says of it. Only the few system calls that matter have a program:
 * one for all of them would cost every system call of the machine. */
#define COUNTERS 14
#include "helpers.h"
#include "kernel.h"
#include "user.h"
#include "golang.h"
#include "stack.h"
#include "labels.h"

LICENSE;

const volatile u32 target = 0;   /* thread group, in the initial PID namespace; 0: none is read */
const volatile u32 by_group = 0; /* who is meant is told by the control group */

enum { EXECS, OPENS, CONNECTS, ALLOWED_EXECS, ALLOWED_OPENS, ALLOWED_CONNECTS, EVENTS, RING_LOST, PENDING_LOST, UNREADABLE, NO_GOROUTINE, STACK_LOST, LABELS_LOST, MEMBERS_LOST };

enum { EXEC, OPEN, CONNECT };

/* As in ebpf/audit/policy. */
enum { IGNORED, ALLOWED, DENIED, UNLISTED, NOTED, UNDECIDED };

enum { RELATIVE = 1, DOTS = 2, CUT = 4, NO_PATH = 8, OWN_STACK = 16 };

/* The thread groups that are looked at. */
struct {
	MAP_UINT(type, MAP_HASH);
	MAP_UINT(max_entries, 8192);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, u8);
} members SEC(".maps");

struct {
	MAP_UINT(type, MAP_CGROUP_ARRAY);
	MAP_UINT(max_entries, 1);
	MAP_UINT(key_size, 4);
	MAP_UINT(value_size, 4);
} group SEC(".maps");

/* Two policies have room in the maps, told apart by their slot. Another one is
 * written beside the one in force, and takes over in a single store. */
struct in_force {
	u32 slot;
	u8 fallback[4]; /* the verdict when no rule says one, by kind */
};

struct {
	MAP_UINT(type, MAP_ARRAY);
	MAP_UINT(max_entries, 1);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct in_force);
} in_force SEC(".maps");

struct rule {
	u32 id;
	u8 verdict;
	u8 bits; /* of the network */
	u16 zero;
};

#define RULES 8192

#define PATH 254

/* A path, as key of both maps: of the exact one from slot on, all of it, and of
 * the one of beginnings as a prefix. */
struct name {
	u32 bits; /* of slot, kind and name */
	u8 slot, kind;
	char name[PATH];
};

struct {
	MAP_UINT(type, MAP_HASH);
	MAP_UINT(map_flags, MAP_NO_PREALLOC);
	MAP_UINT(max_entries, RULES);
	MAP_UINT(key_size, 2 + PATH);
	MAP_TYPE(value, struct rule);
} paths SEC(".maps");

struct {
	MAP_UINT(type, MAP_LPM_TRIE);
	MAP_UINT(map_flags, MAP_NO_PREALLOC);
	MAP_UINT(max_entries, RULES);
	MAP_TYPE(key, struct name);
	MAP_TYPE(value, struct rule);
} beginnings SEC(".maps");

struct network {
	u32 bits; /* of slot, port and address */
	u16 slot;
	u16 port; /* as in the packet; 0: rules for all ports */
	u8 addr[16];
};

struct {
	MAP_UINT(type, MAP_LPM_TRIE);
	MAP_UINT(map_flags, MAP_NO_PREALLOC);
	MAP_UINT(max_entries, RULES);
	MAP_TYPE(key, struct network);
	MAP_TYPE(value, struct rule);
} networks SEC(".maps");

#define ARGS 3
#define ARG 64

struct event {
	u64 at; /* CLOCK_MONOTONIC */
	u64 goid, stack, labels;
	u64 inode;  /* of the directory that a relative path is relative to */
	s64 result; /* what the system call returned */
	u32 pid, rule;
	s32 dir; /* what the path is relative to, as openat has it */
	u32 mode; /* of an open: its flags */
	char comm[16];
	u8 addr[16];
	u16 port, family;
	u8 verdict, flags;
	u8 zero[2];
	struct name path;
	char args[ARGS][ARG]; /* of an execve, from the second on; only then sent */
};

#define SHORT_EVENT __builtin_offsetof(struct event, args)

struct {
	MAP_UINT(type, MAP_PERCPU_ARRAY);
	MAP_UINT(max_entries, 1);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct event);
} room SEC(".maps");

/* Events whose system call has not returned, by thread. */
struct {
	MAP_UINT(type, MAP_HASH);
	MAP_UINT(map_flags, MAP_NO_PREALLOC);
	MAP_UINT(max_entries, 4096);
	MAP_TYPE(key, u64);
	MAP_TYPE(value, struct event);
} pending SEC(".maps");

struct {
	MAP_UINT(type, MAP_RINGBUF);
	MAP_UINT(max_entries, 1 << 21);
} events SEC(".maps");

#if defined(__TARGET_ARCH_x86)
enum { SYS_OPEN = 2, SYS_CONNECT = 42, SYS_EXECVE = 59, SYS_OPENAT = 257, SYS_EXECVEAT = 322, SYS_OPENAT2 = 437 };
#elif defined(__TARGET_ARCH_arm64)
enum { SYS_OPEN = -1, SYS_CONNECT = 203, SYS_EXECVE = 221, SYS_OPENAT = 56, SYS_EXECVEAT = 281, SYS_OPENAT2 = 437 };
#endif

#define AT_FDCWD -100

/* What programs on syscalls:sys_enter_* and sys_exit_* are handed (syscall_tp_t of
 * kernel/trace/trace_syscalls.c; what is between nr and the next is not set). */
struct enter {
	u64 common;
	s32 nr, unset;
	u64 args[6];
};

struct leave {
	u64 common;
	s32 nr, unset;
	s64 result;
};

/* The directory of the thread, or of one of its descriptors: by the time that
 * somebody looks there it may be another one. */
INLINE u64 directory(struct task_struct *t, s32 fd)
{
	struct files_struct *files = 0;
	struct fs_struct *fs = 0;
	struct fdtable *table = 0;
	struct file **all = 0, *file = 0;
	struct dentry *d = 0;
	struct inode *inode = 0;
	unsigned long number = 0;

	if (fd == AT_FDCWD) {
		core_read(&fs, t->fs);
		core_read(&d, fs->pwd.dentry);
	} else {
		core_read(&files, t->files);
		core_read(&table, files->fdt);
		core_read(&all, table->fd);
		read_kernel(&file, sizeof(file), all + fd);
		core_read(&d, file->f_path.dentry);
	}
	core_read(&inode, d->d_inode);
	core_read(&number, inode->i_ino);
	return number;
}

INLINE struct event *own_room(void)
{
	u32 zero = 0;

	return map_lookup(&room, &zero);
}

/* Reads the name of a file; the rest is zero, so that equal names are equal keys.
 * Returns 0; the parts of this file that are APART find the event by themselves. */
APART int read_name(u64 at)
{
	struct event *e = own_room();
	u32 dots = 0;
	char *name;
	long n;

	if (!e)
		return 0;
	name = e->path.name;
	n = read_user_str(name, PATH, (void *)at);
	if (n <= 0) {
		e->flags |= NO_PATH;
		return 0;
	}
	if (n == PATH)
		e->flags |= CUT;
	if (name[0] != '/')
		e->flags |= RELATIVE;
	/* A name with // or /. in it, or a / at its end, is another one in disguise. */
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < PATH - 2; i++) {
		u8 a = name[i], b = name[i + 1], c = name[i + 2];

		if (!a)
			break;
		if (a == '/' && (b == '/' || (!b && i) || (b == '.' && (c == '/' || c == '.' || !c)))) {
			dots = 1;
			break;
		}
	}
	if (dots)
		e->flags |= DOTS;
	e->path.bits = 16 + 8 * (n - 1);
	return 0;
}

INLINE void obey(struct event *e, struct rule *r)
{
	e->verdict = r->verdict;
	e->rule = r->id;
}

INLINE void judge_path(struct event *e)
{
	struct rule *r;

	if (e->flags & (RELATIVE | DOTS | NO_PATH)) {
		if (e->verdict != NOTED)
			e->verdict = UNDECIDED;
		return;
	}
	r = map_lookup(&paths, &e->path.slot);
	if (!r)
		r = map_lookup(&beginnings, &e->path);
	if (r)
		obey(e, r);
}

INLINE void judge_address(struct event *e)
{
	struct network key = {.bits = 32 + 128, .slot = e->path.slot, .port = e->port};
	struct rule *narrow, *wide;

	__builtin_memcpy(key.addr, e->addr, 16);
	narrow = map_lookup(&networks, &key);
	key.port = 0;
	wide = map_lookup(&networks, &key);
	if (narrow && (!wide || narrow->bits >= wide->bits))
		obey(e, narrow);
	else if (wide)
		obey(e, wide);
}

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10

/* sockaddr_in: family, port, address. sockaddr_in6: family, port, flow, address.
 * Returns whether there is something to judge. */
INLINE int read_address(struct event *e, u64 at, u64 len)
{
	u8 first = 0;

	if (read_user(&e->family, 2, (void *)at)) {
		e->flags |= NO_PATH;
		return 1;
	}
	switch (e->family) {
	case AF_INET:
		e->addr[10] = e->addr[11] = 0xff;
		if (read_user(&e->port, 2, (void *)(at + 2)) || read_user(e->addr + 12, 4, (void *)(at + 4)))
			e->flags |= NO_PATH;
		return 1;
	case AF_INET6:
		if (read_user(&e->port, 2, (void *)(at + 2)) || read_user(e->addr, 16, (void *)(at + 8)))
			e->flags |= NO_PATH;
		return 1;
	case AF_UNIX:
		e->dir = AT_FDCWD;
		if (len > 3 && !read_user(&first, 1, (void *)(at + 2)) && !first) { /* an abstract one */
			len = len - 3;
			if (len > 107)
				len = 107;
			read_user(e->path.name + 1, len, (void *)(at + 3));
			e->path.name[0] = '@';
			e->path.bits = 24 + 8 * len;
			return 1;
		}
		read_name(at + 2);
		return 1;
	}
	return 0; /* netlink, and taking a connection back */
}

/* Some of what a program is started with. */
APART int read_args(u64 argv)
{
	struct event *e = own_room();
	u64 arg = 0;

	if (!e)
		return 0;
	for (u32 i = 0; i < ARGS; i++) {
		if (read_user(&arg, 8, (void *)(argv + 8 * (i + 1))) || !arg)
			break;
		read_user_str(e->args[i], ARG, (void *)arg);
	}
	return 0;
}

/* Whether the thread is in the memory of the target: a process that is about to
 * be another one (vfork) still is, and its stack tells who started it. */
INLINE int in_target(struct task_struct *t, u32 pid)
{
	struct task_struct *parent = 0;
	void *own = 0, *theirs = 0;
	u32 of = 0;

	if (!target || pid == target)
		return !!target;
	if (core_read(&parent, t->real_parent) || core_read(&of, parent->tgid) || of != target)
		return 0;
	core_read(&own, t->mm);
	core_read(&theirs, parent->mm);
	return own && own == theirs;
}

APART int who(void)
{
	struct event *e = own_room();
	struct task_struct *t = current_thread();
	struct user u = {};
	struct goroutine g = {};

	if (!e || !in_target(t, e->pid) || user_state(t, &u))
		return 0;
	e->flags |= OWN_STACK;
	if (goroutine(t, &u, &g))
		count(NO_GOROUTINE, 1);
	e->goid = g.id;
	if (g.labels)
		e->labels = label_id(g.labels);
	if (e->labels == LABELS_LOST_ID)
		count(LABELS_LOST, 1);
	e->stack = stack_id(&u);
	if (!e->stack)
		count(STACK_LOST, 1);
	return 0;
}

INLINE int meant(u32 pid)
{
	if (by_group)
		return under_cgroup(&group, 0) == 1;
	return !!map_lookup(&members, &pid);
}

INLINE int kind_of(s32 nr)
{
	switch (nr) {
	case SYS_CONNECT:
		return CONNECT;
	case SYS_EXECVE:
	case SYS_EXECVEAT:
		return EXEC;
	}
	return OPEN;
}

/* Fills in what is attempted. Returns whether there is something to judge. */
INLINE int attempt(struct event *e, struct enter *ctx)
{
	e->dir = AT_FDCWD;
	switch (ctx->nr) {
	case SYS_CONNECT:
		return read_address(e, ctx->args[1], ctx->args[2]);
	case SYS_EXECVE:
		read_name(ctx->args[0]);
		read_args(ctx->args[1]);
		return 1;
	case SYS_EXECVEAT:
		e->dir = ctx->args[0];
		read_name(ctx->args[1]);
		read_args(ctx->args[2]);
		return 1;
	case SYS_OPEN:
		e->mode = ctx->args[1];
		read_name(ctx->args[0]);
		return 1;
	case SYS_OPENAT:
		e->mode = ctx->args[2];
		break;
	case SYS_OPENAT2:
		read_user(&e->mode, 4, (void *)ctx->args[2]);
		break;
	}
	e->dir = ctx->args[0];
	read_name(ctx->args[1]);
	return 1;
}

SEC("tracepoint/syscalls/sys_enter_openat")
int on_enter(struct enter *ctx)
{
	u32 zero = 0, pid = current_pid_tgid() >> 32, kind;
	u64 thread = current_task();
	struct in_force *f;
	struct event *e;
	u8 fallback;

	if (!meant(pid))
		return 0;
	f = map_lookup(&in_force, &zero);
	e = own_room();
	if (!f || !e)
		return 0;
	kind = kind_of(ctx->nr) & 3;
	fallback = f->fallback[kind];
	if (!fallback)
		return 0;
	__builtin_memset(e, 0, sizeof(*e));
	e->path.slot = f->slot;
	e->path.kind = kind;
	e->verdict = fallback;
	if (!attempt(e, ctx))
		return 0;
	count(EXECS + kind, 1);
	if (e->flags & NO_PATH)
		count(UNREADABLE, 1);
	if (kind == CONNECT && e->family != AF_UNIX)
		judge_address(e);
	else
		judge_path(e);
	if (e->verdict == ALLOWED) {
		count(ALLOWED_EXECS + kind, 1);
		return 0;
	}
	if (e->flags & RELATIVE)
		e->inode = directory(current_thread(), e->dir);
	e->at = ktime_ns();
	e->pid = pid;
	current_comm(e->comm, sizeof(e->comm));
	who();
	count(EVENTS, 1);
	if (map_update(&pending, &thread, e, UPDATE_ANY))
		count(PENDING_LOST, 1);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_openat")
int on_leave(struct leave *ctx)
{
	u64 thread = current_task();
	struct event *e = map_lookup(&pending, &thread);

	if (!e)
		return 0;
	e->result = ctx->result;
	if (ringbuf_output(&events, e, e->path.kind == EXEC ? sizeof(*e) : SHORT_EVENT, 0))
		count(RING_LOST, 1);
	map_delete(&pending, &thread);
	return 0;
}

/* Arguments: parent, child. */
SEC("tp_btf/sched_process_fork")
int on_fork(u64 *ctx)
{
	struct task_struct *parent = (void *)ctx[0], *child = (void *)ctx[1];
	u32 of = 0, pid = 0;
	u8 one = 1;

	if (core_read(&of, parent->tgid) || core_read(&pid, child->tgid) || of == pid || !map_lookup(&members, &of))
		return 0;
	if (map_update(&members, &pid, &one, UPDATE_ANY))
		count(MEMBERS_LOST, 1);
	return 0;
}

/* Argument: the thread that ends. Its number may be given to another process. */
SEC("tp_btf/sched_process_exit")
int on_exit(u64 *ctx)
{
	struct task_struct *t = (void *)ctx[0];
	struct signal_struct *s = 0;
	u32 pid = 0;
	int live = 1;

	if (core_read(&pid, t->tgid) || !map_lookup(&members, &pid))
		return 0;
	if (core_read(&s, t->signal) || core_read(&live, s->live.counter) || live)
		return 0;
	map_delete(&members, &pid);
	return 0;
}
