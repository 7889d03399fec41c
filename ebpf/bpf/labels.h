/* The pprof labels of a goroutine, copied in the kernel: a moment later they
 * may be garbage, or somebody else's. Needs stack.h for the hash. */
#pragma once

#define LABELS 8
#define LABEL_KEY 32
#define LABEL_VALUE 64

struct label {
	char key[LABEL_KEY];
	char value[LABEL_VALUE];
};

/* A string that the program never looked at itself, as the constants of its
 * labels, may lie in a page that is not there yet and cannot be read from here.
 * Then its address and length stand in its place, for the reader to look up. */
struct labels {
	u32 n;
	u8 cut;     /* labels or bytes of them were left out */
	u8 zero;
	u8 keys;    /* bits: keys that are addresses */
	u8 values;  /* bits: values that are addresses */
	struct label label[LABELS];
};

struct {
	MAP_UINT(type, MAP_PERCPU_ARRAY);
	MAP_UINT(max_entries, 1);
	MAP_TYPE(key, u32);
	MAP_TYPE(value, struct labels);
} label_room SEC(".maps");

struct {
	MAP_UINT(type, MAP_HASH);
	MAP_UINT(max_entries, 8192);
	MAP_TYPE(key, u64);
	MAP_TYPE(value, struct labels);
} label_sets SEC(".maps");

struct go_string {
	u64 p, n;
};

/* Reads one label into the next place. */
INLINE u64 label_add(struct labels *ls, u64 h, struct go_string *key, struct go_string *value)
{
	struct label *l = &ls->label[ls->n & (LABELS - 1)];
	u64 *words = (u64 *)l;
	u32 kn = key->n, vn = value->n;

	__builtin_memset(l, 0, sizeof(*l));
	if (key->n > LABEL_KEY - 1) {
		kn = LABEL_KEY - 1;
		ls->cut = 1;
	}
	if (value->n > LABEL_VALUE - 1) {
		vn = LABEL_VALUE - 1;
		ls->cut = 1;
	}
	if (read_user(l->key, kn & (LABEL_KEY - 1), (void *)key->p)) {
		words[0] = key->p;
		words[1] = kn;
		ls->keys |= 1 << (ls->n & (LABELS - 1));
	}
	if (read_user(l->value, vn & (LABEL_VALUE - 1), (void *)value->p)) {
		words[LABEL_KEY / 8] = value->p;
		words[LABEL_KEY / 8 + 1] = vn;
		ls->values |= 1 << (ls->n & (LABELS - 1));
	}
#pragma unroll
	for (u32 i = 0; i < sizeof(*l) / 8; i++)
		h = hash_word(h, words[i]);
	ls->n++;
	return h;
}

/* Since 1.24 (runtime/pprof label.go): struct { list []struct{ key, value string } }. */
INLINE u64 label_list(struct labels *ls, u64 at)
{
	u64 list[2] = {}, h = HASH_START;
	struct go_string kv[2];

	if (read_user(list, 16, (void *)at))
		return 0;
	for (u32 i = 0; i < LABELS; i++) {
		if (i >= list[1])
			break;
		if (read_user(kv, sizeof(kv), (void *)(list[0] + i * sizeof(kv))))
			break;
		h = label_add(ls, h, &kv[0], &kv[1]);
	}
	if (list[1] > LABELS)
		ls->cut = 1;
	return h;
}

/* Before 1.24: a pointer to a map[string]string of runtime/map.go, of which the
 * first bucket is read: it holds all of a map of up to eight. */
INLINE u64 label_buckets(struct labels *ls, u64 at)
{
	u64 map = 0, n = 0, bucket = 0, h = HASH_START;
	struct go_string key, value;
	u8 top[8];

	if (read_user(&map, 8, (void *)at) || !map)
		return 0;
	if (read_user(&n, 8, (void *)map) || !n)
		return 0;
	if (read_user(&bucket, 8, (void *)(map + 16)) || !bucket)
		return 0;
	if (read_user(top, 8, (void *)bucket))
		return 0;
	for (u32 i = 0; i < 8; i++) {
		if (top[i & 7] < 5) /* minTopHash: the place is empty */
			continue;
		if (read_user(&key, 16, (void *)(bucket + 8 + 16 * i)) || read_user(&value, 16, (void *)(bucket + 136 + 16 * i)))
			continue;
		h = label_add(ls, h, &key, &value);
	}
	if (n > 8)
		ls->cut = 1;
	return h;
}

#define LABELS_LOST_ID 2 /* what label_id returns when there was no room */

/* Returns the hash of a label set, 0 when there is none. */
APART u64 label_id(u64 at)
{
	u32 zero = 0;
	u64 h;
	struct labels *ls;

	ls = map_lookup(&label_room, &zero);
	if (!ls)
		return 0;
	ls->n = 0;
	ls->cut = ls->keys = ls->values = 0;
	h = go_label_map ? label_buckets(ls, at) : label_list(ls, at);
	if (!h || !ls->n)
		return 0;
	h |= 1;
	if (!map_lookup(&label_sets, &h) && map_update(&label_sets, &h, ls, UPDATE_NOEXIST) && !map_lookup(&label_sets, &h))
		return LABELS_LOST_ID;
	return h;
}
