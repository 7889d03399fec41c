package cmd

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/gctune/observe"
	"github.com/goperf/goperf/gctune/pacer"
)

// gcTerms are the flags that say what the target has, and what is wanted of it.
type gcTerms struct {
	gogc, memlimit      string
	limit, reserve      string
	policy, load, burst string
	price               float64
	grid                string
}

func (g *gcTerms) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&g.gogc, "gogc", "", "`GOGC` of the target, when it cannot be read")
	f.StringVar(&g.memlimit, "memlimit", "", "`GOMEMLIMIT` of the target, when it cannot be read")
	f.StringVar(&g.limit, "limit", "auto", "memory limit of the container: auto, none or a `size` such as 512MiB")
	f.StringVar(&g.reserve, "reserve", "", "`size` to keep for other processes, the page cache and C (default: what other processes use)")
	f.StringVar(&g.policy, "policy", string(pacer.Balanced), "what matters: balanced, min-cpu or min-mem (`name`)")
	f.Float64Var(&g.price, "price", defaultPrice, "what a GiB of memory is worth in `cores`")
	f.StringVar(&g.load, "load", "1x", "plan for so many `times` the observed load")
	f.StringVar(&g.burst, "burst", "1x", "expect the live heap to reach so many `times` the largest that was seen")
	f.StringVar(&g.grid, "grid", "", "`settings` to show, such as 50,100,off/600MiB")
	complete(cmd, "policy", policyNames())
}

// defaultPrice is what a GiB of memory is worth in cores.
const defaultPrice = 0.13

func policyNames() []string {
	var names []string
	for _, p := range pacer.Policies {
		names = append(names, string(p))
	}
	return names
}

// gcWants is gcTerms after they were checked.
type gcWants struct {
	wish  observe.Wish
	terms pacer.Terms
	auto  bool // the container's limit is read from the target
	keep  bool // the reserve was given
	grid  []pacer.Setting
}

func (g *gcTerms) check() (gcWants, error) {
	w := gcWants{wish: observe.Wish{GOGC: g.gogc, Limit: g.memlimit}, auto: g.limit == "auto", keep: g.reserve != ""}
	for _, flag := range []struct {
		name, example string
		read          func(*gcWants) error
	}{
		{"gogc", "100", g.readGOGC},
		{"memlimit", "450MiB", g.readMemlimit},
		{"limit", "512MiB", g.readLimit},
		{"reserve", "40MiB", g.readReserve},
		{"price", "0.13", g.readPrice},
		{"load", "1.5x", func(w *gcWants) (err error) { w.terms.Load, err = times(g.load, 0.1, 100); return err }},
		{"burst", "2x", func(w *gcWants) (err error) { w.terms.Burst, err = times(g.burst, 0, 100); return err }},
	} {
		if err := flag.read(&w); err != nil {
			return w, usageError("for example: --"+flag.name+" "+flag.example, "--%s: %w", flag.name, err)
		}
	}
	var err error
	if w.terms.Policy, err = pacer.ParsePolicy(g.policy); err != nil {
		return w, unknownValue("--policy", g.policy, policyNames())
	}
	w.grid, err = settings(g.grid)
	return w, err
}

func (g *gcTerms) readGOGC(*gcWants) error {
	if g.gogc == "" {
		return nil
	}
	gogc, err := pacer.ParseGOGC(g.gogc)
	if err == nil && gogc == 0 {
		err = errors.New("0 collects without end: want a whole number above it or off")
	}
	return err
}

func (g *gcTerms) readMemlimit(w *gcWants) error {
	switch g.memlimit {
	case "":
		return nil
	case "none":
		w.wish.Limit = "off"
		return nil
	}
	_, err := pacer.ParseLimit(g.memlimit)
	return err
}

func (g *gcTerms) readLimit(w *gcWants) (err error) {
	if g.limit == "auto" || g.limit == "none" {
		return nil
	}
	w.terms.Container, err = memory(g.limit)
	switch {
	case err == nil && w.terms.Container <= 0:
		err = fmt.Errorf("%q: want auto, none or a size such as 512MiB", g.limit)
	case err == nil && w.terms.Container < leastContainer:
		err = fmt.Errorf("%q: %.0f bytes hold no Go program: want a size such as 512MiB", g.limit, float64(w.terms.Container))
	}
	return err
}

// leastContainer is less than a Go program that does nothing takes.
const leastContainer = pacer.MiB

// memory reads a size as GOMEMLIMIT has it, or as Kubernetes has it (512Mi).
func memory(text string) (pacer.Bytes, error) {
	if strings.HasSuffix(text, "i") {
		text += "B"
	}
	return pacer.ParseLimit(text)
}

func (g *gcTerms) readReserve(w *gcWants) (err error) {
	if g.reserve != "" {
		w.terms.Reserve, err = memory(g.reserve)
	}
	return err
}

func (g *gcTerms) readPrice(w *gcWants) error {
	if !(g.price > 0 && g.price <= 1000) {
		return fmt.Errorf("%v: want cores for a GiB, such as 0.13", g.price)
	}
	w.terms.Price = pacer.Cores(g.price)
	return nil
}

// times reads "1.5x" or "1.5".
func times(text string, low, high float64) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSuffix(text, "x"), 64)
	if err != nil || !(v >= low && v <= high) {
		return 0, fmt.Errorf("%q: want a factor from %g to %g, such as 1.5x", text, low, high)
	}
	return v, nil
}

// maxGrid bounds the table.
const maxGrid = 100

func settings(text string) ([]pacer.Setting, error) {
	if text == "" {
		return nil, nil
	}
	parts := strings.Split(text, ",")
	if len(parts) > maxGrid {
		return nil, usageError("", "--grid: %d settings, at most %d", len(parts), maxGrid)
	}
	var grid []pacer.Setting
	for _, p := range parts {
		s, err := pacer.ParseSetting(p)
		if err != nil {
			return nil, usageError("for example: --grid 50,100,200,off/600MiB", "--grid: %w", err)
		}
		grid = append(grid, s)
	}
	return grid, nil
}

// container fills in what the target's cgroup says.
func (w gcWants) container(set *evidence.Set) pacer.Terms {
	t := w.terms
	limit, others := observe.Container(set.Host)
	if w.auto {
		t.Container = limit
	}
	if !w.keep && t.Container > 0 {
		t.Reserve = others
	}
	return t
}

// told is the evidence with what the user says of the target, for the rules: they
// speak of the same container and the same setting as the model.
func (w gcWants) told(set *evidence.Set, t pacer.Terms) *evidence.Set {
	out := *set
	h := &out.Host
	h.MemoryLimit, h.Memory.High, h.Memory.Others = int64(t.Container), 0, int64(t.Reserve)
	if w.wish.GOGC != "" {
		h.GOGC = w.wish.GOGC
	}
	if w.wish.Limit != "" {
		h.GOMEMLIMIT = w.wish.Limit
	}
	return &out
}
