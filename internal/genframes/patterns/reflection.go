package main

import (
	"fmt"
	"reflect"
)

func (b *bench) reflection() []func() {
	return []func(){
		b.reflectDeepEqual, b.reflectCall, b.reflectField, b.reflectSet, b.reflectMap, b.reflectMethod, b.typeSwitch, b.interfaceCall, b.interfaceAssert,
	}
}

func (b *bench) reflectDeepEqual() {
	other := *b.item
	for range 300 {
		if reflect.DeepEqual(b.item, &other) {
			b.number++
		}
	}
}

func (b *bench) reflectCall() {
	f := reflect.ValueOf(func(x, y int) int { return x + y })
	args := []reflect.Value{reflect.ValueOf(1), reflect.ValueOf(2)}
	for range 1_000 {
		b.number += int(f.Call(args)[0].Int())
	}
}

func (b *bench) reflectField() {
	v := reflect.ValueOf(b.item).Elem()
	for range 2_000 {
		b.str = v.FieldByName("Name").String()
	}
}

func (b *bench) reflectSet() {
	v := reflect.ValueOf(&item{}).Elem()
	for i := range 2_000 {
		v.Field(0).SetInt(int64(i))
		v.Field(1).Set(reflect.ValueOf("name"))
		b.sink = v.Field(1).Interface()
	}
}

func (b *bench) reflectMap() {
	v := reflect.ValueOf(b.item.Attrs)
	for range 300 {
		for it := v.MapRange(); it.Next(); {
			b.str = it.Value().String()
		}
	}
}

func (b *bench) reflectMethod() {
	v := reflect.ValueOf(crate{2})
	for range 300 {
		b.number += v.MethodByName("Area").Call(nil)[0].Interface().(int)
	}
}

type shape interface{ Area() int }

type crate struct{ side int }

type board struct{ long, wide int }

// Area is called through an interface.
func (c crate) Area() int { return c.side * c.side }

// Area is called through an interface.
func (d board) Area() int { return d.long * d.wide }

func (b *bench) shapes() [4]any {
	return [4]any{crate{3}, board{2, 5}, b.item, "text"}
}

func (b *bench) typeSwitch() {
	all := b.shapes()
	for i := range 50_000 {
		switch v := all[i&3].(type) {
		case fmt.Stringer:
			b.str = v.String()
		case shape:
			b.number++
		case string:
			b.number += 2
		}
	}
}

func (b *bench) interfaceCall() {
	all := [2]shape{crate{3}, board{2, 5}}
	for i := range 50_000 {
		b.number += all[i&1].Area()
	}
}

func (b *bench) interfaceAssert() {
	all := b.shapes()
	for i := range 50_000 {
		if s, ok := all[i&3].(shape); ok {
			b.number += s.Area()
		}
	}
}
