package main

import (
	"hash/maphash"
	"math/rand/v2"
	"runtime"
	"strconv"
)

// record is an entry of a cache: a body, and some small objects around it.
type record struct {
	name  string
	body  []byte
	attrs map[string]string
	peers []*record
}

const recordBytes = 1300 // of heap, about

func newRecord(rng *rand.Rand) *record {
	r := &record{name: "record " + strconv.Itoa(rng.IntN(1e6)), body: filled(600 + rng.IntN(900))}
	if rng.IntN(8) == 0 {
		r.attrs = map[string]string{"owner": r.name}
	}
	return r
}

// records are as many as make up so much heap.
func records(rng *rand.Rand, bytes int) []*record {
	all := make([]*record, bytes/recordBytes)
	for i := range all {
		all[i] = newRecord(rng)
		if i > 0 {
			all[i].peers = all[i-1 : i]
		}
	}
	return all
}

// filled is memory that is in use: every page has been written to.
func filled(n int) []byte {
	b := make([]byte, n)
	for i := 0; i < n; i += 512 {
		b[i] = byte(i)
	}
	return b
}

// work makes garbage of many sizes as a request does, and spends CPU beside it.
func work(rng *rand.Rand, objects, rounds int) {
	fields := map[string]any{}
	for i := range objects {
		key := strconv.Itoa(i % 12)
		switch i % 5 {
		case 0:
			fields[key] = filled(200 + rng.IntN(1200))
		case 1:
			fields[key] = "value of " + strconv.FormatUint(rng.Uint64(), 36)
		case 2:
			fields[key] = &record{name: key, body: filled(32 + rng.IntN(200))}
		case 3:
			fields[key] = make([]*record, 4+rng.IntN(20))
		default:
			fields[key] = []string{key, "x", "y", key}
		}
	}
	var h maphash.Hash
	for range rounds {
		_, _ = h.WriteString("a line that is hashed, so that there is work beside the garbage")
	}
	runtime.KeepAlive(fields)
	runtime.KeepAlive(h.Sum64())
}
