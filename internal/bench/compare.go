//go:build unix

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/goperf/goperf/profile"
)

// printSums prints every function of a profile: flat, cum, name; with a base,
// what is more than there.
func printSums(out io.Writer, path, base string) error {
	p, err := read(path)
	if err != nil {
		return err
	}
	if base != "" {
		q, err := read(base)
		if err != nil {
			return err
		}
		if p, err = p.Against(q); err != nil {
			return err
		}
	}
	t := profile.Top(p, profile.TopOptions{})
	w := bufio.NewWriter(out)
	fmt.Fprintln(w, t.Type.Unit)
	for _, r := range t.Rows {
		fmt.Fprintf(w, "%d %d %s\n", r.Flat, r.Cum, r.Name)
	}
	return w.Flush()
}

func read(path string) (*profile.Profile, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return profile.Parse(data, profile.Options{})
}

// compare holds the sums of every function against those that pprof prints. It
// answers "equal" or the first difference.
func (b *bench) compare(l line) (string, error) {
	ours, theirs := []string{"-sums", l.paths[0]}, []string{l.paths[0]}
	switch l.does {
	case merge: // each reads what the other wrote
		ours, theirs = []string{"-sums", b.merged("pprof")}, []string{b.merged("goperf")}
	case diff, why:
		ours, theirs = []string{"-sums", l.paths[1], l.paths[0]}, []string{"-diff_base", l.paths[0], l.paths[1]}
	}
	// In a process of its own, for the same reason as writing the profiles.
	text, err := exec.CommandContext(b.ctx, b.self, ours...).Output()
	if err != nil {
		return "", fmt.Errorf("sums: %w", err)
	}
	unit, sums, _ := strings.Cut(string(text), "\n")
	table, err := exec.CommandContext(b.ctx, b.pprof, append([]string{"-top", "-trim=false", "-unit=" + unit}, theirs...)...).Output()
	if err != nil {
		return "", fmt.Errorf("pprof: %w", err)
	}
	return difference(strings.Split(strings.TrimSuffix(sums, "\n"), "\n"), pprofSums(table)), nil
}

// pprofSums turns pprof's table into lines of flat, cum, name; equal ones counted.
func pprofSums(text []byte) map[string]int {
	lines := map[string]int{}
	_, body, _ := bytes.Cut(text, []byte("flat%   sum%        cum   cum%\n"))
	for line := range strings.Lines(string(body)) {
		f := strings.Fields(line)
		if len(f) < 6 {
			continue
		}
		name := strings.Join(f[5:], " ")
		name = strings.TrimSuffix(strings.TrimSuffix(name, " (inline)"), " (partial-inline)")
		lines[number(f[0])+" "+number(f[3])+" "+name]++
	}
	return lines
}

// number strips the unit that pprof puts behind a value.
func number(s string) string {
	digits := strings.TrimRightFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if v, err := strconv.ParseInt(digits, 10, 64); err == nil {
		return strconv.FormatInt(v, 10)
	}
	return s
}

func difference(ours []string, theirs map[string]int) string {
	for _, line := range ours {
		if line == "" {
			continue
		}
		if theirs[line] == 0 {
			return fmt.Sprintf("pprof lacks %q", line)
		}
		theirs[line]--
	}
	for line, n := range theirs {
		if n > 0 {
			return fmt.Sprintf("only pprof has %q", line)
		}
	}
	return "equal"
}
