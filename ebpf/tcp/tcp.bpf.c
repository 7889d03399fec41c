//go:build ignore

/* The life of the TCP connections of a process, or of all in a network namespace:
 * who opened or accepted them and when, how long the handshake and the accept
 * queue took, and what the kernel knew of them when they ended. Nothing here runs
 * while data flows. */
#define COUNTERS 8
#include "helpers.h"
#include "kernel.h"
#include "user.h"
#include "golang.h"
#include "stack.h"
#include "tcp.h"

LICENSE;

const volatile u32 target = 0; /* thread group, in the initial PID namespace; 0: all in netns */
const volatile u32 netns = 0;  /* network namespace, by inode */
const volatile u32 sees_accept = 0; /* on_accept4 is attached */

enum { OPENED, ENDED, NO_ROOM, RING_FULL, STACK_LOST, NO_GOROUTINE, SOURCES_LOST, UNSEEN };

enum { RECORD_OPENED = 1, RECORD_ENDED = 2 };

struct connection {
	u64 sk;
	u64 began;       /* SYN sent; of an incoming one: handshake complete */
	u64 established; /* 0: not yet */
	u64 accepted;    /* 0: not yet */
	u64 ended;
	u64 goid, stack; /* of who opened or accepted it */
	u64 sent, received; /* payload, bytes */
	u32 srtt_us, rttvar_us, min_rtt_us;
	u32 segments, retransmits, syn_retransmits;
	u32 error;
	u16 local_port, remote_port;
	struct address local, remote;
	u8 outgoing, record;
	u8 zero[2];
	u32 pid;       /* of who opened or accepted it, in the initial PID namespace */
	char comm[16]; /* its name, when it is not the one process that is watched */
};

struct {
	MAP_UINT(type, MAP_HASH);
	MAP_UINT(max_entries, 32768);
	MAP_TYPE(key, u64);
	MAP_TYPE(value, struct connection);
} connections SEC(".maps");

struct {
	MAP_UINT(type, MAP_RINGBUF);
	MAP_UINT(max_entries, 1 << 21);
} records SEC(".maps");

/* The ports on which the target listens. */
struct {
	MAP_UINT(type, MAP_HASH);
	MAP_UINT(max_entries, 1024);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, u32);
} listening SEC(".maps");

/* Completed handshakes by address and second. */
struct source {
	struct address address;
	u32 second, zero;
};

struct {
	MAP_UINT(type, MAP_HASH);
	MAP_UINT(max_entries, 16384);
	MAP_TYPE(key, struct source);
	MAP_TYPE(value, u64);
} sources SEC(".maps");

#define NO_WAKEUP 1 /* the reader comes by itself: waking it would cost the target */

INLINE void tell(struct connection *c, u8 record)
{
	c->record = record;
	if (ringbuf_output(&records, c, sizeof(*c), NO_WAKEUP))
		count(RING_FULL, 1);
}

INLINE u32 netns_of(struct sock *sk) { return sk->__sk_common.skc_net.net->ns.inum; }

/* Whether the thread that runs opens a connection for those that are watched. */
INLINE int watched(struct sock *sk)
{
	if (!target)
		return netns_of(sk) == netns;
	return current_pid_tgid() >> 32 == target;
}

/* who notes the code that makes the system call: a goroutine, where the layout
 * of the program is known. */
INLINE void who(struct connection *c)
{
	struct task_struct *t = current_thread(), *leader = 0;
	struct user u = {};
	struct goroutine g = {};

	c->pid = current_pid_tgid() >> 32;
	if (!target && !core_read(&leader, t->group_leader))
		core_read(&c->comm, leader->comm);
	if (user_state(t, &u)) {
		count(STACK_LOST, 1);
		return;
	}
	if (target && goroutine(t, &u, &g))
		count(NO_GOROUTINE, 1);
	c->goid = g.id;
	c->stack = stack_id(&u);
	if (!c->stack)
		count(STACK_LOST, 1);
}

/* numbers are what the kernel knows of a connection now. */
INLINE void numbers(struct sock *sk, struct connection *c)
{
	struct tcp_sock *tp = skc_to_tcp_sock(sk);

	if (!tp)
		return;
	addresses(sk, &c->local, &c->remote);
	c->local_port = host_order(tp->inet_conn.icsk_inet.inet_sport);
	c->remote_port = host_order(sk->__sk_common.skc_dport);
	c->srtt_us = tp->srtt_us >> 3;
	c->rttvar_us = tp->mdev_us >> 2;
	c->min_rtt_us = tp->rtt_min.s[0].v;
	if (c->min_rtt_us == NEVER)
		c->min_rtt_us = 0;
	c->segments = tp->segs_out;
	c->retransmits = tp->total_retrans;
	c->sent = tp->bytes_sent - tp->bytes_retrans;
	c->received = tp->bytes_received;
	if (c->received && sk->__sk_common.skc_flags >> SOCK_DONE & 1)
		c->received--; /* the kernel counts the FIN */
	c->error = sk->sk_err;
}

