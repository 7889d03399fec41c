package gctune

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

const (
	maxLine     = 64 << 10 // bytes of a line that are looked at
	maxWarnings = 20
	maxQuote    = 100     // bytes of a damaged line that a warning shows
	maxCycles   = 1 << 16 // that are kept: of more, the last
)

// ParseGCTrace reads the lines that GODEBUG=gctrace=1 writes, of Go 1.5 to 1.27,
// among any other lines of a log: what a log collector puts in front of a line
// is skipped, and the ">" of a line in JSON may be escaped. Sizes in MB are
// MiB cut down to whole ones, as the runtime prints them.
//
// A line that begins like one of a collection and cannot be read is a warning.
// When numbers begin anew, another process has begun; the log is of the last
// one, of a very long log the end. The error is for input without a single readable line.
func ParseGCTrace(r io.Reader) (*Log, error) {
	p := parser{log: &Log{}}
	br := bufio.NewReaderSize(r, maxLine)
	for {
		line, more, err := br.ReadLine()
		if len(line) > 0 || err == nil {
			p.line(string(line))
		}
		for more && err == nil {
			_, more, err = br.ReadLine()
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			if len(p.log.Cycles) == 0 {
				return nil, fmt.Errorf("gctrace: read line %d: %w", p.log.Lines+1, err)
			}
			p.warn("reading stopped: %v", err)
			break
		}
	}
	if n := len(p.log.Cycles); n > maxCycles {
		p.warn("the last %d collections are kept", maxCycles)
		p.log.Cycles = p.log.Cycles[n-maxCycles:]
	}
	if len(p.log.Cycles) > 0 {
		return p.log, nil
	}
	if p.log.Damaged > 0 {
		return nil, fmt.Errorf("gctrace: read: none of %d collections is readable: %s", p.log.Damaged, p.log.Warnings[0])
	}
	return nil, fmt.Errorf("gctrace: read: no collection in %d lines: was the process started with GODEBUG=gctrace=1?", p.log.Lines)
}

type parser struct {
	log *Log
}

func (p *parser) warn(format string, args ...any) {
	if len(p.log.Warnings) < maxWarnings {
		text := fmt.Sprintf(format, args...)
		p.log.Warnings = append(p.log.Warnings, fmt.Sprintf("line %d: %s", p.log.Lines, text))
	}
}

func (p *parser) line(line string) {
	p.log.Lines++
	text, ok := findCycle(line)
	if !ok {
		p.log.Other++
		return
	}
	c, err := parseCycle(text)
	if err != nil {
		p.log.Damaged++
		if len(text) > maxQuote {
			text = strings.ToValidUTF8(text[:maxQuote], "") + "..."
		}
		p.warn("damaged: %v: %q", err, text)
		return
	}
	if n := len(p.log.Cycles); n > 0 {
		last := p.log.Cycles[n-1]
		switch {
		case c.Number <= last.Number && c.At <= last.At:
			p.warn("collection %d after %d: another process; %d collections before are left out", c.Number, last.Number, n)
			p.log.Cycles = nil
		case c.Number <= last.Number || c.At < last.At:
			p.log.Damaged++
			p.warn("collection %d at %v after %d at %v: out of order", c.Number, c.At, last.Number, last.At)
			return
		case c.Number > last.Number+1:
			p.warn("collection %d after %d: lines between are missing", c.Number, last.Number)
		}
	}
	if len(p.log.Cycles) == 2*maxCycles {
		p.log.Cycles = append(p.log.Cycles[:0], p.log.Cycles[maxCycles:]...)
	}
	p.log.Cycles = append(p.log.Cycles, c)
}

