package turns

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/goperf/goperf/source/runs"
)

// Command is a program that says how much it has done: it prints "ops: 12000" or
// {"ops": 12000} on a line. In its arguments {cpu}, {mem}, {mutex} and {block} stand
// for the files of profiles, and {dir} for their folder, which is in the
// variable GOPERF_RUN_DIR as well.
type Command struct {
	Dir  string // where it runs
	Args []string
	Unit string // what it counts, "op"
}

// Build runs a command that makes the program.
func Build(ctx context.Context, dir string, args []string) error {
	_, _, err := process{dir: dir, args: args}.run(ctx)
	return err
}

var ops = regexp.MustCompile(`(?im)^\s*\{?\s*"?ops"?\s*[:=]\s*([0-9][0-9_.]*(?:e\+?[0-9]+)?)\b`)

// Run runs it once.
func (c *Command) Run(ctx context.Context, dir string) (runs.Meta, error) {
	args := make([]string, len(c.Args))
	file := func(kind string) string { return filepath.Join(dir, kind+".pb.gz") }
	fill := strings.NewReplacer("{cpu}", file("cpu"), "{mem}", file("allocs"), "{mutex}", file("mutex"), "{block}", file("block"), "{dir}", dir)
	for i, a := range c.Args {
		args[i] = fill.Replace(a)
	}
	out, meta, err := process{dir: c.Dir, args: args, env: []string{"GOPERF_RUN_DIR=" + dir}}.run(ctx)
	if err != nil {
		return meta, err
	}
	m := ops.FindAllSubmatch(out, -1)
	if len(m) == 0 {
		return meta, &Failed{Command: strings.Join(args, " "), Err: errors.New(`prints no line such as "ops: 12000", so what it did is not known`), Tail: tail(out)}
	}
	last := string(m[len(m)-1][1])
	meta.Ops, err = strconv.ParseFloat(strings.ReplaceAll(last, "_", ""), 64)
	if err != nil || meta.Ops <= 0 {
		return meta, fmt.Errorf("%s: ops: %q: want a number above 0", strings.Join(args, " "), last)
	}
	meta.Unit = c.Unit
	return meta, nil
}
