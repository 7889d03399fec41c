/* The few types of the kernel that probes look at, with the few members that
 * they read. Offsets come from the running kernel when a program is loaded
 * (preserve_access_index), so only names and types matter here. */
#pragma once

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long bp, ip, sp, orig_ax;
};
struct thread_struct {
	unsigned long fsbase;
};
#elif defined(__TARGET_ARCH_arm64)
struct pt_regs {
	u64 regs[31];
	u64 sp;
	u64 pc;
	s32 syscallno;
};
struct thread_struct {
};
#endif

struct rq {
	u64 clock; /* brought up to date before each switch */
};

struct cfs_rq {
	struct rq *rq; /* with CONFIG_FAIR_GROUP_SCHED; of the CPU that the thread is at, whatever its class */
};

struct sched_entity {
	u64 sum_exec_runtime; /* ns on a CPU, brought up to date before each switch */
	struct cfs_rq *cfs_rq;
};

struct sched_info { /* with CONFIG_SCHED_INFO */
	unsigned long long run_delay;   /* ns that the thread waited for CPUs, up to when it was last given one */
	unsigned long long last_queued; /* by the clock of its rq; 0: it runs or does not want to */
};

typedef struct {
	int counter;
} atomic_t;

struct signal_struct {
	atomic_t live; /* threads that have not ended */
};

struct inode {
	unsigned long i_ino;
};

struct dentry {
	struct inode *d_inode;
};

struct path {
	struct dentry *dentry;
};

struct fs_struct {
	struct path pwd;
};

struct file {
	struct path f_path;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct task_struct {
	unsigned int __state; /* since 5.14 */
	struct sched_entity se;
	struct sched_info sched_info;
	void *stack;
	void *mm;
	int pid, tgid;
	char comm[16];
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct fs_struct *fs;
	struct files_struct *files;
	struct signal_struct *signal;
	struct pid *thread_pid;
	struct thread_struct thread;
};

struct task_struct___before_5_14 {
	long state;
};

struct upid {
	int nr;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct seq_file {
};

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

/* Which helpers the running kernel has is told by its list of their names. */
enum bpf_func_id {
	BPF_FUNC_get_current_task_btf = 158,
	BPF_FUNC_task_pt_regs = 175,
};