INLINE void dials(struct sock *sk)
{
	struct connection c = {};
	u64 key = (u64)sk;

	c.sk = key;
	c.outgoing = 1;
	addresses(sk, &c.local, &c.remote);
	c.remote_port = host_order(sk->__sk_common.skc_dport);
	who(&c);
	c.began = ktime_ns();
	if (map_update(&connections, &key, &c, UPDATE_ANY))
		count(NO_ROOM, 1);
}

INLINE void from_address(struct connection *c)
{
	struct source s = {};
	u64 one = 1, *n;

	s.address = c->remote;
	s.second = c->established / 1000000000;
	n = map_lookup(&sources, &s);
	if (!n && !map_update(&sources, &s, &one, UPDATE_NOEXIST))
		return;
	if (!n) /* another CPU may have come first */
		n = map_lookup(&sources, &s);
	if (n)
		__sync_fetch_and_add(n, 1);
	else
		count(SOURCES_LOST, 1);
}

/* An incoming connection is there, in the queue of a listener. */
INLINE void arrives(struct sock *sk)
{
	struct connection c = {};
	u64 key = (u64)sk;
	u32 port = sk->__sk_common.skc_num;

	if (netns_of(sk) != netns || (target && !map_lookup(&listening, &port)))
		return;
	numbers(sk, &c);
	c.sk = key;
	c.began = c.established = ktime_ns();
	c.syn_retransmits = c.retransmits;
	from_address(&c);
	if (map_update(&connections, &key, &c, UPDATE_ANY)) {
		count(NO_ROOM, 1);
		return;
	}
	if (!sees_accept) {
		count(OPENED, 1);
		tell(&c, RECORD_OPENED);
	}
}

INLINE void established(struct sock *sk)
{
	u64 key = (u64)sk;
	struct connection *c = map_lookup(&connections, &key);

	if (!c || !c->outgoing) {
		arrives(sk);
		return;
	}
	c->established = ktime_ns();
	numbers(sk, c);
	c->syn_retransmits = c->retransmits;
	count(OPENED, 1);
	tell(c, RECORD_OPENED);
}

INLINE void ended(struct sock *sk)
{
	u64 key = (u64)sk;
	struct connection *c = map_lookup(&connections, &key);

	if (!c)
		return;
	c->ended = ktime_ns();
	numbers(sk, c);
	if (!c->established)
		c->syn_retransmits = c->retransmits;
	count(ENDED, 1);
	tell(c, RECORD_ENDED);
	map_delete(&connections, &key);
}

INLINE void listens(struct sock *sk)
{
	u32 port = sk->__sk_common.skc_num, one = 1;

	if (current_pid_tgid() >> 32 == target)
		map_update(&listening, &port, &one, UPDATE_ANY);
}

/* Arguments: socket, state before, state from now on. */
SEC("tp_btf/inet_sock_set_state")
int on_state(u64 *ctx)
{
	struct sock *sk = (void *)ctx[0];
	s32 now = ctx[2];

	if (sk->sk_protocol != TCP)
		return 0;
	if (now == SYN_SENT) {
		if (watched(sk))
			dials(sk);
	} else if (now == ESTABLISHED) {
		established(sk);
	} else if (now == CLOSED) {
		ended(sk);
	} else if (now == LISTENING) {
		listens(sk);
	}
	return 0;
}

/* The socket behind a descriptor of the thread that runs. */
INLINE u64 socket_of(s64 fd)
{
	struct task_struct *t = current_thread();
	struct files_struct *files = 0;
	struct fdtable *table = 0;
	struct file___of_socket *file = 0;
	struct file **all = 0;
	struct socket *socket = 0;
	struct sock *sk = 0;
	u16 protocol = 0;

	if (core_read(&files, t->files) || core_read(&table, files->fdt) || core_read(&all, table->fd))
		return 0;
	if (read_kernel(&file, sizeof(file), all + fd))
		return 0;
	if (core_read(&socket, file->private_data) || core_read(&sk, socket->sk))
		return 0;
	if (core_read(&protocol, sk->sk_protocol) || protocol != TCP)
		return 0;
	return (u64)sk;
}

/* struct syscall_trace_exit (kernel/trace/trace.h) */
struct syscall_exit {
	u64 common;
	s64 nr, ret;
};

INLINE int accepts(struct syscall_exit *ctx)
{
	struct connection *c;
	u64 key;

	if ((target && current_pid_tgid() >> 32 != target) || ctx->ret < 0)
		return 0;
	key = socket_of(ctx->ret);
	if (!key)
		return 0;
	c = map_lookup(&connections, &key);
	if (!c) {
		if (target) /* it may be one of another network namespace else */
			count(UNSEEN, 1);
		return 0;
	}
	c->accepted = ktime_ns();
	who(c);
	count(OPENED, 1);
	tell(c, RECORD_OPENED);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_accept4")
int on_accept4(struct syscall_exit *ctx) { return accepts(ctx); }

/* Go calls accept4; others may do this. */
SEC("tracepoint/syscalls/sys_exit_accept")
int on_accept(struct syscall_exit *ctx) { return accepts(ctx); }
