package p

import (
	"slices"
	"strings"
)

type user struct{ ID, Name string }

type store struct{ users []user }

func (s *store) find(id string) *user {
	for i := range s.users { // want loop=13-17 depth=1 range early over="s.users" linear-search
		if s.users[i].ID == id { // want linear-search
			return &s.users[i]
		}
	}
	return nil
}

func nested(xs, ys []string) int {
	n := 0
	for _, x := range xs { // want loop=23-29 depth=1 range over="xs"
		for _, y := range ys { // want loop=24-28 depth=2 range over="ys" nested-loop
			if x == y {
				n++
			}
		}
	}
	return n
}

func firstOf(xs []user, name string) (found user) {
	for _, x := range xs { // want loop=34-40 depth=1 range early over="xs" linear-search range-value-copy
		if !strings.EqualFold(x.Name, name) { // want call-in-loop linear-search
			continue
		}
		found = x
		break
	}
	return found
}

func errorsOut(xs []func() error) error {
	for _, f := range xs { // want loop=45-49 depth=1 range early over="xs"
		if err := f(); err != nil { // want call-in-loop
			return err
		}
	}
	return nil
}

func counted(xs []int) {
	for i, x := range xs { // want loop=54-59 depth=1 range early over="xs"
		if i == 10 || i+1 == len(xs) {
			break
		}
		_ = x
	}
	for i := 0; i < len(xs); i++ { // want loop=60-64 depth=1 early over="i < len(xs)"
		if i == 3 {
			return
		}
	}
}

func labelled(xs, ys [][]int) {
outer:
	for _, x := range xs { // want loop=69-82 depth=1 range early over="xs"
		for range ys { // want loop=70-76 depth=2 range early over="ys" nested-loop
			for range x { // want loop=71-75 depth=3 range early over="x" nested-loop
				if len(ys) > 3 {
					break outer
				}
			}
		}
		for range ys { // want loop=77-81 depth=2 range early over="ys" nested-loop
			if len(x) == 0 {
				continue outer
			}
		}
	}
}

func switched(c chan int, xs []int) {
	for { // want loop=86-91 depth=1 over=""
		select { // want select
		case <-c: // want chan-recv
			break
		}
	}
	for range xs { // want loop=92-97 depth=1 range early over="xs"
		switch {
		case len(xs) > 2:
			return
		}
	}
}

func dedupe(xs []string) []string {
	var out []string
	for _, x := range xs { // want loop=102-106 depth=1 range over="xs"
		if !slices.Contains(out, x) { // want call-in-loop linear-search
			out = append(out, x) // want append append-grow
		}
	}
	return out
}

func header(s string) {
	for _, f := range strings.Split(s, ",") { // want loop=111-113 depth=1 range over="strings.Split(s, \",\")" string-split
		_ = f
	}
	for len(strings.Fields(s)) > 3 { // want loop=114-115 depth=1 over="len(strings.Fields(s)) > 3" call-in-loop string-split
	}
	for range 3 { // want loop=116-122 depth=1 range over="3"
		go func() { // want closure go-stmt
			for range 4 { // want loop=118-120 depth=2 range over="4" nested-loop
				println(s)
			}
		}()
	}
}
