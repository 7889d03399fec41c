// Package parse reads the lines of an access log.
package parse

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Record is a line.
type Record struct {
	From   netip.Addr
	At     time.Time
	Path   string
	Query  url.Values
	Status int
	Bytes  int64
	Agent  string
	Robot  bool
}

var robot = regexp.MustCompile(`(?i)(bot|spider|crawl(er)?|probe)\b`)

// Line reads a line.
func Line(line string) (*Record, error) {
	fields := strings.Split(line, "\t")
	if len(fields) != 7 {
		return nil, fmt.Errorf("parse: %d fields", len(fields))
	}
	r := &Record{Agent: fields[6], Robot: robot.MatchString(fields[6])}
	var err error
	if r.From, err = netip.ParseAddr(fields[0]); err != nil {
		return nil, err
	}
	if r.At, err = time.Parse(time.RFC3339Nano, fields[1]); err != nil {
		return nil, err
	}
	u, err := url.Parse(fields[3])
	if err != nil {
		return nil, err
	}
	r.Path, r.Query = u.Path, u.Query()
	if r.Status, err = strconv.Atoi(fields[4]); err != nil {
		return nil, err
	}
	r.Bytes, err = strconv.ParseInt(fields[5], 10, 64)
	return r, err
}
