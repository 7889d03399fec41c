package main

import "sync"

func (b *bench) maps() []func() {
	return []func(){
		b.mapGetInt, b.mapGetString, b.mapGetStruct, b.mapGetInterface, b.mapGrowInt, b.mapGrowString, b.mapPresized,
		b.mapRange, b.mapAssignStruct, b.mapAssignInterface, b.mapDelete, b.mapClear, b.mapLiteral, b.syncMapStore, b.syncMapLoad,
	}
}

func (b *bench) mapGetInt() {
	for i := range 20_000 {
		b.number += b.ints[i*7919]
	}
}

func (b *bench) mapGetString() {
	for _, key := range b.keys {
		b.number += b.strings[key]
	}
}

func (b *bench) points() map[point]int {
	m, ok := b.sink.(map[point]int)
	if !ok {
		m = make(map[point]int)
		for i := range 5_000 {
			m[point{zone: b.keys[i], x: i}] = i
		}
		b.sink = m
	}
	return m
}

func (b *bench) mapGetStruct() {
	m := b.points()
	for i := range 5_000 {
		b.number += m[point{zone: b.keys[i], x: i}]
	}
}

func (b *bench) mapGetInterface() {
	m, ok := b.sink.(map[any]int)
	if !ok {
		m = make(map[any]int)
		for i := range 5_000 {
			m[b.keys[i]] = i
		}
		b.sink = m
	}
	for i := range 5_000 {
		b.number += m[b.keys[i]]
	}
}

func (b *bench) mapGrowInt() {
	m := make(map[int]int)
	for i := range 10_000 {
		m[i] = i
	}
	b.number += len(m)
}

func (b *bench) mapGrowString() {
	m := make(map[string]int)
	for i, key := range b.keys[:10_000] {
		m[key] = i
	}
	b.number += len(m)
}

func (b *bench) mapPresized() {
	m := make(map[int]int, 10_000)
	for i := range 10_000 {
		m[i] = i
	}
	b.number += len(m)
}

func (b *bench) mapRange() {
	for _, v := range b.strings {
		b.number += v
	}
}

func (b *bench) mapAssignStruct() {
	m := b.points()
	for i := range 5_000 {
		m[point{zone: b.keys[i], x: i}] = b.number
	}
}

func (b *bench) mapAssignInterface() {
	m := make(map[any]int)
	for i := range 5_000 {
		m[point{zone: b.keys[i], x: i}] = i
	}
	b.number += len(m)
}

func (b *bench) mapDelete() {
	m := make(map[int]int, 5_000)
	for i := range 5_000 {
		m[i] = i
	}
	for i := range 5_000 {
		delete(m, i)
	}
}

func (b *bench) mapClear() {
	m, ok := b.sink.(map[int]int)
	if !ok {
		m = make(map[int]int, 50_000)
		b.sink = m
	}
	for i := range 500 {
		m[i] = i
	}
	clear(m)
}

func (b *bench) mapLiteral() {
	for i := range 2_000 {
		b.sink = map[string]int{"net": i, "gross": i + 1, "tax": 19}
	}
}

func (b *bench) syncMapStore() {
	var m sync.Map
	for i := range 5_000 {
		m.Store(i, i)
	}
}

func (b *bench) syncMapLoad() {
	m, ok := b.sink.(*sync.Map)
	if !ok {
		m = new(sync.Map)
		for i := range 5_000 {
			m.Store(i, i)
		}
		b.sink = m
	}
	for i := range 5_000 {
		if _, ok := m.Load(i); ok {
			b.number++
		}
	}
}
