// Command newrule begins a rule: the file that holds it, the archive that shows
// it fire and keep quiet, and its line in rules.All.
//
//	go run ./internal/newrule sort-twice
//	go run ./internal/newrule -mechanism sort-hot-path -title "sorts what is sorted" sort-twice
//
// What it writes compiles and runs; it recognises functions that compute a lot
// until its author makes it recognise something else. A rule of the commonest
// form, a library call that is spent too much on, needs no file: it is a row in
// one of the lists (textCalls, encodeCalls, ...) and an archive.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	var r newRule
	flag.StringVar(&r.mechanism, "mechanism", "cpu-hot-path", "`slug` of report.Mechanisms")
	flag.StringVar(&r.title, "title", "does what could be avoided", "what the culprit does, in a few `words`")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "newrule: want one rule, in kebab case: go run ./internal/newrule sort-twice")
		os.Exit(2)
	}
	r.id = flag.Arg(0)
	written, err := r.write(".")
	if err != nil {
		fmt.Fprintf(os.Stderr, "newrule: %v\n", err)
		os.Exit(1)
	}
	for _, name := range written {
		fmt.Println(name)
	}
	fmt.Printf("next: make it say the right thing, then\n\tgo test ./rules -run '/^%s$' -update\n\tgo run ./internal/gendocs\n", r.id)
}
