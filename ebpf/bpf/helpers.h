/* What a program needs of the BPF machine: section and map declarations, and
 * the helpers of the kernel by number (include/uapi/linux/bpf.h). Only what is
 * used is declared. */
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed int s32;
typedef signed long long s64;

#define SEC(name) __attribute__((section(name), used))
#define INLINE static inline __attribute__((always_inline))
/* A function of numbers that the verifier looks at once and alone, whatever
 * calls it: the paths through it and through its caller do not multiply. */
#define APART __attribute__((noinline))
#define LICENSE char _license[] SEC("license") = "Dual MIT/GPL"

/* A map is described by the types of the members of a structure. */
#define MAP_UINT(name, value) int(*name)[value]
#define MAP_TYPE(name, value) value *name

enum {
	MAP_HASH = 1,
	MAP_ARRAY = 2,
	MAP_PERCPU_HASH = 5,
	MAP_PERCPU_ARRAY = 6,
	MAP_CGROUP_ARRAY = 8,
	MAP_LRU_HASH = 9,
	MAP_LPM_TRIE = 11,
	MAP_RINGBUF = 27,
	MAP_TASK_STORAGE = 29,
};

enum {
	UPDATE_ANY = 0,
	UPDATE_NOEXIST = 1,
	MAP_NO_PREALLOC = 1, /* flag of a map */
	STORAGE_CREATE = 1,  /* flag of task_storage_get */
};

struct task_struct;

static void *(*map_lookup)(void *map, const void *key) = (void *)1;
static long (*map_update)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*map_delete)(void *map, const void *key) = (void *)3;
static u64 (*ktime_ns)(void) = (void *)5;
static u64 (*current_pid_tgid)(void) = (void *)14;
static long (*current_comm)(void *dst, u32 size) = (void *)16;
static u64 (*current_task)(void) = (void *)35;
static long (*under_cgroup)(void *map, u32 index) = (void *)37; /* 1: the current thread is in it, or below it */
static long (*get_stack)(void *ctx, void *buf, u32 size, u64 flags) = (void *)67;
static long (*read_user)(void *dst, u32 size, const void *src) = (void *)112;
static long (*read_kernel)(void *dst, u32 size, const void *src) = (void *)113;
static long (*read_user_str)(void *dst, u32 size, const void *src) = (void *)114;
static long (*seq_write)(void *seq, const void *data, u32 len) = (void *)127;
static long (*ringbuf_output)(void *ring, void *data, u64 size, u64 flags) = (void *)130;
static void *(*task_storage_get)(void *map, struct task_struct *task, void *value, u64 flags) = (void *)156;
static long (*task_storage_delete)(void *map, struct task_struct *task) = (void *)157;
static struct task_struct *(*current_task_btf)(void) = (void *)158;
static long (*task_pt_regs)(struct task_struct *task) = (void *)175;

/* CO-RE: what the running kernel's type information says, filled in when the
 * program is loaded. */
#define core_enum_exists(type, value) __builtin_preserve_enum_value(*(typeof(type) *)value, 0)
#define core_field_exists(field) __builtin_preserve_field_info(field, 2)
#define core_type_size(type) __builtin_preserve_type_info(*(typeof(type) *)0, 1)
#define core_read(dst, field) read_kernel(dst, sizeof(*(dst)), __builtin_preserve_access_index(&(field)))

/* Counters of a probe: one row for each CPU, summed up by the reader. The probe
 * defines COUNTERS before it includes this file. */
#ifdef COUNTERS
struct {
	MAP_UINT(type, MAP_PERCPU_ARRAY);
	MAP_UINT(max_entries, COUNTERS);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, u64);
} counters SEC(".maps");

INLINE void count(u32 which, u64 by)
{
	u64 *n = map_lookup(&counters, &which);
	if (n)
		*n += by;
}
#endif
