package handler

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/goperf/goperf/gctune"
)

// refusal is an answer that is no state.
type refusal struct {
	status int
	Error  string `json:"error"`
	Hint   string `json:"hint,omitempty"`
}

// bad is an answer to a request that cannot be read.
func bad(format string, args ...any) *refusal {
	return &refusal{status: http.StatusBadRequest, Error: fmt.Sprintf(format, args...), Hint: example}
}

// unsafe is an answer to a setting that can be read and would hurt.
func unsafe(hint, format string, args ...any) *refusal {
	return &refusal{status: http.StatusUnprocessableEntity, Error: fmt.Sprintf(format, args...), Hint: hint}
}

// wanted is what a request asks for; nil is left as it is.
type wanted struct {
	gogc  *int
	limit *int64
	ttl   time.Duration
}

// over is the setting that a request makes of the one that holds.
func (w wanted) over(p pair) pair {
	if w.gogc != nil {
		p.gogc = *w.gogc
	}
	if w.limit != nil {
		p.limit = *w.limit
	}
	return p
}

const example = "POST /debug/gctune?gogc=130&memlimit=480MiB&ttl=10m"

// parse reads the query of a request. A word that it does not know, or one
// twice, may be a mistake that matters.
func (h *Handler) parse(query string) (wanted, *refusal) {
	var w wanted
	values, err := url.ParseQuery(query)
	if err != nil {
		return w, bad("the query cannot be read")
	}
	var ttl string
	for name, v := range values {
		var refused *refusal
		if len(v) != 1 {
			return w, bad("%q is given %d times", name, len(v))
		}
		switch name {
		case "gogc":
			w.gogc, refused = parseGOGC(v[0])
		case "memlimit":
			w.limit, refused = parseLimit(v[0])
		case "ttl":
			ttl = v[0]
		default:
			refused = bad("%q is not known", name)
		}
		if refused != nil {
			return w, refused
		}
	}
	if w.gogc == nil && w.limit == nil {
		return w, bad("neither gogc nor memlimit is given")
	}
	w.ttl, err = time.ParseDuration(ttl)
	if err != nil || w.ttl < shortestTTL || w.ttl > h.options.MaxTTL {
		return w, bad("ttl %q: a time from %v to %v is needed, after which the setting ends", ttl, shortestTTL, h.options.MaxTTL)
	}
	return w, nil
}

func parseGOGC(text string) (*int, *refusal) {
	if text == "off" {
		off := -1
		return &off, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > math.MaxInt32/2 {
		return nil, bad("gogc %q: a percentage above 0, or off", text)
	}
	return &n, nil
}

// parseLimit reads what GOMEMLIMIT reads: bytes, with a unit or without.
func parseLimit(text string) (*int64, *refusal) {
	none := int64(gctune.NoLimit)
	if text == "off" {
		return &none, nil
	}
	digits, shift := text, 0
	for _, u := range []struct {
		name  string
		shift int
	}{{"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}, {"B", 0}} {
		if rest, ok := strings.CutSuffix(text, u.name); ok {
			digits, shift = rest, u.shift
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 1 || n > math.MaxInt64>>shift {
		return nil, bad("memlimit %q: bytes such as 480MiB (B, KiB, MiB, GiB, TiB), or off", text)
	}
	n <<= shift
	return &n, nil
}

// safe says why a setting is not made: it would starve the program, or let it
// be killed.
func safe(now gctune.Reading, next pair, room int64) *refusal {
	if next.gogc < 0 && next.limit >= gctune.NoLimit {
		return unsafe("give a memlimit as well", "gogc=off without a memory limit lets the heap grow until the process is killed")
	}
	if e := now.EffectiveGOGC(next.gogc, next.limit); e < leastGOGC {
		return unsafe("give more memory", "%s comes down to GOGC=%.0f at the present live heap of %d bytes, less than %d", next, e, now.Live, leastGOGC)
	}
	if most := min(now.Footprint(next.gogc, gctune.NoLimit), next.limit); room > 0 && most > room {
		return unsafe("give a memlimit that leaves some room in the container", "%s lets the process grow to %d bytes, and its container holds %d", next, most, room)
	}
	return nil
}

// String is the setting as one writes it.
func (p pair) String() string {
	gogc, limit := "off", "off"
	if p.gogc >= 0 {
		gogc = strconv.Itoa(p.gogc)
	}
	if p.limit < gctune.NoLimit {
		limit = strconv.FormatInt(p.limit, 10)
	}
	return "gogc=" + gogc + " memlimit=" + limit
}
