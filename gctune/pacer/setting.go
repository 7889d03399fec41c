package pacer

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Setting is what a process can be told: GOGC and GOMEMLIMIT.
type Setting struct {
	GOGC  Percent // Off is off
	Limit Bytes   // 0 is none
}

// String is the setting as environment variables: "GOGC=130 GOMEMLIMIT=480MiB".
func (s Setting) String() string { return "GOGC=" + s.GOGC.String() + " GOMEMLIMIT=" + s.LimitString() }

// String is GOGC's own form: "130" or "off".
func (p Percent) String() string {
	if p < 0 {
		return "off"
	}
	return strconv.FormatFloat(float64(p), 'f', -1, 64)
}

// LimitString is GOMEMLIMIT's own form: "480MiB", "off" for none.
func (s Setting) LimitString() string {
	b := int64(s.Limit)
	switch {
	case s.Limit <= 0:
		return "off"
	case b%(1<<20) == 0:
		return fmt.Sprintf("%dMiB", b>>20)
	case b%(1<<10) == 0:
		return fmt.Sprintf("%dKiB", b>>10)
	}
	return fmt.Sprintf("%dB", b)
}

// ParseGOGC reads GOGC as the runtime does: "off" or a whole number of percent.
func ParseGOGC(text string) (Percent, error) {
	if strings.EqualFold(text, "off") {
		return Off, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("GOGC %.40q: want a whole number or off", text)
	}
	if n < 0 {
		return Off, nil
	}
	return Percent(n), nil
}

// ParseLimit reads GOMEMLIMIT as the runtime does: a whole number with B, KiB,
// MiB, GiB or TiB, or none of them; "off", or the largest number, is none.
func ParseLimit(text string) (Bytes, error) {
	if strings.EqualFold(text, "off") {
		return 0, nil
	}
	digits, unit := text, int64(1)
	for _, u := range []struct {
		suffix string
		size   int64
	}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}} {
		if rest, ok := strings.CutSuffix(text, u.suffix); ok {
			digits, unit = rest, u.size
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/unit || strings.HasPrefix(digits, "+") {
		return 0, fmt.Errorf("memory %.40q: want a whole number with B, KiB, MiB, GiB or TiB, or off", text)
	}
	if n*unit >= noLimit {
		return 0, nil
	}
	return Bytes(n * unit), nil
}

// noLimit is where a limit stops to mean one: the runtime's own "none" is the largest int64.
const noLimit = math.MaxInt64 &^ (1<<30 - 1)

// ParseSetting reads "130", "off/600MiB" or "100/340MiB".
func ParseSetting(text string) (Setting, error) {
	gogc, limit, both := strings.Cut(text, "/")
	var s Setting
	var err error
	if s.GOGC, err = ParseGOGC(strings.TrimSpace(gogc)); err != nil {
		return s, err
	}
	if both {
		s.Limit, err = ParseLimit(strings.TrimSpace(limit))
	}
	switch {
	case err != nil:
		return s, err
	case s.GOGC == 0:
		return s, errors.New("GOGC 0: collects without end")
	case s.GOGC < 0 && s.Limit == 0:
		return s, errors.New("GOGC off without a limit: never collects; write off/600MiB")
	}
	return s, nil
}