// findCycle finds "gc 12 @" in a line and is what stands behind the "gc ".
func findCycle(line string) (string, bool) {
	for rest := line; ; {
		at := strings.Index(rest, "gc ")
		if at < 0 {
			return "", false
		}
		standsAlone := at == 0 || !isWord(rest[at-1])
		rest = rest[at+len("gc "):]
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		if standsAlone && digits > 0 && strings.HasPrefix(rest[digits:], " @") {
			return strings.ReplaceAll(rest, `\u003e`, ">"), true
		}
	}
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// parseCycle reads "12 @0.1s 2%: 0.1+2+0.1 ms clock, 0.2+0.1/1/0+0.2 ms cpu,
// 4->5->2 MB, 5 MB goal, 0 MB stacks, 0 MB globals, 8 P (forced)". Stacks and
// globals are there since Go 1.18. Behind the percentage may stand a remark.
func parseCycle(text string) (Cycle, error) {
	var c Cycle
	number, text, _ := strings.Cut(text, " @")
	at, text, ok := strings.Cut(text, "s ")
	if !ok {
		return c, errors.New("no time")
	}
	percent, text, ok := strings.Cut(text, "%")
	if !ok {
		return c, errors.New("no percentage")
	}
	_, text, ok = strings.Cut(text, ": ")
	if !ok {
		return c, errors.New("no colon")
	}
	clock, text, ok := strings.Cut(text, " ms clock, ")
	if !ok {
		return c, errors.New("no ms clock")
	}
	cpu, text, ok := strings.Cut(text, " ms cpu, ")
	if !ok {
		return c, errors.New("no ms cpu")
	}
	share, err := strconv.ParseUint(percent, 10, 32)
	if err != nil {
		return c, fmt.Errorf("percentage %q", percent)
	}
	c.CPUShare = float64(share) / 100
	if c.Number, err = parseCount(number); err != nil {
		return c, err
	}
	if c.At, err = parseTime(at, time.Second); err != nil {
		return c, err
	}
	if err := c.parseClock(clock); err != nil {
		return c, err
	}
	if err := c.parseCPU(cpu); err != nil {
		return c, err
	}
	return c, c.parseSizes(text)
}

// parseClock reads the phases: sweep termination, mark, mark termination. Go 1.5
// has scan, the installation of write barriers and mark in the middle.
func (c *Cycle) parseClock(text string) error {
	phases, err := parseTimes(strings.Split(text, "+"))
	if err != nil {
		return err
	}
	switch len(phases) {
	case 3:
		c.STW, c.Concurrent = phases[0]+phases[2], phases[1]
	case 5:
		c.STW, c.Concurrent = phases[0]+phases[2]+phases[4], phases[1]+phases[3]
	default:
		return fmt.Errorf("%d phases, want 3 or 5", len(phases))
	}
	return nil
}

// parseCPU reads the same phases with mark as assist/background/idle. The scan
// phase of Go 1.5 counts as background.
func (c *Cycle) parseCPU(text string) error {
	phases := strings.Split(text, "+")
	if len(phases) != 3 && len(phases) != 5 {
		return fmt.Errorf("%d phases of cpu, want 3 or 5", len(phases))
	}
	mark, err := parseTimes(strings.Split(phases[len(phases)-2], "/"))
	if err != nil {
		return err
	}
	if len(mark) != 3 {
		return fmt.Errorf("%d parts of mark, want assist/background/idle", len(mark))
	}
	c.AssistCPU, c.BackCPU, c.IdleCPU = mark[0], mark[1], mark[2]
	phases[len(phases)-2] = "0"
	rest, err := parseTimes(phases)
	if err == nil && len(rest) == 5 {
		c.BackCPU += rest[1]
	}
	return err
}

// parseSizes reads the fields behind the times, which are told by their units.
func (c *Cycle) parseSizes(text string) error {
	var err error
	seen := map[string]bool{}
	for field := range strings.SplitSeq(text, ", ") {
		value, unit, ok := strings.Cut(strings.TrimLeft(field, " "), " ")
		if !ok {
			continue
		}
		// The number of Ps is the last; what another writer put behind it is no
		// part of the line.
		if unit == "P" || strings.HasPrefix(unit, "P ") || isCutBehind(unit) {
			c.Forced = strings.HasPrefix(unit, "P (forced)")
			if c.Procs, err = parseCount(value); err != nil {
				return err
			}
			seen["P"] = true
			break
		}
		switch unit {
		case "MB":
			err = c.parseHeap(value)
		case "MB goal":
			c.Goal, err = parseMB(value)
		case "MB stacks":
			c.Stacks, err = parseMB(value)
		case "MB globals":
			c.Globals, err = parseMB(value)
		}
		if err != nil {
			return err
		}
		seen[unit] = true
	}
	for _, unit := range []string{"MB", "MB goal", "P"} {
		if !seen[unit] {
			return fmt.Errorf("no %s", unit)
		}
	}
	return nil
}

// isCutBehind sees the P of a line in quotes, as a JSON log has it.
func isCutBehind(unit string) bool {
	return len(unit) > 1 && unit[0] == 'P' && !isWord(unit[1])
}

func (c *Cycle) parseHeap(text string) error {
	sizes := strings.Split(text, "->")
	if len(sizes) != 3 {
		return fmt.Errorf("%d heap sizes, want 3", len(sizes))
	}
	var err error
	for i, size := range []*int64{&c.HeapStart, &c.HeapEnd, &c.HeapLive} {
		if *size, err = parseMB(sizes[i]); err != nil {
			return err
		}
	}
	return nil
}

func parseCount(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("number %q", text)
	}
	return int(n), nil
}

// parseMB refuses sizes that do not fit in an int64 of bytes.
func parseMB(text string) (int64, error) {
	n, err := strconv.ParseUint(text, 10, 63-20)
	if err != nil {
		return 0, fmt.Errorf("size %q", text)
	}
	return int64(n) << 20, nil
}

func parseTimes(texts []string) ([]time.Duration, error) {
	times := make([]time.Duration, len(texts))
	for i, text := range texts {
		var err error
		if times[i], err = parseTime(text, time.Millisecond); err != nil {
			return nil, err
		}
	}
	return times, nil
}

// parseTime reads digits with an optional fraction. It takes no sign, exponent
// or infinity, which strconv would.
func parseTime(text string, unit time.Duration) (time.Duration, error) {
	if text == "" || strings.Trim(text, "0123456789.") != "" {
		return 0, fmt.Errorf("time %q", text)
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v > float64(1<<61)/float64(unit) {
		return 0, fmt.Errorf("time %q", text)
	}
	return time.Duration(v*float64(unit) + 0.5), nil
}
