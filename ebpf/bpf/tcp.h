/* The types of the kernel that a probe of TCP connections looks at, with the
 * members that it reads (as in kernel.h), and what it takes from them. */
#pragma once

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
	unsigned int inum;
};

struct net {
	struct ns_common ns;
};

typedef struct {
	struct net *net;
} possible_net_t;

struct in6_addr {
	u8 in6_u[16];
};

struct sock_common {
	u32 skc_daddr, skc_rcv_saddr;
	u16 skc_dport, skc_num, skc_family;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
	unsigned long skc_flags;
};

struct sock {
	struct sock_common __sk_common;
	u16 sk_protocol;
	int sk_err;
};

struct inet_sock {
	u16 inet_sport;
};

struct inet_connection_sock {
	struct inet_sock icsk_inet;
};

struct minmax_sample {
	u32 t, v;
};

struct minmax {
	struct minmax_sample s[3];
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	u64 bytes_received, bytes_sent, bytes_retrans;
	u32 segs_out, srtt_us, mdev_us, total_retrans;
	struct minmax rtt_min;
};

struct socket {
	struct sock *sk;
};

struct file___of_socket {
	void *private_data;
};

#pragma clang attribute pop

static struct tcp_sock *(*skc_to_tcp_sock)(void *sk) = (void *)137; /* since 5.9 */

#define TCP 6
#define INET 2
#define INET6 10

/* net/tcp_states.h */
enum { ESTABLISHED = 1, SYN_SENT, SYN_RECEIVED, CLOSED = 7, LISTENING = 10 };

#define NEVER 0xffffffff /* rtt_min before a sample */
#define SOCK_DONE 1      /* enum sock_flags: the peer's FIN has come */

/* An address as IPv6; IPv4 is mapped into it. */
struct address {
	u32 word[4];
};

INLINE void address_v4(struct address *a, u32 v4)
{
	a->word[0] = a->word[1] = 0;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	a->word[2] = 0xffff0000;
#else
	a->word[2] = 0x0000ffff;
#endif
	a->word[3] = v4;
}

INLINE u16 host_order(u16 v) { return __builtin_bswap16(v); }

INLINE void addresses(struct sock *sk, struct address *local, struct address *remote)
{
	if (sk->__sk_common.skc_family == INET6 && core_field_exists(sk->__sk_common.skc_v6_daddr)) {
		core_read(local, sk->__sk_common.skc_v6_rcv_saddr);
		core_read(remote, sk->__sk_common.skc_v6_daddr);
		return;
	}
	address_v4(local, sk->__sk_common.skc_rcv_saddr);
	address_v4(remote, sk->__sk_common.skc_daddr);
}
