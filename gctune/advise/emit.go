package advise

import (
	"fmt"
	"strings"

	"github.com/goperf/goperf/gctune/pacer"
)

// Snippet is one way to apply a setting.
type Snippet struct {
	Name  string
	Doc   string
	Write func(s pacer.Setting, container pacer.Bytes) string
}

// Snippets lists the ways to apply a setting.
var Snippets = []Snippet{
	{"env", "lines for a shell or an env file", func(s pacer.Setting, _ pacer.Bytes) string { return strings.Join(environment(s), "\n") + "\n" }},
	{"k8s-patch", "kubectl patch deploy/NAME --patch-file FILE", kubernetes},
	{"helm", "values with an env list, as most charts take it", helm},
	{"systemd", "a drop-in, /etc/systemd/system/NAME.service.d/gc.conf", systemd},
	{"docker", "flags of docker run", docker},
	{"compose", "a service of compose.yaml", compose},
	{"go", "calls for main, where the environment cannot be set", golang},
	{"prometheus-alert", "rules that fire when the limit comes near", alert},
}

func environment(s pacer.Setting) []string {
	return []string{"GOGC=" + s.GOGC.String(), "GOMEMLIMIT=" + s.LimitString()}
}

func kubernetes(s pacer.Setting, container pacer.Bytes) string {
	out := "# CONTAINER is the name of the container in the pod.\n"
	out += "spec:\n  template:\n    spec:\n      containers:\n        - name: CONTAINER\n          env:\n"
	out += fmt.Sprintf("            - {name: GOGC, value: %q}\n            - {name: GOMEMLIMIT, value: %q}\n", s.GOGC, s.LimitString())
	if container > 0 {
		out += fmt.Sprintf("          resources: {limits: {memory: %q}}\n", quantity(container))
	}
	return out
}

// quantity is a size as Kubernetes writes it.
func quantity(b pacer.Bytes) string {
	n := int64(b)
	if n%(1<<20) == 0 {
		return fmt.Sprintf("%dMi", n>>20)
	}
	return fmt.Sprint(n)
}

func helm(s pacer.Setting, container pacer.Bytes) string {
	out := fmt.Sprintf("env:\n  - name: GOGC\n    value: %q\n  - name: GOMEMLIMIT\n    value: %q\n", s.GOGC, s.LimitString())
	if container > 0 {
		out += fmt.Sprintf("resources:\n  limits:\n    memory: %q\n", quantity(container))
	}
	return out
}

func systemd(s pacer.Setting, container pacer.Bytes) string {
	out := "[Service]\nEnvironment=" + strings.Join(environment(s), " ") + "\n"
	if container > 0 {
		out += fmt.Sprintf("MemoryMax=%d\n", int64(container))
	}
	return out
}

func docker(s pacer.Setting, container pacer.Bytes) string {
	out := "--env " + strings.Join(environment(s), " --env ")
	if container > 0 {
		out += fmt.Sprintf(" --memory %d", int64(container))
	}
	return out + "\n"
}

func compose(s pacer.Setting, container pacer.Bytes) string {
	out := fmt.Sprintf("services:\n  SERVICE:\n    environment:\n      GOGC: %q\n      GOMEMLIMIT: %q\n", s.GOGC, s.LimitString())
	if container > 0 {
		out += fmt.Sprintf("    mem_limit: %d\n", int64(container))
	}
	return out
}

func golang(s pacer.Setting, _ pacer.Bytes) string {
	out := "import \"runtime/debug\"\n\n// At the start of main. What the environment sets is overwritten.\n"
	out += fmt.Sprintf("debug.SetGCPercent(%d)\n", int(s.GOGC))
	if s.Limit > 0 {
		out += fmt.Sprintf("debug.SetMemoryLimit(%d) // %s\n", int64(s.Limit), s.LimitString())
	}
	return out
}

func alert(s pacer.Setting, _ pacer.Bytes) string {
	return `groups:
  - name: go-gc
    rules:
      # The heap goal leaves less than a quarter above the live heap: GOMEMLIMIT is near.
      # Where go_gc_heap_live_bytes is not exported, the least of go_memstats_alloc_bytes stands for it.
      - alert: GoMemoryLimitNear
        expr: |
          (go_memstats_next_gc_bytes / (go_gc_heap_live_bytes or min_over_time(go_memstats_alloc_bytes[5m]))) < 1.25
        for: 5m
        labels: {severity: warning}
        annotations: {summary: "the memory limit amounts to GOGC below 25; ` + s.String() + ` was set"}
      - alert: GoCollectorLimited
        expr: changes(go_gc_limiter_last_enabled_gc_cycle[5m]) > 0
        labels: {severity: critical}
        annotations: {summary: "the collector took half of the CPU and was held back"}
`
}
